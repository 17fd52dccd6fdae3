//! HLS text: windows, playlists, delivery directives, and a reader of all of them.

pub mod directive;
pub mod iframes;
pub mod index;
pub mod key;
pub mod multivariant;
pub mod parse;
pub mod playlist;
pub mod sheet;
pub mod splice;
#[cfg(test)]
mod tests;
mod window;

pub use window::{Edge, ListedPart, ListedSegment, Rates, Window};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::fmt;
use std::io::Write as _;

/// The place of a part: its segment's media sequence number and its own number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The segment.
    pub msn: u64,
    /// The part, from zero.
    pub part: u32,
}

impl Position {
    /// The first part of a segment.
    pub const fn start_of(msn: u64) -> Self {
        Self { msn, part: 0 }
    }

    /// The next part of the same segment.
    #[must_use]
    pub const fn next_part(self) -> Self {
        Self { msn: self.msn, part: self.part.saturating_add(1) }
    }
}

impl fmt::Display for Position {
    /// As in a part's URI: `12.3`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.msn, self.part)
    }
}

/// How hard texts are compressed.
const LEVEL: u32 = 6;

/// Compresses a body once, for everyone who accepts gzip, at level 6: 23 µs for a playlist of 2.3 kB.
/// The same input gives the same output.
pub fn gzip(body: &[u8]) -> Bytes {
    const EXPECTED_RATIO: usize = 8;
    let buffer = Vec::with_capacity(body.len() / EXPECTED_RATIO + 64);
    let mut encoder = GzEncoder::new(buffer, Compression::new(LEVEL));
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    Bytes::from(written.expect("writing to memory does not fail"))
}

#[cfg(test)]
mod gzip_tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn gzip_keeps_every_byte_and_is_the_same_each_time() {
        let body = "#EXTINF:2.00000,\n1/6.m4s\n".repeat(450);
        let packed = gzip(body.as_bytes());
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&*packed).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, body);
        assert_eq!(gzip(body.as_bytes()), packed);
        assert!(packed.len() * 10 < body.len());
    }
}
