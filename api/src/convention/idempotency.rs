//! `Idempotency-Key` as handlers see it, where it is required.

use axum::extract::FromRequestParts;
use domain::id::Id;
use http::request::Parts;
use http::{HeaderName, StatusCode};
use infra::http::problem::Problem;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::auth::Principal;
use crate::refusal;

/// The header that names a request for ever.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Told with an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key.
pub const KEY_CHARS_MAX: usize = 255;

/// The key of a request that must have one.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: String,
    scope: String,
}

impl IdempotencyKey {
    /// The key as sent.
    pub fn as_str(&self) -> &str {
        &self.key
    }

    /// An id that is the same for every repeat of this request, also after a crash (RFC 9562, version 8).
    pub fn id<T>(&self, purpose: &str) -> Id<T> {
        let mut hash = Sha256::new();
        for part in [purpose, &self.scope, &self.key] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Id::from_uuid(Uuid::from_bytes(bytes))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let principal = Principal::from_request_parts(parts, state).await?;
        let key = given(&parts.headers)?.ok_or_else(|| {
            let detail = "send Idempotency-Key: this must never happen twice";
            refusal::of(StatusCode::BAD_REQUEST, "idempotency_key_required", detail)
        })?;
        Ok(Self { key, scope: principal.name() })
    }
}

/// The key of a request, if it has one.
///
/// # Errors
/// 400 for a key that is empty, too long or no plain text.
pub(crate) fn given(headers: &http::HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let plain = value.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()));
    plain.map(|key| Some(key.to_owned())).ok_or_else(|| {
        let detail = format!("an idempotency key has 1 to {KEY_CHARS_MAX} plain characters");
        refusal::of(StatusCode::BAD_REQUEST, "invalid_idempotency_key", detail)
    })
}

#[cfg(test)]
mod tests {
    use domain::id::GiftId;

    use super::*;

    #[test]
    fn one_key_of_one_principal_is_one_id_for_each_purpose() {
        let key = |scope: &str| IdempotencyKey { key: "k".to_owned(), scope: scope.to_owned() };
        let id = |scope: &str, purpose: &str| -> GiftId { key(scope).id(purpose) };
        assert_eq!(id("usr_1", "gift"), id("usr_1", "gift"));
        assert_ne!(id("usr_1", "gift"), id("usr_2", "gift"));
        assert_ne!(id("usr_1", "gift"), id("usr_1", "transfer"));
        assert_eq!(id("usr_1", "gift").uuid().get_version_num(), 8);
    }
}
