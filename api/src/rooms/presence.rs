//! `GET /v1/rooms/{room_id}/presence`.

use axum::extract::State;
use domain::id::RoomId;
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::enter;
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::{App, schema};

/// How many are in a room.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(example = json!({"streams": 1204}))]
pub struct Presence {
    /// Open streams in this process.
    pub streams: u64,
}

/// Counts who is in a room.
#[utoipa::path(
    get,
    path = "/v1/rooms/{room_id}/presence",
    operation_id = "getRoomPresence",
    tag = "rooms",
    params(("room_id" = schema::RoomId, Path, description = "The room.")),
    responses((status = 200, description = "The count.", body = Presence)),
)]
pub(crate) async fn presence(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RoomId>,
) -> Result<Json<Presence>, Problem> {
    let room = enter(&app, &principal, id, &rights::COMMENTS_READ).await?;
    Ok(Json(Presence { streams: room.hub.streams() as u64 }))
}
