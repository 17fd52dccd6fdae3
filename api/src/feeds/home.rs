//! `GET /v1/feeds/home`.

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

/// What to watch: on the air, about to start, and to replay.
#[utoipa::path(
    get,
    path = "/v1/feeds/home",
    operation_id = "getHomeFeed",
    tag = "feeds",
    security((), ("bearer" = []), ("session" = [])),
    params(Params),
    responses((status = 200, description = "A page of cards with reasons.", body = Feed)),
)]
pub(crate) async fn home(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(params): Query<Params>,
) -> Result<impl IntoResponse, Problem> {
    answer(&app, caller.as_ref(), Surface::Home, &params).await
}
