//! `GET /v1/feeds/live`.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::feed::Surface;
use infra::http::problem::Problem;

use super::answer::answer;
use super::params::Params;
use super::shape::Feed;
use crate::App;
use crate::auth::Caller;
use crate::extract::Query;

/// What is on the air.
#[utoipa::path(
    get,
    path = "/v1/feeds/live",
    operation_id = "getLiveFeed",
    tag = "feeds",
    security((), ("bearer" = []), ("session" = [])),
    params(Params),
    responses((status = 200, description = "A page of cards with reasons.", body = Feed)),
)]
pub(crate) async fn live(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(params): Query<Params>,
) -> Result<impl IntoResponse, Problem> {
    answer(&app, caller.as_ref(), Surface::Live, &params).await
}
