//! `PATCH /v1/moderation/rules/{rule_id}`.

use axum::extract::State;
use domain::id::{PolicyId, RuleId};
use futures_util::FutureExt as _;
use infra::database::{Refused, rules};
use infra::http::problem::Problem;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::shape::{Rule, RuleAction, RuleMode, check};
use crate::auth::{Principal, rights};
use crate::convention::{IfMatch, Versioned};
use crate::extract::{MergePatch, Patch, Path};
use crate::moderation::ModerationError;
use crate::moderation::config::Config;
use crate::{App, refusal, schema};

/// What to change; absent members stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModerationRuleChange, example = json!({ "action": "reject" }))]
pub struct RuleChange {
    /// What its kind is told, all of it.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub config: Patch<Value>,
    /// What it asks for.
    #[schema(value_type = Option<RuleAction>)]
    #[serde(default)]
    pub action: Patch<RuleAction>,
    /// Whether it acts.
    #[schema(value_type = Option<RuleMode>)]
    #[serde(default)]
    pub mode: Patch<RuleMode>,
    /// The greater stands first in lists.
    #[schema(value_type = Option<i32>, minimum = -1_000, maximum = 1_000)]
    #[serde(default)]
    pub priority: Patch<i32>,
    /// The policy that a hit breaks.
    #[schema(value_type = Option<schema::PolicyId>)]
    #[serde(default)]
    pub policy_id: Patch<PolicyId>,
}

/// Changes a rule; the new version holds at once.
#[utoipa::path(
    patch,
    path = "/v1/moderation/rules/{rule_id}",
    operation_id = "updateRule",
    tag = "moderation",
    params(
        ("rule_id" = schema::RuleId, Path, description = "The rule."),
        ("If-Match" = String, Header, description = "The `ETag` that was read."),
    ),
    request_body(content = RuleChange, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The rule as it is now.", body = Rule),
        (status = 412, description = "`version_mismatch`: it changed meanwhile."),
        (status = 428, description = "`precondition_required`: send `If-Match`."),
    ),
)]
pub(crate) async fn update(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RuleId>,
    seen: IfMatch,
    MergePatch(change): MergePatch<RuleChange>,
) -> Result<Versioned<Rule>, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let org = principal.org_id();
    let row = rules::get(app.database.read(), org.uuid(), id.uuid()).await?;
    let mut row = row.ok_or_else(refusal::not_found)?;
    seen.check(row.version)?;
    if let Patch::Set(config) = change.config {
        row.config = Config::parse(&row.kind, config)?.to_value();
    }
    if let Patch::Set(action) = change.action {
        action.as_str().clone_into(&mut row.action);
    }
    if let Patch::Set(mode) = change.mode {
        mode.as_str().clone_into(&mut row.mode);
    }
    row.priority = change.priority.apply_or(row.priority, 0).clamp(-1_000, 1_000);
    let policy = row.policy_id.map(PolicyId::from_uuid);
    row.policy_id = change.policy_id.apply(policy).map(PolicyId::uuid);
    check(&app, org, &row).await?;
    let expected = row.version;
    let changed = row.clone();
    app.database
        .write(move |tx| {
            let row = changed.clone();
            async move {
                let updated = rules::update(tx, expected, &row).await?;
                if updated { Ok(()) } else { Err(Refused::Rule(ModerationError::Changed)) }
            }
            .boxed()
        })
        .await?;
    app.moderation.rules_changed(&app).await?;
    row.version = expected + 1;
    Ok(Versioned { version: row.version, body: row.into() })
}
