//! The clock as machines read it: 48 bits, a macroblock each.

use super::picture::WIDTH;

/// Bits of the clock: milliseconds since 1970 until the year 10 889.
pub const BITS: usize = 48;
/// Pixels of one bit, both ways.
pub const BLOCK: usize = 16;
/// The left edge of the first bit, in pixels.
pub const LEFT: usize = 256;
/// The upper edge, in pixels.
pub const TOP: usize = 32;
/// Luma of a bit that is 1.
pub const WHITE: u8 = 235;
/// Luma of a bit that is 0.
pub const BLACK: u8 = 16;
/// Lossy renditions blur: a bit is read if its luma is at most this far from black or white.
pub const TOLERANCE: u8 = 70;

/// The bit at `position`, 0 the leftmost.
pub(super) fn bit(clock_ms: u64, position: usize) -> bool {
    clock_ms >> (BITS - 1 - position) & 1 == 1
}

/// Reads the clock from one row of luma through the middle of the blocks. The row may come from a
/// picture of any width; it is taken as the test picture scaled.
///
/// `None` if the row is too short or one bit is neither black nor white.
pub fn read(row: &[u8]) -> Option<u64> {
    (0..BITS).try_fold(0, |clock, position| {
        let centre = LEFT + position * BLOCK + BLOCK / 2;
        let luma = *row.get(centre * row.len() / WIDTH)?;
        let bit = if luma >= WHITE - TOLERANCE {
            1
        } else if luma <= BLACK + TOLERANCE {
            0
        } else {
            return None;
        };
        Some(clock << 1 | bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A row of a picture of that width.
    fn row(clock_ms: u64, width: usize) -> Vec<u8> {
        let luma = |x: usize| {
            let position = (x * WIDTH / width).checked_sub(LEFT)? / BLOCK;
            (position < BITS).then(|| if bit(clock_ms, position) { WHITE } else { BLACK })
        };
        (0..width).map(|x| luma(x).unwrap_or(27)).collect()
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_read(clock_ms in 0..1_u64 << BITS, half in 160..960_usize) {
            prop_assert_eq!(read(&row(clock_ms, half * 2)), Some(clock_ms));
        }
    }

    #[test]
    fn grey_is_not_read() {
        assert_eq!(read(&[128; WIDTH]), None);
        assert_eq!(read(&[]), None);
    }
}
