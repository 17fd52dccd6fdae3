//! Sanctions: what a user may not do, where, until when.

pub mod create;
pub(crate) mod impose;
pub mod lift;
pub mod list;
pub mod standing;

use domain::id::{DecisionId, Id, PolicyId, SanctionId, UserId};
use domain::time::Timestamp;
use infra::database::sanctions;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::moderation::Reason;
use crate::moderation::rules::Scope;
use crate::{App, schema};

/// The endpoints of sanctions.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(lift::lift))
        .routes(routes!(list::list))
}

/// What a user may not do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "san_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "scope": { "kind": "room", "id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d" }, "kind": "timeout",
    "active": true, "reason": { "code": "abuse", "text": "Insults are not allowed here.", "lang": "en" },
    "policy_id": null, "decision_id": null, "starts_at": "2026-11-25T18:30:00.000Z",
    "ends_at": "2026-11-25T18:40:00.000Z", "lifted_at": null
}))]
pub struct Sanction {
    /// The sanction's id.
    #[schema(value_type = schema::SanctionId)]
    pub id: SanctionId,
    /// Whom it binds.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// Where it holds.
    pub scope: Scope,
    /// `warn`, `timeout`, `ban`, `shadow`, `no_gifts`….
    pub kind: String,
    /// Whether it binds now.
    pub active: bool,
    /// What the user reads.
    pub reason: Option<Reason>,
    /// The policy that was broken.
    #[schema(value_type = Option<schema::PolicyId>)]
    pub policy_id: Option<PolicyId>,
    /// The decision it comes from.
    #[schema(value_type = Option<schema::DecisionId>)]
    pub decision_id: Option<DecisionId>,
    /// Since when.
    #[schema(value_type = schema::Timestamp)]
    pub starts_at: Timestamp,
    /// Until when; without end when absent.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub ends_at: Option<Timestamp>,
    /// When it was lifted.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub lifted_at: Option<Timestamp>,
}

impl Sanction {
    /// The sanction of a row, as of `now`.
    pub(crate) fn of(row: sanctions::Model, now: Timestamp) -> Self {
        let active = row.is_active(now.0);
        Self {
            id: Id::from_uuid(row.id),
            user_id: Id::from_uuid(row.user_id),
            scope: Scope::of(&row.scope, row.scope_id),
            kind: row.kind,
            active,
            reason: row.reason.and_then(|reason| serde_json::from_value(reason).ok()),
            policy_id: row.policy_id.map(Id::from_uuid),
            decision_id: row.decision_id.map(Id::from_uuid),
            starts_at: Timestamp(row.starts_at),
            ends_at: row.ends_at.map(Timestamp),
            lifted_at: row.lifted_at.map(Timestamp),
        }
    }
}
