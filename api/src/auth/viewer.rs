//! Viewer tokens: one user in one room, as a partner or we ourselves vouch for them.

use std::collections::HashMap;
use std::time::Duration;

use domain::capability::Capability;
use domain::event::Badge;
use domain::id::{OrgId, RoomId, UserId};
use domain::time::Timestamp;
use infra::clock::SharedClock;
use infra::database::{self, Database, revoked_viewer_tokens};
use parking_lot::Mutex;
use uuid::Uuid;

/// How old a look-up of a revocation may be.
const AGE_MAX: Duration = Duration::from_secs(2);
/// Look-ups remembered.
const TOKENS_MAX: usize = 50_000;

/// What a viewer token stands for.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Tells tokens apart.
    pub token_id: Uuid,
    /// Whose user it is.
    pub org_id: OrgId,
    /// Who.
    pub user_id: UserId,
    /// Where.
    pub room_id: RoomId,
    /// What they may do there.
    pub capabilities: Vec<Capability>,
    /// How they are called.
    pub display_name: String,
    /// What they are to the channel.
    pub badges: Vec<Badge>,
    /// Whether they came without an account.
    pub is_guest: bool,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl Viewer {
    /// Whether the token allows this in its room.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }
}

/// Viewer tokens that were revoked, looked up lately.
#[derive(Debug)]
pub struct Revocations {
    clock: SharedClock,
    seen: Mutex<HashMap<(OrgId, Uuid), (Duration, bool)>>,
}

impl Revocations {
    /// Nothing is looked up yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, seen: Mutex::default() }
    }

    /// Whether the token was revoked, as of two seconds ago at most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn contains(
        &self,
        database: &Database,
        token: (OrgId, Uuid),
    ) -> Result<bool, database::Error> {
        let now = self.clock.monotonic();
        if let Some((at, revoked)) = self.seen.lock().get(&token)
            && (*revoked || now.saturating_sub(*at) < AGE_MAX)
        {
            return Ok(*revoked);
        }
        let revoked = revoked_viewer_tokens::contains(database.read(), token.0, token.1).await?;
        self.remember(token, revoked);
        Ok(revoked)
    }

    /// Remembers that a token was revoked.
    pub fn revoke(&self, token: (OrgId, Uuid)) {
        self.remember(token, true);
    }

    fn remember(&self, token: (OrgId, Uuid), revoked: bool) {
        let now = self.clock.monotonic();
        let mut seen = self.seen.lock();
        if seen.len() >= TOKENS_MAX {
            seen.retain(|_, (at, _)| now.saturating_sub(*at) < AGE_MAX);
        }
        seen.insert(token, (now, revoked));
    }
}
