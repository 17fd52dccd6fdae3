//! `GET /v1/broadcasts/{broadcast_id}/health`: the encoder's health, once a second (SSE).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use domain::id::BroadcastId;
use futures_util::stream;
use infra::bus::{Received, Subscription};
use infra::http::problem::Problem;

use super::shape::own;
use crate::auth::{Principal, rights};
use crate::convention::event_stream;
use crate::extract::Path;
use crate::{App, schema};

/// Silence after which a comment line keeps the connection honest.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Relays what the origin measures of a broadcast's publisher.
#[utoipa::path(
    get,
    path = "/v1/broadcasts/{broadcast_id}/health",
    operation_id = "streamBroadcastHealth",
    tag = "broadcasts",
    params(("broadcast_id" = schema::BroadcastId, Path, description = "The broadcast.")),
    responses((status = 200, description = "Events `health` and `state`, each a JSON object.", body = String, content_type = "text/event-stream")),
)]
pub(crate) async fn health(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<BroadcastId>,
) -> Result<Response, Problem> {
    own(&app, &principal, &rights::BROADCASTS_WRITE, id).await?;
    let relay =
        Relay { messages: app.bus.subscribe(&format!("hw.broadcast.{id}")), app, greeted: false };
    let body = Body::from_stream(stream::unfold(relay, |mut relay| async move {
        let bytes = relay.next().await?;
        Some((Ok::<_, Infallible>(bytes), relay))
    }));
    Ok(event_stream(body))
}

struct Relay {
    messages: Subscription,
    app: App,
    greeted: bool,
}

impl Relay {
    /// The next event; nothing when the process finishes.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            return Some(Bytes::from_static(b"retry: 3000\n\n"));
        }
        loop {
            let received = tokio::select! {
                // Cancel safe: what is not received stays in the subscription.
                received = self.messages.recv() => received?,
                () = tokio::time::sleep(HEARTBEAT) => {
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
                () = self.app.tasks.draining() => return None,
            };
            let Received::Message(message) = received else { continue };
            let name = message.subject.rsplit('.').next().unwrap_or_default();
            if matches!(name, "health" | "state") {
                let data = String::from_utf8_lossy(&message.payload);
                return Some(Bytes::from(format!("event: {name}\ndata: {data}\n\n")));
            }
        }
    }
}
