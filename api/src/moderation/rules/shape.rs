//! A rule as it is shown and checked.

use domain::id::{ChannelId, Id, OrgId, PolicyId, RoomId, RuleId, TermListId, UserId};
use domain::moderation::rule::{self, Mode, RuleError, Ruleset};
use domain::moderation::terms::{Match, Term};
use domain::time::Timestamp;
use infra::database::{channels, policies, rooms, rules, term_lists, terms};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::moderation::ModerationError;
use crate::moderation::config::Config;
use crate::{App, refusal, schema};

/// Where a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleScopeKind, example = "room")]
pub enum ScopeKind {
    /// In the whole organisation.
    Org,
    /// In one channel.
    Channel,
    /// In one room.
    Room,
}

impl ScopeKind {
    /// The stored text, the same as in JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Org => "org",
            Self::Channel => "channel",
            Self::Room => "room",
        }
    }
}

/// Where a rule or sanction holds: in the organisation, or in the channel or room with this id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModerationScope, example = json!({ "kind": "room", "id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d" }))]
pub struct Scope {
    /// Which kind of place.
    pub kind: ScopeKind,
    /// The channel or room; absent for the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Scope {
    /// The whole organisation.
    pub(crate) const ORG: Self = Self { kind: ScopeKind::Org, id: None };

    /// The scope of a row.
    pub(crate) fn of(kind: &str, id: Uuid) -> Self {
        match kind {
            "channel" => {
                let id = ChannelId::from_uuid(id).to_string();
                Self { kind: ScopeKind::Channel, id: Some(id) }
            }
            "room" => {
                let id = RoomId::from_uuid(id).to_string();
                Self { kind: ScopeKind::Room, id: Some(id) }
            }
            _ => Self::ORG,
        }
    }

    /// The id of what it names, if it is the organisation's own.
    pub(crate) async fn resolve(&self, app: &App, org: OrgId) -> Result<Uuid, Problem> {
        let read = app.database.read();
        let unknown = || refusal::invalid("/scope/id", "unknown", "no such channel or room");
        let id = self.id.as_deref().unwrap_or_default();
        let found = match self.kind {
            ScopeKind::Org => Some((org.uuid(), org.uuid())),
            ScopeKind::Channel => {
                let id: ChannelId = id.parse().map_err(|_| unknown())?;
                channels::find(read, id).await?.map(|channel| (channel.id, channel.org_id))
            }
            ScopeKind::Room => {
                let id: RoomId = id.parse().map_err(|_| unknown())?;
                rooms::find(read, id).await?.map(|room| (room.id, room.org_id))
            }
        };
        let own = found.filter(|(_, owner)| *owner == org.uuid());
        own.map(|(id, _)| id).ok_or_else(unknown)
    }
}

/// What a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "hold")]
pub enum RuleAction {
    /// What it covers is fine: other rules do not count there.
    Allow,
    /// A moderator looks before others see it.
    Hold,
    /// It is not taken.
    Reject,
}

impl RuleAction {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Hold => "hold",
            Self::Reject => "reject",
        }
    }
}

/// Whether a rule acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "enforce")]
pub enum RuleMode {
    /// It acts.
    #[default]
    Enforce,
    /// It only shows what it would have done.
    DryRun,
}

impl RuleMode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::DryRun => "dry_run",
        }
    }
}

/// A rule.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ModerationRule, example = json!({
    "id": "rul_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "scope": { "kind": "org" }, "kind": "terms",
    "config": { "list_ids": [], "terms": [{ "term": "buy followers", "match": "substring" }] },
    "action": "hold", "mode": "enforce", "priority": 0,
    "policy_id": "pol_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "version": 1, "author_id": null,
    "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Rule {
    /// The rule's id.
    #[schema(value_type = schema::RuleId)]
    pub id: RuleId,
    /// Where it holds.
    pub scope: Scope,
    /// `terms`, `regex`, `link`, `caps`, `repeat` or `flood`.
    pub kind: String,
    /// What its kind is told.
    #[schema(value_type = Object)]
    pub config: Value,
    /// `allow`, `hold` or `reject`.
    pub action: String,
    /// `enforce` or `dry_run`.
    pub mode: String,
    /// The greater stands first in lists.
    pub priority: i32,
    /// The policy that a hit breaks.
    #[schema(value_type = Option<schema::PolicyId>)]
    pub policy_id: Option<PolicyId>,
    /// Grows with every change; hits cite it.
    pub version: i64,
    /// Who wrote it; absent for those that came with the program.
    #[schema(value_type = Option<schema::UserId>)]
    pub author_id: Option<UserId>,
    /// When it was written.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

impl From<rules::Model> for Rule {
    fn from(row: rules::Model) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            scope: Scope::of(&row.scope, row.scope_id),
            kind: row.kind,
            config: row.config,
            action: row.action,
            mode: row.mode,
            priority: row.priority,
            policy_id: row.policy_id.map(Id::from_uuid),
            version: row.version,
            author_id: row.author_id.map(Id::from_uuid),
            created_at: Timestamp(row.created_at),
        }
    }
}

/// Refuses a rule whose policy or lists are not there, or that can't be compiled.
pub(super) async fn check(app: &App, org: OrgId, row: &rules::Model) -> Result<(), Problem> {
    let read = app.database.read();
    if let Some(policy) = row.policy_id
        && policies::get(read, org.uuid(), policy).await?.is_none()
    {
        return Err(ModerationError::UnknownPolicy.into());
    }
    let config = Config::parse(&row.kind, row.config.clone())?;
    let lists = config.lists();
    for &list in &lists {
        if term_lists::get(read, org.uuid(), list).await?.is_none() {
            let message = format!("no term list {}", TermListId::from_uuid(list));
            return Err(refusal::invalid("/config/list_ids", "unknown", &message));
        }
    }
    let listed = terms::of_lists(read, &lists, app.clock.now().0).await?;
    let listed = listed
        .into_iter()
        .filter_map(|term| Some(Term { how: Match::parse(&term.matching)?, text: term.term }));
    let rule = rule::Rule {
        id: RuleId::from_uuid(row.id),
        version: 1,
        test: config.test(listed),
        action: rule::Action::Hold,
        mode: Mode::Enforce,
        severity: 1,
        policy: None,
    };
    let compiled = tokio::task::spawn_blocking(move || Ruleset::new(vec![rule]).map(drop)).await;
    match compiled {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error @ RuleError::RegexTooLarge(_))) => {
            Err(ModerationError::Rule(error.to_string()).into())
        }
        Ok(Err(error)) => Err(refusal::invalid("/config", "invalid", &error.to_string())),
        Err(_) => Err(refusal::internal()),
    }
}
