//! `GET /v1/moderation/items`.

use axum::extract::{OriginalUri, State};
use domain::id::{ItemId, QueueId, RoomId, UserId};
use infra::database::mod_items::{self, Filter};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::show::{Item, show};
use crate::auth::{Principal, rights};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Query};
use crate::{App, schema};

/// A state that an item can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "open")]
pub enum ItemState {
    /// It waits and nobody has it.
    Open,
    /// Someone has it.
    Claimed,
    /// It is judged.
    Decided,
    /// Nobody judged it in time.
    Expired,
}

impl ItemState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Decided => "decided",
            Self::Expired => "expired",
        }
    }
}

/// Which items, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only in this state; those that wait, open or claimed, when absent.
    #[param(value_type = Option<ItemState>)]
    state: Option<ItemState>,
    /// Only in this queue.
    #[param(value_type = Option<schema::QueueId>)]
    queue_id: Option<QueueId>,
    /// Only of this author.
    #[param(value_type = Option<schema::UserId>)]
    author_id: Option<UserId>,
    /// Only of this room.
    #[param(value_type = Option<schema::RoomId>)]
    room_id: Option<RoomId>,
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// Lists items in the order of the queue: the greatest priority first.
#[utoipa::path(
    get,
    path = "/v1/moderation/items",
    operation_id = "listItems",
    tag = "moderation",
    params(Params),
    responses((status = 200, description = "A page of items.", body = List<Item>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Item>, Problem> {
    let room = match (&principal, params.room_id) {
        (Principal::Viewer(viewer), None) => Some(viewer.room_id),
        (_, room) => room,
    };
    match room {
        Some(room) => principal.require_in(room, &rights::MODERATION_REVIEW)?,
        None => principal.require(&rights::MODERATION_REVIEW)?,
    }
    let org = principal.org_id();
    let state = params.state.map(ItemState::as_str);
    let filter = Filter {
        states: state.map_or_else(|| mod_items::WAITING.to_vec(), |state| vec![state]),
        queue: params.queue_id.map(QueueId::uuid),
        author: params.author_id.map(UserId::uuid),
        room: room.map(RoomId::uuid),
    };
    let name = format!("items of {org} {filter:?}");
    let asked = Asked { cursors: &app.cursors, uri, filter: name, limit: params.limit };
    let after: Option<(i64, ItemId)> = asked.position(params.cursor.as_deref())?;
    let after = after.map(|(priority, id)| (priority, id.uuid()));
    let fetch = params.limit.fetch();
    let rows =
        mod_items::page_after(app.database.read(), org.uuid(), &filter, after, fetch).await?;
    let items = show(&app, rows).await?;
    Ok(asked.page(items, |item| (item.priority, item.id), |item| item))
}
