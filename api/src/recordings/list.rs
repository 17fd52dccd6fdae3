//! `GET /v1/recordings`.

use axum::extract::{OriginalUri, State};
use domain::id::{BroadcastId, ChannelId, RecordingId};
use infra::database::recordings::{self, Wanted};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::shape::Recording;
use crate::auth::{Caller, Principal};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Query};
use crate::{App, schema};

/// Which recordings, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only of this channel.
    #[param(value_type = Option<schema::ChannelId>)]
    channel_id: Option<ChannelId>,
    /// Only of this broadcast.
    #[param(value_type = Option<schema::BroadcastId>)]
    broadcast_id: Option<BroadcastId>,
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// Lists recordings, newest first: one's own organisation's, or the public ones.
#[utoipa::path(
    get,
    path = "/v1/recordings",
    operation_id = "listRecordings",
    tag = "recordings",
    security((), ("bearer" = []), ("session" = [])),
    params(Params),
    responses((status = 200, description = "A page of recordings.", body = List<Recording>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Recording>, Problem> {
    let org_id = caller.as_ref().map(Principal::org_id);
    let filter = format!("recordings {org_id:?} {:?} {:?}", params.channel_id, params.broadcast_id);
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let before: Option<RecordingId> = asked.position(params.cursor.as_deref())?;
    let wanted = Wanted {
        org_id,
        channel_id: params.channel_id,
        broadcast_id: params.broadcast_id,
        public_only: org_id.is_none(),
    };
    let read = app.database.read();
    let rows = recordings::page_before(read, wanted, before, params.limit.fetch()).await?;
    Ok(asked.page(rows, |row| RecordingId::from_uuid(row.id), Recording::of))
}
