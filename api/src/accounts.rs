//! One's own account: sessions of members in a browser, and who one is.

pub mod logout;
pub mod me;
pub mod setup;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(setup::setup))
        .routes(routes!(logout::logout))
        .routes(routes!(me::get, me::change))
}
