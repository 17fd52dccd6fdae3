//! A viewer's coins.

pub mod entries;
pub mod get;
pub mod grant;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

/// The endpoints of wallets.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get::get))
        .routes(routes!(entries::entries))
        .routes(routes!(grant::grant))
}
