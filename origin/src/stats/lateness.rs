//! How late parts are: when players can have them, less when they were due.

use std::collections::{BTreeMap, VecDeque};

use media::hls::Position;
use media::packager::{Part, Rid};
use media::time::{Span, Wall};
use serde::Serialize;

/// Parts kept of each rendition: twenty seconds of thirds.
const PARTS_MAX: usize = 60;

/// A part that was published.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Published {
    pub(crate) rid: Rid,
    at: Position,
    duration: Span,
    gap: bool,
    /// When its segment begins, if it is the segment's first.
    begins: Option<Wall>,
}

impl From<&Part> for Published {
    fn from(part: &Part) -> Self {
        Self {
            rid: part.rid,
            at: part.at,
            duration: part.duration,
            gap: part.gap,
            begins: part.opens.map(|opens| opens.pdt),
        }
    }
}

/// The newest parts of each rendition of one broadcast.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    trails: BTreeMap<Rid, Trail>,
    published: u64,
}

#[derive(Debug, Default)]
struct Trail {
    /// Where the open segment begins, and how much of it is there.
    open: Option<(Wall, Span)>,
    parts: VecDeque<(Position, Option<u32>)>,
}

/// A run of parts of one segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Run {
    pub(crate) msn: u64,
    /// The number of the first part here.
    pub(crate) part: u32,
    /// How late each was, in milliseconds; `null` is a gap.
    pub(crate) late_ms: Vec<Option<u32>>,
}

impl Lateness {
    /// Takes a part that players can have since `now`; tells how late it is unless it is a gap.
    pub(crate) fn publish(&mut self, part: Published, now: Wall) -> Option<u32> {
        let trail = self.trails.entry(part.rid).or_default();
        if let Some(begins) = part.begins {
            trail.open = Some((begins, Span::ZERO));
        }
        let (begins, length) = trail.open.as_mut()?;
        *length += part.duration;
        let due = begins.plus(*length);
        let late_ms = u32::try_from(now.since(due).max(0)).unwrap_or(u32::MAX);
        let late_ms = (!part.gap).then_some(late_ms);
        if trail.parts.len() == PARTS_MAX {
            trail.parts.pop_front();
        }
        trail.parts.push_back((part.at, late_ms));
        self.published += 1;
        late_ms
    }

    /// Parts since the broadcast began here.
    pub(crate) fn published(&self) -> u64 {
        self.published
    }

    /// The renditions and their newest parts, oldest first.
    pub(crate) fn runs(&self) -> Vec<(Rid, Vec<Run>)> {
        self.trails.iter().map(|(rid, trail)| (*rid, trail.runs())).collect()
    }

    /// The lateness that one in twenty parts exceeds; nothing while there is no part.
    pub(crate) fn p95_ms(&self) -> Option<u32> {
        let parts = self.trails.values().flat_map(|trail| &trail.parts);
        p95(parts.filter_map(|(_, late_ms)| *late_ms).collect())
    }
}

impl Trail {
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (at, late_ms) in &self.parts {
            match runs.last_mut() {
                Some(run) if run.msn == at.msn => run.late_ms.push(*late_ms),
                _ => runs.push(Run { msn: at.msn, part: at.part, late_ms: vec![*late_ms] }),
            }
        }
        runs
    }
}

/// The value that one in twenty exceeds.
pub(crate) fn p95(mut values: Vec<u32>) -> Option<u32> {
    values.sort_unstable();
    values.get((values.len() * 95).div_ceil(100).saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Wall = Wall(1_760_000_000_000);

    fn part(msn: u64, part: u32, gap: bool) -> Published {
        let begins = (part == 0).then(|| START.plus(Span::from_seconds(msn * 2)));
        let at = Position { msn, part };
        Published { rid: Rid::VIDEO, at, duration: Span::from_ms(500), gap, begins }
    }

    #[test]
    fn a_part_is_due_when_its_media_has_passed() {
        let mut lateness = Lateness::default();
        assert_eq!(lateness.publish(part(0, 0, false), START.plus_ms(500)), Some(0));
        assert_eq!(lateness.publish(part(0, 1, false), START.plus_ms(1_040)), Some(40));
        assert_eq!(lateness.publish(part(0, 2, false), START.plus_ms(1_200)), Some(0), "early");
        assert_eq!(lateness.publish(part(0, 3, true), START.plus_ms(2_700)), None, "a gap");
        assert_eq!(lateness.publish(part(1, 0, false), START.plus_ms(2_900)), Some(400));
        let video = Run { msn: 0, part: 0, late_ms: vec![Some(0), Some(40), Some(0), None] };
        let next = Run { msn: 1, part: 0, late_ms: vec![Some(400)] };
        assert_eq!(lateness.runs(), [(Rid::VIDEO, vec![video, next])]);
        assert_eq!(lateness.p95_ms(), Some(400));
    }

    #[test]
    fn the_middle_of_a_segment_that_began_elsewhere_is_not_judged() {
        let mut lateness = Lateness::default();
        assert_eq!(lateness.publish(part(3, 2, false), START), None);
        assert_eq!(lateness.published(), 0);
        assert_eq!(lateness.p95_ms(), None);
    }

    #[test]
    fn only_the_newest_parts_are_kept() {
        let mut lateness = Lateness::default();
        for msn in 0..100 {
            for number in 0..4 {
                lateness.publish(part(msn, number, false), START);
            }
        }
        let runs = lateness.runs();
        let kept: usize = runs[0].1.iter().map(|run| run.late_ms.len()).sum();
        assert_eq!((kept, lateness.published()), (PARTS_MAX, 400));
    }

    #[test]
    fn one_in_twenty_exceeds_the_ninety_fifth_percentile() {
        assert_eq!(p95(Vec::new()), None);
        assert_eq!(p95(vec![7]), Some(7));
        assert_eq!(p95((1..=100).collect()), Some(95));
    }
}
