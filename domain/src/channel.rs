//! Channels: the name that stands in public addresses.

use std::{fmt, str::FromStr};

/// A channel's name in addresses: 1 to 64 of `a`–`z`, `0`–`9`, `-`, `_`, starting with a letter
/// or digit, and not like a broadcast's id, since both stand at one place below `/hls/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// Empty or too long.
    #[error("a slug has 1 to {max} characters", max = Slug::CHARS_MAX)]
    Length,
    /// A character that has no place in an address.
    #[error("a slug has only a-z, 0-9, `-` and `_`, and starts with a letter or digit")]
    Character,
    /// It could be taken for another kind of path part.
    #[error("a slug does not start with `brd_`")]
    Reserved,
}

impl Slug {
    /// Characters of one slug.
    pub const CHARS_MAX: usize = 64;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(1..=Self::CHARS_MAX).contains(&text.len()) {
            return Err(SlugError::Length);
        }
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let allowed = |b: u8| plain(b) || matches!(b, b'-' | b'_');
        if !text.bytes().all(allowed) || !text.bytes().next().is_some_and(plain) {
            return Err(SlugError::Character);
        }
        if text.starts_with("brd_") {
            return Err(SlugError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who may find and watch something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Everybody; listed.
    #[default]
    Public,
    /// Everybody who has the address; not listed.
    Unlisted,
    /// Only those with a token.
    Private,
}

impl Visibility {
    /// Every visibility.
    pub const ALL: [Self; 3] = [Self::Public, Self::Unlisted, Self::Private];

    /// The stored text, the same as at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
        }
    }

    /// The visibility of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|visibility| visibility.as_str() == text)
    }

    /// Whether feeds and lists may show it.
    pub const fn is_listed(self) -> bool {
        matches!(self, Self::Public)
    }
}

/// What a channel's address gives while it is not live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhenNotLive {
    /// Nothing: players are told to ask again.
    #[default]
    Nothing,
    /// The newest recording that everybody may watch.
    NewestRecording,
}

impl WhenNotLive {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Nothing, Self::NewestRecording];

    /// The stored text, the same as at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::NewestRecording => "newest_recording",
        }
    }

    /// The choice of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain_and_cannot_be_taken_for_an_id() {
        for text in ["demo", "a", "7", "music-101", "a_b", "brd", "x-brd_1"] {
            assert_eq!(text.parse::<Slug>().unwrap().as_str(), text);
        }
        for (text, error) in [
            ("", SlugError::Length),
            ("Demo", SlugError::Character),
            ("~x", SlugError::Character),
            ("-x", SlugError::Character),
            ("_x", SlugError::Character),
            ("a b", SlugError::Character),
            ("a/b", SlugError::Character),
            ("频道", SlugError::Character),
            ("..", SlugError::Character),
            ("brd_x", SlugError::Reserved),
        ] {
            assert_eq!(text.parse::<Slug>(), Err(error), "{text}");
        }
        assert_eq!("a".repeat(65).parse::<Slug>(), Err(SlugError::Length));
    }

    #[test]
    fn only_what_is_public_is_listed() {
        let listed: Vec<_> = Visibility::ALL.into_iter().filter(|v| v.is_listed()).collect();
        assert_eq!(listed, [Visibility::Public]);
        for visibility in Visibility::ALL {
            assert_eq!(Visibility::parse(visibility.as_str()), Some(visibility));
        }
    }

    #[test]
    fn a_channel_gives_nothing_while_it_is_not_live_unless_it_says_so() {
        assert_eq!(WhenNotLive::default(), WhenNotLive::Nothing);
        for choice in WhenNotLive::ALL {
            assert_eq!(WhenNotLive::parse(choice.as_str()), Some(choice));
        }
        assert_eq!(WhenNotLive::parse(""), None);
    }
}
