//! A decision as it is shown.

use domain::id::{DecisionId, Id, ItemId, PolicyId, UserId};
use domain::time::Timestamp;
use infra::database::mod_decisions;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::moderation::verdict::{Action, Reason};
use crate::schema;

/// A judgement.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "dec_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "item_id": "itm_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "subject_kind": "comment", "outcome": "remove", "actions": [{ "kind": "timeout", "seconds": 600 }],
    "policy_ids": ["pol_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"], "note": null,
    "visible_reason": { "code": "abuse", "text": "Insults are not allowed here.", "lang": "en" },
    "reviewer_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "reverses_id": null,
    "undo_until": "2026-11-25T18:30:10.000Z", "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Decision {
    /// The decision's id.
    #[schema(value_type = schema::DecisionId)]
    pub id: DecisionId,
    /// The item that was judged.
    #[schema(value_type = Option<schema::ItemId>)]
    pub item_id: Option<ItemId>,
    /// What kind of thing was judged.
    pub subject_kind: String,
    /// `approve`, `remove` or `escalate`.
    pub outcome: String,
    /// What else was done.
    pub actions: Vec<Action>,
    /// The policies that were broken.
    #[schema(value_type = Vec<schema::PolicyId>)]
    pub policy_ids: Vec<PolicyId>,
    /// The moderator's note to colleagues.
    pub note: Option<String>,
    /// What the author reads.
    pub visible_reason: Option<Reason>,
    /// Who judged; absent for a rule.
    #[schema(value_type = Option<schema::UserId>)]
    pub reviewer_id: Option<UserId>,
    /// The decision that this one takes back.
    #[schema(value_type = Option<schema::DecisionId>)]
    pub reverses_id: Option<DecisionId>,
    /// Until when it can be undone.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub undo_until: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

impl From<mod_decisions::Model> for Decision {
    fn from(row: mod_decisions::Model) -> Self {
        let reason = row.visible_reason.and_then(|reason| serde_json::from_value(reason).ok());
        Self {
            id: Id::from_uuid(row.id),
            item_id: row.item_id.map(Id::from_uuid),
            subject_kind: row.subject_kind,
            outcome: row.outcome,
            actions: serde_json::from_value(row.actions).unwrap_or_default(),
            policy_ids: serde_json::from_value(row.policy_ids).unwrap_or_default(),
            note: row.statement.get("note").and_then(Value::as_str).map(str::to_owned),
            visible_reason: reason,
            reviewer_id: row.reviewer_id.map(Id::from_uuid),
            reverses_id: row.reverses_id.map(Id::from_uuid),
            undo_until: row.undo_until.map(Timestamp),
            created_at: Timestamp(row.created_at),
        }
    }
}
