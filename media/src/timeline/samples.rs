//! Audio time, counted in samples.

use crate::unit::Timescale;

/// Gives audio frames their decode times: one after the other, as long as the publisher's clock
/// agrees within [`SampleClock::DRIFT_MS`].
#[derive(Debug, Clone, Copy)]
pub struct SampleClock {
    scale: Timescale,
    frame: i64,
    next: Option<i64>,
}

impl SampleClock {
    /// How far counting may lead or trail the clock before it is set anew. Two frames of AAC:
    /// more is heard, less is the clock's own jitter.
    pub const DRIFT_MS: i64 = 45;

    /// A clock of frames of `frame_samples` each.
    pub fn new(scale: Timescale, frame_samples: u32) -> Self {
        Self { scale, frame: i64::from(frame_samples).max(1), next: None }
    }

    /// The decode time of a frame that came with `ms` on the clock, both from the same zero.
    pub fn place(&mut self, ms: i64) -> i64 {
        let rate = i64::from(self.scale.get());
        let clock = (ms * rate + 500).div_euclid(1_000);
        let bound = Self::DRIFT_MS * rate / 1_000;
        let decode = match self.next {
            Some(next) if (clock - next).abs() <= bound => next,
            // Never back by more than half a frame: what was counted may be published.
            Some(next) => clock.max(next - self.frame / 2),
            None => clock,
        };
        self.next = Some(decode + self.frame);
        decode
    }

    /// Samples in a frame.
    pub fn frame(&self) -> i64 {
        self.frame
    }

    /// Forgets what was counted: the next frame is placed by the clock alone.
    pub fn reset(&mut self) {
        self.next = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(clock: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let mut samples = SampleClock::new(Timescale::new(48_000).unwrap(), 1_024);
        clock.into_iter().map(|ms| samples.place(ms)).collect()
    }

    #[test]
    fn frames_follow_each_other_though_the_clock_counts_whole_milliseconds() {
        let times = place((0..10_000).map(|at| at * 1_024 / 48));
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 1_024));
    }

    #[test]
    fn a_hole_is_kept_and_a_wobble_is_not() {
        assert_eq!(place([0, 60, 43]), [0, 1_024, 2_048]);
        assert_eq!(place([0, 21, 543]), [0, 1_024, 26_064]);
    }

    #[test]
    fn a_clock_that_runs_fast_or_slow_is_followed() {
        for tenths in [211, 215] {
            let clock = (0..5_000).map(|at| at * tenths / 10);
            let times = place(clock.clone());
            for (ms, samples) in clock.zip(times) {
                assert!((samples / 48 - ms).abs() <= SampleClock::DRIFT_MS + 22, "{ms}");
            }
        }
    }
}
