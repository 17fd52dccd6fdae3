//! How many watch, estimated from how often playlists are asked for.
//!
//! A low-latency player asks for the leading rendition's playlist once a part, a classic player
//! once a target duration. Behind a cache the figure counts the cache, not the people.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Requests since the last estimate, and the smoothed estimate.
#[derive(Debug, Default)]
pub(crate) struct Viewers {
    blocking: AtomicU64,
    plain: AtomicU64,
    /// Every request for media of the broadcast, ever.
    requests: AtomicU64,
    /// Thousandths of a viewer.
    smoothed: AtomicU64,
}

impl Viewers {
    /// Counts a playlist request of the leading rendition.
    pub(crate) fn asked(&self, blocking: bool) {
        let counter = if blocking { &self.blocking } else { &self.plain };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts any request of the broadcast.
    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The newest estimate.
    pub(crate) fn count(&self) -> u64 {
        (self.smoothed.load(Ordering::Relaxed) + 500) / 1_000
    }

    /// Closes an interval; `part` and `target` are the promised durations.
    pub(crate) fn estimate(&self, interval: Duration, part: Duration, target: Duration) -> u64 {
        let thousandths = |count: &AtomicU64, period: Duration| {
            let per_interval = u128::from(count.swap(0, Ordering::Relaxed)) * 1_000;
            per_interval * period.as_millis() / interval.as_millis().max(1)
        };
        let now = thousandths(&self.blocking, part) + thousandths(&self.plain, target);
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let before = self.smoothed.load(Ordering::Relaxed);
        // Up at once, down in steps: an interval with one request less is nobody leaving.
        let smoothed = if now >= before { now } else { (before * 3 + now) / 4 };
        let smoothed = if smoothed < 100 { 0 } else { smoothed };
        self.smoothed.store(smoothed, Ordering::Relaxed);
        self.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(2);
    const PART: Duration = Duration::from_millis(333);
    const TARGET: Duration = Duration::from_secs(2);

    #[test]
    fn both_kinds_of_player_are_counted() {
        let viewers = Viewers::default();
        for _ in 0..60 {
            viewers.asked(true);
        }
        for _ in 0..5 {
            viewers.asked(false);
        }
        assert_eq!(viewers.estimate(INTERVAL, PART, TARGET), 15);
    }

    #[test]
    fn the_estimate_falls_to_nothing_when_all_leave() {
        let viewers = Viewers::default();
        for _ in 0..6 {
            viewers.asked(true);
        }
        assert_eq!(viewers.estimate(INTERVAL, PART, TARGET), 1);
        let mut last = 1;
        for _ in 0..10 {
            last = viewers.estimate(INTERVAL, PART, TARGET);
        }
        assert_eq!(last, 0);
    }
}
