//! One key, one outcome: the first request runs, repeats get its answer.
//!
//! A request with a key runs to its end even when its caller goes away. Only final outcomes are
//! kept: not a 5xx, not 401, 408, 409, 425 or 429, which a repeat may turn into something better.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use infra::database::{self, idempotency_keys};
use infra::http::problem::Problem;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::auth::Identity;
use crate::convention::idempotency::{REPLAYED, given};
use crate::extract::json::JSON_BYTES_MAX;
use crate::refusal;
use crate::state::App;

/// How long outcomes are kept; money keeps its own for ever.
const KEPT: Duration = Duration::from_hours(24);
/// After this time a request that never ended counts as lost.
const LOST: Duration = Duration::from_mins(1);
/// Largest answer that is kept.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// The headers of an answer that are kept with it.
const HEADERS_KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Runs a keyed POST once.
pub(crate) async fn idempotency(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    match given(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => keyed(app, key, request, next).await.unwrap_or_else(refusal::answer),
        Err(problem) => refusal::answer(problem),
    }
}

async fn keyed(app: App, key: String, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(Identity::Known(principal)) = request.extensions().get::<Identity>() else {
        return Ok(next.run(request).await);
    };
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let slot = Slot { principal: principal.name(), route: route.unwrap_or_default(), key };
    let (parts, body) = request.into_parts();
    let body =
        to_bytes(body, JSON_BYTES_MAX).await.map_err(|_| refusal::too_large(JSON_BYTES_MAX))?;
    let fingerprint = fingerprint(&parts.method, parts.uri.path(), &body);
    if let Some(answer) = begin(&app, &slot, fingerprint).await? {
        return Ok(answer);
    }
    let request = Request::from_parts(parts, Body::from(body));
    let (answer, answered) = oneshot::channel();
    let tasks = app.tasks.clone();
    tasks.spawn("keyed request", async move {
        let response = finish(&app, &slot, next.run(request).await).await;
        // The caller may be gone: the outcome is kept for its repeat.
        drop(answer.send(response));
    });
    answered.await.map_err(|_| refusal::internal())
}

/// Who asked what under which key.
#[derive(Debug, Clone)]
struct Slot {
    principal: String,
    route: String,
    key: String,
}

/// Takes the slot; an answer when it is taken already.
async fn begin(app: &App, slot: &Slot, fingerprint: [u8; 32]) -> Result<Option<Response>, Problem> {
    let now = app.clock.now();
    let start = idempotency_keys::Start {
        principal: slot.principal.clone(),
        route: slot.route.clone(),
        key: slot.key.clone(),
        fingerprint: fingerprint.to_vec(),
        now,
        expires_at: now.plus(KEPT),
        lost_before: now.minus(LOST).max(app.started_at),
    };
    let taken = app.database.write(move |tx| {
        let start = start.clone();
        Box::pin(async move { Ok(idempotency_keys::start(tx, start).await?) })
    });
    let taken: Result<_, database::Error> = taken.await.map_err(database::Error::from);
    match taken? {
        idempotency_keys::Started::Fresh => Ok(None),
        idempotency_keys::Started::Known(row) => known(&row, &fingerprint).map(Some),
    }
}

/// The answer that stands under a key.
fn known(row: &idempotency_keys::Model, fingerprint: &[u8; 32]) -> Result<Response, Problem> {
    if row.fingerprint != fingerprint {
        let detail = "this key was used for another request";
        return Err(refusal::of(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            detail,
        ));
    }
    let Some(status) = row.status.filter(|_| row.state == "done") else {
        let detail = "the first request under this key still runs";
        return Err(refusal::conflict("idempotency_in_progress", detail)
            .retry_after(Duration::from_secs(1)));
    };
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = Response::new(Body::from(row.response.clone().unwrap_or_default()));
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    if let Some(headers) = row.headers.as_ref().and_then(serde_json::Value::as_object) {
        for (name, value) in headers {
            let name = HeaderName::try_from(name.as_str());
            let value = value.as_str().map(HeaderValue::from_str);
            if let (Ok(name), Some(Ok(value))) = (name, value) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Keeps a final outcome, or frees the slot for the repeat.
async fn finish(app: &App, slot: &Slot, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        return refusal::answer(refusal::internal());
    };
    let kept = if is_final(parts.status) {
        Some(outcome(parts.status, &parts.headers, &bytes))
    } else {
        None
    };
    let slot = slot.clone();
    let stored = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let (slot, kept) = (slot.clone(), kept.clone());
        Box::pin(async move {
            let Slot { principal, route, key } = &slot;
            match kept {
                Some(outcome) => {
                    idempotency_keys::finish(tx, principal, route, key, outcome).await?;
                }
                None => idempotency_keys::forget(tx, principal, route, key).await?,
            }
            Ok(())
        })
    });
    if let Err(error) = stored.await {
        tracing::warn!(error = %error, "the outcome of a keyed request was not kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn outcome(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> idempotency_keys::Outcome {
    let kept = HEADERS_KEPT.iter().filter_map(|name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), serde_json::Value::from(value)))
    });
    idempotency_keys::Outcome {
        status: i32::from(status.as_u16()),
        headers: serde_json::Value::Object(kept.collect()),
        response: body.to_vec(),
    }
}

/// Whether a repeat could never get another answer.
fn is_final(status: StatusCode) -> bool {
    !status.is_server_error() && !matches!(status.as_u16(), 401 | 408 | 409 | 425 | 429)
}

/// What the same request always has: method, path, and the body's JSON whatever its spacing.
fn fingerprint(method: &Method, path: &str, body: &Bytes) -> [u8; 32] {
    let canonical = serde_json::from_slice::<serde_json::Value>(body)
        .map_or_else(|_| body.to_vec(), |value| value.to_string().into_bytes());
    let mut hash = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes(), &canonical] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_and_order_do_not_make_another_request() {
        let print =
            |body: &'static str| fingerprint(&Method::POST, "/v1/gifts", &Bytes::from(body));
        assert_eq!(print(r#"{"a":1,"b":2}"#), print("{ \"b\": 2,\n\"a\": 1 }"));
        assert_ne!(print(r#"{"a":1}"#), print(r#"{"a":2}"#));
        let other = fingerprint(&Method::POST, "/v1/reports", &Bytes::from(r#"{"a":1}"#));
        assert_ne!(print(r#"{"a":1}"#), other);
    }

    #[test]
    fn only_final_outcomes_are_kept() {
        for (status, kept) in [
            (201, true),
            (202, true),
            (402, true),
            (404, true),
            (422, true),
            (409, false),
            (429, false),
            (401, false),
            (500, false),
            (503, false),
        ] {
            assert_eq!(is_final(StatusCode::from_u16(status).unwrap()), kept, "{status}");
        }
    }
}
