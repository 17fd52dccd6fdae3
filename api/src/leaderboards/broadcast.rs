//! `GET /v1/broadcasts/{id}/leaderboard`.

use axum::extract::State;
use domain::id::BroadcastId;
use infra::database::broadcasts;
use infra::database::gift_totals::Board;
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::show::{Leaderboard, show};
use crate::extract::{Json, Limit, Path, Query};
use crate::{App, refusal, schema};

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Rows to show.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// Lists who gave most during a broadcast.
#[utoipa::path(
    get,
    path = "/v1/broadcasts/{broadcast_id}/leaderboard",
    operation_id = "getBroadcastLeaderboard",
    tag = "gifts",
    params(("broadcast_id" = schema::BroadcastId, Path, description = "The broadcast."), Params),
    security(()),
    responses((status = 200, description = "The most generous first.", body = Leaderboard)),
)]
pub(crate) async fn broadcast(
    State(app): State<App>,
    Path(id): Path<BroadcastId>,
    Query(params): Query<Params>,
) -> Result<Json<Leaderboard>, Problem> {
    broadcasts::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    Ok(Json(show(&app, Board::broadcast(id.uuid()), params.limit).await?))
}
