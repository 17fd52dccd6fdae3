//! `DELETE /v1/channels/{channel_id}/stream-keys/{key_id}`.

use axum::extract::State;
use bytes::Bytes;
use domain::id::{BroadcastId, ChannelId, StreamKeyId};
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{self, broadcasts, stream_keys};
use infra::http::problem::Problem;

use crate::auth::{Principal, rights};
use crate::channels::own;
use crate::extract::Path;
use crate::{App, schema};

/// Revokes a stream key; a publisher that uses it is disconnected within two seconds.
#[utoipa::path(
    delete,
    path = "/v1/channels/{channel_id}/stream-keys/{key_id}",
    operation_id = "revokeStreamKey",
    tag = "channels",
    params(
        ("channel_id" = schema::ChannelId, Path, description = "The channel."),
        ("key_id" = schema::StreamKeyId, Path, description = "The key."),
    ),
    responses((status = 204, description = "The key opens nothing any more.")),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    principal: Principal,
    Path((channel_id, key_id)): Path<(ChannelId, StreamKeyId)>,
) -> Result<StatusCode, Problem> {
    principal.require(&rights::CHANNELS_WRITE)?;
    own(&app, &principal, channel_id).await?;
    let now = app.clock.now();
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        async move {
            if !stream_keys::revoke(tx, channel_id, key_id, now).await? {
                return Ok(None);
            }
            let current = broadcasts::current_of(tx, channel_id).await?;
            let current = current.filter(|row| row.stream_key_id == Some(key_id.uuid()));
            let Some(row) = current else { return Ok(None) };
            let id = BroadcastId::from_uuid(row.id);
            broadcasts::order(tx, id, "key_revoked", "key_revoked").await?;
            Ok(Some(id))
        }
        .boxed()
    });
    if let Some(id) = written.await.map_err(database::Error::from)? {
        let order = Bytes::from_static(br#"{"action":"key_revoked"}"#);
        app.bus.publish(format!("hw.broadcast.{id}.control"), order);
    }
    Ok(StatusCode::NO_CONTENT)
}
