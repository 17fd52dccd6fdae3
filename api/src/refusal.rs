//! The refusals that every endpoint shares, each made in one place.
//!
//! An operation's own refusals are an error enum beside its handler with one `From<…> for Problem`;
//! [`of`] makes those problems.

use std::time::Duration;

use axum::response::Response;
use domain::id::OrgId;
use http::{HeaderValue, StatusCode, header};
use infra::http::problem::Problem;

/// A problem with a stable `code`; its title is the code in words.
pub fn of(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(status, code, title(code)).detail(detail)
}

/// The answer of a problem, where no handler makes one of it.
pub fn answer(problem: Problem) -> Response {
    axum::response::IntoResponse::into_response(problem)
}

/// 404: there is no such thing, or it belongs to someone else.
pub fn not_found() -> Problem {
    Problem::not_found()
}

/// Refuses what belongs to another organisation as if it were not there.
///
/// # Errors
/// 404 `not_found`.
pub fn same_org(own: OrgId, of_thing: OrgId) -> Result<(), Problem> {
    if own == of_thing { Ok(()) } else { Err(not_found()) }
}

/// 500: the cause stands in the log.
pub fn internal() -> Problem {
    Problem::internal()
}

/// 401: nobody is known.
pub fn unauthenticated() -> Problem {
    of(StatusCode::UNAUTHORIZED, "unauthenticated", "send an API key, a viewer token or a session")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"headwater\""))
}

/// 401: what was sent is no credential of ours, or no longer one (RFC 6750 `invalid_token`).
pub fn invalid_token(detail: &'static str) -> Problem {
    let challenge = "Bearer realm=\"headwater\", error=\"invalid_token\"";
    of(StatusCode::UNAUTHORIZED, "invalid_token", detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

/// 403: known, but without the scope (RFC 6750 `insufficient_scope`).
pub fn insufficient_scope(scope: &'static str) -> Problem {
    let challenge =
        format!("Bearer realm=\"headwater\", error=\"insufficient_scope\", scope=\"{scope}\"");
    let challenge = HeaderValue::from_str(&challenge).expect("scopes are plain words");
    of(StatusCode::FORBIDDEN, "insufficient_scope", format!("this needs the scope {scope}"))
        .member("scope", scope)
        .header(header::WWW_AUTHENTICATE, challenge)
}

/// 403 for another reason.
pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Problem {
    of(StatusCode::FORBIDDEN, code, detail)
}

/// 409.
pub fn conflict(code: &'static str, detail: impl Into<String>) -> Problem {
    of(StatusCode::CONFLICT, code, detail)
}

/// 413: the body is larger than `bytes_max`.
pub fn too_large(bytes_max: usize) -> Problem {
    of(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("a body has at most {bytes_max} bytes"))
}

/// 400 for a body that is no JSON, 422 for JSON of the wrong shape, with a pointer to the place.
pub fn malformed(pointer: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    if !error.is_data() {
        return of(StatusCode::BAD_REQUEST, "malformed_json", message);
    }
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    match unknown {
        Some(name) if !pointer.ends_with(&format!("/{name}")) => {
            invalid(&format!("{pointer}/{name}"), "unknown_property", &message)
        }
        Some(_) => invalid(pointer, "unknown_property", &message),
        None => invalid(pointer, "invalid", &message),
    }
}

/// 422: one member of the body is not acceptable.
pub fn invalid(pointer: &str, code: &'static str, message: &str) -> Problem {
    of(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", "the body is not acceptable")
        .error(pointer, code, message)
}

/// 400: one query parameter is not acceptable.
pub fn invalid_parameter(detail: impl Into<String>) -> Problem {
    of(StatusCode::BAD_REQUEST, "invalid_parameter", detail)
}

/// 429 of a named limit; `wait` until the next attempt.
pub fn too_many(code: &'static str, detail: impl Into<String>, wait: Duration) -> Problem {
    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    of(StatusCode::TOO_MANY_REQUESTS, code, detail).member("wait_ms", wait_ms).retry_after(wait)
}

/// The shape of a problem, for operations that list one of their own refusals.
#[derive(Debug)]
pub enum ProblemBody {}

impl utoipa::PartialSchema for ProblemBody {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::openapi::problem()
    }
}

impl utoipa::ToSchema for ProblemBody {
    fn name() -> std::borrow::Cow<'static, str> {
        "Problem".into()
    }
}

/// `no_such_thing` → `No such thing`.
fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
