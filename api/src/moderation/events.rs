//! `GET /v1/moderation/events`: what changes in the queues, as it changes.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use domain::id::OrgId;
use futures_util::stream;
use infra::bus::Subscription;
use infra::http::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::queues;
use crate::App;
use crate::auth::{Principal, rights};
use crate::convention::event_stream;

/// Silence after which a comment line keeps proxies and sleeping pages honest.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Changes that come closer together are told as one.
const GATHER: Duration = Duration::from_millis(200);
/// Age at which a stream is closed to be made anew.
const ROTATION: Duration = Duration::from_mins(10);

/// The endpoint of the stream.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// The bus subject of an organisation's queues.
pub(super) fn subject(org: OrgId) -> String {
    format!("hw.moderation.{org}")
}

/// Streams `moderation.queues` at the start and at each change: per queue how many items wait, how
/// many are claimed and overdue, and since when the oldest waits. Read the items again on a change.
#[utoipa::path(
    get,
    path = "/v1/moderation/events",
    operation_id = "streamModeration",
    tag = "moderation",
    responses((status = 200, description = "`moderation.queues` events.", body = String, content_type = "text/event-stream")),
)]
pub(crate) async fn events(
    State(app): State<App>,
    principal: Principal,
) -> Result<Response, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let org = principal.org_id();
    let opened = app.clock.monotonic();
    let watcher = Watcher { hints: app.bus.subscribe(&subject(org)), app, org, opened, told: None };
    let body = stream::unfold(watcher, |mut watcher| async move {
        let bytes = watcher.next().await?;
        Some((Ok::<_, Infallible>(bytes), watcher))
    });
    Ok(event_stream(Body::from_stream(body)))
}

/// One open stream.
struct Watcher {
    app: App,
    org: OrgId,
    hints: Subscription,
    opened: Duration,
    told: Option<queues::Queues>,
}

impl Watcher {
    /// What to send next; `None` closes the stream.
    async fn next(&mut self) -> Option<Bytes> {
        let draining = self.app.tasks.draining();
        let mut draining = std::pin::pin!(draining);
        let first = self.told.is_none();
        loop {
            if !first || self.told.is_some() {
                tokio::select! {
                    // Receiving is cancel safe; a lagging subscription still says that something changed.
                    hint = self.hints.recv() => { hint?; }
                    () = tokio::time::sleep(HEARTBEAT) => {
                        return self.is_young().then(|| Bytes::from_static(b": here\n\n"));
                    }
                    () = &mut draining => return None,
                }
                tokio::time::sleep(GATHER).await;
            }
            match queues::read(&self.app, self.org).await {
                Ok(queues) if self.told.as_ref() != Some(&queues) => {
                    return Some(self.tell(queues));
                }
                Ok(_) => {}
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "queues were not read");
                    return None;
                }
            }
        }
    }

    fn is_young(&self) -> bool {
        self.app.clock.monotonic().saturating_sub(self.opened) < ROTATION
    }

    fn tell(&mut self, queues: queues::Queues) -> Bytes {
        let retry = if self.told.is_none() { "retry: 3000\n" } else { "" };
        let data = serde_json::json!({
            "type": "moderation.queues",
            "at": self.app.clock.now(),
            "queues": queues.data,
        });
        self.told = Some(queues);
        Bytes::from(format!("{retry}event: moderation.queues\ndata: {data}\n\n"))
    }
}
