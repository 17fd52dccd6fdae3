//! Queues: the order of the work.

pub mod list;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use list::read;
pub use list::{Queue, Queues};

use crate::App;

/// The endpoints of queues.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list))
}
