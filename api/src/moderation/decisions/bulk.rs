//! `POST /v1/moderation/bulk-decisions`.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::id::{DecisionId, ItemId, PolicyId, RoomId};
use http::StatusCode;
use infra::database::mod_items;
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create::run;
use crate::auth::{Principal, rights};
use crate::extract::Json;
use crate::moderation::decide::Verdict;
use crate::moderation::reviewer;
use crate::moderation::verdict::{Action, OutcomeName, Reason, check_note};
use crate::{App, refusal, schema};

/// Items that one bulk decision covers.
const ITEMS_MAX: u64 = 500;

/// One judgement for every waiting item with the same words.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "same_words_as": "itm_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "dry_run": true, "outcome": "remove",
    "policy_ids": ["pol_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"]
}))]
pub struct BulkRequest {
    /// The item whose words count; it is decided too.
    #[schema(value_type = schema::ItemId)]
    pub same_words_as: ItemId,
    /// Only tells which items would be decided.
    #[serde(default)]
    pub dry_run: bool,
    /// What becomes of them.
    pub outcome: OutcomeName,
    /// The policies that were broken.
    #[serde(default)]
    #[schema(value_type = Vec<schema::PolicyId>)]
    pub policy_ids: Vec<PolicyId>,
    /// What the authors read.
    #[serde(default)]
    pub visible_reason: Option<Reason>,
    /// What else is done to each author.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// A note to colleagues.
    #[serde(default)]
    #[schema(max_length = 2_000)]
    pub note: Option<String>,
}

/// What a bulk decision did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "dry_run": false, "item_ids": ["itm_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"],
    "decision_ids": ["dec_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"], "skipped": 0
}))]
pub struct BulkResult {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// The items with the same words, at most 500.
    #[schema(value_type = Vec<schema::ItemId>)]
    pub item_ids: Vec<ItemId>,
    /// The decisions that were made.
    #[schema(value_type = Vec<schema::DecisionId>)]
    pub decision_ids: Vec<DecisionId>,
    /// Items that someone else decided meanwhile, or where the judgement does not fit.
    pub skipped: usize,
}

/// Decides every waiting item with the same words, each in a transaction of its own; needs no claim.
/// Ask with `dry_run` first.
#[utoipa::path(
    post,
    path = "/v1/moderation/bulk-decisions",
    operation_id = "decideSameWords",
    tag = "moderation",
    request_body = BulkRequest,
    responses(
        (status = 200, description = "What would be decided (`dry_run`).", body = BulkResult),
        (status = 202, description = "What was decided.", body = BulkResult),
    ),
)]
pub(crate) async fn bulk(
    State(app): State<App>,
    principal: Principal,
    Json(request): Json<BulkRequest>,
) -> Result<Response, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let (org, reviewer) = (principal.org_id(), reviewer(&app, &principal).await?);
    check_note(request.note.as_deref())?;
    if let Some(reason) = &request.visible_reason {
        reason.check()?;
    }
    let read = app.database.read();
    let like = mod_items::get(read, org.uuid(), request.same_words_as.uuid()).await?;
    let like = like.ok_or_else(refusal::not_found)?;
    let mut items = match like.body_norm_hash {
        Some(hash) => mod_items::same_words(read, org.uuid(), hash, ITEMS_MAX).await?,
        None => vec![like],
    };
    // A viewer's token is good in its own room only.
    items.retain(|item| match item.room_id {
        Some(room) => principal.moderates(RoomId::from_uuid(room)),
        None => true,
    });
    let mut result = BulkResult {
        dry_run: request.dry_run,
        item_ids: items.iter().map(|item| ItemId::from_uuid(item.id)).collect(),
        decision_ids: Vec::new(),
        skipped: 0,
    };
    if request.dry_run {
        return Ok((StatusCode::OK, Json(result)).into_response());
    }
    for item in items {
        let verdict = Verdict {
            org,
            item: ItemId::from_uuid(item.id),
            reviewer,
            fence: None,
            outcome: request.outcome.into(),
            actions: request.actions.clone(),
            policies: request.policy_ids.clone(),
            note: request.note.clone(),
            visible_reason: request.visible_reason.clone(),
        };
        match run(&app, item.room_id.map(RoomId::from_uuid), verdict).await {
            Ok(decided) => result.decision_ids.push(DecisionId::from_uuid(decided.decision.id)),
            Err(problem) if problem.status().is_client_error() => result.skipped += 1,
            Err(problem) => return Err(problem),
        }
    }
    Ok((StatusCode::ACCEPTED, Json(result)).into_response())
}
