//! Decisions: made under a claim, undone for ten seconds, reversed afterwards.

pub mod bulk;
pub mod create;
mod show;
pub mod undo;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use show::Decision;

use crate::App;

/// The endpoints of decisions.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(undo::undo))
        .routes(routes!(bulk::bulk))
}
