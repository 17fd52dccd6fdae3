//! The publisher's clock: unwrapped, repaired, and fitted to whole frames and samples.

mod frames;
mod samples;
mod unwrap;

pub use frames::{FrameClock, measure};
pub use samples::SampleClock;
pub use unwrap::Unwrap;

use crate::unit::{Kind, RawUnit};

/// Where a unit stands on the publisher's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Decode time in milliseconds: unwrapped, later than that of the unit before.
    pub ms: i64,
    /// What the clock did before this unit.
    pub step: Step,
}

/// What the clock did from one unit of a track to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Went on, at most half a second.
    Even,
    /// Stood still or went back by less than half a second: the unit was stamped anew.
    Repaired,
    /// Went on by less than ten seconds: media is missing.
    Gap,
    /// Jumped: this unit starts another timeline.
    Jump {
        /// How far, in milliseconds.
        by_ms: i64,
    },
    /// The unit still stands on the clock before the last jump; it can't be placed.
    Stray,
}

/// Orders the units of one publisher.
///
/// Steps are classified (HLS 7.6) as repair below half a second, gap below ten, else jump: a
/// repair changes one unit, a gap leaves its time empty, a jump starts another timeline.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    unwrap: Unwrap,
    video: Track,
    audio: Track,
    /// Where the current timeline began, while a track has not followed the jump yet.
    jumped_to: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Track {
    last: Option<i64>,
    interval: i64,
}

impl Timeline {
    /// A step back or forth below this is no hole.
    pub const REPAIR_MS: i64 = 500;
    /// A step from this on is no hole but another clock.
    pub const JUMP_MS: i64 = 10_000;

    /// Nothing placed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Places the next unit.
    pub fn place(&mut self, unit: &RawUnit) -> Placed {
        let raw = self.unwrap.place(unit.timestamp_ms);
        let track = match unit.kind {
            Kind::Video => self.video,
            Kind::Audio => self.audio,
        };
        let placed = self.classify(track, raw);
        if placed.step == Step::Stray {
            return placed;
        }
        if let Step::Jump { .. } = placed.step {
            (self.video, self.audio) = (Track::default(), Track::default());
            self.jumped_to = Some(placed.ms);
        }
        let last = track.last.filter(|_| !matches!(placed.step, Step::Jump { .. }));
        let interval = last.map_or(track.interval, |last| placed.ms - last);
        let slot = match unit.kind {
            Kind::Video => &mut self.video,
            Kind::Audio => &mut self.audio,
        };
        slot.last = Some(placed.ms);
        if placed.step == Step::Even && interval > 0 {
            slot.interval = interval;
        }
        placed
    }

    fn classify(&self, track: Track, raw: i64) -> Placed {
        let Some(last) = track.last else {
            let is_stray = self.jumped_to.is_some_and(|at| (raw - at).abs() >= Self::JUMP_MS);
            return Placed { ms: raw, step: if is_stray { Step::Stray } else { Step::Even } };
        };
        let by_ms = raw - last;
        if by_ms >= Self::JUMP_MS || by_ms <= -Self::REPAIR_MS {
            Placed { ms: raw, step: Step::Jump { by_ms } }
        } else if by_ms >= Self::REPAIR_MS {
            Placed { ms: raw, step: Step::Gap }
        } else if by_ms > 0 {
            Placed { ms: raw, step: Step::Even }
        } else {
            // Half an interval on: a clock set back for good is caught up with at the next unit.
            Placed { ms: last + (track.interval / 2).max(1), step: Step::Repaired }
        }
    }

    /// How far sound is ahead of the picture as they come, in milliseconds.
    pub fn skew_ms(&self) -> Option<i64> {
        Some(self.audio.last? - self.video.last?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn unit(kind: Kind, timestamp_ms: u32) -> RawUnit {
        let data = Bytes::new();
        RawUnit { kind, timestamp_ms, composition_offset_ms: 0, is_sync: false, data }
    }

    /// Decode times and steps of video at these clock readings.
    fn placed(clock: &[u32]) -> Vec<(i64, Step)> {
        let mut timeline = Timeline::new();
        let place = |&ms: &u32| timeline.place(&unit(Kind::Video, ms));
        clock.iter().map(place).map(|placed| (placed.ms, placed.step)).collect()
    }

    #[test]
    fn steps_are_classified_by_their_length() {
        use Step::{Even, Gap, Jump, Repaired};
        assert_eq!(placed(&[0, 40, 80]), [(0, Even), (40, Even), (80, Even)]);
        assert_eq!(placed(&[0, 40, 40]), [(0, Even), (40, Even), (60, Repaired)]);
        assert_eq!(placed(&[0, 499, 999]), [(0, Even), (499, Even), (999, Gap)]);
        assert_eq!(placed(&[0, 10_000]), [(0, Even), (10_000, Jump { by_ms: 10_000 })]);
        assert_eq!(placed(&[5_000, 4_500]), [(5_000, Even), (4_500, Jump { by_ms: -500 })]);
    }

    #[test]
    fn every_fiftieth_unit_40_ms_back_moves_no_other() {
        let clock: Vec<u32> =
            (0..200).map(|at| 1_000 + at * 40 - if at % 50 == 49 { 40 } else { 0 }).collect();
        let times = placed(&clock);
        for (at, ((ms, step), raw)) in times.iter().zip(&clock).enumerate() {
            if at % 50 == 49 {
                assert_eq!(*step, Step::Repaired);
            } else {
                assert_eq!((*ms, *step), (i64::from(*raw), Step::Even));
            }
        }
        assert!(times.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_unit_left_over_from_before_a_jump_is_a_stray() {
        let mut timeline = Timeline::new();
        let mut place = |kind, ms| timeline.place(&unit(kind, ms)).step;
        assert_eq!(place(Kind::Video, 100_000), Step::Even);
        assert_eq!(place(Kind::Audio, 100_000), Step::Even);
        assert_eq!(place(Kind::Video, 0), Step::Jump { by_ms: -100_000 });
        assert_eq!(place(Kind::Audio, 100_020), Step::Stray);
        assert_eq!(place(Kind::Audio, 5), Step::Even);
        assert_eq!(timeline.skew_ms(), Some(5));
    }
}
