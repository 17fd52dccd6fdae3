//! `PATCH /v1/moderation/policies/{policy_id}`.

use axum::extract::State;
use domain::id::PolicyId;
use futures_util::FutureExt as _;
use infra::database::{Refused, policies};
use infra::http::problem::Problem;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Policy, Titles, are_titles};
use crate::auth::{Principal, rights};
use crate::convention::{IfMatch, Versioned};
use crate::extract::{MergePatch, Patch, Path};
use crate::moderation::ModerationError;
use crate::{App, refusal, schema};

/// What to change; absent members stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "severity": 3 }))]
pub struct PolicyChange {
    /// Titles by language tag, all of them.
    #[schema(value_type = Option<crate::schema::LocalizedText>)]
    #[serde(default)]
    pub title: Patch<Titles>,
    /// From 1 to 5.
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 5)]
    #[serde(default)]
    pub severity: Patch<i32>,
}

/// Changes a policy.
#[utoipa::path(
    patch,
    path = "/v1/moderation/policies/{policy_id}",
    operation_id = "updatePolicy",
    tag = "moderation",
    params(
        ("policy_id" = schema::PolicyId, Path, description = "The policy."),
        ("If-Match" = String, Header, description = "The version that was read, in quotes."),
    ),
    request_body(content = PolicyChange, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The policy as it is now.", body = Policy),
        (status = 412, description = "`version_mismatch`: it changed meanwhile."),
        (status = 428, description = "`precondition_required`: send `If-Match`."),
    ),
)]
pub(crate) async fn update(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<PolicyId>,
    seen: IfMatch,
    MergePatch(change): MergePatch<PolicyChange>,
) -> Result<Versioned<Policy>, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let org = principal.org_id().uuid();
    let row = policies::get(app.database.read(), org, id.uuid()).await?;
    let mut row = row.ok_or_else(refusal::not_found)?;
    seen.check(row.version)?;
    if let Patch::Set(title) = change.title {
        if !are_titles(&title) {
            let message = "1 to 20 titles of 1 to 140 characters";
            return Err(refusal::invalid("/title", "invalid", message));
        }
        row.title = json!(title);
    }
    row.severity = change.severity.apply_or(row.severity, row.severity);
    if !(1..=5).contains(&row.severity) {
        return Err(refusal::invalid("/severity", "invalid", "1 to 5"));
    }
    let expected = row.version;
    let changed = row.clone();
    app.database
        .write(move |tx| {
            let row = changed.clone();
            async move {
                let updated = policies::update(tx, expected, &row).await?;
                if updated { Ok(()) } else { Err(Refused::Rule(ModerationError::Changed)) }
            }
            .boxed()
        })
        .await?;
    app.moderation.rules_changed(&app).await?;
    row.version = expected + 1;
    Ok(Versioned { version: row.version, body: row.into() })
}
