//! `GET /v1/moderation/rules`.

use axum::extract::{OriginalUri, State};
use domain::id::{ChannelId, RoomId, RuleId};
use infra::database::rules;
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::shape::Rule;
use crate::auth::{Principal, rights};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Query};
use crate::{App, schema};

/// Which rules, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only the channel's own rules.
    #[param(value_type = Option<schema::ChannelId>)]
    channel_id: Option<ChannelId>,
    /// Only the room's own rules.
    #[param(value_type = Option<schema::RoomId>)]
    room_id: Option<RoomId>,
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// Lists rules, oldest first.
#[utoipa::path(
    get,
    path = "/v1/moderation/rules",
    operation_id = "listRules",
    tag = "moderation",
    params(Params),
    responses((status = 200, description = "A page of rules.", body = List<Rule>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Rule>, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let org = principal.org_id();
    let scope = params.room_id.map(RoomId::uuid).or(params.channel_id.map(ChannelId::uuid));
    let filter = format!("rules of {org} {scope:?}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let after: Option<RuleId> = asked.position(params.cursor.as_deref())?;
    let read = app.database.read();
    let after = after.map(RuleId::uuid);
    let rows = rules::page_after(read, org.uuid(), scope, after, params.limit.fetch()).await?;
    Ok(asked.page(rows, |row| RuleId::from_uuid(row.id), Rule::from))
}
