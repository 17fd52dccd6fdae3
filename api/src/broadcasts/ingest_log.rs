//! `GET /v1/channels/{channel_id}/ingest-log`.

use axum::extract::{OriginalUri, State};
use domain::id::{BroadcastId, ChannelId, Id};
use domain::time::Timestamp;
use infra::database::ingest_log;
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::{Principal, rights};
use crate::channels::own;
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Path, Query};
use crate::{App, schema};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// One thing that the origin did with a publisher.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "at": "2026-11-25T18:30:00.000Z", "code": "publisher_connected",
    "broadcast_id": null, "args": {}
}))]
pub struct IngestLogEntry {
    /// Tells entries apart; the newer is the larger.
    pub id: String,
    /// When.
    #[schema(value_type = schema::Timestamp)]
    pub at: Timestamp,
    /// What, as a stable word.
    pub code: String,
    /// The broadcast, when there was one.
    #[schema(value_type = Option<schema::BroadcastId>)]
    pub broadcast_id: Option<BroadcastId>,
    /// What the sentence of the code needs.
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
}

/// Lists what the origin did with a channel's publishers, newest first.
#[utoipa::path(
    get,
    path = "/v1/channels/{channel_id}/ingest-log",
    operation_id = "listIngestLog",
    tag = "broadcasts",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel."), Params),
    responses((status = 200, description = "A page of entries.", body = List<IngestLogEntry>)),
)]
pub(crate) async fn ingest_log(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ChannelId>,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<IngestLogEntry>, Problem> {
    principal.require(&rights::BROADCASTS_WRITE)?;
    own(&app, &principal, id).await?;
    let filter = format!("ingest log of {id}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let before: Option<Uuid> = asked.position(params.cursor.as_deref())?;
    let read = app.database.read();
    let rows = ingest_log::page_before(read, id, before, params.limit.fetch()).await?;
    Ok(asked.page(
        rows,
        |row| row.id,
        |row| IngestLogEntry {
            id: row.id.simple().to_string(),
            at: Timestamp(row.at),
            code: row.code,
            broadcast_id: row.broadcast_id.map(Id::from_uuid),
            args: row.args,
        },
    ))
}
