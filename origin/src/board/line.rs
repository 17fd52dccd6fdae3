//! One value a second, for so many seconds.

use std::collections::VecDeque;

/// Seconds that most lines show.
pub(super) const MINUTE: usize = 60;

/// The newest values of one figure.
#[derive(Debug)]
pub(super) struct Line {
    values: VecDeque<u64>,
    max: usize,
}

impl Line {
    /// A line of so many seconds.
    pub(super) fn of(max: usize) -> Self {
        Self { values: VecDeque::new(), max }
    }

    pub(super) fn push(&mut self, value: u64) {
        if self.values.len() == self.max {
            self.values.pop_front();
        }
        self.values.push_back(value);
    }

    /// Oldest first.
    pub(super) fn values(&self) -> Vec<u64> {
        self.values.iter().copied().collect()
    }

    pub(super) fn sum(&self) -> u64 {
        self.values.iter().sum()
    }

    /// How much it grows a second; nothing when it does not.
    pub(super) fn growth(&self) -> Option<u64> {
        let (first, last) = (self.values.front()?, self.values.back()?);
        let seconds = u64::try_from(self.values.len() - 1).ok().filter(|seconds| *seconds > 0)?;
        Some(last.checked_sub(*first)? / seconds).filter(|growth| *growth > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_newest_values_and_knows_how_it_grows() {
        let mut line = Line::of(3);
        assert_eq!(line.growth(), None);
        for value in [1, 10, 20, 30] {
            line.push(value);
        }
        assert_eq!((line.values(), line.sum(), line.growth()), (vec![10, 20, 30], 60, Some(10)));
        line.push(5);
        assert_eq!(line.growth(), None, "it shrinks");
    }
}
