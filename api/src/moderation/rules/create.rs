//! `POST /v1/moderation/rules`.

use axum::extract::State;
use domain::id::{PolicyId, UserId};
use futures_util::FutureExt as _;
use infra::database::rules;
use infra::http::problem::Problem;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::shape::{Rule, RuleAction, RuleMode, Scope, check};
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::moderation::ModerationError;
use crate::moderation::config::Config;
use crate::{App, schema};

/// A rule to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewModerationRule, example = json!({
    "scope": { "kind": "org" }, "kind": "terms", "action": "hold",
    "config": { "terms": [{ "term": "buy followers", "match": "substring" }] }
}))]
pub struct NewRule {
    /// Where it holds; in the whole organisation when absent.
    #[serde(default = "everywhere")]
    pub scope: Scope,
    /// `terms`, `regex`, `link`, `caps`, `repeat` or `flood`.
    pub kind: String,
    /// What its kind is told.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub config: Value,
    /// What it asks for.
    pub action: RuleAction,
    /// Whether it acts.
    #[serde(default)]
    pub mode: RuleMode,
    /// The greater stands first in lists.
    #[serde(default)]
    #[schema(minimum = -1_000, maximum = 1_000, default = 0)]
    pub priority: i32,
    /// The policy that a hit breaks.
    #[serde(default)]
    #[schema(value_type = Option<schema::PolicyId>)]
    pub policy_id: Option<PolicyId>,
}

fn everywhere() -> Scope {
    Scope::ORG
}

/// Adds a rule; it holds at once, in every process.
#[utoipa::path(
    post,
    path = "/v1/moderation/rules",
    operation_id = "createRule",
    tag = "moderation",
    request_body = NewRule,
    responses(
        (status = 201, description = "The rule is in force.", body = Rule),
        (status = 422, description = "`regex_too_large`, or what the kind can't be told."),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewRule>,
) -> Result<Created<Rule>, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let org = principal.org_id();
    let config = if wanted.config.is_null() {
        Value::Object(serde_json::Map::default())
    } else {
        wanted.config
    };
    let config = Config::parse(&wanted.kind, config)?;
    let row = rules::Model {
        id: app.ids.uuid(),
        org_id: org.uuid(),
        scope: wanted.scope.kind.as_str().to_owned(),
        scope_id: wanted.scope.resolve(&app, org).await?,
        kind: wanted.kind,
        config: config.to_value(),
        action: wanted.action.as_str().to_owned(),
        policy_id: wanted.policy_id.map(PolicyId::uuid),
        priority: wanted.priority.clamp(-1_000, 1_000),
        mode: wanted.mode.as_str().to_owned(),
        version: 1,
        author_id: principal.user_id().map(UserId::uuid),
        created_at: app.clock.now().0,
        retired_at: None,
    };
    check(&app, org, &row).await?;
    let body = Rule::from(row.clone());
    app.database
        .write::<_, ModerationError, _>(move |tx| {
            let row = row.clone();
            async move { Ok(rules::insert(tx, row).await?) }.boxed()
        })
        .await?;
    app.moderation.rules_changed(&app).await?;
    Ok(Created { location: format!("/v1/moderation/rules/{}", body.id), body })
}
