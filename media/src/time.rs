//! Wall clock time, and lengths as playlists print them.

use crate::unit::Timescale;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

/// Milliseconds since 1970-01-01T00:00:00Z. Text form: RFC 3339 in UTC with milliseconds.
///
/// Readings handed to this crate come from one clock that never steps: one reading of the wall
/// clock plus monotonic time since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wall(pub i64);

impl Wall {
    /// Milliseconds from `earlier` to `self`; negative if `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `milliseconds` later.
    #[must_use]
    pub const fn plus_ms(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// `span` later, rounded to the nearest millisecond.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        self.plus_ms(span.to_ms())
    }

    /// `span` earlier, rounded to the nearest millisecond.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        self.plus_ms(-span.to_ms())
    }
}

const MS_PER_DAY: i64 = 86_400_000;

impl fmt::Display for Wall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(MS_PER_DAY));
        let ms = self.0.rem_euclid(MS_PER_DAY);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
            ms % 1_000
        )
    }
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
const fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day_of_month)
}

/// Days from 1970-01-01 to a date: the inverse of [`civil`].
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Text that is no RFC 3339 date and time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no RFC 3339 date and time")]
pub struct WallError(pub String);

impl FromStr for Wall {
    type Err = WallError;

    fn from_str(text: &str) -> Result<Self, WallError> {
        read_rfc3339(text).ok_or_else(|| WallError(text.to_owned()))
    }
}

fn read_rfc3339(text: &str) -> Option<Wall> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let mut fields = date.split('-').map(number);
    // RFC 3339 has years of four digits; more would not fit into milliseconds.
    let year = fields.next()?.filter(|year| *year <= 9_999)?;
    let (month, day) = (fields.next()??, fields.next()??);
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let mut fields = clock.split(':');
    let (hour, minute) = (number(fields.next()?)?, number(fields.next()?)?);
    let (second, fraction) = fields.next()?.split_once('.').unwrap_or((clock.get(6..8)?, ""));
    let mut ms = String::from(fraction.get(..fraction.len().min(3))?);
    while ms.len() < 3 {
        ms.push('0');
    }
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset_minutes(zone)?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    valid.then_some(Wall((minutes * 60 + number(second)?) * 1_000 + number(&ms)?))
}

fn offset_minutes(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let value = number(&digits).filter(|_| digits.len() == 4)?;
    Some(sign * (value / 100 * 60 + value % 100))
}

/// A number of at most nine decimal digits and nothing else.
fn number(text: &str) -> Option<i64> {
    let is_plain = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// A length of media as playlists print it: hundred-thousandths of a second.
///
/// Comparisons and sums of spans are those of the printed decimals: what a player checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span(pub u64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// One second.
    pub const SECOND: Self = Self(100_000);

    /// Whole seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(Self::SECOND.0))
    }

    /// Milliseconds.
    pub const fn from_ms(milliseconds: u64) -> Self {
        Self(milliseconds.saturating_mul(100))
    }

    /// A position or length in ticks, to the nearest; zero if negative.
    pub fn from_ticks(ticks: i64, scale: Timescale) -> Self {
        let scale = u128::from(scale.get());
        let ticks = u128::try_from(ticks).unwrap_or(0);
        Self(u64::try_from((ticks * 100_000 + scale / 2) / scale).unwrap_or(u64::MAX))
    }

    /// A length in ticks, rounded up: for a bound that no length may pass.
    pub fn from_ticks_up(ticks: i64, scale: Timescale) -> Self {
        let scale = u128::from(scale.get());
        let ticks = u128::try_from(ticks).unwrap_or(0);
        Self(u64::try_from((ticks * 100_000).div_ceil(scale)).unwrap_or(u64::MAX))
    }

    /// The nearest count of ticks.
    pub fn to_ticks(self, scale: Timescale) -> i64 {
        let ticks = (u128::from(self.0) * u128::from(scale.get()) + 50_000) / 100_000;
        i64::try_from(ticks).unwrap_or(i64::MAX)
    }

    /// The nearest millisecond.
    pub fn to_ms(self) -> i64 {
        i64::try_from(self.0.saturating_add(50) / 100).unwrap_or(i64::MAX)
    }

    /// Seconds to the nearest, as `EXT-X-TARGETDURATION` counts them.
    pub const fn round_seconds(self) -> u64 {
        self.0.saturating_add(Self::SECOND.0 / 2) / Self::SECOND.0
    }

    /// `count` times as long.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// What remains of `self` after `other`; zero if `other` is longer.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:05}", self.0 / Self::SECOND.0, self.0 % Self::SECOND.0)
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wall_time_prints_as_rfc_3339() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_764_044_641_007, "2025-11-25T04:24:01.007Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in cases {
            assert_eq!(Wall(ms).to_string(), text);
            assert_eq!(text.parse(), Ok(Wall(ms)));
        }
    }

    #[test]
    fn a_wall_time_is_read_with_any_offset_and_any_fraction() {
        for (text, ms) in [
            ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T01:00:00.5+0100", 500),
            ("1969-12-31T23:30:00.123456-00:30", 123),
        ] {
            assert_eq!(text.parse(), Ok(Wall(ms)), "{text}");
        }
        for text in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-13-01T00:00:00Z",
            "999999999-01-01T00:00:00Z",
            "T::Z",
            "é",
        ] {
            assert!(text.parse::<Wall>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_prints_five_decimals() {
        assert_eq!(Span(200_000).to_string(), "2.00000");
        assert_eq!(Span(33_334).to_string(), "0.33334");
        let scale = Timescale::new(90_000).unwrap();
        assert_eq!(Span::from_ticks(30_030, scale), Span(33_367));
        assert_eq!(Span::from_ticks_up(30_000, scale), Span(33_334));
        assert_eq!(Span::from_ticks(-1, scale), Span::ZERO);
    }

    proptest! {
        #[test]
        fn every_wall_time_reads_back(ms in -60_000_000_000_000_i64..250_000_000_000_000) {
            prop_assert_eq!(Wall(ms).to_string().parse(), Ok(Wall(ms)));
        }
    }
}
