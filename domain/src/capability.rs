//! What a viewer token allows, and what a key's scope covers.

/// One thing that a viewer token allows in its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Hear the room and see the broadcast.
    Read,
    /// Write comments.
    Comment,
    /// Send gifts.
    Gift,
    /// React, vote, raise a hand.
    React,
    /// Take comments away and sanction.
    Moderate,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 5] = [Self::Read, Self::Comment, Self::Gift, Self::React, Self::Moderate];

    /// The text in tokens and at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Comment => "comment",
            Self::Gift => "gift",
            Self::React => "react",
            Self::Moderate => "moderate",
        }
    }

    /// The capability of this text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str() == text)
    }
}

/// Whether a key with scope `held` may do what needs scope `needed`.
///
/// A scope is `area:verb`; `*` covers everything, `area:*` every verb of its area.
pub fn scope_covers(held: &str, needed: &str) -> bool {
    held == "*"
        || held == needed
        || held
            .strip_suffix('*')
            .is_some_and(|area| area.ends_with(':') && needed.starts_with(area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_itself_its_area_or_everything() {
        for (held, needed, covered) in [
            ("*", "ledger:write", true),
            ("ledger:write", "ledger:write", true),
            ("ledger:*", "ledger:write", true),
            ("ledger:read", "ledger:write", false),
            ("led*", "ledger:write", false),
            ("ledger", "ledger:write", false),
            ("", "ledger:write", false),
        ] {
            assert_eq!(scope_covers(held, needed), covered, "{held} {needed}");
        }
    }

    #[test]
    fn every_capability_is_read_back_from_its_text() {
        for capability in Capability::ALL {
            assert_eq!(Capability::parse(capability.as_str()), Some(capability));
        }
        assert_eq!(Capability::parse("*"), None);
    }
}
