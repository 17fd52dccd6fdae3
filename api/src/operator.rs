//! What operators see of a node: read only, relayed from the origin.

pub mod events;

use bytes::Bytes;
use infra::bus::{Received, Subscription};
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

/// Where the origin publishes its seconds.
const SUBJECT: &str = "hw.operator";

/// The newest second, as it stands on every stream: made once, shared by all who watch.
#[derive(Debug)]
pub struct Board {
    newest: watch::Sender<Bytes>,
}

impl Default for Board {
    fn default() -> Self {
        Self { newest: watch::Sender::new(Bytes::new()) }
    }
}

/// The endpoints for operators.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events::events))
}

/// Makes each second of the origin one piece of every stream, until the drain.
pub(crate) fn follow(app: &App) {
    // Before the task runs, so that no second is lost.
    let seconds = app.bus.subscribe(SUBJECT);
    app.tasks.spawn("operator: seconds", relay(app.clone(), seconds));
}

async fn relay(app: App, mut seconds: Subscription) {
    let draining = app.tasks.draining();
    tokio::pin!(draining);
    loop {
        let received = tokio::select! {
            // Cancel safe: what is not received stays in the subscription.
            received = seconds.recv() => received,
            () = &mut draining => return,
        };
        match received {
            Some(Received::Message(message)) => app.operator.show(&message.payload),
            // The next second is as good.
            Some(Received::Lagged(_)) => {}
            None => return,
        }
    }
}

impl Board {
    /// The newest second, and every later one; empty before the first.
    pub(crate) fn watch(&self) -> watch::Receiver<Bytes> {
        self.newest.subscribe()
    }

    fn show(&self, second: &[u8]) {
        let mut event = Vec::with_capacity(second.len() + 64);
        event.extend_from_slice(b"event: operator.second\ndata: ");
        event.extend_from_slice(second);
        event.extend_from_slice(b"\n\n");
        self.newest.send_replace(event.into());
    }
}
