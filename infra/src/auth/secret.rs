//! Stream keys, API keys and one-time tokens: random, checked before any look-up, stored hashed.
//!
//! `hw_live_` + 33 base62 digits of 24 random bytes + 6 base62 digits of their CRC32C. The checksum
//! tells a mistyped key from an unknown one without asking the database.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::ids::Ids;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Base62 digits of 24 bytes.
const BODY_DIGITS: usize = 33;
/// Base62 digits of four bytes.
const CHECK_DIGITS: usize = 6;
/// Digits that are shown again later, to recognise a secret by.
const SHOWN_DIGITS: usize = 6;

/// What a secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Publishing to one channel.
    StreamKey,
    /// The API.
    ApiKey,
    /// The API, in a partner's tests.
    TestApiKey,
}

impl Kind {
    /// What every secret of the kind starts with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::StreamKey => "hw_live_",
            Self::ApiKey => "hw_sk_live_",
            Self::TestApiKey => "hw_sk_test_",
        }
    }
}

/// A whole secret: shown once, then only its hash is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
    shown: usize,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.prefix())
    }
}

impl Secret {
    /// The text, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The start of the text: to recognise the secret by, of no use to open anything.
    pub fn prefix(&self) -> &str {
        self.text.get(..self.shown).unwrap_or_default()
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.text)
    }
}

/// The text is no secret of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It starts otherwise or has another length.
    #[error("it does not look like one")]
    Shape,
    /// A digit was lost or changed on the way.
    #[error("it was not copied whole: its checksum is wrong")]
    Checksum,
}

/// Makes a secret.
pub fn make(kind: Kind, ids: &Ids) -> Secret {
    let body = base62(&ids.bytes::<24>(), BODY_DIGITS);
    let check = checksum(kind, &body);
    let shown = kind.prefix().len() + SHOWN_DIGITS;
    Secret { text: format!("{}{body}{check}", kind.prefix()), shown }
}

/// Reads a secret that someone sent. An API key may be a live or a test one.
pub fn parse(kind: Kind, text: &str) -> Result<Secret, ParseError> {
    let kind = match kind {
        Kind::ApiKey if text.starts_with(Kind::TestApiKey.prefix()) => Kind::TestApiKey,
        kind => kind,
    };
    let digits = text.strip_prefix(kind.prefix()).ok_or(ParseError::Shape)?;
    let is_whole = digits.len() == BODY_DIGITS + CHECK_DIGITS
        && digits.bytes().all(|digit| digit.is_ascii_alphanumeric());
    if !is_whole {
        return Err(ParseError::Shape);
    }
    let (body, check) = digits.split_at_checked(BODY_DIGITS).ok_or(ParseError::Shape)?;
    if !same(checksum(kind, body).as_bytes(), check.as_bytes()) {
        return Err(ParseError::Checksum);
    }
    Ok(Secret { text: text.into(), shown: kind.prefix().len() + SHOWN_DIGITS })
}

/// SHA-256 of a text: enough for secrets of high entropy.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// A one-time token for a link, as 64 hex digits.
pub fn one_time(ids: &Ids) -> String {
    ids.bytes::<32>().iter().fold(String::with_capacity(64), |mut text, byte| {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 0xf)]));
        text
    })
}

fn checksum(kind: Kind, body: &str) -> String {
    let sum = crc32c::crc32c_append(crc32c::crc32c(kind.prefix().as_bytes()), body.as_bytes());
    base62(&sum.to_be_bytes(), CHECK_DIGITS)
}

/// The big-endian number in `bytes`, in base 62, padded to `digits`.
fn base62(bytes: &[u8], digits: usize) -> String {
    let mut number = bytes.to_vec();
    let mut text = vec![b'0'; digits];
    for digit in text.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = remainder * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).expect("the remainder is below 62");
            remainder = value % 62;
        }
        *digit = DIGITS[usize::try_from(remainder).expect("a digit")];
    }
    text.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::clock::ManualClock;

    fn ids(seed: u64) -> Ids {
        Ids::seeded(ManualClock::new(Timestamp(0)), seed)
    }

    #[test]
    fn numbers_are_written_in_base_62() {
        assert_eq!(base62(&[0], 2), "00");
        assert_eq!(base62(&[61], 2), "0z");
        assert_eq!(base62(&[62], 2), "10");
        assert_eq!(base62(&[0xff; 4], 6), "4gfFC3");
        assert_ne!(base62(&[0xff; 24], BODY_DIGITS).as_bytes()[0], b'0');
    }

    #[test]
    fn a_secret_is_not_in_its_debug_text() {
        let secret = make(Kind::ApiKey, &ids(1));
        assert_eq!(format!("{secret:?}"), format!("{}…", secret.prefix()));
        assert_eq!(secret.prefix().len(), "hw_sk_live_".len() + SHOWN_DIGITS);
    }

    #[test]
    fn a_test_key_is_an_api_key_and_a_stream_key_is_not() {
        let test = make(Kind::TestApiKey, &ids(1));
        assert_eq!(parse(Kind::ApiKey, test.expose()).unwrap().hash(), test.hash());
        let stream = make(Kind::StreamKey, &ids(1));
        assert_eq!(parse(Kind::ApiKey, stream.expose()), Err(ParseError::Shape));
        for text in ["", "hw_live_", "hw_live_x", "key"] {
            assert_eq!(parse(Kind::StreamKey, text), Err(ParseError::Shape), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_made_is_read_and_one_wrong_digit_is_noticed(seed: u64, at in 8_usize..47) {
            let secret = make(Kind::StreamKey, &ids(seed));
            let read = parse(Kind::StreamKey, secret.expose());
            prop_assert_eq!(read.as_ref(), Ok(&secret));
            let mut wrong = secret.expose().as_bytes().to_vec();
            wrong[at] = if wrong[at] == b'a' { b'b' } else { b'a' };
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(parse(Kind::StreamKey, &wrong), Err(ParseError::Checksum));
        }
    }
}
