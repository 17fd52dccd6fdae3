//! Headers that keep a browser from guessing, framing and leaking.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

/// What an answer allows a browser unless its handler says otherwise: nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Sets what the handler has not set itself.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/v1");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    if api {
        default(header::CONTENT_SECURITY_POLICY, NOTHING);
        default(header::CACHE_CONTROL, "no-store");
    }
    response
}
