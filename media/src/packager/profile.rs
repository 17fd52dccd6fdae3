//! Latency profiles: the lengths a broadcast promises.

use crate::time::Span;
use std::fmt;
use std::str::FromStr;

/// A latency profile; frozen when its broadcast starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// Segments of 2 s, parts of 1/3 s: the lowest latency any CDN can carry.
    #[default]
    Low,
    /// Segments of 2 s, parts of 0.5 s: a third fewer requests.
    Standard,
    /// Segments of 4 s, parts of 1 s: for slow networks.
    Relaxed,
    /// Segments of 6 s, no parts.
    Classic,
}

/// Text that names no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no latency profile: low, standard, relaxed or classic")]
pub struct ProfileError(pub String);

/// A length of time as a fraction of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    /// Seconds in `denominator` such lengths.
    pub numerator: u32,
    /// How many such lengths `numerator` seconds have; never zero.
    pub denominator: u32,
}

impl Profile {
    /// All profiles, the quickest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Standard, Self::Relaxed, Self::Classic];

    /// Its name in configuration and API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Standard => "standard",
            Self::Relaxed => "relaxed",
            Self::Classic => "classic",
        }
    }

    /// The wanted length of a segment.
    pub const fn segment(self) -> Span {
        Span::from_seconds(match self {
            Self::Low | Self::Standard => 2,
            Self::Relaxed => 4,
            Self::Classic => 6,
        })
    }

    /// The wanted length of a part, before it is fitted to the frame rate.
    pub const fn part(self) -> Option<Fraction> {
        match self {
            Self::Low => Some(Fraction { numerator: 1, denominator: 3 }),
            Self::Standard => Some(Fraction { numerator: 1, denominator: 2 }),
            Self::Relaxed => Some(Fraction { numerator: 1, denominator: 1 }),
            Self::Classic => None,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| ProfileError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_found_by_its_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
        assert!("LOW".parse::<Profile>().is_err());
    }
}
