//! Strong entity tags from version numbers, and the precondition that guards a change.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use infra::http::problem::Problem;
use serde::Serialize;

use crate::refusal;

/// A thing with the version that is its `ETag`.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// Grows with each change.
    pub version: i64,
    /// The thing.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        response.headers_mut().insert(header::ETAG, tag(self.version));
        response
    }
}

/// The strong entity tag of a version.
pub fn tag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).expect("digits and quotes")
}

/// The `If-Match` of a request that must have one.
#[derive(Debug, Clone)]
pub struct IfMatch(String);

impl IfMatch {
    /// Refuses a change to another version than the one that the caller saw.
    ///
    /// # Errors
    /// 412 `version_mismatch`.
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        let wanted = format!("\"{version}\"");
        let matches = self.0.split(',').map(str::trim).any(|tag| tag == "*" || tag == wanted);
        if matches {
            return Ok(());
        }
        let detail = "it changed meanwhile: read it again";
        let current = tag(version);
        Err(refusal::of(StatusCode::PRECONDITION_FAILED, "version_mismatch", detail)
            .header(header::ETAG, current))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let given = parts.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
        given.map(|value| Self(value.to_owned())).ok_or_else(|| {
            let detail = "send If-Match with the ETag that you read";
            refusal::of(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_was_seen_is_changed() {
        for (header, passes) in [
            ("\"7\"", true),
            ("\"6\", \"7\"", true),
            ("*", true),
            ("\"6\"", false),
            ("7", false),
            ("W/\"7\"", false),
        ] {
            assert_eq!(IfMatch(header.to_owned()).check(7).is_ok(), passes, "{header}");
        }
    }
}
