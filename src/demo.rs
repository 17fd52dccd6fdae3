//! `serve --demo`: the test picture on a channel of its own, and viewers that follow a script.
//!
//! Both are clients like any other: the picture comes in by RTMP, the viewers by the API.

mod script;

use std::time::Duration;

use anyhow::Context;
use infra::bootstrap;
use infra::tasks::Tasks;
use tracing::warn;

use crate::compose::Running;
use crate::publish::{self, Feed, Order};

/// The demo's channel.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    pub(crate) slug: String,
}

/// How long to wait before the picture is published again after it failed.
const PAUSE: Duration = Duration::from_secs(2);

/// Makes the channel, publishes to it, and lets the viewers talk until the program stops.
pub(crate) async fn start(running: &Running) -> anyhow::Result<Demo> {
    let ground = &running.ground;
    let made = bootstrap::demo(&ground.database, &ground.ids).await?;
    let url = format!("{}/{}", running.local_rtmp_url, made.stream_key.expose());
    let order = Order::new(&url, None).context("the demo's own address")?;
    let mut feed = Feed::test(std::sync::Arc::clone(&ground.clock));
    let tasks = ground.tasks.clone();
    ground.tasks.spawn("demo picture", async move { publish(&order, &mut feed, &tasks).await });
    let room = made.room_id.to_string();
    let script = script::Script::new(running.local_http_url.clone(), room);
    let tasks = ground.tasks.clone();
    ground.tasks.spawn("demo viewers", async move {
        tokio::select! {
            () = tasks.draining() => {}
            () = script.play() => {}
        }
    });
    Ok(Demo { slug: made.slug })
}

async fn publish(order: &Order, feed: &mut Feed, tasks: &Tasks) {
    while !tasks.is_draining() {
        match publish::run(order, feed, tasks.draining()).await {
            Ok(()) => {}
            Err(error) => warn!(error = format!("{error:#}"), "the test picture is off"),
        }
        tokio::select! {
            () = tasks.draining() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
