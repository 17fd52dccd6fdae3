//! A handler that panics or takes too long still gets its caller an answer.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use http::StatusCode;

use crate::refusal;

/// Longest time to the head of an answer. Event streams answer at once and then go on.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers 500 for a panic and 503 for a handler that takes longer than [`PATIENCE`].
pub(crate) async fn watchdog(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!(http.path = path, "a handler panicked");
            refusal::answer(refusal::internal())
        }
        Err(_) => {
            tracing::warn!(http.path = path, "a handler took too long");
            let detail = "the answer took too long";
            refusal::answer(refusal::of(StatusCode::SERVICE_UNAVAILABLE, "timed_out", detail))
        }
    }
}
