//! Bits of a header, most significant first: every read is checked.

/// A slice and how many of its bits were read. Every read returns `None` when too few remain.
#[derive(Debug, Clone)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The next `count` bits, at most 32.
    pub(crate) fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            let bit = (byte >> (7 - self.position % 8)) & 1;
            value = (value << 1) | u32::from(bit);
            self.position += 1;
        }
        Some(value)
    }

    /// The next bit.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|bit| bit == 1)
    }

    /// Steps over `count` bits.
    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        self.position = self.position.checked_add(count)?;
        (self.position <= self.bytes.len().checked_mul(8)?).then_some(())
    }

    /// An Exp-Golomb number (H.264 and H.265, 9.1/9.2: `ue(v)`).
    pub(crate) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.take(zeros)?;
        Some((1 << zeros) - 1 + rest)
    }

    /// Steps over `count` Exp-Golomb numbers, of either sign.
    pub(crate) fn skip_golombs(&mut self, count: usize) -> Option<()> {
        for _ in 0..count {
            self.golomb()?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_numbers_are_read_in_turn() {
        // 1 | 010 | 011 | 00100 | 00101 | 1 and padding.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1100_0000];
        let mut bits = Bits::new(&bytes);
        let numbers: Vec<_> = std::iter::from_fn(|| bits.golomb()).take(6).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 0]);
        assert_eq!(Bits::new(&[0; 8]).golomb(), None);
        assert_eq!(Bits::new(&[0, 0, 0, 1, 255, 255, 255, 255]).golomb(), Some(u32::MAX - 1));
    }

    #[test]
    fn nothing_is_read_behind_the_end() {
        let mut bits = Bits::new(&[0xa5]);
        assert_eq!((bits.take(4), bits.flag(), bits.skip(3)), (Some(10), Some(false), Some(())));
        assert_eq!((bits.flag(), bits.take(1), bits.skip(1)), (None, None, None));
        assert_eq!(bits.skip(usize::MAX), None);
    }
}
