//! Every route of the API, and the layers around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa_axum::router::OpenApiRouter;

use crate::extract::json::JSON_BYTES_MAX;
use crate::state::App;
use crate::{
    accounts, analytics, api_keys, auth, broadcasts, channels, comments, feeds, gift_types, gifts,
    guest_sessions, layer, leaderboards, ledger, moderation, operator, pages, recordings, refusal,
    reports, rooms, sanctions, service, stream_keys, viewer_tokens, wallet,
};

/// The documented routes: one line a resource.
pub(crate) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(accounts::router())
        .merge(analytics::router())
        .merge(api_keys::router())
        .merge(broadcasts::router())
        .merge(channels::router())
        .merge(comments::router())
        .merge(feeds::router())
        .merge(gift_types::router())
        .merge(gifts::router())
        .merge(guest_sessions::router())
        .merge(leaderboards::router())
        .merge(ledger::router())
        .merge(moderation::router())
        .merge(operator::router())
        .merge(recordings::router())
        .merge(reports::router())
        .merge(rooms::router())
        .merge(sanctions::router())
        .merge(service::router())
        .merge(stream_keys::router())
        .merge(viewer_tokens::router())
        .merge(wallet::router())
}

/// The whole service.
pub(crate) fn router(app: App) -> Router {
    let (documented, _) = documented().split_for_parts();
    let v1 = documented
        .layer(from_fn_with_state(app.clone(), layer::idempotency::idempotency))
        .layer(from_fn(layer::conditional::conditional))
        .layer(from_fn_with_state(app.clone(), layer::limit::limit))
        .layer(from_fn_with_state(app.clone(), auth::identify))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX));
    let pages = pages::Pages::new(Arc::new(app.clone()));
    v1.merge(service::plain_router())
        .merge(pages::router(pages))
        .fallback(async || refusal::not_found())
        .layer(from_fn(layer::watchdog::watchdog))
        .layer(from_fn(layer::problems::problems))
        .layer(layer::cors::cors(&app.settings.allowed_origins))
        .layer(from_fn_with_state(app.clone(), layer::measure::measure))
        .layer(from_fn(layer::headers::headers))
        .layer(from_fn_with_state(app.clone(), layer::request_id::request_id))
        .with_state(app)
}
