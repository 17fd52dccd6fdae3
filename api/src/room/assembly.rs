//! From committed events, in whatever order their transactions answer, to frames without a hole.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::frame::{Frame, Sample, Stamped};

/// Seconds over which the rate of sampled events is measured.
const RATE_WINDOW_S: u8 = 5;

/// Puts committed events in order and cuts them into frames.
#[derive(Debug)]
pub(super) struct Assembly {
    epoch: String,
    next: u64,
    early: BTreeMap<u64, Stamped>,
    ready: Vec<Stamped>,
    rate: Rate,
}

impl Assembly {
    /// The assembly of a room whose last event is `head`.
    pub(super) fn new(epoch: String, head: u64) -> Self {
        Self {
            epoch,
            next: head + 1,
            early: BTreeMap::new(),
            ready: Vec::new(),
            rate: Rate::default(),
        }
    }

    /// Takes committed events. What is known already is ignored.
    pub(super) fn take(&mut self, events: impl IntoIterator<Item = Stamped>) {
        for event in events {
            if event.seq >= self.next {
                self.early.insert(event.seq, event);
            }
        }
        while let Some(event) = self.early.remove(&self.next) {
            self.next += 1;
            self.ready.push(event);
        }
    }

    /// The events that must have been committed, but were not given yet.
    pub(super) fn missing(&self) -> Option<RangeInclusive<u64>> {
        self.early.first_key_value().map(|(&known, _)| self.next..=known - 1)
    }

    /// Whether there is something to flush.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether something waits that no flush window holds back.
    pub(super) fn is_urgent(&self) -> bool {
        self.ready.iter().any(|event| event.class == 0)
    }

    /// The frame of what is ready, and whether the room is over `budget` events a second.
    pub(super) fn flush(&mut self, now: Duration, budget: f64) -> Option<(Frame, bool)> {
        let sampled = self.ready.iter().filter(|event| event.class >= 4).count();
        let rate = self.rate.add(sampled, now);
        let sample = Sample::within(budget, rate);
        let frame = Frame::build(&self.epoch, &self.ready, sample, now)?;
        self.ready.clear();
        Some((frame, sample != Sample::ALL))
    }

    /// One comment in so many is shown under `budget`.
    pub(super) fn sampled_1_in(&mut self, now: Duration, budget: f64) -> u32 {
        let rate = self.rate.add(0, now);
        let kept = Sample::within(budget, rate).kept;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "1 to a few thousand"
        )]
        let one_in = (1.0 / kept.max(f64::EPSILON)).round().min(1e6) as u32;
        one_in
    }
}

/// Events a second over the last [`RATE_WINDOW_S`] seconds.
#[derive(Debug, Default)]
struct Rate {
    second: u64,
    counts: [u32; RATE_WINDOW_S as usize],
}

impl Rate {
    fn add(&mut self, events: usize, now: Duration) -> f64 {
        let second = now.as_secs();
        let passed = second.saturating_sub(self.second).min(RATE_WINDOW_S.into());
        for step in 0..passed {
            self.counts[place(second - step)] = 0;
        }
        self.second = self.second.max(second);
        self.counts[place(self.second)] += u32::try_from(events).unwrap_or(u32::MAX / 8);
        let total: u32 = self.counts.iter().sum();
        f64::from(total) / f64::from(RATE_WINDOW_S)
    }
}

fn place(second: u64) -> usize {
    usize::try_from(second % u64::from(RATE_WINDOW_S)).expect("smaller than the window")
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn event(seq: u64, class: u8) -> Stamped {
        Stamped {
            seq,
            class,
            name: "x".to_owned(),
            lot: u64::MAX,
            at: Timestamp(0),
            payload: "{}".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn every_order_of_commits_gives_frames_without_a_hole(
            order in Just((1..=30_u64).collect::<Vec<_>>()).prop_shuffle(),
            flush_every in 1_usize..8,
        ) {
            let mut assembly = Assembly::new("e".to_owned(), 0);
            let mut reached = 0;
            for (count, &seq) in order.iter().enumerate() {
                assembly.take([event(seq, 4)]);
                if count % flush_every == 0 && let Some((frame, _)) = assembly.flush(Duration::ZERO, 20.0) {
                    prop_assert_eq!(frame.first, reached + 1);
                    reached = frame.last;
                }
            }
            if let Some((frame, _)) = assembly.flush(Duration::ZERO, 20.0) {
                prop_assert_eq!(frame.first, reached + 1);
                reached = frame.last;
            }
            prop_assert_eq!(reached, 30);
            prop_assert_eq!(assembly.missing(), None);
        }
    }

    #[test]
    fn a_hole_is_named_and_closed() {
        let mut assembly = Assembly::new("e".to_owned(), 10);
        assembly.take([event(13, 4), event(9, 4)]);
        assert_eq!(assembly.missing(), Some(11..=12));
        assert!(!assembly.is_ready());
        assembly.take([event(11, 4), event(12, 0)]);
        assert_eq!(assembly.missing(), None);
        assert!(assembly.is_urgent());
    }

    #[test]
    fn the_budget_is_judged_over_five_seconds() {
        let mut assembly = Assembly::new("e".to_owned(), 0);
        let mut over = Vec::new();
        for second in 0..12_u64 {
            let burst = if second == 0 || second >= 6 { 60 } else { 1 };
            let next = assembly.next;
            assembly.take((next..next + burst).map(|seq| event(seq, 4)));
            over.push(assembly.flush(Duration::from_secs(second), 20.0).unwrap().1);
        }
        // A burst of 60 in one second is 12 a second over five: fine. 60 every second is not.
        assert_eq!(over.iter().position(|&over| over), Some(7));
        assert_eq!(assembly.sampled_1_in(Duration::from_secs(11), 20.0), 3);
    }
}
