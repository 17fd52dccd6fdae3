//! The one who asks, as handlers see them.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::event::Badge;
use domain::id::{ApiKeyId, OrgId, RoomId, UserId};
use domain::time::Timestamp;
use http::request::Parts;
use infra::http::problem::Problem;

use super::identify::Identity;
use super::rights::{self, Right, Role};
use super::viewer::Viewer;
use crate::refusal;

/// Someone known: a partner's key, a viewer's token or a member's session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Principal {
    /// A partner's API key.
    Key(Arc<KeyHolder>),
    /// A viewer token: one user in one room.
    Viewer(Arc<Viewer>),
    /// A member of an organisation in a browser.
    Session(Arc<SignedIn>),
}

/// What a partner's API key stands for.
#[derive(Debug, Clone)]
pub struct KeyHolder {
    /// The key's row.
    pub id: ApiKeyId,
    /// Whose key it is.
    pub org_id: OrgId,
    /// What it may do.
    pub scopes: Vec<String>,
}

/// A member with a session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user_id: UserId,
    /// In which organisation.
    pub org_id: OrgId,
    /// As what.
    pub role: Role,
    /// How they are called.
    pub display_name: String,
    /// SHA-256 of the session's secret, to end it.
    pub hash: Vec<u8>,
    /// When the session ends.
    pub expires_at: Timestamp,
}

impl Principal {
    /// The organisation whose things exist for this principal.
    pub fn org_id(&self) -> OrgId {
        match self {
            Self::Key(key) => key.org_id,
            Self::Viewer(viewer) => viewer.org_id,
            Self::Session(session) => session.org_id,
        }
    }

    /// The user behind it; a key has none.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Key(_) => None,
            Self::Viewer(viewer) => Some(viewer.user_id),
            Self::Session(session) => Some(session.user_id),
        }
    }

    /// The user behind it, where a user is needed.
    ///
    /// # Errors
    /// 403 `user_required` for an API key.
    pub fn user(&self) -> Result<UserId, Problem> {
        self.user_id().ok_or_else(|| {
            refusal::forbidden("user_required", "this needs a user, an API key has none")
        })
    }

    /// A stable name of who asks: the scope of idempotency keys and rate limits.
    pub fn name(&self) -> String {
        match self {
            Self::Key(key) => key.id.to_string(),
            Self::Viewer(viewer) => viewer.user_id.to_string(),
            Self::Session(session) => session.user_id.to_string(),
        }
    }

    /// Whether it has `right` everywhere in its organisation, or, for a viewer, in its room.
    pub fn has(&self, right: &Right) -> bool {
        match self {
            Self::Key(key) => rights::covers(&key.scopes, right.scope),
            Self::Viewer(viewer) => {
                right.capability.is_some_and(|capability| viewer.can(capability))
            }
            Self::Session(session) => {
                matches!(session.role, Role::Owner | Role::Admin)
                    || right.roles.contains(&session.role)
            }
        }
    }

    /// Refuses whoever lacks `right`. Where a room is concerned, use [`Principal::require_in`].
    ///
    /// # Errors
    /// 403 `insufficient_scope`.
    pub fn require(&self, right: &Right) -> Result<(), Problem> {
        if self.has(right) { Ok(()) } else { Err(refusal::insufficient_scope(right.scope)) }
    }

    /// Refuses whoever lacks `right` in `room`: a viewer token is good in one room only.
    ///
    /// # Errors
    /// 403 `insufficient_scope`; 404 when a viewer's token is for another room.
    pub fn require_in(&self, room: RoomId, right: &Right) -> Result<(), Problem> {
        if let Self::Viewer(viewer) = self
            && viewer.room_id != room
        {
            return Err(refusal::not_found());
        }
        self.require(right)
    }

    /// How others see it; a key has no name.
    pub fn display_name(&self) -> &str {
        match self {
            Self::Key(_) => "",
            Self::Viewer(viewer) => &viewer.display_name,
            Self::Session(session) => &session.display_name,
        }
    }

    /// What others see beside the name: from the token, or from the role.
    pub fn badges(&self) -> Vec<Badge> {
        match self {
            Self::Key(_) => Vec::new(),
            Self::Viewer(viewer) => viewer.badges.clone(),
            Self::Session(session) => match session.role {
                Role::Owner | Role::Creator => vec![Badge::Creator],
                Role::Admin | Role::Moderator => vec![Badge::Moderator],
                Role::Support | Role::Auditor => Vec::new(),
            },
        }
    }

    /// Whether it came without an account.
    pub fn is_guest(&self) -> bool {
        match self {
            Self::Viewer(viewer) => viewer.is_guest,
            Self::Key(_) | Self::Session(_) => false,
        }
    }

    /// Whether it may judge in `room`.
    pub fn moderates(&self, room: RoomId) -> bool {
        self.require_in(room, &rights::MODERATION_REVIEW).is_ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Identity>() {
            Some(Identity::Known(principal)) => Ok(principal.clone()),
            Some(Identity::Refused(refusal)) => Err(refusal.problem()),
            Some(Identity::Nobody) | None => Err(refusal::unauthenticated()),
        }
    }
}

/// Anyone: a principal, or nobody. Bad credentials are still refused.
#[derive(Debug, Clone)]
pub struct Caller(pub Option<Principal>);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Identity>() {
            Some(Identity::Known(principal)) => Ok(Self(Some(principal.clone()))),
            Some(Identity::Refused(refusal)) => Err(refusal.problem()),
            Some(Identity::Nobody) | None => Ok(Self(None)),
        }
    }
}
