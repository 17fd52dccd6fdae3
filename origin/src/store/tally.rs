//! What becomes of the writes to the store, counted for whoever watches the node.

use std::time::Duration;

use domain::time::Timestamp;
use parking_lot::Mutex;

/// Lengths of writes that are kept until they are read; more in one second are counted alone.
const TIMES_MAX: usize = 4_096;

/// Counts of the writers of one process.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

/// What was counted since the last time, and what is so now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) good: u64,
    pub(crate) failed: u64,
    /// How long good writes took.
    pub(crate) took_ms: Vec<u32>,
    /// Segments that were given up.
    pub(crate) lost: u64,
    /// Since when every write fails.
    pub(crate) failing_since: Option<Timestamp>,
    /// Whether the newest refusal was for want of room.
    pub(crate) is_full: bool,
    /// When the writes that now run began, monotonic.
    pub(crate) running: Vec<Duration>,
}

impl Tally {
    pub(super) fn begin(&self, now: Duration) {
        self.0.lock().running.push(now);
    }

    pub(super) fn good(&self, begun: Duration, now: Duration) {
        let mut counts = self.0.lock();
        counts.end(begun);
        counts.good += 1;
        counts.failing_since = None;
        counts.is_full = false;
        if counts.took_ms.len() < TIMES_MAX {
            let took_ms = now.saturating_sub(begun).as_millis();
            counts.took_ms.push(u32::try_from(took_ms).unwrap_or(u32::MAX));
        }
    }

    pub(super) fn failed(&self, begun: Duration, is_full: bool, at: Timestamp) {
        let mut counts = self.0.lock();
        counts.end(begun);
        counts.failed += 1;
        counts.failing_since.get_or_insert(at);
        counts.is_full = is_full;
    }

    pub(super) fn lost(&self, segments: usize) {
        self.0.lock().lost += segments as u64;
    }

    /// Whether the newest write was refused for want of room.
    pub(super) fn is_full(&self) -> bool {
        self.0.lock().is_full
    }

    /// The counts since the last call.
    pub(crate) fn take(&self) -> Counts {
        let mut counts = self.0.lock();
        let taken = counts.clone();
        *counts = Counts {
            failing_since: taken.failing_since,
            is_full: taken.is_full,
            running: taken.running.clone(),
            ..Counts::default()
        };
        taken
    }
}

impl Counts {
    fn end(&mut self, begun: Duration) {
        if let Some(at) = self.running.iter().position(|running| *running == begun) {
            self.running.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_store_fails_from_its_first_refusal_to_its_next_answer() {
        let tally = Tally::default();
        for at in [1_000, 2_000] {
            tally.begin(ms(at));
            tally.failed(ms(at), true, Timestamp(at.cast_signed()));
        }
        let counts = tally.take();
        assert_eq!((counts.failed, counts.failing_since), (2, Some(Timestamp(1_000))));
        assert!(counts.is_full && counts.running.is_empty());
        tally.begin(ms(3_000));
        assert_eq!(tally.take().running, [ms(3_000)]);
        tally.good(ms(3_000), ms(3_250));
        let counts = tally.take();
        assert_eq!((counts.good, counts.failing_since, counts.took_ms), (1, None, vec![250]));
        assert_eq!(tally.take().good, 0, "each is counted once");
    }
}
