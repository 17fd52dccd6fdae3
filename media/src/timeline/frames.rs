//! Video time, fitted to the frame rate.

use crate::unit::FrameRate;
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// Gives pictures their decode times in ticks of 1/90 000 s.
///
/// RTMP counts whole milliseconds (0, 33, 67, 100 at 30 a second). Where the times fit a frame
/// rate within a millisecond the pictures get exact times; otherwise the clock's own.
#[derive(Debug, Clone)]
pub struct FrameClock {
    /// What the codec header or the metadata says.
    declared: Option<FrameRate>,
    lock: Option<Lock>,
    recent: VecDeque<i64>,
    misses: u32,
    last: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Lock {
    rate: FrameRate,
    /// A picture's time on the clock, in ticks, and its number.
    anchor: i64,
    number: i64,
}

const TICKS_PER_MS: i64 = 90;
/// The clock's own rounding.
const EXACT: i64 = TICKS_PER_MS;
/// Slow drift of a camera's clock against its nominal rate.
const SLEW: i64 = 2 * TICKS_PER_MS;

impl FrameClock {
    /// Times looked at to find a rate.
    pub const LEARN: usize = 24;
    /// Times at least needed to find a rate.
    pub const LEARN_MIN: usize = 4;
    /// Misfits in [`Self::LEARN`] pictures after which the rate is given up.
    const MISSES_MAX: u32 = 4;

    /// A clock that knows at most what was declared.
    pub fn new(declared: Option<FrameRate>) -> Self {
        Self {
            declared,
            lock: None,
            recent: VecDeque::with_capacity(Self::LEARN),
            misses: 0,
            last: None,
        }
    }

    /// Finds the rate in times of the first pictures, in milliseconds.
    pub fn learn(&mut self, times: &[i64]) {
        self.lock = measure(times, self.declared).zip(times.first()).map(|(rate, first)| Lock {
            rate,
            anchor: first * TICKS_PER_MS,
            number: -1,
        });
    }

    /// Starts at another zero, with the rate found so far.
    pub fn restart(&mut self) {
        if let Some(lock) = &mut self.lock {
            (lock.anchor, lock.number) = (0, -1);
        }
        self.recent.clear();
        (self.misses, self.last) = (0, None);
    }

    /// The rate that the pictures keep to.
    pub fn rate(&self) -> Option<FrameRate> {
        self.lock.map(|lock| lock.rate)
    }

    /// Ticks from one picture to the next, where they come evenly.
    pub fn interval(&self) -> Option<i64> {
        self.lock.map(|lock| frames_to_ticks(1, lock.rate))
    }

    /// The decode time of a picture that came with `ms` on the clock, both from the same zero.
    ///
    /// Later than that of the picture before. `repaired` says that the time is made up: then the
    /// picture is taken to follow at once.
    pub fn place(&mut self, ms: i64, repaired: bool) -> i64 {
        self.remember(ms);
        let clock = ms * TICKS_PER_MS;
        let fitted = self.lock.and_then(|lock| lock.fit(clock, repaired));
        let ticks = match (fitted, self.lock.as_mut()) {
            (Some(fit), Some(lock)) => {
                (lock.anchor, lock.number) = (fit.anchor, fit.number);
                fit.ticks
            }
            (None, Some(lock)) => {
                // Count on from here: the phase of the rate changed, or the rate itself.
                (lock.anchor, lock.number) = (clock, 0);
                self.misses += 1;
                clock
            }
            (_, None) => clock,
        };
        let ticks = self.last.map_or(ticks, |last| ticks.max(last + 1));
        self.last = Some(ticks);
        ticks
    }

    /// An offset from a decode time, in ticks: whole frames where it is within a millisecond of
    /// them.
    pub fn offset(&self, ms: i64) -> i64 {
        let ticks = ms * TICKS_PER_MS;
        let whole =
            self.lock.map(|lock| frames_to_ticks(ticks_to_frames(ticks, lock.rate), lock.rate));
        whole.filter(|whole| (whole - ticks).abs() <= EXACT).unwrap_or(ticks)
    }

