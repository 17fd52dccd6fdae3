//! `GET /v1/operator/events`: the node, once a second (SSE).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use domain::id::OrgId;
use futures_util::stream;
use infra::database::orgs;
use infra::http::problem::Problem;
use tokio::sync::watch;

use crate::auth::{Principal, rights};
use crate::convention::event_stream;
use crate::{App, refusal};

/// Silence after which a comment line keeps the connection honest: no origin publishes here.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Age at which a stream is closed to be made anew, with the rights of that time.
const ROTATION: Duration = Duration::from_mins(10);

/// Streams `operator.second` once a second: `gauges` of the node, a minute of `history`, the `alarms`
/// that stand (`code`, `severity`, `since`, `args`, and whom they are about), the `broadcasts` on the
/// air, the worst first, each with its newest parts (`msn`, `part`, and `late_ms` of each, where `null`
/// is a gap), and what `happened` lately. For the organisation that runs the node.
#[utoipa::path(
    get,
    path = "/v1/operator/events",
    operation_id = "streamOperator",
    tag = "operator",
    responses(
        (status = 200, description = "`operator.second` events, each a JSON object.", body = String, content_type = "text/event-stream"),
        (status = 403, description = "`insufficient_scope`, or `not_the_operator` for another organisation."),
    ),
)]
pub(crate) async fn events(
    State(app): State<App>,
    principal: Principal,
) -> Result<Response, Problem> {
    principal.require(&rights::OPERATOR_READ)?;
    let operator = orgs::first(app.database.read()).await?.map(|org| OrgId::from_uuid(org.id));
    if operator != Some(principal.org_id()) {
        let detail = "the figures of a node are for the organisation that runs it";
        return Err(refusal::forbidden("not_the_operator", detail));
    }
    let seconds = app.operator.watch();
    let watcher = Watcher { opened: app.clock.monotonic(), app, seconds, greeted: false };
    let body = Body::from_stream(stream::unfold(watcher, |mut watcher| async move {
        let bytes = watcher.next().await?;
        Some((Ok::<_, Infallible>(bytes), watcher))
    }));
    Ok(event_stream(body))
}

/// One open stream.
struct Watcher {
    app: App,
    seconds: watch::Receiver<Bytes>,
    opened: Duration,
    greeted: bool,
}

impl Watcher {
    /// What to send next; `None` closes the stream. A slow reader misses seconds, and nothing waits.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            // The newest second is there at once.
            self.seconds.mark_changed();
            return Some(Bytes::from_static(b"retry: 3000\n\n"));
        }
        loop {
            if self.app.clock.monotonic().saturating_sub(self.opened) >= ROTATION {
                return None;
            }
            tokio::select! {
                // Cancel safe: a change that is not seen stays one.
                changed = self.seconds.changed() => changed.ok()?,
                () = tokio::time::sleep(HEARTBEAT) => {
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
                () = self.app.tasks.draining() => return None,
            }
            let second = self.seconds.borrow_and_update().clone();
            if !second.is_empty() {
                return Some(second);
            }
        }
    }
}
