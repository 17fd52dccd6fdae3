//! A place in a room's history, as `id:` lines and `Last-Event-ID` carry it.

use std::fmt;
use std::str::FromStr;

/// Characters of an epoch.
const EPOCH_CHARS: usize = 8;

/// An epoch and a number in it. Text form: `k7f3q2ab-18231`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The identity of the history.
    pub epoch: String,
    /// The last event that was seen.
    pub seq: u64,
}

/// The text is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a position is an epoch of {EPOCH_CHARS} characters, `-` and a number")]
pub struct PositionError;

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (epoch, seq) = text.split_once('-').ok_or(PositionError)?;
        let plain =
            epoch.len() == EPOCH_CHARS && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let digits = seq.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || !digits {
            return Err(PositionError);
        }
        Ok(Self { epoch: epoch.to_owned(), seq: seq.parse().map_err(|_| PositionError)? })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.epoch, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_and_nothing_else_is_one() {
        let position: Position = "k7f3q2ab-18231".parse().unwrap();
        assert_eq!((position.epoch.as_str(), position.seq), ("k7f3q2ab", 18_231));
        assert_eq!(position.to_string(), "k7f3q2ab-18231");
        for text in [
            "",
            "-",
            "k7f3q2ab",
            "k7f3q2ab-",
            "k7f3q2-1",
            "k7f3q2ab-x",
            "k7f3q2ab--1",
            "k7f3q2ab-+1",
            "k7f3q2ab-99999999999999999999",
        ] {
            assert_eq!(text.parse::<Position>(), Err(PositionError), "{text}");
        }
    }
}
