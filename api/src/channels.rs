//! Channels: a creator's lasting place, its room, its followers.

pub mod by_slug;
pub mod change;
pub mod create;
pub mod followers;
pub mod get;
pub mod list;
pub mod shape;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use shape::{Channel, CurrentBroadcast, PublicChannel};

use crate::state::App;

pub(crate) use by_slug::public;
pub(crate) use create::title;
pub(crate) use shape::{own, room_of};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(by_slug::by_slug))
        .routes(routes!(get::get, change::change))
        .routes(routes!(followers::follow, followers::unfollow))
        .routes(routes!(followers::list))
}
