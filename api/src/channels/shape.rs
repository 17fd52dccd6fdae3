//! A channel as it is shown.

use domain::event::Topic;
use domain::id::{BroadcastId, ChannelId, Id, OrgId, RecordingId, RoomId, UserId};
use domain::time::Timestamp;
use infra::database::{broadcasts, channels};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Principal;
use crate::{App, refusal, schema};

/// A channel, as those see it who may change it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "slug": "mira", "title": "Mira paints", "description": "",
    "visibility": "public", "category": "art", "tags": ["oil"], "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "owner_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "settings_version": 1, "gop_ms": 2000,
    "when_not_live": "nothing", "hls": "/hls/mira/index.m3u8", "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Channel {
    /// Its id.
    #[schema(value_type = schema::ChannelId)]
    pub id: ChannelId,
    /// Its name in addresses.
    pub slug: String,
    /// For people.
    pub title: String,
    /// For people, longer.
    pub description: String,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// What it is about.
    pub category: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Where its comments run.
    #[schema(value_type = schema::RoomId)]
    pub room_id: RoomId,
    /// The creator.
    #[schema(value_type = Option<schema::UserId>)]
    pub owner_id: Option<UserId>,
    /// The version that `ETag` names.
    pub settings_version: i64,
    /// Length of a GOP as last seen.
    pub gop_ms: Option<i64>,
    /// What the address of its playlist gives while it is not live: `nothing` or `newest_recording`.
    pub when_not_live: String,
    /// The playlist of its current broadcast.
    pub hls: String,
    /// When it was made.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

/// A channel as everyone sees it, with what runs now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "slug": "mira", "title": "Mira paints", "description": "",
    "visibility": "public", "category": "art", "tags": ["oil"], "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "hls": "/hls/mira/index.m3u8", "follower_count": 12, "broadcast": null, "next_broadcast": null, "last_recording_id": null
}))]
pub struct PublicChannel {
    /// Its id.
    #[schema(value_type = schema::ChannelId)]
    pub id: ChannelId,
    /// Its name in addresses.
    pub slug: String,
    /// For people.
    pub title: String,
    /// For people, longer.
    pub description: String,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// What it is about.
    pub category: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Where its comments run.
    #[schema(value_type = schema::RoomId)]
    pub room_id: RoomId,
    /// The playlist of its current broadcast.
    pub hls: String,
    /// How many follow it.
    pub follower_count: u64,
    /// What is on the air, if anything is.
    pub broadcast: Option<CurrentBroadcast>,
    /// What comes next, if that is planned.
    pub next_broadcast: Option<CurrentBroadcast>,
    /// The newest recording to replay, if there is one.
    #[schema(value_type = Option<schema::RecordingId>)]
    pub last_recording_id: Option<RecordingId>,
}

/// A broadcast beside its channel.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "title": "Day 3", "status": "live",
    "started_at": "2026-11-25T18:30:00.000Z", "scheduled_at": null,
    "recording_id": "rec_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"
}))]
pub struct CurrentBroadcast {
    /// Its id.
    #[schema(value_type = schema::BroadcastId)]
    pub id: BroadcastId,
    /// For people.
    pub title: String,
    /// `live` or `interrupted`; `scheduled` for the next one.
    pub status: String,
    /// When its first media came.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub started_at: Option<Timestamp>,
    /// When it is planned for.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub scheduled_at: Option<Timestamp>,
    /// What will remain of it, unless recording is off.
    #[schema(value_type = Option<schema::RecordingId>)]
    pub recording_id: Option<RecordingId>,
}

impl Channel {
    /// The channel of a row, with its room.
    pub fn of(row: channels::Model, room_id: RoomId) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            hls: hls(&row.slug),
            when_not_live: row.when_not_live().as_str().to_owned(),
            slug: row.slug,
            title: row.title,
            description: row.description,
            visibility: row.visibility,
            category: row.category,
            tags: words(&row.tags),
            room_id,
            owner_id: row.owner_id.map(Id::from_uuid),
            settings_version: row.settings_version,
            gop_ms: row.gop_ms,
            created_at: Timestamp(row.created_at),
        }
    }
}

impl CurrentBroadcast {
    /// The broadcast of a row.
    pub fn of(row: broadcasts::Model) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            title: row.title,
            status: row.status,
            started_at: row.started_at.map(Timestamp),
            scheduled_at: row.scheduled_at.map(Timestamp),
            recording_id: row.recording_id.map(Id::from_uuid),
        }
    }
}

/// The path of a channel's playlist.
pub(super) fn hls(slug: &str) -> String {
    format!("/hls/{slug}/index.m3u8")
}

/// The words of a JSON array.
pub(super) fn words(json: &serde_json::Value) -> Vec<String> {
    serde_json::from_value(json.clone()).unwrap_or_default()
}

/// The principal's own channel; another organisation's is not found.
pub(crate) async fn own(
    app: &App,
    principal: &Principal,
    id: ChannelId,
) -> Result<channels::Model, Problem> {
    let row = channels::find(app.database.read(), id).await?;
    row.filter(|row| {
        OrgId::from_uuid(row.org_id) == principal.org_id() && row.archived_at.is_none()
    })
    .ok_or_else(refusal::not_found)
}

/// The outbox row that tells of a channel.
pub(super) fn told(app: &App, topic: Topic, row: &channels::Model) -> infra::database::outbox::Row {
    infra::database::outbox::Row {
        id: app.ids.next(),
        org_id: Some(OrgId::from_uuid(row.org_id)),
        topic,
        key: ChannelId::from_uuid(row.id).to_string(),
        payload: serde_json::json!({
            "channel_id": ChannelId::from_uuid(row.id), "slug": row.slug, "title": row.title,
            "visibility": row.visibility, "category": row.category
        }),
        created_at: app.clock.now(),
    }
}

/// The chat room that was made with a channel.
pub(crate) async fn room_of(app: &App, id: ChannelId) -> Result<RoomId, Problem> {
    let room = infra::database::rooms::chat_of(app.database.read(), id.uuid()).await?;
    room.map(|room| Id::from_uuid(room.id)).ok_or_else(refusal::internal)
}
