//! Signed list cursors: a keyset position that only this server can make.
//!
//! A cursor holds the sort key of the last row that was shown and a hash of the filters of the
//! list. It is signed, so that a position is never a way to read rows that the list hides.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Bytes of the signature kept in a cursor: 96 bits, more than anyone can try over HTTP.
const SIGNATURE_BYTES: usize = 12;
/// Bytes of the filter's hash kept in a cursor.
const FILTER_BYTES: usize = 8;
/// Longest cursor text that is looked at.
const CURSOR_BYTES_MAX: usize = 512;

/// Why a cursor was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// It was not made by this server.
    #[error("the cursor was not made by this server")]
    Invalid,
    /// It belongs to the same list with other filters.
    #[error("the cursor belongs to a list with other filters")]
    Mismatch,
}

/// Signs and opens cursors.
#[derive(Clone)]
pub struct Cursors {
    key: [u8; 32],
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cursors").finish_non_exhaustive()
    }
}

impl Cursors {
    /// Cursors signed with `key`, which every process of an installation shares.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The text that stands for `position` in the list named by `filter`.
    ///
    /// `filter` is whatever changes the rows or their order: route, filters and sort.
    pub fn seal(&self, filter: &str, position: &impl Serialize) -> String {
        let mut bytes = filter_hash(filter).to_vec();
        bytes.extend(serde_json::to_vec(position).expect("a keyset position is plain data"));
        let signature = self.sign(&bytes);
        bytes.extend(signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position that `cursor` stands for.
    ///
    /// # Errors
    /// [`CursorError::Mismatch`] when the filters differ from those it was made with,
    /// [`CursorError::Invalid`] for everything else.
    pub fn open<P: DeserializeOwned>(&self, filter: &str, cursor: &str) -> Result<P, CursorError> {
        if cursor.len() > CURSOR_BYTES_MAX {
            return Err(CursorError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError::Invalid)?;
        let signed = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or(CursorError::Invalid)?;
        let (content, signature) = bytes.split_at(signed);
        if !bool::from(self.sign(content).ct_eq(signature)) {
            return Err(CursorError::Invalid);
        }
        let (made_for, position) =
            content.split_at_checked(FILTER_BYTES).ok_or(CursorError::Invalid)?;
        if made_for != filter_hash(filter) {
            return Err(CursorError::Mismatch);
        }
        serde_json::from_slice(position).map_err(|_| CursorError::Invalid)
    }

    /// HMAC-SHA256 (RFC 2104), cut to [`SIGNATURE_BYTES`].
    fn sign(&self, content: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut inner = [0x36_u8; 64];
        let mut outer = [0x5c_u8; 64];
        for (place, byte) in self.key.iter().enumerate() {
            inner[place] ^= byte;
            outer[place] ^= byte;
        }
        let inside = Sha256::new().chain_update(inner).chain_update(content).finalize();
        let whole = Sha256::new().chain_update(outer).chain_update(inside).finalize();
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&whole[..SIGNATURE_BYTES]);
        signature
    }
}

fn filter_hash(filter: &str) -> [u8; FILTER_BYTES] {
    let whole = Sha256::digest(filter.as_bytes());
    let mut hash = [0; FILTER_BYTES];
    hash.copy_from_slice(&whole[..FILTER_BYTES]);
    hash
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursors() -> Cursors {
        Cursors::new([7; 32])
    }

    proptest! {
        #[test]
        fn a_cursor_opens_to_the_position_it_was_made_of(at in any::<i64>(), id in any::<u64>()) {
            let text = cursors().seal("channels?sort=created", &(at, id));
            prop_assert_eq!(cursors().open::<(i64, u64)>("channels?sort=created", &text), Ok((at, id)));
        }

        #[test]
        fn no_changed_byte_is_taken(place in 0_usize..40, with in any::<u8>()) {
            let text = cursors().seal("a", &(1_i64, 2_u64));
            let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            let place = place % bytes.len();
            prop_assume!(bytes[place] != with);
            bytes[place] = with;
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(cursors().open::<(i64, u64)>("a", &changed), Err(CursorError::Invalid));
        }

        #[test]
        fn foreign_text_is_refused(text in ".{0,600}") {
            prop_assert!(cursors().open::<(i64, u64)>("a", &text).is_err());
        }
    }

    #[test]
    fn other_filters_are_told_apart_from_forgery() {
        let text = cursors().seal("broadcasts?status=live", &(1_i64, 2_u64));
        let opened = cursors().open::<(i64, u64)>("broadcasts?status=ended", &text);
        assert_eq!(opened, Err(CursorError::Mismatch));
        let foreign = Cursors::new([8; 32]).open::<(i64, u64)>("broadcasts?status=live", &text);
        assert_eq!(foreign, Err(CursorError::Invalid));
    }
}
