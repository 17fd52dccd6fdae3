//! The size of one page of a list.

use serde::{Deserialize, Deserializer};

/// Rows on a page, 1 to 200, 50 unless asked otherwise. Anything else is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// Most rows on one page.
    pub const MAX: u16 = 200;

    /// Rows to show.
    pub fn rows(self) -> usize {
        usize::from(self.0)
    }

    /// Rows to read: one more than shown tells whether another page follows.
    pub fn fetch(self) -> u64 {
        u64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = u16::deserialize(deserializer)?;
        if rows == 0 || rows > Self::MAX {
            return Err(serde::de::Error::custom(format_args!("limit is 1 to {}", Self::MAX)));
        }
        Ok(Self(rows))
    }
}
