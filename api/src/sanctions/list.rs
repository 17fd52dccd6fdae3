//! `GET /v1/users/{user_id}/sanctions`.

use axum::extract::{OriginalUri, State};
use domain::id::{SanctionId, UserId};
use infra::database::{sanctions, users};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Sanction;
use crate::auth::{Principal, rights};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
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

/// Lists the sanctions of a user, newest first; one's own are for everyone to see.
#[utoipa::path(
    get,
    path = "/v1/users/{user_id}/sanctions",
    operation_id = "listSanctions",
    tag = "moderation",
    params(("user_id" = schema::UserId, Path, description = "The user."), Params),
    responses((status = 200, description = "A page of sanctions.", body = List<Sanction>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    Path(user): Path<UserId>,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Sanction>, Problem> {
    if principal.user_id() != Some(user) {
        principal.require(&rights::MODERATION_REVIEW)?;
    }
    let org = principal.org_id().uuid();
    let read = app.database.read();
    users::find(read, user)
        .await?
        .filter(|user| user.org_id == org)
        .ok_or_else(refusal::not_found)?;
    let filter = format!("sanctions of {user}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let before: Option<SanctionId> = asked.position(params.cursor.as_deref())?;
    let before = before.map(SanctionId::uuid);
    let fetch = params.limit.fetch();
    let rows = sanctions::page_before(read, org, user.uuid(), before, fetch).await?;
    let now = app.clock.now();
    Ok(asked.page(rows, |row| SanctionId::from_uuid(row.id), |row| Sanction::of(row, now)))
}
