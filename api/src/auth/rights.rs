//! Every right of the API in one table: the scope of a key, the roles of a session and the
//! capability of a viewer token that give it.

use domain::capability::{Capability, scope_covers};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member of an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "owner")]
pub enum Role {
    /// May do everything.
    Owner,
    /// May do everything but remove the owner.
    Admin,
    /// Judges comments, reports and items.
    Moderator,
    /// Owns channels.
    Creator,
    /// Sees what is needed to help.
    Support,
    /// Reads the ledger and the audit log.
    Auditor,
}

impl Role {
    /// The role named `text`, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "owner" => Self::Owner,
            "admin" => Self::Admin,
            "moderator" => Self::Moderator,
            "creator" => Self::Creator,
            "support" => Self::Support,
            "auditor" => Self::Auditor,
            _ => return None,
        })
    }
}

/// One thing that can be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The API key scope that gives it; `*` gives all.
    pub scope: &'static str,
    /// The session roles that give it, besides owner and admin.
    pub roles: &'static [Role],
    /// The viewer token capability that gives it inside the token's room, if any does.
    pub capability: Option<Capability>,
}

const fn right(scope: &'static str, roles: &'static [Role]) -> Right {
    Right { scope, roles, capability: None }
}

const fn viewer_right(
    scope: &'static str,
    roles: &'static [Role],
    capability: Capability,
) -> Right {
    Right { scope, roles, capability: Some(capability) }
}

/// Read channels, keys' labels and private broadcasts.
pub const CHANNELS_READ: Right = right("channels:read", &[Role::Creator, Role::Support]);
/// Make and change channels and their stream keys.
pub const CHANNELS_WRITE: Right = right("channels:write", &[Role::Creator]);
/// Make, change and end broadcasts; see their health.
pub const BROADCASTS_WRITE: Right = right("broadcasts:write", &[Role::Creator]);
/// Change and delete recordings.
pub const RECORDINGS_WRITE: Right = right("recordings:write", &[Role::Creator]);
/// Read a room and its comments.
pub const COMMENTS_READ: Right = viewer_right(
    "comments:read",
    &[Role::Creator, Role::Moderator, Role::Support],
    Capability::Read,
);
/// Post comments.
pub const COMMENTS_WRITE: Right =
    viewer_right("comments:write", &[Role::Creator, Role::Moderator], Capability::Comment);
/// Send gifts.
pub const GIFTS_WRITE: Right =
    viewer_right("gifts:write", &[Role::Creator, Role::Moderator], Capability::Gift);
/// Change the catalogue of gifts.
pub const CATALOGUE_WRITE: Right = right("catalogue:write", &[]);
/// Read the ledger.
pub const LEDGER_READ: Right = right("ledger:read", &[Role::Auditor]);
/// Grant coins and adjust the ledger.
pub const LEDGER_WRITE: Right = right("ledger:write", &[]);
/// Judge: remove and restore comments, claim and decide items, sanction users, change rooms.
pub const MODERATION_REVIEW: Right =
    viewer_right("moderation:review", &[Role::Moderator, Role::Creator], Capability::Moderate);
/// Change rules, term lists and policies.
pub const MODERATION_WRITE: Right = right("moderation:write", &[Role::Moderator]);
/// Report a subject.
pub const REPORTS_WRITE: Right = viewer_right(
    "reports:write",
    &[Role::Creator, Role::Moderator, Role::Support],
    Capability::Read,
);
/// Mint and revoke viewer tokens.
pub const VIEWER_TOKENS_WRITE: Right = right("viewer-tokens:write", &[]);
/// Make, list and revoke API keys.
pub const API_KEYS_MANAGE: Right = right("api-keys:manage", &[]);
/// Make, change and replay webhooks.
pub const WEBHOOKS_MANAGE: Right = right("webhooks:manage", &[]);
/// Read the ordered log of events.
pub const EVENTS_READ: Right = right("events:read", &[]);
/// Read analytics.
pub const ANALYTICS_READ: Right = right("analytics:read", &[Role::Creator, Role::Auditor]);
/// Read the operator's figures.
pub const OPERATOR_READ: Right = right("operator:read", &[]);

/// Every right, for the document and for checking the scopes of new keys.
pub const ALL: &[Right] = &[
    CHANNELS_READ,
    CHANNELS_WRITE,
    BROADCASTS_WRITE,
    RECORDINGS_WRITE,
    COMMENTS_READ,
    COMMENTS_WRITE,
    GIFTS_WRITE,
    CATALOGUE_WRITE,
    LEDGER_READ,
    LEDGER_WRITE,
    MODERATION_REVIEW,
    MODERATION_WRITE,
    REPORTS_WRITE,
    VIEWER_TOKENS_WRITE,
    API_KEYS_MANAGE,
    WEBHOOKS_MANAGE,
    EVENTS_READ,
    ANALYTICS_READ,
    OPERATOR_READ,
];

/// Whether `held` scopes give `wanted`.
pub fn covers(held: &[String], wanted: &str) -> bool {
    held.iter().any(|held| scope_covers(held, wanted))
}

/// Whether `scope` is the name of a right, a family of them, or everything.
pub fn is_scope(scope: &str) -> bool {
    ALL.iter().any(|right| scope_covers(scope, right.scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_rights_and_families_are_scopes() {
        for (scope, known) in [
            ("comments:read", true),
            ("comments:*", true),
            ("*", true),
            ("comments", false),
            ("coffee:brew", false),
            ("", false),
        ] {
            assert_eq!(is_scope(scope), known, "{scope}");
        }
    }

    #[test]
    fn no_scope_is_named_twice() {
        let names: std::collections::HashSet<_> = ALL.iter().map(|right| right.scope).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
