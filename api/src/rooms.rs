//! Rooms: what they are, their settings, their stream of events.

pub mod events;
pub mod get;
pub mod presence;
pub mod settings;
pub mod tickets;

use domain::id::RoomId;
use infra::http::problem::Problem;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Principal, Right};
use crate::refusal;
use crate::room::{OpenError, Room};
use crate::state::App;

pub use get::RoomView;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get::get))
        .routes(routes!(settings::change))
        .routes(routes!(events::events))
        .routes(routes!(tickets::create))
        .routes(routes!(presence::presence))
}

/// Opens a room for one who has `right` in it; another organisation's is not found.
pub(crate) async fn enter(
    app: &App,
    principal: &Principal,
    id: RoomId,
    right: &Right,
) -> Result<Arc<Room>, Problem> {
    principal.require_in(id, right)?;
    let room = app.rooms.open(id).await?;
    refusal::same_org(principal.org_id(), room.org_id)?;
    Ok(room)
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NotFound => refusal::not_found(),
            OpenError::Draining => {
                Problem::unavailable("draining", std::time::Duration::from_secs(2))
            }
            OpenError::Database(error) => error.into(),
        }
    }
}
