//! `GET /v1/rooms/{room_id}`.

use axum::extract::State;
use domain::id::{ChannelId, RoomId};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::enter;
use crate::auth::{Principal, rights};
use crate::convention::Versioned;
use crate::extract::Path;
use crate::room::{Room, StoredSettings};
use crate::{App, schema};

/// A room with its settings and the head of its history.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Room, example = json!({
    "id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "settings": {"slow_mode_ms": 0, "access": "everyone", "hold": "nothing", "budget_per_s": 20, "closed": false},
    "settings_version": 1, "epoch": "k7f3q2ab", "head": 18231, "position": "k7f3q2ab-18231", "viewers": 1204
}))]
pub struct RoomView {
    /// Its id.
    #[schema(value_type = schema::RoomId)]
    pub id: RoomId,
    /// Its channel.
    #[schema(value_type = schema::ChannelId)]
    pub channel_id: ChannelId,
    /// The settings in force.
    pub settings: StoredSettings,
    /// The version that `ETag` names.
    pub settings_version: i64,
    /// Identity of the history.
    pub epoch: String,
    /// The last event.
    pub head: u64,
    /// What to send as `last_event_id` to go on from here.
    pub position: String,
    /// Open streams in this process.
    pub viewers: u64,
}

/// Shows a room.
#[utoipa::path(
    get,
    path = "/v1/rooms/{room_id}",
    operation_id = "getRoom",
    tag = "rooms",
    params(("room_id" = schema::RoomId, Path, description = "The room.")),
    responses((status = 200, description = "The room; `ETag` names the version of its settings.", body = RoomView)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RoomId>,
) -> Result<Versioned<RoomView>, Problem> {
    let room = enter(&app, &principal, id, &rights::COMMENTS_READ).await?;
    Ok(view(&room))
}

/// The room as it is now.
pub(super) fn view(room: &Room) -> Versioned<RoomView> {
    let settings = room.settings.load();
    let head = room.hub.head();
    let body = RoomView {
        id: room.id,
        channel_id: room.channel_id,
        settings: settings.stored(),
        settings_version: settings.version,
        epoch: room.hub.epoch.clone(),
        head,
        position: format!("{}-{head}", room.hub.epoch),
        viewers: room.hub.streams() as u64,
    };
    Versioned { version: settings.version, body }
}
