//! What operators see, and who they are.

use axum::body::Body;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::streams::Events;
use crate::testing::{Client, World};

const PATH: &str = "/v1/operator/events";

/// The board as a page reads it: its events have no id, for each stands alone.
struct Seconds {
    events: Events,
    read: usize,
}

impl Seconds {
    /// The number in the next second; none at the end of the stream.
    async fn next(&mut self) -> Option<u64> {
        loop {
            let rest = self.events.text.get(self.read..).unwrap_or_default();
            if let Some(end) = rest.find("\n\n") {
                let block = rest.get(..end).unwrap_or_default();
                let second = block.strip_prefix("event: operator.second\ndata: ");
                let second = second.map(|data| serde_json::from_str::<Value>(data).unwrap());
                self.read += end + 2;
                if let Some(second) = second {
                    return second["number"].as_u64();
                }
            } else if !self.events.more().await {
                return None;
            }
        }
    }
}

async fn watch(client: &Client<'_>) -> Seconds {
    let response = client.open(Method::GET, PATH, "", Body::empty()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Seconds { events: Events::of(response), read: 0 }
}

fn tell(world: &World, number: u32) {
    let second = json!({ "number": number }).to_string();
    world.app.bus.publish("hw.operator.second", Bytes::from(second));
}

/// Publishes a second and waits until the board shows it.
async fn shown(world: &World, number: u32) {
    let mut seconds = world.app.operator.watch();
    tell(world, number);
    let wanted = json!({ "number": number }).to_string();
    let has = |event: &Bytes| String::from_utf8_lossy(event).contains(&wanted);
    seconds.wait_for(has).await.unwrap();
}

#[tokio::test]
async fn only_the_operator_may_look() {
    let world = World::new().await;
    world.anyone().get(PATH).await.refused(401, "unauthenticated");
    let place = world.place("a").await;
    let viewer = world.viewer(place.room_id, "ana", &["read", "comment"]).await;
    world.bearer(&viewer).get(PATH).await.refused(403, "insufficient_scope");
    let key = world.key(&["comments:read"]).await;
    world.bearer(&key).get(PATH).await.refused(403, "insufficient_scope");
    let foreign = world.foreign_key(&["*"]).await;
    world.bearer(&foreign).get(PATH).await.refused(403, "not_the_operator");
    watch(&world.owner()).await;
    let key = world.key(&["operator:read"]).await;
    watch(&world.bearer(&key)).await;
}

#[tokio::test]
async fn every_operator_reads_the_same_second_at_once() {
    let world = World::new().await;
    shown(&world, 1).await;
    let (owner, key) = (world.owner(), world.key(&["operator:*"]).await);
    let key = world.bearer(&key);
    let (mut one, mut other) = (watch(&owner).await, watch(&key).await);
    assert_eq!((one.next().await, other.next().await), (Some(1), Some(1)));
    assert!(one.events.text.starts_with("retry: 3000\n\n"), "{}", one.events.text);
    shown(&world, 2).await;
    assert_eq!((one.next().await, other.next().await), (Some(2), Some(2)));
}

#[tokio::test]
async fn a_slow_operator_reads_the_newest_second_and_misses_the_rest() {
    let world = World::new().await;
    shown(&world, 1).await;
    let owner = world.owner();
    let mut events = watch(&owner).await;
    assert_eq!(events.next().await, Some(1));
    for number in 2..=500 {
        tell(&world, number);
    }
    shown(&world, 501).await;
    assert_eq!(events.next().await, Some(501));
}

#[tokio::test]
async fn a_stream_ends_when_it_is_old_or_the_process_finishes() {
    let world = World::new().await;
    shown(&world, 1).await;
    let owner = world.owner();
    let mut old = watch(&owner).await;
    assert_eq!(old.next().await, Some(1));
    world.pass(std::time::Duration::from_mins(11));
    assert_eq!(old.next().await, None);
    let mut young = watch(&owner).await;
    assert_eq!(young.next().await, Some(1));
    world.app.tasks.begin_drain();
    assert_eq!(young.next().await, None);
}
