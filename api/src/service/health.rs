//! `GET /livez`, `GET /readyz`, `GET /metrics`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use infra::http::problem::Problem;

use crate::{App, refusal};

/// Says that the process runs.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "getLiveness",
    tag = "service",
    security(()),
    responses((status = 200, description = "The process runs.", body = String, content_type = "text/plain", example = "ok")),
)]
pub(crate) async fn livez() -> &'static str {
    "ok"
}

/// Says whether requests are welcome: the database answers and the process does not finish.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "getReadiness",
    tag = "service",
    security(()),
    responses(
        (status = 200, description = "Requests are welcome.", body = String, content_type = "text/plain", example = "ok"),
        (status = 503, description = "Not now: `draining` or `unavailable`."),
    ),
)]
pub(crate) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    if app.tasks.is_draining() {
        let detail = "the process finishes";
        return Err(refusal::of(StatusCode::SERVICE_UNAVAILABLE, "draining", detail));
    }
    infra::database::orgs::first(app.database.read()).await?;
    Ok("ok")
}

/// Shows the process's metrics in the Prometheus text format.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "service",
    security(()),
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let mut response = app.settings.metrics.render().into_response();
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response
}
