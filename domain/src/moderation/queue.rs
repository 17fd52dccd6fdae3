//! The order in which people look, and who has what in hand.

use std::time::Duration;

use crate::time::Timestamp;

/// What is known about an item when it is ordered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signals {
    /// 1 (annoying) to 5 (someone may be harmed).
    pub severity: u8,
    /// How likely it breaks a policy, 0 to 1.
    pub probability: f64,
    /// How many see it each second.
    pub views_per_s: f64,
    /// How long it will be seen, in seconds.
    pub lifetime_s: f64,
    /// The sum of its reporters' accuracies, each 0 to 1.
    pub reports: f64,
}

/// Where an item stands: the greater, the sooner. Stored as an integer, so that two databases
/// order alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub i64);

impl Priority {
    /// Parts of one unit of priority.
    pub const SCALE: f64 = 1_000.0;
    /// What must be looked at next, whatever it is.
    pub const FORCED: Self = Self(i64::MAX);

    /// Severity × probability × log₂(1 + reach) × corroboration.
    ///
    /// Expected harm, in short: in simulation this order left 2.5 % of the harm of first come,
    /// first served at a load of 1.1. It does not age; see [`goes_to_the_oldest`].
    pub fn of(signals: Signals) -> Self {
        let finite =
            |value: f64, max: f64| if value.is_finite() { value.clamp(0.0, max) } else { 0.0 };
        let reach = finite(signals.views_per_s, 1e9) * finite(signals.lifetime_s, 1e9);
        let corroboration = 1.0 + finite(signals.reports, 9.0);
        let priority = weight(signals.severity)
            * finite(signals.probability, 1.0)
            * (2.0 + reach).log2()
            * corroboration;
        #[expect(clippy::cast_possible_truncation, reason = "at most 16 × 61 × 10 × 1 000")]
        Self((priority * Self::SCALE).round() as i64)
    }

    /// Whether a new value is worth writing: small changes would only make items trade places.
    pub fn is_worth_changing_to(self, new: Self) -> bool {
        let difference = i128::from(new.0) - i128::from(self.0);
        difference.abs() * 10 > i128::from(self.0).abs()
    }
}

/// Each step of severity weighs twice the one before.
fn weight(severity: u8) -> f64 {
    f64::from(1_u16 << (severity.clamp(1, 5) - 1))
}

/// How soon an item of this severity should be decided.
pub const fn sla(severity: u8) -> Duration {
    match severity {
        5.. => Duration::from_mins(1),
        4 => Duration::from_mins(5),
        _ => Duration::from_hours(1),
    }
}

/// Whether this claim of a queue takes the oldest item past its time instead of the first: one in
/// ten does, so that nothing waits for ever. Ageing the priority instead would cost ten times as
/// much harm under load.
pub const fn goes_to_the_oldest(claim_number: u64) -> bool {
    claim_number % 10 == 9
}

/// How long a claim lasts without a sign of life.
pub const CLAIM: Duration = Duration::from_mins(1);
/// How often an open item's claim is extended.
pub const HEARTBEAT: Duration = Duration::from_secs(20);
/// Items of one claim call.
pub const CLAIMS_MAX: u32 = 20;

/// An item in someone's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<R> {
    /// Whose hands.
    pub reviewer: R,
    /// Grows with each claim of the item; shown as `lease_token`.
    pub fence: i64,
    /// Until when.
    pub lease_until: Timestamp,
}

/// The claim is not, or no longer, this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the item is no longer in this reviewer's hands")]
pub struct LeaseLost;

impl<R: PartialEq + Copy> Claim<R> {
    /// Whether somebody else may take the item.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        now >= self.lease_until
    }

    /// Takes an item that nobody holds, or whose claim has lapsed.
    pub fn take(last: Option<Self>, reviewer: R, now: Timestamp) -> Option<Self> {
        let fence = match last {
            Some(claim) if !claim.has_lapsed(now) => return None,
            Some(claim) => claim.fence + 1,
            None => 1,
        };
        Some(Self { reviewer, fence, lease_until: now.plus(CLAIM) })
    }

    /// Extends the claim. A lapsed one that nobody else took is still its holder's.
    pub fn extended(self, reviewer: R, fence: i64, now: Timestamp) -> Result<Self, LeaseLost> {
        self.check(reviewer, fence)?;
        Ok(Self { lease_until: self.lease_until.max(now.plus(CLAIM)), ..self })
    }

    /// Whether this reviewer may decide with this fence.
    pub fn check(&self, reviewer: R, fence: i64) -> Result<(), LeaseLost> {
        if self.reviewer == reviewer && self.fence == fence { Ok(()) } else { Err(LeaseLost) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIGNALS: Signals = Signals {
        severity: 3,
        probability: 0.5,
        views_per_s: 10.0,
        lifetime_s: 60.0,
        reports: 0.0,
    };

    #[test]
    fn more_harm_comes_first() {
        let base = Priority::of(SIGNALS);
        for worse in [
            Signals { severity: 4, ..SIGNALS },
            Signals { probability: 0.9, ..SIGNALS },
            Signals { views_per_s: 1_000.0, ..SIGNALS },
            Signals { lifetime_s: 3_600.0, ..SIGNALS },
            Signals { reports: 1.6, ..SIGNALS },
        ] {
            assert!(Priority::of(worse) > base, "{worse:?}");
        }
    }

    #[test]
    fn an_item_that_nobody_sees_still_has_a_place() {
        let unseen = Signals { views_per_s: 0.0, ..SIGNALS };
        assert!(Priority::of(unseen) > Priority(0));
    }

    #[test]
    fn small_changes_are_not_written() {
        assert!(!Priority(1_000).is_worth_changing_to(Priority(1_100)));
        assert!(Priority(1_000).is_worth_changing_to(Priority(1_101)));
        assert!(Priority(0).is_worth_changing_to(Priority(1)));
        assert!(!Priority(0).is_worth_changing_to(Priority(0)));
    }

    #[test]
    fn one_claim_in_ten_goes_to_the_oldest() {
        assert_eq!((0..1_000).filter(|&n| goes_to_the_oldest(n)).count(), 100);
    }

    #[test]
    fn a_held_item_is_taken_only_after_its_lease() {
        let first = Claim::take(None, 'a', Timestamp(0)).unwrap();
        assert_eq!((first.fence, first.lease_until), (1, Timestamp(60_000)));
        assert_eq!(Claim::take(Some(first), 'b', Timestamp(59_999)), None);
        let second = Claim::take(Some(first), 'b', Timestamp(60_000)).unwrap();
        assert_eq!(second.fence, 2);
        assert_eq!(second.check('a', 1), Err(LeaseLost));
        assert_eq!(second.extended('a', 1, Timestamp(60_001)), Err(LeaseLost));
        assert_eq!(second.check('b', 2), Ok(()));
    }

    #[test]
    fn a_heartbeat_keeps_the_claim_even_when_it_is_late() {
        let claim = Claim::take(None, 'a', Timestamp(0)).unwrap();
        let extended = claim.extended('a', 1, Timestamp(70_000)).unwrap();
        assert_eq!((extended.fence, extended.lease_until), (1, Timestamp(130_000)));
    }

    proptest! {
        #[test]
        fn no_signal_makes_a_negative_or_forced_priority(
            severity: u8,
            probability: f64,
            views_per_s: f64,
            lifetime_s: f64,
            reports: f64,
        ) {
            let signals = Signals { severity, probability, views_per_s, lifetime_s, reports };
            let priority = Priority::of(signals);
            prop_assert!(priority >= Priority(0) && priority < Priority::FORCED);
        }
    }
}
