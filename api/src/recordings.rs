//! Recordings: what remains of a broadcast to replay.

pub mod change;
pub mod delete;
pub mod get;
pub mod list;
pub mod shape;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use shape::Recording;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(
        get::get,
        change::change,
        delete::delete
    ))
}
