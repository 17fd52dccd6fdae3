//! `GET /v1/channels/{id}/leaderboard`.

use axum::extract::State;
use domain::id::ChannelId;
use infra::database::channels;
use infra::database::gift_totals::Board;
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::show::{Leaderboard, show};
use crate::extract::{Json, Limit, Path, Query};
use crate::{App, refusal, schema};

/// Over which time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "week")]
pub enum Period {
    /// Today, in UTC.
    Day,
    /// From Monday, in UTC.
    Week,
    /// Since the channel began.
    #[default]
    All,
}

/// How many, over which time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Over which time.
    #[serde(default)]
    #[param(value_type = Option<Period>)]
    period: Period,
    /// Rows to show.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// Lists who gave most to a channel.
#[utoipa::path(
    get,
    path = "/v1/channels/{channel_id}/leaderboard",
    operation_id = "getChannelLeaderboard",
    tag = "gifts",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel."), Params),
    security(()),
    responses((status = 200, description = "The most generous first.", body = Leaderboard)),
)]
pub(crate) async fn channel(
    State(app): State<App>,
    Path(id): Path<ChannelId>,
    Query(params): Query<Params>,
) -> Result<Json<Leaderboard>, Problem> {
    channels::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    let now = app.clock.now().0;
    let board = match params.period {
        Period::Day => Board::channel_day(id.uuid(), now),
        Period::Week => Board::channel_week(id.uuid(), now),
        Period::All => Board::channel(id.uuid()),
    };
    Ok(Json(show(&app, board, params.limit).await?))
}
