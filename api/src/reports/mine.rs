//! `GET /v1/reports/mine`.

use axum::extract::{OriginalUri, State};
use domain::id::ReportId;
use infra::database::reports;
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Report;
use crate::App;
use crate::auth::Principal;
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

/// Lists one's own reports, newest first.
#[utoipa::path(
    get,
    path = "/v1/reports/mine",
    operation_id = "listMyReports",
    tag = "moderation",
    params(Params),
    responses((status = 200, description = "A page of reports.", body = List<Report>)),
)]
pub(crate) async fn mine(
    State(app): State<App>,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Report>, Problem> {
    let user = principal.user()?;
    let filter = format!("reports of {user}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let before: Option<ReportId> = asked.position(params.cursor.as_deref())?;
    let before = before.map(ReportId::uuid);
    let fetch = params.limit.fetch();
    let rows = reports::page_before(app.database.read(), user.uuid(), before, fetch).await?;
    Ok(asked.page(rows, |row| ReportId::from_uuid(row.id), Report::from))
}
