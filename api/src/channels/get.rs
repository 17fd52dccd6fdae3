//! `GET /v1/channels/{channel_id}`.

use axum::extract::State;
use domain::id::ChannelId;
use infra::http::problem::Problem;

use super::shape::{Channel, own};
use crate::auth::{Principal, rights};
use crate::convention::Versioned;
use crate::extract::Path;
use crate::{App, schema};

/// Shows a channel of one's own organisation.
#[utoipa::path(
    get,
    path = "/v1/channels/{channel_id}",
    operation_id = "getChannel",
    tag = "channels",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel.")),
    responses((status = 200, description = "The channel; `ETag` names its version.", body = Channel)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ChannelId>,
) -> Result<Versioned<Channel>, Problem> {
    principal.require(&rights::CHANNELS_READ)?;
    let row = own(&app, &principal, id).await?;
    let room_id = super::shape::room_of(&app, id).await?;
    Ok(Versioned { version: row.settings_version, body: Channel::of(row, room_id) })
}
