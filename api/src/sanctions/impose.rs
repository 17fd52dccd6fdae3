//! How a sanction comes and goes inside a transaction.

use std::time::Duration;

use domain::event::{RoomEvent, Sanction, SanctionKind};
use domain::id::{DecisionId, OrgId, PolicyId, SanctionId, UserId};
use domain::time::Timestamp;
use infra::database::{Refused, sanctions};
use infra::ids::Ids;
use uuid::Uuid;

use crate::moderation::ModerationError;
use crate::moderation::rules::ScopeKind;
use crate::moderation::scene::Scene;
use crate::moderation::verdict::Reason;

/// A sanction to set.
#[derive(Clone, Debug)]
pub(crate) struct Imposed {
    pub(crate) org: OrgId,
    pub(crate) user: UserId,
    pub(crate) scope: ScopeKind,
    pub(crate) scope_id: Uuid,
    pub(crate) kind: SanctionKind,
    /// Without end when absent.
    pub(crate) length: Option<Duration>,
    /// Whether what the user wrote in the room goes as well.
    pub(crate) hides_comments: bool,
    pub(crate) reason: Option<Reason>,
    pub(crate) policy: Option<PolicyId>,
    pub(crate) decision: Option<DecisionId>,
    pub(crate) actor: Option<UserId>,
}

/// Sets a sanction; with it, when asked, everything that the user wrote in the room goes: one event
/// for all of it. Tells the row and the places whose words must go from memory.
pub(crate) async fn impose(
    scene: &Scene<'_>,
    ids: &Ids,
    imposed: Imposed,
) -> Result<(sanctions::Model, Vec<u64>), Refused<ModerationError>> {
    let now = scene.at();
    let reason = imposed.reason.as_ref();
    let row = sanctions::Model {
        id: ids.uuid(),
        org_id: imposed.org.uuid(),
        user_id: imposed.user.uuid(),
        scope: imposed.scope.as_str().to_owned(),
        scope_id: imposed.scope_id,
        kind: imposed.kind.as_str().to_owned(),
        reason: reason.map(|reason| serde_json::to_value(reason).expect("a reason is plain data")),
        policy_id: imposed.policy.map(PolicyId::uuid),
        decision_id: imposed.decision.map(DecisionId::uuid),
        imposed_by: imposed.actor.map(UserId::uuid),
        starts_at: now.0,
        ends_at: imposed.length.map(|length| now.plus(length).0),
        lifted_by: None,
        lifted_at: None,
        created_at: now.0,
    };
    sanctions::insert(scene.tx(), row.clone()).await?;
    let removed = if imposed.hides_comments {
        scene.remove_comments_of(imposed.user).await?
    } else {
        Vec::new()
    };
    let event = RoomEvent::SanctionCreated(shown(&row, imposed.hides_comments));
    scene.publish(&event).await?;
    Ok((row, removed))
}

/// Lifts a sanction before its end.
pub(crate) async fn lift(
    scene: &Scene<'_>,
    org: OrgId,
    id: SanctionId,
    by: UserId,
) -> Result<sanctions::Model, Refused<ModerationError>> {
    let lifted =
        sanctions::lift(scene.tx(), org.uuid(), id.uuid(), by.uuid(), scene.at().0).await?;
    let lifted = lifted.ok_or(Refused::Rule(ModerationError::NotFound))?;
    scene.publish(&RoomEvent::SanctionLifted(shown(&lifted, false))).await?;
    Ok(lifted)
}

/// A sanction, as rooms see it.
fn shown(row: &sanctions::Model, hides_comments: bool) -> Sanction {
    Sanction {
        sanction_id: SanctionId::from_uuid(row.id),
        user_id: UserId::from_uuid(row.user_id),
        kind: SanctionKind::parse(&row.kind).unwrap_or(SanctionKind::Warn),
        ends_at: row.ends_at.map(Timestamp),
        hides_comments,
    }
}
