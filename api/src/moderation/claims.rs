//! Claims: items leased to one moderator for a minute, kept by a heartbeat.

pub mod extend;
pub mod release;
pub mod take;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

/// The endpoints of claims.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(take::take))
        .routes(routes!(extend::extend))
        .routes(routes!(release::release))
}
