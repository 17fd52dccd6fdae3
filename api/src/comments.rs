//! Comments: posted, read live or by media time, taken away and brought back.

pub mod delete;
pub mod get;
pub mod list;
pub mod of_recording;
pub mod post;
pub mod restore;
pub mod shape;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use shape::{Comment, CommentAuthor, CommentDanmaku};
pub(crate) use shape::{event_of, flight, show};

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(post::post, list::list))
        .routes(routes!(get::get, delete::delete))
        .routes(routes!(restore::restore))
        .routes(routes!(of_recording::list))
}
