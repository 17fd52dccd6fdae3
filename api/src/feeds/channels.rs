//! `GET /v1/feeds/channels`.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::feed::Surface;
use infra::http::problem::Problem;

use super::answer::{answer, once_a_channel};
use super::params::Params;
use super::shape::Feed;
use crate::App;
use crate::auth::Caller;
use crate::extract::Query;

/// Channels worth a visit, each with its best card.
#[utoipa::path(
    get,
    path = "/v1/feeds/channels",
    operation_id = "getChannelFeed",
    tag = "feeds",
    security((), ("bearer" = []), ("session" = [])),
    params(Params),
    responses((status = 200, description = "A page of cards, one of each channel.", body = Feed)),
)]
pub(crate) async fn channels(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(params): Query<Params>,
) -> Result<impl IntoResponse, Problem> {
    answer(&app, caller.as_ref(), Surface::Home, &params).await.map(once_a_channel)
}
