//! `GET /v1/channels/{channel_id}/stream-keys`.

use axum::extract::{OriginalUri, State};
use domain::id::{ChannelId, Id, StreamKeyId};
use domain::time::Timestamp;
use infra::database::stream_keys;
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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

/// A stream key without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "skey_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "label": "studio", "rtmp_url": "rtmp://127.0.0.1:1935/live", "rtmps_url": null, "created_at": "2026-11-25T18:30:00.000Z",
    "last_used_at": null, "revoked_at": null
}))]
pub struct StreamKey {
    /// Its id.
    #[schema(value_type = schema::StreamKeyId)]
    pub id: StreamKeyId,
    /// What it is for.
    pub label: String,
    /// Where an encoder publishes with it.
    pub rtmp_url: String,
    /// The same inside TLS; null without a certificate.
    pub rtmps_url: Option<String>,
    /// When it was made.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
    /// When a publisher last came with it.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub revoked_at: Option<Timestamp>,
}

/// Lists the stream keys of a channel, oldest first, without their secrets.
#[utoipa::path(
    get,
    path = "/v1/channels/{channel_id}/stream-keys",
    operation_id = "listStreamKeys",
    tag = "channels",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel."), Params),
    responses((status = 200, description = "A page of keys.", body = List<StreamKey>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    Path(channel_id): Path<ChannelId>,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<StreamKey>, Problem> {
    principal.require(&rights::CHANNELS_WRITE)?;
    own(&app, &principal, channel_id).await?;
    let filter = format!("stream keys of {channel_id}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let after: Option<StreamKeyId> = asked.position(params.cursor.as_deref())?;
    let read = app.database.read();
    let rows = stream_keys::page_after(read, channel_id, after, params.limit.fetch()).await?;
    Ok(asked.page(
        rows,
        |row| StreamKeyId::from_uuid(row.id),
        |row| StreamKey {
            id: Id::from_uuid(row.id),
            label: row.label,
            rtmp_url: app.settings.rtmp_url.clone(),
            rtmps_url: app.settings.rtmps_url.clone(),
            created_at: Timestamp(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp),
            revoked_at: row.revoked_at.map(Timestamp),
        },
    ))
}
