//! A recording as it is shown.

use domain::event::Topic;
use domain::id::{BroadcastId, ChannelId, EventId, Id, OrgId, RecordingId};
use domain::time::Timestamp;
use infra::database::{outbox, recordings};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::{App, refusal, schema};

/// What remains of a broadcast to replay.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "rec_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "title": "Day 3", "status": "ready",
    "visibility": "public", "duration_ms": 11_520_000, "missing_ms": 0, "comment_offset_ms": 0,
    "hls": "/vod/rec_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d/index.m3u8", "revision": 1,
    "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Recording {
    /// Its id.
    #[schema(value_type = schema::RecordingId)]
    pub id: RecordingId,
    /// Its channel.
    #[schema(value_type = schema::ChannelId)]
    pub channel_id: ChannelId,
    /// The broadcast it is of, if of one.
    #[schema(value_type = Option<schema::BroadcastId>)]
    pub broadcast_id: Option<BroadcastId>,
    /// For people.
    pub title: String,
    /// `recording`, `ready`, `failed` or `purged`.
    pub status: String,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// How long it plays, once it is ready.
    pub duration_ms: Option<i64>,
    /// How much of it is missing: gaps that players skip.
    pub missing_ms: i64,
    /// How much later than its media time each comment is shown.
    pub comment_offset_ms: i64,
    /// Its playlist.
    pub hls: String,
    /// Grows with each change; the `ETag`.
    pub revision: i64,
    /// When it was begun.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

impl Recording {
    /// The recording of a row.
    pub fn of(row: recordings::Model) -> Self {
        let id = RecordingId::from_uuid(row.id);
        Self {
            id,
            channel_id: Id::from_uuid(row.channel_id),
            broadcast_id: row.broadcast_id.map(Id::from_uuid),
            title: row.title,
            status: row.status,
            visibility: row.visibility,
            duration_ms: row.duration_ms,
            missing_ms: row.missing_ms,
            comment_offset_ms: row.comment_offset_ms,
            hls: format!("/vod/{id}/index.m3u8"),
            revision: row.revision,
            created_at: Timestamp(row.created_at),
        }
    }
}

/// The principal's own recording, for one who may change it.
pub(super) async fn own(
    app: &App,
    principal: &Principal,
    id: RecordingId,
) -> Result<recordings::Model, Problem> {
    principal.require(&rights::RECORDINGS_WRITE)?;
    let row = recordings::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    refusal::same_org(principal.org_id(), OrgId::from_uuid(row.org_id))?;
    Ok(row)
}

/// The outbox row that tells of a recording.
pub(super) fn told(
    id: EventId,
    topic: Topic,
    row: &recordings::Model,
    now: Timestamp,
) -> outbox::Row {
    let recording = RecordingId::from_uuid(row.id);
    outbox::Row {
        id,
        org_id: Some(OrgId::from_uuid(row.org_id)),
        topic,
        key: recording.to_string(),
        payload: serde_json::json!({
            "recording_id": recording, "channel_id": ChannelId::from_uuid(row.channel_id),
            "broadcast_id": row.broadcast_id.map(BroadcastId::from_uuid),
            "visibility": row.visibility, "status": row.status, "revision": row.revision,
        }),
        created_at: now,
    }
}
