//! `POST /v1/moderation/items/{item_id}/decisions`.

use axum::extract::State;
use domain::id::{ItemId, OrgId, PolicyId, RoomId};
use futures_util::FutureExt as _;
use infra::database::{Refused, mod_items};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::show::Decision;
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::{Json, Path};
use crate::moderation::ModerationError;
use crate::moderation::decide::{self, Decided, Verdict};
use crate::moderation::reviewer;
use crate::moderation::scene::Scene;
use crate::moderation::verdict::{Action, OutcomeName, Reason, check_note};
use crate::room::OpenError;
use crate::{App, refusal, schema};

/// A judgement.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lease_token": 1, "outcome": "remove", "policy_ids": ["pol_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"],
    "visible_reason": { "code": "abuse", "text": "Insults are not allowed here.", "lang": "en" },
    "actions": [{ "kind": "timeout", "seconds": 600 }]
}))]
pub struct DecisionRequest {
    /// The token that the claim gave.
    pub lease_token: i64,
    /// What becomes of the subject.
    pub outcome: OutcomeName,
    /// The policies that were broken; without any, those that the item was brought for.
    #[serde(default)]
    #[schema(value_type = Vec<schema::PolicyId>)]
    pub policy_ids: Vec<PolicyId>,
    /// What the author reads.
    #[serde(default)]
    pub visible_reason: Option<Reason>,
    /// What else is done, several at once.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// A note to colleagues.
    #[serde(default)]
    #[schema(max_length = 2_000)]
    pub note: Option<String>,
}

/// Decides an item that one has claimed. Of those who race for it exactly one gets through.
#[utoipa::path(
    post,
    path = "/v1/moderation/items/{item_id}/decisions",
    operation_id = "decideItem",
    tag = "moderation",
    params(("item_id" = schema::ItemId, Path, description = "The item.")),
    request_body = DecisionRequest,
    responses(
        (status = 201, description = "The decision is in force.", body = Decision),
        (status = 409, description = "`lease_lost` or `already_decided`."),
        (status = 422, description = "`policy_required`: a removal cites what was broken."),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Path(item): Path<ItemId>,
    Json(request): Json<DecisionRequest>,
) -> Result<Created<Decision>, Problem> {
    let (org, reviewer) = (principal.org_id(), reviewer(&app, &principal).await?);
    let row = mod_items::get(app.database.read(), org.uuid(), item.uuid()).await?;
    let row = row.ok_or_else(refusal::not_found)?;
    let room = row.room_id.map(RoomId::from_uuid);
    match room {
        Some(room) => principal.require_in(room, &rights::MODERATION_REVIEW)?,
        None => principal.require(&rights::MODERATION_REVIEW)?,
    }
    check_note(request.note.as_deref())?;
    if let Some(reason) = &request.visible_reason {
        reason.check()?;
    }
    let verdict = Verdict {
        org,
        item,
        reviewer,
        fence: Some(request.lease_token),
        outcome: request.outcome.into(),
        actions: request.actions,
        policies: request.policy_ids,
        note: request.note,
        visible_reason: request.visible_reason,
    };
    let decided = run(&app, room, verdict).await?;
    let body = Decision::from(decided.decision);
    Ok(Created { location: format!("/v1/moderation/items/{item}"), body })
}

/// Runs a decision where it belongs and tells open pages of the queues.
pub(super) async fn run(
    app: &App,
    room: Option<RoomId>,
    verdict: Verdict,
) -> Result<Decided, Problem> {
    let org = verdict.org;
    let decided = match room {
        Some(room) => in_room(app, room, verdict).await?,
        None => in_org(app, org, verdict).await?,
    };
    app.moderation.hint(org);
    Ok(decided)
}

async fn in_room(app: &App, room: RoomId, verdict: Verdict) -> Result<Decided, Problem> {
    let room = app.rooms.open(room).await.map_err(|error: OpenError| Problem::from(error))?;
    let ids = app.ids.clone();
    let decided = room
        .commit::<_, ModerationError, _>(move |tx| {
            let (ids, verdict) = (ids.clone(), verdict.clone());
            async move { decide::decide(&Scene::Room(tx), &ids, &verdict).await }.boxed()
        })
        .await?;
    room.hub.forget(&decided.removed);
    Ok(decided)
}

async fn in_org(
    app: &App,
    org: OrgId,
    verdict: Verdict,
) -> Result<Decided, Refused<ModerationError>> {
    let (ids, clock) = (app.ids.clone(), std::sync::Arc::clone(&app.clock));
    app.database
        .write(move |tx| {
            let (ids, verdict, at) = (ids.clone(), verdict.clone(), clock.now());
            async move {
                let scene = Scene::Org { tx, org, ids: ids.clone(), at };
                decide::decide(&scene, &ids, &verdict).await
            }
            .boxed()
        })
        .await
}
