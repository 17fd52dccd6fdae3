//! `POST /v1/channels/{channel_id}/stream-keys`.

use axum::extract::State;
use domain::id::{ChannelId, StreamKeyId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::auth::secret;
use infra::database::{self, stream_keys};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::channels::own;
use crate::convention::Created;
use crate::extract::{Json, Path};
use crate::{App, refusal, schema};

/// What to make.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"label": "studio"}))]
pub struct NewStreamKey {
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub label: String,
}

/// A new stream key with its secret, which is shown only this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "skey_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "label": "studio", "stream_key": "hw_live_…",
    "rtmp_url": "rtmp://127.0.0.1:1935/live", "rtmps_url": null, "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct NewStreamKeySecret {
    /// Its id.
    #[schema(value_type = schema::StreamKeyId)]
    pub id: StreamKeyId,
    /// What it is for.
    pub label: String,
    /// The secret; it cannot be shown again.
    pub stream_key: String,
    /// Where to send, without the key.
    pub rtmp_url: String,
    /// The same inside TLS; null without a certificate.
    pub rtmps_url: Option<String>,
    /// When it was made.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

/// Makes a stream key for a channel.
#[utoipa::path(
    post,
    path = "/v1/channels/{channel_id}/stream-keys",
    operation_id = "createStreamKey",
    tag = "channels",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel.")),
    request_body = NewStreamKey,
    responses((status = 201, description = "The key, with its secret.", body = NewStreamKeySecret)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Path(channel_id): Path<ChannelId>,
    Json(wanted): Json<NewStreamKey>,
) -> Result<Created<NewStreamKeySecret>, Problem> {
    principal.require(&rights::CHANNELS_WRITE)?;
    own(&app, &principal, channel_id).await?;
    if wanted.label.chars().count() > 64 {
        return Err(refusal::invalid("/label", "too_long", "at most 64 characters"));
    }
    let secret = secret::make(secret::Kind::StreamKey, &app.ids);
    let new = stream_keys::New {
        id: app.ids.next(),
        org_id: principal.org_id(),
        channel_id,
        hash: secret.hash(),
        label: wanted.label.clone(),
        created_at: app.clock.now(),
    };
    let (id, created_at) = (new.id, new.created_at);
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let new = new.clone();
        async move { Ok(stream_keys::insert(tx, new).await?) }.boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(Created {
        location: format!("/v1/channels/{channel_id}/stream-keys/{id}"),
        body: NewStreamKeySecret {
            id,
            label: wanted.label,
            stream_key: secret.expose().to_owned(),
            rtmp_url: app.settings.rtmp_url.clone(),
            rtmps_url: app.settings.rtmps_url.clone(),
            created_at,
        },
    })
}
