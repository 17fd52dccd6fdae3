//! `GET /v1/feeds/up-next`.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::feed::Surface;
use domain::id::ChannelId;
use infra::database::channels;
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::answer;
use super::params::Params;
use super::shape::Feed;
use crate::auth::Caller;
use crate::extract::Query;
use crate::{App, refusal};

/// After which channel, which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// The channel that is watched now: its id or its slug.
    channel: String,
    /// Cards on a page.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 50, default = 20)]
    limit: Option<usize>,
    /// Where the page starts.
    cursor: Option<String>,
    /// As for the other feeds.
    #[param(default = "personal")]
    strategy: Option<String>,
}

/// What to watch after a channel: where its viewers went on to.
#[utoipa::path(
    get,
    path = "/v1/feeds/up-next",
    operation_id = "getUpNextFeed",
    tag = "feeds",
    security((), ("bearer" = []), ("session" = [])),
    params(After),
    responses((status = 200, description = "A page of cards with reasons.", body = Feed)),
)]
pub(crate) async fn up_next(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(after): Query<After>,
) -> Result<impl IntoResponse, Problem> {
    let channel = find(&app, &after.channel).await?;
    let After { limit, cursor, strategy, .. } = after;
    let params = Params::new(limit, cursor, strategy);
    answer(&app, caller.as_ref(), Surface::UpNext(channel), &params).await
}

async fn find(app: &App, text: &str) -> Result<ChannelId, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let row = channels::find_by_slug(app.database.read(), text).await?;
    row.map(|row| ChannelId::from_uuid(row.id)).ok_or_else(refusal::not_found)
}
