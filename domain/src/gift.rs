//! Gifts: the catalogue, and combos.

use std::{fmt, str::FromStr, time::Duration};

use crate::{money::Coins, time::Timestamp};

/// A gift's name in the catalogue: 1 to 32 of `a`–`z`, `0`–`9`, `-`, `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sku(String);

/// The text is no gift's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a gift's name has 1 to 32 of a-z, 0-9, `-` and `_`")]
pub struct SkuError;

impl Sku {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sku {
    type Err = SkuError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SkuError)
        }
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many gifts one order holds: 1 to 9 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u32);

impl Quantity {
    /// The most of one order.
    pub const MAX: u32 = 9_999;

    /// This many, unless it is none or too many.
    pub const fn new(count: u32) -> Option<Self> {
        if count >= 1 && count <= Self::MAX { Some(Self(count)) } else { None }
    }

    /// The count.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// One line of the catalogue, as of one revision: a new price is a new revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// What orders call it.
    pub sku: Sku,
    /// What one costs; positive.
    pub price: Coins,
    /// How long one more counts towards the same combo; zero = no combos.
    pub combo_window: Duration,
    /// The most of one order.
    pub quantity_max: u32,
}

/// Why an order makes no gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// More than the catalogue allows in one order.
    #[error("at most {max} of this gift can be sent at once")]
    TooMany {
        /// The catalogue's bound.
        max: u32,
    },
    /// More coins than there can be.
    #[error("the gift costs more coins than a wallet can hold")]
    TooExpensive,
}

impl CatalogueEntry {
    /// What an order of `quantity` costs.
    pub fn total(&self, quantity: Quantity) -> Result<Coins, OrderError> {
        let max = self.quantity_max.min(Quantity::MAX);
        if quantity.get() > max {
            return Err(OrderError::TooMany { max });
        }
        self.price.checked_mul(quantity.get()).ok_or(OrderError::TooExpensive)
    }
}

/// Repeats of one gift by one sender in one room, shown as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combo {
    /// How many gifts so far.
    pub count: u32,
    /// What they cost together.
    pub total: Coins,
    /// When the first one came.
    pub first_at: Timestamp,
    /// When the last one came.
    pub last_at: Timestamp,
    /// From here on one more starts a new combo.
    pub closes_at: Timestamp,
}

/// One order, as a combo counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// How many gifts.
    pub quantity: Quantity,
    /// What they cost.
    pub total: Coins,
    /// When it came.
    pub at: Timestamp,
}

impl Combo {
    /// The longest life of one combo, however often it is fed.
    pub const LIFE_MAX: Duration = Duration::from_mins(10);

    /// A combo that starts with this order.
    pub fn open(order: Order, window: Duration) -> Self {
        Self {
            count: order.quantity.get(),
            total: order.total,
            first_at: order.at,
            last_at: order.at,
            closes_at: order.at.plus(window.min(Self::LIFE_MAX)),
        }
    }

    /// Whether an order at `now` still counts.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.closes_at
    }

    /// The combo with one more order; none when its window passed or its sums would overflow.
    pub fn extended(&self, order: Order, window: Duration) -> Option<Self> {
        if !self.is_open(order.at) {
            return None;
        }
        let last_at = self.last_at.max(order.at);
        let latest = self.first_at.plus(Self::LIFE_MAX);
        Some(Self {
            count: self.count.checked_add(order.quantity.get())?,
            total: self.total.checked_add(order.total)?,
            first_at: self.first_at,
            last_at,
            closes_at: last_at.plus(window).min(latest),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(5);

    fn order(at: i64) -> Order {
        Order { quantity: Quantity::new(2).unwrap(), total: Coins(20), at: Timestamp(at) }
    }

    #[test]
    fn a_repeat_inside_the_window_counts_and_moves_it() {
        let combo = Combo::open(order(0), WINDOW).extended(order(4_999), WINDOW).unwrap();
        assert_eq!((combo.count, combo.total), (4, Coins(40)));
        assert_eq!(combo.closes_at, Timestamp(9_999));
        assert!(combo.is_open(Timestamp(9_998)));
        assert_eq!(combo.extended(order(9_999), WINDOW), None);
    }

    #[test]
    fn a_gift_without_a_window_makes_no_combo() {
        assert!(!Combo::open(order(7), Duration::ZERO).is_open(Timestamp(7)));
    }

    #[test]
    fn an_order_has_a_price_and_a_bound() {
        let entry = CatalogueEntry {
            sku: "rose".parse().unwrap(),
            price: Coins(10),
            combo_window: WINDOW,
            quantity_max: 99,
        };
        let total = |count| entry.total(Quantity::new(count).unwrap());
        assert_eq!(total(3), Ok(Coins(30)));
        assert_eq!(total(100), Err(OrderError::TooMany { max: 99 }));
        let dear = CatalogueEntry { price: Coins(i64::MAX), ..entry.clone() };
        assert_eq!(dear.total(Quantity::new(2).unwrap()), Err(OrderError::TooExpensive));
        assert_eq!((Quantity::new(0), Quantity::new(10_000)), (None, None));
    }

    #[test]
    fn a_name_of_the_catalogue_is_plain() {
        assert!("super-rocket_9".parse::<Sku>().is_ok());
        for text in ["", "Rose", "a b", "玫瑰"] {
            assert_eq!(text.parse::<Sku>(), Err(SkuError));
        }
    }

    proptest! {
        #[test]
        fn a_combo_never_outlives_its_bound(
            gaps in proptest::collection::vec(0_i64..6_000, 1..400),
        ) {
            let mut now = 0;
            let mut combo = Combo::open(order(now), WINDOW);
            for gap in gaps {
                now += gap;
                match combo.extended(order(now), WINDOW) {
                    Some(extended) => {
                        prop_assert_eq!(extended.count, combo.count + 2);
                        combo = extended;
                    }
                    None => combo = Combo::open(order(now), WINDOW),
                }
                let life = combo.closes_at.since(combo.first_at);
                prop_assert!(life <= Combo::LIFE_MAX);
            }
        }
    }
}
