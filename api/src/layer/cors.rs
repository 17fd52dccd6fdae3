//! Who may call from another origin, and what their scripts may read.
//!
//! Answers to bearer tokens carry no secret of the browser, so any origin may read them, unless the
//! operator names those that may; credentials never cross, so a session's cookie is of no use there.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may keep a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_hours(2);

/// The layer; with no origin named, every one may call.
pub(crate) fn cors(allowed: &[String]) -> CorsLayer {
    let named = allowed.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let origins = if allowed.is_empty() { AllowOrigin::any() } else { AllowOrigin::list(named) };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::LINK,
            header::LOCATION,
            header::RETRY_AFTER,
            header::CONTENT_ENCODING,
            header::CONTENT_LENGTH,
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("idempotency-replayed"),
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(PREFLIGHT_AGE)
}
