//! One decision as one transaction: the judgement, its effects on the subject and its author, the
//! audit row, and what rooms and partners hear of it.

use domain::event::{Topic, VisibleReason};
use domain::id::{CommentId, DecisionId, ItemId, OrgId, PolicyId, UserId};
use domain::moderation::decide::{self, Draft, Outcome, SubjectKind};
use domain::moderation::queue::Claim;
use domain::time::Timestamp;
use infra::database::{
    Refused, mod_claims, mod_decisions, mod_items, mod_queues, policies, sanctions,
};
use infra::ids::Ids;
use serde_json::{Value, json};

use super::error::ModerationError;
use super::scene::Scene;
use super::verdict::{Action, Reason};
use crate::moderation::rules::ScopeKind;
use crate::sanctions::impose::{Imposed, impose, lift};

/// A checked judgement.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) org: OrgId,
    pub(crate) item: ItemId,
    pub(crate) reviewer: UserId,
    /// The fence of the claim; none for a bulk decision, which needs no claim.
    pub(crate) fence: Option<i64>,
    pub(crate) outcome: Outcome,
    pub(crate) actions: Vec<Action>,
    pub(crate) policies: Vec<PolicyId>,
    pub(crate) note: Option<String>,
    pub(crate) visible_reason: Option<Reason>,
}

/// What a decision changed beside its own row.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    pub(crate) decision: mod_decisions::Model,
    pub(crate) item: mod_items::Model,
    pub(crate) sanctions: Vec<sanctions::Model>,
    /// Places in the room whose words must go from memory.
    pub(crate) removed: Vec<u64>,
}

type Refusal = Refused<ModerationError>;

/// Decides an item. Exactly one of those who race for it gets through.
pub(crate) async fn decide(
    scene: &Scene<'_>,
    ids: &Ids,
    verdict: &Verdict,
) -> Result<Decided, Refusal> {
    let tx = scene.tx();
    let item = mod_items::lock(tx, verdict.org.uuid(), verdict.item.uuid()).await?;
    let item = item.ok_or(Refused::Rule(ModerationError::NotFound))?;
    let claim = held_claim(scene, verdict, &item).await?;
    let cited = cited_policies(scene, verdict, &item).await?;
    let draft = draft(verdict, &item, &cited)?;
    let decision = row(scene, ids, verdict, &item, (claim.as_ref(), &cited));
    mod_decisions::insert(tx, decision.clone()).await?;
    let mut decided = Decided { decision, item, sanctions: Vec::new(), removed: Vec::new() };
    settle(scene, verdict, &mut decided).await?;
    punish(scene, ids, verdict, &draft, &mut decided).await?;
    tell(scene, ids, &decided, Topic::ModerationDecisionMade).await?;
    Ok(decided)
}

/// The claim that the verdict is given under; refuses when another one is newer.
async fn held_claim(
    scene: &Scene<'_>,
    verdict: &Verdict,
    item: &mod_items::Model,
) -> Result<Option<mod_claims::Model>, Refusal> {
    if !mod_items::WAITING.contains(&item.state.as_str()) {
        return Err(Refused::Rule(ModerationError::AlreadyDecided));
    }
    // The item's row is locked, so no claim can be taken between here and the commit.
    let claim = mod_claims::get(scene.tx(), item.id).await?;
    let Some(fence) = verdict.fence else { return Ok(claim) };
    let held = claim.as_ref().is_some_and(|claim| {
        let held = Claim {
            reviewer: claim.reviewer_id,
            fence: claim.fence,
            lease_until: Timestamp(claim.lease_until),
        };
        held.check(verdict.reviewer.uuid(), fence).is_ok()
    });
    if held { Ok(claim) } else { Err(Refused::Rule(ModerationError::LeaseLost)) }
}

/// The judgement as the rules of decisions see it, checked by them.
fn draft(verdict: &Verdict, item: &mod_items::Model, cited: &[PolicyId]) -> Result<Draft, Refusal> {
    let subject = SubjectKind::parse(&item.subject_kind);
    let draft = Draft {
        subject: subject.ok_or(Refused::Rule(ModerationError::NotFound))?,
        outcome: verdict.outcome,
        policies: cited.to_vec(),
        actions: verdict.actions.iter().flat_map(|action| action.effects()).collect(),
    };
    draft.check().map_err(|error| Refused::Rule(error.into()))?;
    Ok(draft)
}

