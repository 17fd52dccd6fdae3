//! `GET /v1/moderation/term-lists/{list_id}/terms`.

use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse as _, Response};
use domain::id::{Id, TermId, TermListId};
use domain::time::Timestamp;
use http::header;
use infra::database::{term_lists, terms as rows};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Principal, rights};
use crate::convention::list::{Asked, List};
use crate::convention::version::tag;
use crate::extract::{Limit, Path, Query};
use crate::{App, refusal, schema};

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

/// A word of a term list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ListedTerm, example = json!({
    "id": "trm_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "term": "buy followers", "match": "substring",
    "severity": 2, "expires_at": null
}))]
pub struct Term {
    /// The term's id.
    #[schema(value_type = schema::TermId)]
    pub id: TermId,
    /// The word or words.
    pub term: String,
    /// `exact`, `word`, `substring` or `homophone`.
    #[serde(rename = "match")]
    pub matching: String,
    /// From 1 to 5.
    pub severity: i32,
    /// When it stops counting.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub expires_at: Option<Timestamp>,
}

impl From<rows::Model> for Term {
    fn from(row: rows::Model) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            term: row.term,
            matching: row.matching,
            severity: row.severity,
            expires_at: row.expires_at.map(Timestamp),
        }
    }
}

/// Lists the terms of a list, oldest first; `ETag` names the list's version.
#[utoipa::path(
    get,
    path = "/v1/moderation/term-lists/{list_id}/terms",
    operation_id = "listTerms",
    tag = "moderation",
    params(("list_id" = schema::TermListId, Path, description = "The term list."), Params),
    responses((status = 200, description = "A page of terms.", body = List<Term>)),
)]
pub(crate) async fn terms(
    State(app): State<App>,
    principal: Principal,
    Path(list): Path<TermListId>,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let read = app.database.read();
    let found = term_lists::get(read, principal.org_id().uuid(), list.uuid()).await?;
    let version = found.ok_or_else(refusal::not_found)?.version;
    let filter = format!("terms of {list}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let after: Option<TermId> = asked.position(params.cursor.as_deref())?;
    let after = after.map(TermId::uuid);
    let page = rows::page_after(read, list.uuid(), after, params.limit.fetch()).await?;
    let mut response =
        asked.page(page, |row| TermId::from_uuid(row.id), Term::from).into_response();
    response.headers_mut().insert(header::ETAG, tag(version));
    Ok(response)
}
