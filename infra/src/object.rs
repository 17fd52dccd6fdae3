//! Immutable bytes under a key: files on one node, S3 on many, memory in tests of the core.

#[cfg(test)]
mod conformance;
mod file;
mod memory;
mod s3;

use std::{fmt, ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use file::Files;
pub use memory::Memory;
pub use s3::{Bucket, S3};

/// Bytes of a key, as S3 bounds it.
pub const KEY_BYTES_MAX: usize = 1_024;
/// Objects of one `list` answer.
pub const LIST_MAX: usize = 1_000;

/// A store that many owners use.
pub type Store = Arc<dyn ObjectStore>;

/// What is said about an object to whoever fetches it straight from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The media type.
    pub content_type: &'static str,
    /// How long caches may keep it.
    pub cache_control: &'static str,
}

impl Meta {
    /// For objects that never change under their key: nearly all.
    pub const fn immutable(content_type: &'static str) -> Self {
        Self { content_type, cache_control: "public, max-age=31536000, immutable" }
    }

    /// What the ending of the key says; unknown endings are plain bytes.
    pub fn of_key(key: &str) -> Self {
        let content_type = match key.rsplit_once('.').map(|(_, ending)| ending) {
            Some("m4s") => "video/iso.segment",
            Some("mp4") => "video/mp4",
            Some("m3u8") => "application/vnd.apple.mpegurl",
            Some("json") => "application/json",
            Some("vtt") => "text/vtt",
            Some("jpg") => "image/jpeg",
            Some("png") => "image/png",
            Some("webp") => "image/webp",
            _ => "application/octet-stream",
        };
        Self::immutable(content_type)
    }
}

/// What a store tells of an object without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its length in bytes.
    pub size: u64,
    /// The media type that whoever fetches it straight from the store is told; none where nobody can.
    pub content_type: Option<String>,
    /// How long caches are told to keep it; none where nobody can fetch it, or the store forgot.
    pub cache_control: Option<String>,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The whole key.
    pub key: String,
    /// Its length in bytes.
    pub size: u64,
}

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is stored under the key.
    #[error("no object named `{0}`")]
    NotFound(String),
    /// The key is empty, too long, or would leave the store.
    #[error("`{0}` is no object key: words of [A-Za-z0-9._-] joined by `/`, at most 1024 bytes")]
    InvalidKey(String),
    /// The wanted range starts past the end.
    #[error("the object holds {size} bytes, the range starts at {start}")]
    Range {
        /// Bytes of the object.
        size: u64,
        /// Where the range starts.
        start: u64,
    },
    /// The disk or the bucket is full.
    #[error("the object store is full")]
    Full(#[source] BoxError),
    /// The store does not answer or refuses; worth a retry later.
    #[error("the object store is unavailable")]
    Unavailable(#[source] BoxError),
}

/// A cause whose type does not matter to the caller.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Stores objects. An object is whole or absent, and durable once `put` returns.
///
/// Nothing may depend on conditional writes: some S3 servers ignore them.
pub trait ObjectStore: Send + Sync + fmt::Debug {
    /// Stores the pieces, one after the other, as one object; replaces what was there.
    fn put<'a>(
        &'a self,
        key: &'a str,
        body: Vec<Bytes>,
        meta: Meta,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// Reads the object or a part of it; a range that ends past the end is cut.
    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Bytes, Error>>;

    /// What is known of an object without its bytes.
    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Head, Error>>;

    /// Deletes; a key that is not there is deleted already.
    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), Error>>;

    /// At most `limit` (and [`LIST_MAX`]) objects whose key starts with `prefix`, after the key
    /// `after`, which is the last one of the page before. Within one folder the order is that of bytes.
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, Error>>;
}

/// Refuses what no store shall hold: keys that climb, hide, or need escaping.
fn check_key(key: &str) -> Result<(), Error> {
    let word_is_plain = |word: &str| {
        !word.is_empty()
            && !word.starts_with('.')
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    if key.len() <= KEY_BYTES_MAX && key.split('/').all(word_is_plain) {
        Ok(())
    } else {
        Err(Error::InvalidKey(key.into()))
    }
}

/// Cuts a wanted range to an object of `size` bytes.
fn clamp(range: &Range<u64>, size: u64) -> Result<Range<u64>, Error> {
    if range.start >= size && range.start != 0 {
        return Err(Error::Range { size, start: range.start });
    }
    Ok(range.start..range.end.clamp(range.start, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_climb_hide_or_need_escaping_are_refused() {
        for key in ["a", "media/b/v1/3/00.m4s", "a-b_c.d", &"k".repeat(KEY_BYTES_MAX)] {
            assert!(check_key(key).is_ok(), "{key}");
        }
        let long = "k".repeat(KEY_BYTES_MAX + 1);
        for key in
            ["", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a b", "a?b", "ä", "a\\b", &long]
        {
            assert!(matches!(check_key(key), Err(Error::InvalidKey(_))), "{key}");
        }
    }

    #[test]
    fn the_media_type_follows_the_ending() {
        assert_eq!(Meta::of_key("media/x/1.m4s").content_type, "video/iso.segment");
        assert_eq!(Meta::of_key("x").content_type, "application/octet-stream");
    }
}
