//! Comments: their kinds, how long they may be, and what may become of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a comment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words beside the picture.
    #[default]
    Chat,
    /// Words over the picture, tied to a media time.
    Danmaku,
    /// Wants an answer.
    Question,
    /// Written by us.
    System,
    /// Written by the creator or a moderator, to everybody.
    Announcement,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Chat, Self::Danmaku, Self::Question, Self::System, Self::Announcement];

    /// The stored text, the same as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Danmaku => "danmaku",
            Self::Question => "question",
            Self::System => "system",
            Self::Announcement => "announcement",
        }
    }

    /// The kind of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The longest body in Unicode scalar values.
    pub const fn chars_max(self) -> usize {
        match self {
            Self::Danmaku => 80,
            Self::Chat | Self::Question | Self::System | Self::Announcement => 500,
        }
    }

    /// Whether a viewer may write one.
    pub const fn is_open_to_viewers(self) -> bool {
        match self {
            Self::Chat | Self::Danmaku | Self::Question => true,
            Self::System | Self::Announcement => false,
        }
    }
}

/// Words that are fit to be a comment: not empty, not too long, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Body(String);

/// Why words are no comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing that could be seen.
    #[error("a comment has at least one visible character")]
    Empty,
    /// Too many characters.
    #[error("a comment of this kind has at most {max} characters")]
    TooLong {
        /// The bound in Unicode scalar values.
        max: usize,
    },
    /// A control character that no keyboard types.
    #[error("a comment holds no control characters")]
    Control,
}

impl Body {
    /// Takes the words, less white space around them; line breaks become spaces.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, BodyError> {
        let text = text.trim();
        let max = kind.chars_max();
        // A scalar value has at most 4 bytes: a longer text need not be counted.
        if text.len() > 4 * max || text.chars().count() > max {
            return Err(BodyError::TooLong { max });
        }
        if !text.chars().any(is_visible) {
            return Err(BodyError::Empty);
        }
        let one_line = text.replace(['\r', '\n', '\t'], " ");
        if one_line.chars().any(char::is_control) {
            return Err(BodyError::Control);
        }
        Ok(Self(one_line))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

fn is_visible(character: char) -> bool {
    !character.is_whitespace()
        && !character.is_control()
        && !crate::moderation::normalise::is_ignorable(character)
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id that the author's page gave: the same one again is the same comment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(String);

/// The text is no client id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a client id has 1 to 64 letters, digits, `-`, `_`, `.` or `:`")]
pub struct ClientIdError;

impl ClientId {
    /// Takes 1 to 64 letters, digits, `-`, `_`, `.` and `:`.
    pub fn parse(text: &str) -> Result<Self, ClientIdError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ClientIdError)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What became of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for a moderator; only its author sees it.
    Held,
    /// Everybody sees it.
    Published,
    /// Only its author sees it, and is not told.
    AuthorOnly,
    /// A moderator refused it while it was held.
    Rejected,
    /// A moderator took it away.
    Removed,
    /// Its author took it away.
    Retracted,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Held,
        Self::Published,
        Self::AuthorOnly,
        Self::Rejected,
        Self::Removed,
        Self::Retracted,
    ];

    /// The stored text, the same as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Published => "published",
            Self::AuthorOnly => "author_only",
            Self::Rejected => "rejected",
            Self::Removed => "removed",
            Self::Retracted => "retracted",
        }
    }

    /// The status of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// What it may become next. What its author took away stays away.
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Held => &[Self::Published, Self::Rejected, Self::Retracted],
            Self::Published => &[Self::Removed, Self::Retracted],
            Self::AuthorOnly => &[Self::Published, Self::Removed, Self::Retracted],
            Self::Rejected | Self::Removed => &[Self::Published],
            Self::Retracted => &[],
        }
    }

    /// Whether it may become `next`.
    pub fn can_become(self, next: Self) -> bool {
        self.allowed().contains(&next)
    }

    /// Whether everybody sees it.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Published)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_body_is_one_trimmed_line() {
        let check = |text: &str, body: &str| {
            assert_eq!(Body::parse(Kind::Chat, text).unwrap().as_str(), body);
        };
        check("  hello\n", "hello");
        check("a\r\nb\tc", "a  b c");
        // Shown as written: joined emoji, Persian with its non-joiner.
        check("👨\u{200d}👩\u{200d}👧", "👨\u{200d}👩\u{200d}👧");
        check("می\u{200c}خواهم", "می\u{200c}خواهم");
    }

    #[test]
    fn what_cannot_be_seen_is_no_comment() {
        for text in ["", "  \n", "\u{200b}\u{200d}", "\u{3164}", "\u{ad} \u{2060}"] {
            assert_eq!(Body::parse(Kind::Chat, text), Err(BodyError::Empty), "{text:?}");
        }
        assert_eq!(Body::parse(Kind::Chat, "a\0b"), Err(BodyError::Control));
        assert_eq!(Body::parse(Kind::Chat, "a\u{1b}[31mb"), Err(BodyError::Control));
    }

    #[test]
    fn the_bound_depends_on_the_kind_and_counts_characters() {
        for (kind, max) in [(Kind::Danmaku, 80), (Kind::Chat, 500), (Kind::Question, 500)] {
            assert!(Body::parse(kind, &"汉".repeat(max)).is_ok());
            let too_long = Body::parse(kind, &"汉".repeat(max + 1));
            assert_eq!(too_long, Err(BodyError::TooLong { max }));
        }
        assert!(Body::parse(Kind::Chat, &"x".repeat(1_000_000)).is_err());
    }

    #[test]
    fn a_client_id_is_short_and_plain() {
        assert!(ClientId::parse("01HZX-a_b.c:d").is_ok());
        for text in ["", "a b", "é", "a/b"] {
            assert_eq!(ClientId::parse(text), Err(ClientIdError));
        }
        assert_eq!(ClientId::parse(&"a".repeat(65)), Err(ClientIdError));
    }

    #[test]
    fn only_moderators_bring_a_comment_back_and_only_a_moderated_one() {
        let back: Vec<_> =
            Status::ALL.into_iter().filter(|status| status.can_become(Status::Published)).collect();
        assert_eq!(back, [Status::Held, Status::AuthorOnly, Status::Rejected, Status::Removed]);
        assert!(Status::Retracted.allowed().is_empty());
    }

    #[test]
    fn rows_and_json_use_one_text() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
    }

    proptest! {
        #[test]
        fn a_taken_body_is_taken_again_unchanged(text in "\\PC{0,90}") {
            if let Ok(body) = Body::parse(Kind::Danmaku, &text) {
                prop_assert_eq!(Body::parse(Kind::Danmaku, body.as_str()), Ok(body.clone()));
                prop_assert!(body.as_str().chars().count() <= 80);
            }
        }
    }
}
