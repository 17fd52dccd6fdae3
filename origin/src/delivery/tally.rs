//! What is asked for and how it is answered, counted for whoever watches the node. Counting is a few
//! relaxed additions an answer; nothing is locked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Response, StatusCode};
use http_body::Body as _;
use infra::http::Body;

use super::route::Kind;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Bytes.
    Given,
    /// The asker has it already.
    Unchanged,
    /// The request's own fault, or nothing is there.
    Refused,
    /// Ours.
    Failed,
}

impl Outcome {
    /// Every one, in their order.
    pub(crate) const ALL: [Self; 4] = [Self::Given, Self::Unchanged, Self::Refused, Self::Failed];

    fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            304 => Self::Unchanged,
            400..=499 => Self::Refused,
            500..=599 => Self::Failed,
            _ => Self::Given,
        }
    }
}

/// Upper bounds of the ages by which requests for media are counted; one row more holds the rest.
pub(crate) const AGES: [Duration; 5] = [
    Duration::from_secs(4),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(10),
];

/// Counts of one process since it began.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    answers: [[AtomicU64; Outcome::ALL.len()]; Kind::ALL.len()],
    ages: [AtomicU64; AGES.len() + 1],
    bytes: AtomicU64,
    holds: AtomicU64,
    held_ms: AtomicU64,
    /// The longest hold since it was last asked for.
    held_max_ms: AtomicU64,
    timed_out: AtomicU64,
}

/// What was counted so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// By kind, then by outcome.
    pub(crate) answers: [[u64; Outcome::ALL.len()]; Kind::ALL.len()],
    /// By age of what was asked for.
    pub(crate) ages: [u64; AGES.len() + 1],
    pub(crate) bytes: u64,
    pub(crate) holds: u64,
    pub(crate) held_ms: u64,
    pub(crate) held_max_ms: u64,
    pub(crate) timed_out: u64,
}

impl Tally {
    /// An answer leaves.
    pub(super) fn answered(&self, kind: Kind, answer: &Response<Body>) {
        let outcome = Outcome::of(answer.status());
        self.answers[kind as usize][outcome as usize].fetch_add(1, Ordering::Relaxed);
        let bytes = answer.body().size_hint().exact().unwrap_or_default();
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Media was asked for that lies so far behind the live edge.
    pub(super) fn asked_behind(&self, age: Duration) {
        let row = AGES.iter().position(|bound| age <= *bound).unwrap_or(AGES.len());
        self.ages[row].fetch_add(1, Ordering::Relaxed);
    }

    /// A request was held for media that did not exist yet.
    pub(super) fn held(&self, for_: Duration, in_time: bool) {
        let ms = u64::try_from(for_.as_millis()).unwrap_or(u64::MAX);
        self.holds.fetch_add(1, Ordering::Relaxed);
        self.held_ms.fetch_add(ms, Ordering::Relaxed);
        self.held_max_ms.fetch_max(ms, Ordering::Relaxed);
        self.timed_out.fetch_add(u64::from(!in_time), Ordering::Relaxed);
    }

    /// The counts; the longest hold begins anew.
    pub(crate) fn read(&self) -> Counts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            answers: self.answers.each_ref().map(|row| row.each_ref().map(load)),
            ages: self.ages.each_ref().map(load),
            bytes: load(&self.bytes),
            holds: load(&self.holds),
            held_ms: load(&self.held_ms),
            held_max_ms: self.held_max_ms.swap(0, Ordering::Relaxed),
            timed_out: load(&self.timed_out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_kind_and_outcome() {
        let tally = Tally::default();
        for (status, outcome) in [
            (200, Outcome::Given),
            (206, Outcome::Given),
            (304, Outcome::Unchanged),
            (404, Outcome::Refused),
            (503, Outcome::Failed),
        ] {
            let mut answer = Response::new(Body::full("abc"));
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            tally.answered(Kind::Part, &answer);
            assert!(tally.read().answers[Kind::Part as usize][outcome as usize] > 0, "{status}");
        }
        let counts = tally.read();
        assert_eq!(counts.answers[Kind::Part as usize], [2, 1, 1, 1]);
        assert_eq!(counts.bytes, 15);
    }

    #[test]
    fn the_longest_hold_is_told_once() {
        let tally = Tally::default();
        tally.held(Duration::from_millis(300), true);
        tally.held(Duration::from_millis(900), false);
        let counts = tally.read();
        assert_eq!((counts.holds, counts.held_ms, counts.timed_out), (2, 1_200, 1));
        assert_eq!((counts.held_max_ms, tally.read().held_max_ms), (900, 0));
    }

    #[test]
    fn what_is_older_than_every_bound_has_a_row_too() {
        let tally = Tally::default();
        for seconds in [0, 4, 5, 31, 200, 600, 601, 90_000] {
            tally.asked_behind(Duration::from_secs(seconds));
        }
        assert_eq!(tally.read().ages, [2, 1, 1, 1, 1, 2]);
    }
}
