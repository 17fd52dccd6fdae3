//! `GET /v1/moderation/rules/{rule_id}`.

use axum::extract::State;
use domain::id::RuleId;
use infra::database::rules;
use infra::http::problem::Problem;

use super::shape::Rule;
use crate::auth::{Principal, rights};
use crate::convention::Versioned;
use crate::extract::Path;
use crate::{App, refusal, schema};

/// Shows a rule.
#[utoipa::path(
    get,
    path = "/v1/moderation/rules/{rule_id}",
    operation_id = "getRule",
    tag = "moderation",
    params(("rule_id" = schema::RuleId, Path, description = "The rule.")),
    responses((status = 200, description = "The rule; `ETag` names its version.", body = Rule)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RuleId>,
) -> Result<Versioned<Rule>, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let org = principal.org_id().uuid();
    let row = rules::get(app.database.read(), org, id.uuid()).await?;
    let row = row.ok_or_else(refusal::not_found)?;
    Ok(Versioned { version: row.version, body: row.into() })
}
