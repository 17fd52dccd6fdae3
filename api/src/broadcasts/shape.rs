//! A broadcast as it is shown.

use domain::channel::Visibility;
use domain::id::{BroadcastId, ChannelId, Id, OrgId, RecordingId, RoomId};
use domain::time::Timestamp;
use infra::database::broadcasts;
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Principal, Right};
use crate::{App, refusal, schema};

/// One live session of a channel.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "title": "Day 3", "status": "live", "visibility": "public", "scheduled_at": null,
    "started_at": "2026-11-25T18:30:00.000Z", "interrupted_at": null, "ended_at": null, "end_reason": null,
    "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "recording_id": "rec_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "profile": "low", "control_version": 0, "created_at": "2026-11-25T18:00:00.000Z"
}))]
pub struct Broadcast {
    /// Its id.
    #[schema(value_type = schema::BroadcastId)]
    pub id: BroadcastId,
    /// Its channel.
    #[schema(value_type = schema::ChannelId)]
    pub channel_id: ChannelId,
    /// For people.
    pub title: String,
    /// `scheduled`, `ready`, `live`, `interrupted`, `ended` or `archived`.
    pub status: String,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// When it is planned for.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub scheduled_at: Option<Timestamp>,
    /// When its first media came.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub started_at: Option<Timestamp>,
    /// Since when the publisher is gone, when it is.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub interrupted_at: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub ended_at: Option<Timestamp>,
    /// Why it was over.
    pub end_reason: Option<String>,
    /// Where its comments run.
    #[schema(value_type = schema::RoomId)]
    pub room_id: RoomId,
    /// What remains of it, unless recording is off.
    #[schema(value_type = Option<schema::RecordingId>)]
    pub recording_id: Option<RecordingId>,
    /// The latency profile; null is the installation's.
    pub profile: Option<String>,
    /// Grows with each order to the origin.
    pub control_version: i64,
    /// When it was made.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

impl Broadcast {
    /// The broadcast of a row.
    pub fn of(row: broadcasts::Model) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            channel_id: Id::from_uuid(row.channel_id),
            title: row.title,
            status: row.status,
            visibility: row.visibility,
            scheduled_at: row.scheduled_at.map(Timestamp),
            started_at: row.started_at.map(Timestamp),
            interrupted_at: row.interrupted_at.map(Timestamp),
            ended_at: row.ended_at.map(Timestamp),
            end_reason: row.end_reason,
            room_id: Id::from_uuid(row.room_id),
            recording_id: row.recording_id.map(Id::from_uuid),
            profile: row.profile,
            control_version: row.control_version,
            created_at: Timestamp(row.created_at),
        }
    }
}

/// The principal's own broadcast, for one who has `right`; another organisation's is not found.
pub(super) async fn own(
    app: &App,
    principal: &Principal,
    right: &Right,
    id: BroadcastId,
) -> Result<broadcasts::Model, Problem> {
    principal.require(right)?;
    let row = broadcasts::find(app.database.read(), id).await?;
    row.filter(|row| OrgId::from_uuid(row.org_id) == principal.org_id())
        .ok_or_else(refusal::not_found)
}

/// Whether `caller` may know of something with this visibility in `org`.
pub(crate) fn may_see(caller: Option<&Principal>, org: uuid::Uuid, visibility: &str) -> bool {
    visibility != Visibility::Private.as_str()
        || caller.is_some_and(|principal| principal.org_id() == OrgId::from_uuid(org))
}
