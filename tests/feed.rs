//! The feed: what is live is on it with a reason, and what is over is gone.

use serde_json::{Value, json};

use crate::harness::client::{Client, PATIENCE};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::program::{Backend, Options, Program};
use crate::live::until_live;

async fn home(client: &Client) -> Vec<Value> {
    let page = client.get("/v1/feeds/home?limit=20").await.expect(200).json();
    page["data"].as_array().expect("cards").clone()
}

async fn until(client: &Client, wanted: impl Fn(&[Value]) -> bool + Send + Sync) -> Vec<Value> {
    let cards = async {
        loop {
            let cards = home(client).await;
            if wanted(&cards) {
                return cards;
            }
        }
    };
    tokio::time::timeout(PATIENCE, cards).await.expect("the feed changes in time")
}

async fn live_then_recorded(backend: Backend) {
    let program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let viewer = partner.viewer("ana").await;
    assert!(home(&viewer.client).await.is_empty());
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&program.client(), &partner).await;
    let live = partner.on_air().await;
    let cards = until(&viewer.client, |cards| !cards.is_empty()).await;
    let card = cards.first().expect("a card");
    assert_eq!(card["kind"], "live");
    assert_eq!(card["broadcast_id"], live["id"]);
    assert!(card["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{card}");
    let events = json!({"events": [
        {"type": "impression", "at": "2020-01-01T00:00:00.000Z", "broadcast_id": live["id"]},
        {"type": "watch", "at": live["started_at"], "broadcast_id": live["id"], "watched_ms": 10_000},
    ]});
    viewer.client.post("/v1/analytics-events", events).await.expect(202);
    encoder.stop().await;
    let recorded = until(&viewer.client, |cards| {
        cards.iter().all(|card| card["kind"] != "live")
            && cards.iter().any(|card| card["kind"] == "recording")
    });
    let cards = recorded.await;
    assert_eq!(cards.first().expect("a card")["recording_id"], live["recording_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_card_has_a_reason_and_becomes_a_replay() {
    live_then_recorded(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_card_becomes_a_replay_on_postgresql() {
    live_then_recorded(Backend::Servers).await;
}
