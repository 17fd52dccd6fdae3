//! What a room's moderators can set.

use infra::database::rooms;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The settings of a room; `version` is their `ETag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Grows with each change.
    pub version: i64,
    /// Least time between two comments of one viewer; 0 = none.
    pub slow_mode_ms: u32,
    /// Who may write.
    pub access: Access,
    /// Which comments wait for a moderator.
    pub hold: Hold,
    /// Comments a second that a viewer is shown before a sample is drawn.
    pub budget_per_s: u32,
    /// Whether the room is over for good.
    pub closed: bool,
}

/// Who may write in a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "everyone")]
pub enum Access {
    /// Whoever may read.
    #[default]
    Everyone,
    /// Users, not guests.
    Registered,
    /// Followers of the channel.
    Followers,
    /// Subscribers of the channel.
    Subscribers,
    /// Moderators and the creator alone.
    Moderators,
}

/// Which comments wait for a moderator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "nothing")]
pub enum Hold {
    /// None but what a rule holds.
    #[default]
    Nothing,
    /// A user's first comment in the room.
    FirstMessage,
    /// All of them.
    Everything,
}

impl Settings {
    /// Longest slow mode: ten minutes.
    pub const SLOW_MODE_MS_MAX: u32 = 600_000;
    /// Largest budget of shown comments a second.
    pub const BUDGET_PER_S_MAX: u32 = 1_000;
    /// The budget of a room that sets none: more than anyone reads.
    pub const BUDGET_PER_S: u32 = 20;

    /// The settings of a room's row; what is missing has its default.
    pub fn of_row(row: &rooms::Model) -> Self {
        let stored: Stored = serde_json::from_value(row.settings.clone()).unwrap_or_default();
        let closed = stored.closed || row.closed_at.is_some();
        Self::of_stored(&Stored { closed, ..stored }, row.settings_version)
    }

    /// The settings as stored.
    pub fn stored(&self) -> Stored {
        Stored {
            slow_mode_ms: self.slow_mode_ms,
            access: self.access,
            hold: self.hold,
            budget_per_s: self.budget_per_s,
            closed: self.closed,
        }
    }

    fn of_stored(stored: &Stored, version: i64) -> Self {
        Self {
            version,
            slow_mode_ms: stored.slow_mode_ms,
            access: stored.access,
            hold: stored.hold,
            budget_per_s: stored.budget_per_s,
            closed: stored.closed,
        }
    }
}

/// The settings in the room's row and in `room.updated`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RoomSettings, example = json!({
    "slow_mode_ms": 3000, "access": "everyone", "hold": "nothing", "budget_per_s": 20, "closed": false
}))]
pub struct Stored {
    /// Least time between two comments of one viewer; 0 = none.
    pub slow_mode_ms: u32,
    /// Who may write.
    pub access: Access,
    /// Which comments wait for a moderator.
    pub hold: Hold,
    /// Comments a second that a viewer is shown before a sample is drawn.
    pub budget_per_s: u32,
    /// Whether the room is over for good.
    pub closed: bool,
}

impl Default for Stored {
    fn default() -> Self {
        Self {
            slow_mode_ms: 0,
            access: Access::Everyone,
            hold: Hold::Nothing,
            budget_per_s: Settings::BUDGET_PER_S,
            closed: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_does_not_say_has_its_default() {
        let stored: Stored = serde_json::from_str(r#"{"slow_mode_ms":3000,"later":1}"#).unwrap();
        let settings = Settings::of_stored(&stored, 7);
        assert_eq!((settings.version, settings.slow_mode_ms), (7, 3_000));
        assert_eq!((settings.budget_per_s, settings.access), (20, Access::Everyone));
    }
}