/// The policies that the decision cites: those named, or what the item was brought for.
async fn cited_policies(
    scene: &Scene<'_>,
    verdict: &Verdict,
    item: &mod_items::Model,
) -> Result<Vec<PolicyId>, Refusal> {
    let known = policies::of_org(scene.tx(), verdict.org.uuid()).await?;
    if !verdict.policies.iter().all(|id| known.iter().any(|policy| policy.id == id.uuid())) {
        return Err(Refused::Rule(ModerationError::UnknownPolicy));
    }
    let takes_away = verdict.outcome == Outcome::Remove || !verdict.actions.is_empty();
    if !verdict.policies.is_empty() || !takes_away {
        return Ok(verdict.policies.clone());
    }
    let codes = item.reason_codes.as_array().map(Vec::as_slice).unwrap_or_default();
    let named = codes
        .iter()
        .filter_map(Value::as_str)
        .find_map(|code| known.iter().find(|policy| policy.key == code).map(|policy| policy.id));
    let named = named.ok_or(Refused::Rule(ModerationError::PolicyRequired))?;
    Ok(vec![PolicyId::from_uuid(named)])
}

fn row(
    scene: &Scene<'_>,
    ids: &Ids,
    verdict: &Verdict,
    item: &mod_items::Model,
    (claim, cited): (Option<&mod_claims::Model>, &[PolicyId]),
) -> mod_decisions::Model {
    let now = scene.at();
    let reason = verdict.visible_reason.as_ref();
    mod_decisions::Model {
        id: ids.uuid(),
        org_id: verdict.org.uuid(),
        item_id: Some(item.id),
        subject_kind: item.subject_kind.clone(),
        subject_id: item.subject_id,
        reviewer_id: Some(verdict.reviewer.uuid()),
        automaton: None,
        fence: claim.map_or(0, |claim| claim.fence),
        outcome: verdict.outcome.as_str().to_owned(),
        actions: serde_json::to_value(&verdict.actions).expect("actions are plain data"),
        policy_ids: serde_json::to_value(cited).expect("ids are plain data"),
        statement: json!({
            "facts": item.reason_codes,
            "automated": false,
            "ground": "contract",
            "redress": "appeal",
            "note": verdict.note,
        }),
        visible_reason: reason
            .map(|reason| serde_json::to_value(reason).expect("a reason is plain data")),
        took_ms: claim.map(|claim| now.0.saturating_sub(claim.claimed_at)),
        reverses_id: None,
        undo_until: Some(decide::undo_until(now).0),
        created_at: now.0,
    }
}

/// Moves the item on, and the subject with it.
async fn settle(
    scene: &Scene<'_>,
    verdict: &Verdict,
    decided: &mut Decided,
) -> Result<(), Refusal> {
    let tx = scene.tx();
    if verdict.outcome == Outcome::Escalate {
        let queues = mod_queues::of_org(tx, verdict.org.uuid()).await?;
        let escalated = queues.iter().find(|queue| queue.name == mod_queues::ESCALATED);
        let queue = escalated.map_or(decided.item.queue_id, |queue| queue.id);
        if let Some(claim) = mod_claims::get(tx, decided.item.id).await? {
            mod_claims::release(tx, claim.item_id, claim.fence, scene.at().0).await?;
        }
        mod_items::reopen(tx, decided.item.id, queue, scene.at().0).await?;
        return Ok(());
    }
    mod_items::set_state(tx, &[decided.item.id], "decided", scene.at().0).await?;
    "decided".clone_into(&mut decided.item.state);
    if decided.item.subject_kind == SubjectKind::Comment.as_str() {
        let comment = CommentId::from_uuid(decided.item.subject_id);
        let reason = verdict.visible_reason.clone().map(VisibleReason::from);
        let removed = scene.judge_comment(comment, verdict.outcome, reason).await?;
        decided.removed.extend(removed);
    }
    Ok(())
}

/// Sets the sanctions of the decision on the subject's author.
async fn punish(
    scene: &Scene<'_>,
    ids: &Ids,
    verdict: &Verdict,
    draft: &Draft,
    decided: &mut Decided,
) -> Result<(), Refusal> {
    let Some(user) = decided.item.subject_author_id else { return Ok(()) };
    let (scope, scope_id) = match decided.item.room_id {
        Some(room) => (ScopeKind::Room, room),
        None => (ScopeKind::Org, verdict.org.uuid()),
    };
    let hides_comments = draft.actions.contains(&decide::Action::RemoveAllByAuthor);
    for action in &draft.actions {
        let decide::Action::Sanction { kind, lasts } = *action else { continue };
        let imposed = Imposed {
            org: verdict.org,
            user: UserId::from_uuid(user),
            scope,
            scope_id,
            kind,
            length: lasts,
            hides_comments,
            reason: verdict.visible_reason.clone(),
            policy: draft.policies.first().copied(),
            decision: Some(DecisionId::from_uuid(decided.decision.id)),
            actor: Some(verdict.reviewer),
        };
        let (row, removed) = impose(scene, ids, imposed).await?;
        decided.sanctions.push(row);
        decided.removed.extend(removed);
    }
    Ok(())
}

