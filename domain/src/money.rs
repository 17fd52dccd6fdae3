//! Amounts, all integers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A signed amount in the smallest unit of its currency: coins, cents, fen.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MinorUnits(pub i64);

impl MinorUnits {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, unless it is too big for an amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it is too big for an amount.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The same amount the other way, unless it is too big for an amount.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }
}

impl fmt::Display for MinorUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An amount of the virtual currency `COIN`, whose smallest unit is one coin.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Coins(pub i64);

impl Coins {
    /// No coins.
    pub const ZERO: Self = Self(0);

    /// The sum, unless it is too big for an amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// So many times as much, unless it is too big for an amount.
    pub fn checked_mul(self, times: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(times)).map(Self)
    }
}

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} coins", self.0)
    }
}

impl From<Coins> for MinorUnits {
    fn from(coins: Coins) -> Self {
        Self(coins.0)
    }
}

/// A share in hundredths of a per cent, between 0 and 10 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// Nothing of it.
    pub const ZERO: Self = Self(0);
    /// All of it.
    pub const WHOLE: Self = Self(10_000);

    /// This share, unless it is more than the whole.
    pub const fn new(points: u16) -> Option<Self> {
        if points <= Self::WHOLE.0 { Some(Self(points)) } else { None }
    }

    /// The number of hundredths of a per cent.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// This share of `amount`, rounded towards zero: the rest belongs to the other side.
    pub fn of(self, amount: MinorUnits) -> MinorUnits {
        let share = i128::from(amount.0) * i128::from(self.0) / i128::from(Self::WHOLE.0);
        MinorUnits(i64::try_from(share).expect("a share is no larger than the whole"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_is_rounded_towards_zero() {
        for (points, amount, share) in
            [(0, 99, 0), (3_000, 99, 29), (10_000, 99, 99), (1, 9_999, 0), (3_000, -99, -29)]
        {
            let points = BasisPoints::new(points).unwrap();
            assert_eq!(points.of(MinorUnits(amount)), MinorUnits(share));
        }
    }

    #[test]
    fn more_than_the_whole_is_no_share() {
        assert_eq!(BasisPoints::new(10_000), Some(BasisPoints::WHOLE));
        assert_eq!(BasisPoints::new(10_001), None);
    }

    proptest! {
        #[test]
        fn a_share_lies_between_nothing_and_everything(amount: i64, points in 0_u16..=10_000) {
            let share = BasisPoints::new(points).unwrap().of(MinorUnits(amount)).0;
            prop_assert!(share.unsigned_abs() <= amount.unsigned_abs());
            prop_assert!(share == 0 || share.signum() == amount.signum());
        }
    }
}
