//! Health, metrics, the document and its page.

mod docs;
mod health;

use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(docs::yaml))
}

/// What is for people, so no part of the document.
pub(crate) fn plain_router() -> Router<App> {
    Router::new().route("/docs", get(docs::page)).route("/docs.css", get(docs::style))
}
