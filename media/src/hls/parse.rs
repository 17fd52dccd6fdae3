//! A liberal reader of playlists, low latency included: for tests, for the probe, for pulled HLS.
//!
//! It keeps what it understands and skips what it does not; whether a playlist is good is for
//! [`crate::probe`] to say.

mod attributes;
mod media_playlist;
mod multivariant;

pub use attributes::Attributes;
pub use media_playlist::{Hint, Media, Part, Report, Segment, ServerControl};
pub use multivariant::{Multivariant, Variant};

use crate::time::Span;

/// A playlist of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playlist {
    /// Segments of one rendition.
    Media(Box<Media>),
    /// Variants and renditions.
    Multivariant(Multivariant),
}

/// Text that is no playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// It does not begin with `#EXTM3U`.
    #[error("the text does not begin with `#EXTM3U`")]
    NoHeader,
    /// It is longer than any playlist of a day.
    #[error("the playlist is longer than {} bytes", BYTES_MAX)]
    TooLong,
}

/// The longest text read: a day of segments with a megabyte to spare.
pub const BYTES_MAX: usize = 16 << 20;

/// Reads a playlist of either kind.
pub fn parse(text: &str) -> Result<Playlist, ParseError> {
    if text.len() > BYTES_MAX {
        return Err(ParseError::TooLong);
    }
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some("#EXTM3U") {
        return Err(ParseError::NoHeader);
    }
    let is_multivariant = text
        .lines()
        .any(|line| line.starts_with("#EXT-X-STREAM-INF:") || line.starts_with("#EXT-X-MEDIA:"));
    Ok(if is_multivariant {
        Playlist::Multivariant(Multivariant::read(lines))
    } else {
        Playlist::Media(Box::new(Media::read(lines)))
    })
}

/// Reads a media playlist; none if it is another kind or no playlist.
pub fn media(text: &str) -> Option<Media> {
    match parse(text) {
        Ok(Playlist::Media(media)) => Some(*media),
        Ok(Playlist::Multivariant(_)) | Err(_) => None,
    }
}

/// Reads a multivariant playlist; none if it is another kind or no playlist.
pub fn multivariant(text: &str) -> Option<Multivariant> {
    match parse(text) {
        Ok(Playlist::Multivariant(multivariant)) => Some(multivariant),
        Ok(Playlist::Media(_)) | Err(_) => None,
    }
}

/// `#EXT-X-NAME:value` or `#EXTINF:value`, without `#`.
fn tag(line: &str) -> Option<(&str, &str)> {
    let tag = line.strip_prefix("#EXT").and_then(|_| line.strip_prefix('#'))?;
    Some(tag.split_once(':').unwrap_or((tag, "")))
}

/// A decimal number of seconds, to the nearest five decimals.
fn span(text: &str) -> Option<Span> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let place = |at: usize| fraction.as_bytes().get(at).map_or(0, |digit| u64::from(digit - b'0'));
    let decimals = (0..5).fold(0, |sum, at| sum * 10 + place(at));
    let up = u64::from(place(5) >= 5);
    Some(Span(whole.parse::<u64>().ok()? * Span::SECOND.0 + decimals + up))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seconds_are_read_to_five_decimals() {
        let cases = [("2", 200_000), ("0.33334", 33_334), ("0.333336", 33_334), ("6.0", 600_000)];
        for (text, hundred_thousandths) in cases {
            assert_eq!(span(text), Some(Span(hundred_thousandths)), "{text}");
        }
        for text in ["", ".5", "-1", "1e3", "1.2.3", "NaN"] {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn the_seeds_are_playlists_or_index_pages() {
        crate::seeds::each("playlist", |bytes| match std::str::from_utf8(bytes) {
            Ok(text) if text.starts_with('#') => assert!(parse(text).is_ok(), "{text}"),
            _ => assert!(!crate::hls::index::decode(bytes).unwrap().is_empty()),
        });
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(#EXTM3U\n)?([#A-Z0-9:=,\".\n-]|é){0,300}") {
            prop_assert_eq!(parse(&text).is_ok(), text.lines().next() == Some("#EXTM3U"));
        }
    }
}