/// Writes the audit row and tells partners.
async fn tell(
    scene: &Scene<'_>,
    ids: &Ids,
    decided: &Decided,
    topic: Topic,
) -> Result<(), Refusal> {
    let Decided { decision, item, .. } = decided;
    let payload = json!({
        "type": topic.as_str(),
        "decision_id": DecisionId::from_uuid(decision.id),
        "item_id": ItemId::from_uuid(item.id),
        "subject_kind": item.subject_kind,
        "subject_id": item.subject_id.simple().to_string(),
        "outcome": decision.outcome,
        "actions": decision.actions,
        "policy_ids": decision.policy_ids,
        "visible_reason": decision.visible_reason,
        "automated": decision.reviewer_id.is_none(),
        "reverses_id": decision.reverses_id.map(DecisionId::from_uuid),
    });
    scene.record(ids, decision, topic, payload).await?;
    Ok(())
}

/// Takes a decision back and tells the decision that does so: its comment returns to what it was, its sanctions are lifted. Within ten
/// seconds the item waits again; afterwards the reversing decision stands and the item stays decided.
pub(crate) async fn undo(
    scene: &Scene<'_>,
    ids: &Ids,
    org: OrgId,
    id: DecisionId,
    reviewer: UserId,
) -> Result<mod_decisions::Model, Refusal> {
    let tx = scene.tx();
    let first = mod_decisions::get(tx, org.uuid(), id.uuid()).await?;
    let first = first.ok_or(Refused::Rule(ModerationError::NotFound))?;
    let item_id = first.item_id.ok_or(Refused::Rule(ModerationError::NotFound))?;
    let item = mod_items::lock(tx, org.uuid(), item_id).await?;
    let mut item = item.ok_or(Refused::Rule(ModerationError::NotFound))?;
    let is_reversal = first.reverses_id.is_some();
    if is_reversal || mod_decisions::reversal_of(tx, first.id).await?.is_some() {
        return Err(Refused::Rule(ModerationError::AlreadyUndone));
    }
    let now = scene.at();
    let in_time = decide::can_undo(Timestamp(first.created_at), now);
    let decision = reversing(ids, &first, reviewer, now.0);
    mod_decisions::insert(tx, decision.clone()).await?;
    let outcome = Outcome::parse(&first.outcome).unwrap_or(Outcome::Escalate);
    if item.subject_kind == SubjectKind::Comment.as_str() {
        let comment = CommentId::from_uuid(item.subject_id);
        match outcome {
            Outcome::Remove => {
                scene.judge_comment(comment, Outcome::Approve, None).await?;
            }
            Outcome::Approve if item.source == "rule" && in_time => {
                scene.hold_comment(comment).await?;
            }
            Outcome::Approve | Outcome::Escalate => {}
        }
    }
    for sanction in sanctions::of_decision(tx, first.id).await? {
        let id = domain::id::SanctionId::from_uuid(sanction.id);
        lift(scene, org, id, reviewer).await?;
    }
    if in_time && item.state == "decided" {
        mod_items::reopen(tx, item.id, item.queue_id, now.0).await?;
        "open".clone_into(&mut item.state);
    }
    let decided = Decided { decision, item, sanctions: Vec::new(), removed: Vec::new() };
    tell(scene, ids, &decided, Topic::ModerationDecisionUndone).await?;
    Ok(decided.decision)
}

fn reversing(
    ids: &Ids,
    first: &mod_decisions::Model,
    reviewer: UserId,
    now: i64,
) -> mod_decisions::Model {
    let outcome = match Outcome::parse(&first.outcome) {
        Some(Outcome::Remove) => Outcome::Approve,
        Some(Outcome::Approve | Outcome::Escalate) | None => Outcome::Escalate,
    };
    mod_decisions::Model {
        id: ids.uuid(),
        org_id: first.org_id,
        item_id: first.item_id,
        subject_kind: first.subject_kind.clone(),
        subject_id: first.subject_id,
        reviewer_id: Some(reviewer.uuid()),
        automaton: None,
        fence: first.fence,
        outcome: outcome.as_str().to_owned(),
        actions: json!([]),
        policy_ids: first.policy_ids.clone(),
        statement: json!({}),
        visible_reason: None,
        took_ms: Some(now.saturating_sub(first.created_at)),
        reverses_id: Some(first.id),
        undo_until: None,
        created_at: now,
    }
}
