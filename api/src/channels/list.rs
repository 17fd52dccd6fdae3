//! `GET /v1/channels`.

use std::collections::HashMap;

use axum::extract::{OriginalUri, State};
use domain::id::{ChannelId, Id};
use infra::database::{channels, rooms};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::shape::Channel;
use crate::App;
use crate::auth::{Principal, rights};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Query};

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

/// Lists the channels of one's own organisation, oldest first.
#[utoipa::path(
    get,
    path = "/v1/channels",
    operation_id = "listChannels",
    tag = "channels",
    params(Params),
    responses((status = 200, description = "A page of channels.", body = List<Channel>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Channel>, Problem> {
    principal.require(&rights::CHANNELS_READ)?;
    let filter = format!("channels of {}", principal.org_id());
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let after: Option<ChannelId> = asked.position(params.cursor.as_deref())?;
    let read = app.database.read();
    let rows = channels::page_after(read, principal.org_id(), after, params.limit.fetch()).await?;
    let ids = rows.iter().map(|row| row.id).collect();
    let rooms: HashMap<_, _> = rooms::chats_of(read, ids)
        .await?
        .into_iter()
        .map(|room| (room.channel_id, room.id))
        .collect();
    Ok(asked.page(
        rows,
        |row| ChannelId::from_uuid(row.id),
        |row| {
            let room = rooms.get(&row.id).copied().unwrap_or_default();
            Channel::of(row, Id::from_uuid(room))
        },
    ))
}
