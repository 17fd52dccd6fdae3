//! How often one user writes in one room.

use std::collections::HashMap;
use std::time::Duration;

use domain::id::UserId;
use infra::clock::SharedClock;
use parking_lot::Mutex;

/// Comments that a user may send at once before the steady rate counts.
const BURST: u32 = 30;
/// Time that one comment uses up at the steady rate of ten a second.
const STEP: Duration = Duration::from_millis(100);
/// Users remembered before those who paused are forgotten.
const USERS_MAX: usize = 10_000;

/// Remembers who wrote when.
#[derive(Debug)]
pub struct Pace {
    clock: SharedClock,
    users: Mutex<HashMap<UserId, Seen>>,
}

/// One user's past.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// When the last comment was taken.
    last: Duration,
    /// The theoretical arrival time of the GCRA.
    due: Duration,
}

/// A user writes too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooOften {
    /// Slow mode is on.
    #[error("slow mode is on")]
    SlowMode {
        /// Until the next comment is taken.
        wait: Duration,
    },
    /// Nobody writes so fast.
    #[error("too many comments at once")]
    Rate {
        /// Until the next comment is taken.
        wait: Duration,
    },
}

impl Pace {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, users: Mutex::new(HashMap::new()) }
    }

    /// Takes one comment of `user` into account, or says how long to wait.
    ///
    /// # Errors
    /// [`TooOften`], and then nothing was taken into account.
    pub fn take(&self, user: UserId, slow_mode: Duration) -> Result<(), TooOften> {
        let now = self.clock.monotonic();
        let mut users = self.users.lock();
        if users.len() >= USERS_MAX {
            let horizon = slow_mode.max(STEP * BURST);
            users.retain(|_, seen| seen.last + horizon > now);
        }
        let before = users.get(&user).copied();
        if let Some(seen) = before {
            let free = seen.last + slow_mode;
            if free > now {
                return Err(TooOften::SlowMode { wait: free.saturating_sub(now) });
            }
            let earliest = seen.due.saturating_sub(STEP * BURST);
            if earliest > now {
                return Err(TooOften::Rate { wait: earliest.saturating_sub(now) });
            }
        }
        let due = before.map_or(now, |seen| seen.due.max(now)) + STEP;
        users.insert(user, Seen { last: now, due });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::id::Id;
    use domain::time::Timestamp;
    use infra::clock::ManualClock;
    use uuid::Uuid;

    use super::*;

    const USER: UserId = Id::from_uuid(Uuid::from_u128(1));
    const OTHER: UserId = Id::from_uuid(Uuid::from_u128(2));

    #[test]
    fn slow_mode_lets_one_comment_through_at_a_time() {
        let clock = ManualClock::new(Timestamp(0));
        let pace = Pace::new(Arc::<ManualClock>::clone(&clock));
        let slow = Duration::from_secs(5);
        assert_eq!(pace.take(USER, slow), Ok(()));
        assert_eq!(pace.take(OTHER, slow), Ok(()));
        clock.advance(Duration::from_secs(2));
        let wait = Duration::from_secs(3);
        assert_eq!(pace.take(USER, slow), Err(TooOften::SlowMode { wait }));
        clock.advance(wait);
        assert_eq!(pace.take(USER, slow), Ok(()));
    }

    #[test]
    fn a_flood_is_cut_to_the_steady_rate() {
        let clock = ManualClock::new(Timestamp(0));
        let pace = Pace::new(Arc::<ManualClock>::clone(&clock));
        let taken = (0..200).filter(|_| pace.take(USER, Duration::ZERO).is_ok()).count();
        assert_eq!(taken, usize::try_from(BURST).unwrap() + 1);
        clock.advance(Duration::from_secs(1));
        let taken = (0..200).filter(|_| pace.take(USER, Duration::ZERO).is_ok()).count();
        assert_eq!(taken, 10);
    }
}