    /// Once in [`Self::LEARN`] pictures: gives the rate up, or looks for one.
    fn remember(&mut self, ms: i64) {
        self.recent.push_back(ms);
        if self.recent.len() < Self::LEARN {
            return;
        }
        if self.lock.is_none() || self.misses > Self::MISSES_MAX {
            let times: Vec<_> = self.recent.iter().copied().collect();
            // The picture at hand is the next after the anchor.
            self.lock = measure(&times, self.declared).map(|rate| Lock {
                rate,
                anchor: ms * TICKS_PER_MS,
                number: -1,
            });
        }
        self.misses = 0;
        self.recent.clear();
    }
}

struct Fit {
    ticks: i64,
    anchor: i64,
    number: i64,
}

impl Lock {
    fn fit(&self, clock: i64, repaired: bool) -> Option<Fit> {
        let number = if repaired {
            self.number + 1
        } else {
            ticks_to_frames(clock - self.anchor, self.rate)
        };
        if number <= self.number {
            return None;
        }
        let ticks = self.anchor + frames_to_ticks(number, self.rate);
        let off = if repaired { 0 } else { clock - ticks };
        // Within the clock's rounding the time is exact; a slow drift is followed.
        let slew = if off.abs() <= EXACT { 0 } else { off / 2 };
        let anchor = self.anchor + slew;
        (off.abs() <= SLEW).then_some(Fit { ticks: ticks + slew, anchor, number })
    }
}

fn frames_to_ticks(frames: i64, rate: FrameRate) -> i64 {
    let (numerator, denominator) =
        (i64::from(rate.numerator.get()), i64::from(rate.denominator.get()));
    round_div(i128::from(frames) * i128::from(denominator) * 90_000, i128::from(numerator))
}

fn ticks_to_frames(ticks: i64, rate: FrameRate) -> i64 {
    let (numerator, denominator) =
        (i64::from(rate.numerator.get()), i64::from(rate.denominator.get()));
    round_div(i128::from(ticks) * i128::from(numerator), i128::from(denominator) * 90_000)
}

fn round_div(value: i128, by: i128) -> i64 {
    i64::try_from((2 * value + by).div_euclid(2 * by)).unwrap_or(i64::MAX)
}

const fn rate(numerator: u32, denominator: u32) -> FrameRate {
    match (NonZeroU32::new(numerator), NonZeroU32::new(denominator)) {
        (Some(numerator), Some(denominator)) => FrameRate { numerator, denominator },
        _ => panic!("a frame rate is not zero"),
    }
}

/// Rates looked for when nothing is declared or the declared one is wrong; of two that fit the
/// first is taken.
const COMMON: [FrameRate; 15] = [
    rate(30, 1),
    rate(25, 1),
    rate(60, 1),
    rate(50, 1),
    rate(24, 1),
    rate(30_000, 1_001),
    rate(60_000, 1_001),
    rate(24_000, 1_001),
    rate(15, 1),
    rate(20, 1),
    rate(10, 1),
    rate(12, 1),
    rate(5, 1),
    rate(48, 1),
    rate(120, 1),
];

/// The frame rate that decode times in milliseconds keep to within a millisecond.
pub fn measure(times: &[i64], declared: Option<FrameRate>) -> Option<FrameRate> {
    if times.len() < FrameClock::LEARN_MIN {
        return None;
    }
    declared.into_iter().chain(COMMON).find(|&rate| fits(times, rate))
}

fn fits(times: &[i64], rate: FrameRate) -> bool {
    let Some(&first) = times.first() else { return false };
    let (mut least, mut most, mut single, mut last) = (0, 0, 0, -1);
    for ms in times {
        let ticks = (ms - first) * TICKS_PER_MS;
        let number = ticks_to_frames(ticks, rate);
        let off = ticks - frames_to_ticks(number, rate);
        (least, most) = (off.min(least), off.max(most));
        if number <= last {
            return false;
        }
        single += usize::from(number == last + 1);
        last = number;
    }
    // Most pictures follow at once: else half the rate, or a third of it, is the true one.
    most - least <= SLEW && single * 4 >= times.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Times of `count` pictures as RTMP counts them: rounded down.
    fn times(rate: FrameRate, count: i64) -> Vec<i64> {
        let (numerator, denominator) =
            (i64::from(rate.numerator.get()), i64::from(rate.denominator.get()));
        (0..count).map(|at| at * 1_000 * denominator / numerator).collect()
    }

    fn clock(declared: Option<FrameRate>, times: &[i64]) -> FrameClock {
        let mut clock = FrameClock::new(declared);
        clock.learn(&times[..times.len().min(FrameClock::LEARN)]);
        clock
    }

    #[test]
    fn pictures_of_every_common_rate_get_exact_times() {
        for rate in COMMON {
            let times = times(rate, 2_000);
            let mut clock = clock(Some(rate), &times);
            let placed: Vec<_> = times.iter().map(|&ms| clock.place(ms, false)).collect();
            for (number, ticks) in (0..).zip(placed) {
                assert_eq!(ticks, frames_to_ticks(number, rate), "{rate:?}");
            }
        }
    }

    #[test]
    fn a_declared_rate_is_believed_only_if_the_pictures_keep_to_it() {
        let thirty = times(rate(30, 1), 20);
        assert_eq!(measure(&thirty, Some(rate(60, 1))), Some(rate(30, 1)));
        assert_eq!(measure(&thirty, Some(rate(30_000, 1_001))), Some(rate(30_000, 1_001)));
        assert_eq!(measure(&thirty, Some(rate(25, 1))), Some(rate(30, 1)));
        assert_eq!(measure(&[0, 40, 95, 120, 177, 200], None), None);
        assert_eq!(measure(&thirty[..3], Some(rate(30, 1))), None);
    }

    #[test]
    fn a_lost_picture_leaves_its_time_empty() {
        let mut times = times(rate(25, 1), 60);
        times.remove(30);
        let mut clock = clock(None, &times);
        let placed: Vec<_> = times.iter().map(|&ms| clock.place(ms, false)).collect();
        assert_eq!(placed[30] - placed[29], 7_200);
        assert_eq!(clock.rate(), Some(rate(25, 1)));
    }

    #[test]
    fn offsets_are_whole_frames() {
        let times = times(rate(30, 1), 20);
        let clock = clock(None, &times);
        assert_eq!(
            [0, 33, 67, -34, 50].map(|ms| clock.offset(ms)),
            [0, 3_000, 6_000, -3_000, 4_500]
        );
    }

    proptest! {
        #[test]
        fn times_grow_and_stay_near_the_clock(
            steps in prop::collection::vec(1_i64..120, 1..300),
            declared in prop::option::of(prop::sample::select(COMMON.to_vec())),
        ) {
            let mut ms = 0;
            let times: Vec<_> = steps.iter().map(|step| { ms += step; ms }).collect();
            let mut clock = clock(declared, &times);
            let mut last = -1;
            for ms in times {
                let ticks = clock.place(ms, false);
                prop_assert!(ticks > last);
                prop_assert!((ticks - ms * TICKS_PER_MS).abs() <= SLEW);
                last = ticks;
            }
        }
    }
}
