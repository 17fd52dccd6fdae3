//! Viewer tokens: a partner's back end vouches for one user in one room.

pub mod create;
pub mod revoke;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use create::name;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create::create)).routes(routes!(revoke::revoke))
}
