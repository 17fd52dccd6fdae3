//! Stream keys: the publisher's secret, shown once.

pub mod create;
pub mod list;
pub mod revoke;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create::create, list::list)).routes(routes!(revoke::revoke))
}
