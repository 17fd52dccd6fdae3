//! What players and pages report, and what became of a broadcast.

mod broadcast;
mod report;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use broadcast::BroadcastAnalytics;
pub use report::{Report, Reported, Signal};

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(report::report)).routes(routes!(broadcast::broadcast))
}
