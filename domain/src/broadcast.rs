//! Broadcasts: the states they go through.

use std::fmt;

/// Where a broadcast stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Planned for a time.
    Scheduled,
    /// Waits for its publisher.
    Ready,
    /// Media arrives.
    Live,
    /// The publisher is gone; the reconnect window runs.
    Interrupted,
    /// Over.
    Ended,
    /// Over, and its live objects are only the recording's.
    Archived,
}

/// A step that a broadcast does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a broadcast that is {from} can't become {to}")]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: Status,
    /// Where it was asked to go.
    pub to: Status,
}

impl InvalidTransition {
    /// Where it may go instead.
    pub const fn allowed(self) -> &'static [Status] {
        self.from.allowed()
    }
}

impl Status {
    /// Every status, in the order of a broadcast's life.
    pub const ALL: [Self; 6] =
        [Self::Scheduled, Self::Ready, Self::Live, Self::Interrupted, Self::Ended, Self::Archived];

    /// The stored text, the same as at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Ready => "ready",
            Self::Live => "live",
            Self::Interrupted => "interrupted",
            Self::Ended => "ended",
            Self::Archived => "archived",
        }
    }

    /// The status of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Where it may go next. A publisher may come early: `scheduled` goes live directly.
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Scheduled => &[Self::Ready, Self::Live, Self::Ended],
            Self::Ready | Self::Interrupted => &[Self::Live, Self::Ended],
            Self::Live => &[Self::Interrupted, Self::Ended],
            Self::Ended => &[Self::Archived],
            Self::Archived => &[],
        }
    }

    /// Whether it may become `to`.
    pub fn can_become(self, to: Self) -> bool {
        self.allowed().contains(&to)
    }

    /// The next status, or why it is not possible.
    pub fn become_checked(self, to: Self) -> Result<Self, InvalidTransition> {
        if self.can_become(to) { Ok(to) } else { Err(InvalidTransition { from: self, to }) }
    }

    /// Whether viewers can watch it as it happens; a channel has at most one such broadcast.
    pub const fn is_on_air(self) -> bool {
        matches!(self, Self::Live | Self::Interrupted)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_goes_forward_but_may_return_from_an_interruption() {
        let order = |status: Status| Status::ALL.iter().position(|&s| s == status);
        for from in Status::ALL {
            for to in Status::ALL {
                let returns = (from, to) == (Status::Interrupted, Status::Live);
                if from.can_become(to) {
                    assert!(order(to) > order(from) || returns, "{from} → {to}");
                }
            }
        }
        assert!(Status::Archived.allowed().is_empty());
    }

    #[test]
    fn a_refused_step_names_the_allowed_ones() {
        let refused = Status::Ended.become_checked(Status::Live).unwrap_err();
        assert_eq!(refused.to_string(), "a broadcast that is ended can't become live");
        assert_eq!(refused.allowed(), [Status::Archived]);
        assert_eq!(Status::Live.become_checked(Status::Ended), Ok(Status::Ended));
    }

    #[test]
    fn every_status_is_read_back_from_its_text() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("on_air"), None);
    }
}
