//! Moments of the wall clock, as rules and events see them.

use std::{fmt, str::FromStr, time::Duration};

use ::time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Text form: RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The first moment that has a text form: the start of year 0.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// The last moment that has a text form: the end of year 9999.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment this much later; stops at [`Timestamp::MAX`].
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(by_ms)).clamp(Self::MIN, Self::MAX)
    }

    /// The moment this much earlier; stops at [`Timestamp::MIN`].
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(by_ms)).clamp(Self::MIN, Self::MAX)
    }

    /// How long after `earlier` this moment is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_range = (*self).clamp(Self::MIN, Self::MAX);
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(in_range.0) * 1_000_000)
            .expect("years 0 to 9999 have dates");
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            moment.year(),
            u8::from(moment.month()),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
            moment.millisecond(),
        )
    }
}

/// The text is not an RFC 3339 date and time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as in RFC 3339, for example 2026-01-31T18:30:00.250Z")]
pub struct ParseTimestampError;

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Any offset is taken; what is finer than a millisecond is cut off.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|_| ParseTimestampError)?
            .checked_to_offset(UtcOffset::UTC)
            .ok_or(ParseTimestampError)?;
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000))
            .map(Self)
            .map_err(|_| ParseTimestampError)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_form_has_milliseconds_and_is_in_utc() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_769_884_200_250, "2026-01-31T18:30:00.250Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), text);
        }
    }

    #[test]
    fn any_offset_is_read_and_finer_digits_are_cut_off() {
        for (text, expected) in [
            ("2026-01-31T18:30:00Z", Ok(1_769_884_200_000)),
            ("2026-02-01T02:30:00.250+08:00", Ok(1_769_884_200_250)),
            ("2026-01-31T18:30:00.2509Z", Ok(1_769_884_200_250)),
            ("1969-12-31T23:59:59.9999Z", Ok(-1)),
            ("2026-01-31 18:30:00", Err(ParseTimestampError)),
            ("2026-02-30T00:00:00Z", Err(ParseTimestampError)),
            ("1769884200", Err(ParseTimestampError)),
            ("", Err(ParseTimestampError)),
        ] {
            assert_eq!(text.parse::<Timestamp>(), expected.map(Timestamp), "{text}");
        }
    }

    #[test]
    fn the_time_since_a_later_moment_is_zero() {
        assert_eq!(Timestamp(5).since(Timestamp(2)), Duration::from_millis(3));
        assert_eq!(Timestamp(2).since(Timestamp(5)), Duration::ZERO);
        assert_eq!(Timestamp(0).since(Timestamp(i64::MIN)), Duration::from_millis(i64::MAX as u64));
    }

    proptest! {
        #[test]
        fn the_text_leads_back_to_the_moment(ms in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let moment = Timestamp(ms);
            prop_assert_eq!(moment.to_string().parse::<Timestamp>(), Ok(moment));
        }

        #[test]
        fn moments_are_ordered_like_their_texts(
            a in Timestamp::MIN.0..=Timestamp::MAX.0,
            b in Timestamp::MIN.0..=Timestamp::MAX.0,
        ) {
            let texts = (Timestamp(a).to_string(), Timestamp(b).to_string());
            prop_assert_eq!(a.cmp(&b), texts.0.cmp(&texts.1));
        }
    }
}
