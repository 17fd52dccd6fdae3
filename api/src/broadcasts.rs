//! Broadcasts: one live session of a channel, from start to end.

pub mod change;
pub mod create;
pub mod get;
pub mod health;
pub mod ingest_log;
pub mod list;
pub mod shape;
pub mod transition;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use shape::Broadcast;
pub(crate) use shape::may_see;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, change::change))
        .routes(routes!(transition::transition))
        .routes(routes!(health::health))
        .routes(routes!(ingest_log::ingest_log))
}
