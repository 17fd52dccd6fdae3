//! Every error leaves as a problem with its request's id, also those that axum makes itself.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::request_id::RequestId;
use crate::refusal;

/// Largest problem body; ours are far smaller.
const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// Turns bare errors into problems, and names request and path in each.
pub(crate) async fn problems(request: Request, next: Next) -> Response {
    let name = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return response;
    }
    match media_type(&response) {
        Some("application/problem+json") => signed(response, &name, &path).await,
        Some("text/html") => response,
        _ => signed(bare(&response), &name, &path).await,
    }
}

fn media_type(response: &Response) -> Option<&str> {
    let value = response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next()
}

/// The problem of an answer that the framework made.
fn bare(response: &Response) -> Response {
    let status = response.status();
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "nothing is here"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "see the Allow header"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", "send application/json"),
        StatusCode::UNPROCESSABLE_ENTITY => ("invalid_body", "the body is not acceptable"),
        StatusCode::TOO_MANY_REQUESTS => ("too_many_requests", "wait a moment"),
        _ if status.is_server_error() => ("internal", "the request failed"),
        _ => ("bad_request", "the request is not acceptable"),
    };
    let mut problem = refusal::answer(refusal::of(status, code, detail));
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

/// The same problem with `request_id` and `instance`.
async fn signed(response: Response, request_id: &str, path: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, PROBLEM_BYTES_MAX).await else {
        return refusal::answer(refusal::internal());
    };
    let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    members.entry("request_id").or_insert_with(|| request_id.into());
    members.entry("instance").or_insert_with(|| path.into());
    let text = Value::Object(members).to_string();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    Response::from_parts(parts, Body::from(text))
}
