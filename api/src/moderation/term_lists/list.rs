//! `GET /v1/moderation/term-lists`.

use axum::extract::{OriginalUri, State};
use domain::id::TermListId;
use infra::database::term_lists;
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::TermList;
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

/// Lists term lists, oldest first.
#[utoipa::path(
    get,
    path = "/v1/moderation/term-lists",
    operation_id = "listTermLists",
    tag = "moderation",
    params(Params),
    responses((status = 200, description = "A page of term lists.", body = List<TermList>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<TermList>, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let org = principal.org_id();
    let filter = format!("term lists of {org}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let after: Option<TermListId> = asked.position(params.cursor.as_deref())?;
    let after = after.map(TermListId::uuid);
    let fetch = params.limit.fetch();
    let rows = term_lists::page_after(app.database.read(), org.uuid(), after, fetch).await?;
    Ok(asked.page(rows, |row| TermListId::from_uuid(row.id), TermList::from))
}
