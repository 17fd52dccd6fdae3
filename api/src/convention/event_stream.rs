//! Server-sent events as an answer (HTML, 9.2): never kept, never changed or gathered on the way.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

/// The answer that streams these events.
pub(crate) fn event_stream(events: impl IntoResponse) -> Response {
    let mut response = events.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    // Keeps nginx from holding events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
