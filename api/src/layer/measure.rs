//! Count and duration of requests by route, method and status class.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::state::App;

/// Measures the time to the answer's head; an event stream's body is not counted.
pub(crate) async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let started = app.clock.monotonic();
    let response = next.run(request).await;
    let took = app.clock.monotonic().saturating_sub(started);
    let status = match response.status().as_u16() {
        ..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    };
    let labels = [("route", route), ("method", method), ("status", status.to_owned())];
    metrics::counter!("headwater_http_requests_total", &labels).increment(1);
    metrics::histogram!("headwater_http_request_seconds", &labels).record(took.as_secs_f64());
    response
}
