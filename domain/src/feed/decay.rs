//! Counters that forget.

use std::time::Duration;

use crate::time::Timestamp;

/// A sum whose past loses half its weight each half-life; computed only when touched.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decayed {
    value: f64,
    at: Timestamp,
}

impl Decayed {
    /// The sum as of `now`. The past does not grow when a clock steps back.
    pub fn at(&self, now: Timestamp, half_life: Duration) -> f64 {
        let age = now.since(self.at).as_secs_f64();
        self.value * (-age / half_life.as_secs_f64()).exp2()
    }

    /// Adds to the sum.
    pub fn add(&mut self, by: f64, now: Timestamp, half_life: Duration) {
        self.value = self.at(now, half_life) + by;
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HALF_LIFE: Duration = Duration::from_secs(10);

    #[test]
    fn half_is_left_after_a_half_life() {
        let mut sum = Decayed::default();
        sum.add(8.0, Timestamp(0), HALF_LIFE);
        sum.add(1.0, Timestamp(10_000), HALF_LIFE);
        assert!((sum.at(Timestamp(10_000), HALF_LIFE) - 5.0).abs() < 1e-9);
        assert!((sum.at(Timestamp(30_000), HALF_LIFE) - 1.25).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_sum_never_grows_by_itself(later in 0_i64..1_000_000, earlier in 0_i64..1_000_000) {
            let mut sum = Decayed::default();
            sum.add(3.0, Timestamp(later), HALF_LIFE);
            prop_assert!(sum.at(Timestamp(earlier), HALF_LIFE) <= 3.0);
        }
    }
}
