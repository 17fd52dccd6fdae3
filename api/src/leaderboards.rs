//! Who gave most, to a broadcast or a channel.

pub mod broadcast;
pub mod channel;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use show::{Leader, Leaderboard};

use crate::App;

/// The endpoints of leaderboards.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(broadcast::broadcast)).routes(routes!(channel::channel))
}
