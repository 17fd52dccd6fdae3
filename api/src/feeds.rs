//! Feeds: what to watch, with reasons.
//!
//! Everything is counted in this process: facts come by the outbox and the origin's pulse by the
//! bus, the rest from the rows at a start. What is off the air is asked again while a page is
//! written; derived lists outlive nothing.

mod answer;
mod channels;
mod feedback;
mod follow;
mod home;
mod known;
mod live;
mod load;
mod memory;
mod params;
mod service;
mod shape;
mod up_next;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use feedback::{Feedback, FeedbackKind};
pub use service::Feeds;
pub(crate) use service::Subject;
pub use shape::{Card, CardChannel, Feed, Reason};

use crate::state::App;

pub(crate) use follow::follow;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(home::home))
        .routes(routes!(live::live))
        .routes(routes!(up_next::up_next))
        .routes(routes!(channels::channels))
        .routes(routes!(feedback::feedback))
}
