//! A clock that wraps, counted on in 64 bits.

/// Counts on a millisecond clock that wraps at 32, 31 or 24 bits.
///
/// RTMP's wraps at 2³². Some muxers mask it to 31 bits, some senders forget the extended
/// timestamp and wrap at 2²⁴.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwrap {
    last: Option<(u32, i64)>,
}

/// A shorter wrap is believed only this close to it, on both sides.
const NEAR_MS: i64 = 10_000;

impl Unwrap {
    /// The 64-bit reading nearest to the last one.
    pub fn place(&mut self, raw: u32) -> i64 {
        let placed = match self.last {
            None => i64::from(raw),
            Some((last_raw, last)) => last + step(last_raw, raw),
        };
        self.last = Some((raw, placed));
        placed
    }
}

fn step(from: u32, to: u32) -> i64 {
    let plain = i64::from(to.wrapping_sub(from).cast_signed());
    if plain.abs() < NEAR_MS {
        return plain;
    }
    [31, 24].into_iter().find_map(|bits| step_at(from, to, bits)).unwrap_or(plain)
}

/// The step over a wrap at `bits`, if both readings lie near it on opposite sides.
fn step_at(from: u32, to: u32, bits: u32) -> Option<i64> {
    let modulus = 1_i64 << bits;
    let (from, to) = (i64::from(from), i64::from(to));
    let is_forward = (0..NEAR_MS).contains(&(modulus - from)) && to < NEAR_MS;
    let is_back = (0..NEAR_MS).contains(&(modulus - to)) && from < NEAR_MS;
    match (is_forward, is_back) {
        (true, _) => Some(to + modulus - from),
        (false, true) => Some(to - modulus - from),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(readings: &[u32]) -> Vec<i64> {
        let mut clock = Unwrap::default();
        readings.iter().map(|&raw| clock.place(raw)).collect()
    }

    #[test]
    fn a_wrap_is_a_small_step() {
        for bits in [24, 31, 32] {
            let end = 1_i64 << bits;
            let before = u32::try_from(end - 20).unwrap();
            assert_eq!(place(&[before, 20]), [end - 20, end + 20], "{bits} bits");
            assert_eq!(place(&[before, 20, before]), [end - 20, end + 20, end - 20], "{bits} bits");
        }
    }

    #[test]
    fn a_jump_that_is_no_wrap_stays_a_jump() {
        assert_eq!(place(&[16_700_000, 5]), [16_700_000, 5]);
        assert_eq!(place(&[1_000, 900_000]), [1_000, 900_000]);
    }

    proptest! {
        #[test]
        fn any_clock_is_followed_over_its_wraps(
            start in any::<u32>(),
            steps in prop::collection::vec(-400_i64..400, 1..200),
        ) {
            let mut truth = i64::from(start);
            let mut clock = Unwrap::default();
            let offset = clock.place(start) - truth;
            for step in steps {
                truth += step;
                let raw = u32::try_from(truth.rem_euclid(1 << 32)).unwrap();
                prop_assert_eq!(clock.place(raw) - truth, offset);
            }
        }
    }
}
