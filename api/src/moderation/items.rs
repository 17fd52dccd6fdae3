//! Items: what waits for a moderator, and what became of it.

pub mod get;
pub mod list;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use show::{Item, ItemClaim, ItemComment};
pub(crate) use show::{show, subject_text};

use crate::App;

/// The endpoints of items.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(get::get))
}
