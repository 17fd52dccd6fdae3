//! Viewer tokens: one user in one room, signed with the installation's key.
//!
//! JWT with HMAC-SHA-256: only this installation mints and reads them. The key lives in the
//! database, so every process and every restart knows it.

use std::{fmt, sync::Arc};

use domain::{
    capability::Capability,
    id::{OrgId, RoomId, UserId},
    time::Timestamp,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    database::{self, Database, instance_keys},
    ids::Ids,
};

/// What the key in the database is for.
const PURPOSE: &str = "viewer-tokens";
/// Who a token is from and for: another installation's token fails by its key already.
const ISSUER: &str = "headwater";
/// Longest token that is read.
const TOKEN_BYTES_MAX: usize = 4_096;

/// What a viewer token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Tells tokens apart; revocations name it.
    pub token_id: Uuid,
    /// Whose user it is.
    pub org_id: OrgId,
    /// Who.
    pub user_id: UserId,
    /// Where.
    pub room_id: RoomId,
    /// What they may do there.
    pub capabilities: Vec<Capability>,
    /// How they are called.
    pub display_name: String,
    /// Words for what they are to the channel.
    pub badges: Vec<String>,
    /// Whether they came without an account.
    pub is_guest: bool,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Its time is over.
    #[error("the token has ended")]
    Expired,
    /// It was not made here, or it was changed.
    #[error("this is no token of this server")]
    Invalid,
}

/// Makes and reads viewer tokens. Clones share the key.
#[derive(Clone)]
pub struct Signer {
    key: Arc<[u8; 32]>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// The payload of the JWT, with the registered names where there are any.
#[derive(Serialize, Deserialize)]
struct Payload {
    iss: String,
    jti: Uuid,
    iat: i64,
    /// Seconds, rounded up; `exp_ms` is exact.
    exp: i64,
    exp_ms: i64,
    sub: UserId,
    org: OrgId,
    room: RoomId,
    cap: Vec<String>,
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    badges: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    guest: bool,
}

impl Signer {
    /// Loads the installation's key, making it on the first start.
    pub async fn load(database: &Database, ids: &Ids) -> Result<Self, database::Error> {
        let key = instance_keys::load_or_make(database, ids, PURPOSE).await?;
        Ok(Self::new(key))
    }

    /// A signer with this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: Arc::new(key) }
    }

    /// Another key for another purpose, which tells nothing about this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(*self.key);
        hash.update(purpose.as_bytes());
        hash.finalize().into()
    }

    /// The token that says `claims`, as of `now`.
    pub fn sign(&self, claims: &Claims, now: Timestamp) -> String {
        let exp_ms = claims.expires_at.as_millis();
        let payload = Payload {
            iss: ISSUER.into(),
            jti: claims.token_id,
            iat: now.as_millis().div_euclid(1_000),
            exp: exp_ms.saturating_add(999).div_euclid(1_000),
            exp_ms,
            sub: claims.user_id,
            org: claims.org_id,
            room: claims.room_id,
            cap: claims.capabilities.iter().map(|one| one.as_str().to_owned()).collect(),
            name: claims.display_name.clone(),
            badges: claims.badges.clone(),
            guest: claims.is_guest,
        };
        let key = EncodingKey::from_secret(&*self.key);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &payload, &key)
            .expect("plain data has a JSON form and any bytes are an HMAC key")
    }

    /// Reads a token, if it is ours and its time is not over at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Error> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Error::Invalid);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // The time is checked below, against the clock that everyone else reads.
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        let key = DecodingKey::from_secret(&*self.key);
        let payload = jsonwebtoken::decode::<Payload>(token, &key, &validation)
            .map_err(|_| Error::Invalid)?
            .claims;
        if payload.exp_ms <= now.as_millis() {
            return Err(Error::Expired);
        }
        Ok(Claims {
            token_id: payload.jti,
            org_id: payload.org,
            user_id: payload.sub,
            room_id: payload.room,
            // A capability that a later release has named and this one does not know opens nothing.
            capabilities: payload.cap.iter().filter_map(|one| Capability::parse(one)).collect(),
            display_name: payload.name,
            badges: payload.badges,
            is_guest: payload.guest,
            expires_at: Timestamp(payload.exp_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use domain::id::Id;

    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn claims() -> Claims {
        Claims {
            token_id: Uuid::from_u128(1),
            org_id: Id::from_uuid(Uuid::from_u128(2)),
            user_id: Id::from_uuid(Uuid::from_u128(3)),
            room_id: Id::from_uuid(Uuid::from_u128(4)),
            capabilities: vec![Capability::Read, Capability::Gift],
            display_name: "小河 ✨".into(),
            badges: vec!["moderator".into()],
            is_guest: false,
            expires_at: Timestamp(NOW.0 + 1_500),
        }
    }

    #[test]
    fn a_token_reads_back_until_its_last_millisecond() {
        let signer = Signer::new([7; 32]);
        let token = signer.sign(&claims(), NOW);
        assert_eq!(signer.verify(&token, NOW), Ok(claims()));
        assert_eq!(signer.verify(&token, Timestamp(NOW.0 + 1_499)), Ok(claims()));
        assert_eq!(signer.verify(&token, Timestamp(NOW.0 + 1_500)), Err(Error::Expired));
    }

    #[test]
    fn what_others_made_or_changed_is_no_token() {
        let signer = Signer::new([7; 32]);
        let token = signer.sign(&claims(), NOW);
        let [_, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        for wrong in [
            Signer::new([8; 32]).sign(&claims(), NOW),
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            token.replace('.', ""),
            String::new(),
            "x".repeat(10_000),
        ] {
            assert_eq!(signer.verify(&wrong, NOW), Err(Error::Invalid), "{wrong}");
        }
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_from_the_key() {
        let signer = Signer::new([7; 32]);
        assert_ne!(signer.derive("cursors"), signer.derive("tickets"));
        assert_eq!(signer.derive("cursors"), Signer::new([7; 32]).derive("cursors"));
    }
}
