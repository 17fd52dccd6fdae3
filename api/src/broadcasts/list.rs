//! `GET /v1/broadcasts`.

use axum::extract::{OriginalUri, State};
use domain::broadcast::Status;
use domain::id::{BroadcastId, ChannelId};
use infra::database::broadcasts::{self, Wanted};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::shape::Broadcast;
use crate::App;
use crate::auth::Caller;
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Query};
use crate::{refusal, schema};

/// Which broadcasts, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only of this channel.
    #[param(value_type = Option<schema::ChannelId>)]
    channel_id: Option<ChannelId>,
    /// Only with this status.
    status: Option<String>,
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// Lists broadcasts, newest first: one's own organisation's, or the public ones.
#[utoipa::path(
    get,
    path = "/v1/broadcasts",
    operation_id = "listBroadcasts",
    tag = "broadcasts",
    security((), ("bearer" = []), ("session" = [])),
    params(Params),
    responses((status = 200, description = "A page of broadcasts.", body = List<Broadcast>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Broadcast>, Problem> {
    let status = match params.status.as_deref() {
        Some(text) => Some(
            Status::parse(text)
                .ok_or_else(|| refusal::invalid_parameter(format!("no broadcast is `{text}`")))?,
        ),
        None => None,
    };
    let org = caller.as_ref().map(crate::auth::Principal::org_id);
    let filter = format!("broadcasts {org:?} {:?} {status:?}", params.channel_id);
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let before: Option<BroadcastId> = asked.position(params.cursor.as_deref())?;
    let wanted =
        Wanted { org_id: org, channel_id: params.channel_id, status, public_only: org.is_none() };
    let read = app.database.read();
    let rows = broadcasts::page_before(read, wanted, before, params.limit.fetch()).await?;
    Ok(asked.page(rows, |row| BroadcastId::from_uuid(row.id), Broadcast::of))
}
