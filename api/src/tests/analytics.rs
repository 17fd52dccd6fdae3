//! What players report: believed as far as it can be true, counted once, by broadcast.

use std::time::Duration;

use domain::id::BroadcastId;
use serde_json::{Value, json};

use super::feeds::{go_live, world};
use crate::testing::World;

async fn viewers(world: &World, id: BroadcastId) -> Value {
    let path = format!("/v1/analytics/broadcasts/{id}");
    world.owner().get(&path).await.expect(200)["viewers"].clone()
}

#[tokio::test]
async fn times_that_cannot_be_are_taken_as_now_and_counted() {
    let world = world().await;
    let place = world.place("mira").await;
    let id = go_live(&world, &place, "Now").await;
    let now = world.app.clock.now();
    let ahead = |by: Duration| now.plus(by).to_string();
    let event =
        |at: Value| json!({"type": "watch", "at": at, "broadcast_id": id, "watched_ms": 10_000});
    let events = json!({"events": [
        event(json!(now.to_string())),
        event(json!(ahead(Duration::from_secs(80)))),
        event(json!(ahead(Duration::from_hours(14 * 24)))),
        event(json!("1970-01-01T00:00:00Z")),
        event(json!(null)),
        {"type": "watch", "broadcast_id": "brd_00000000000000000000000000000000"},
        {"type": "no word!", "broadcast_id": id},
        {"type": "watch"},
    ]});
    let taken = world.anyone().post("/v1/analytics-events", events).await.expect(202);
    assert_eq!(taken, json!({"accepted": 5, "repeated": 0, "clamped": 4, "ignored": 3}));
}

#[tokio::test]
async fn the_same_id_of_the_same_sender_counts_once() {
    let world = world().await;
    let place = world.place("mira").await;
    let id = go_live(&world, &place, "Now").await;
    let events = json!({"events": [{"id": "x", "type": "watch", "broadcast_id": id}]});
    let anyone = world.anyone();
    let taken = anyone.post("/v1/analytics-events", events.clone()).await.expect(202);
    assert_eq!((&taken["accepted"], &taken["repeated"]), (&json!(1), &json!(0)));
    let again = anyone.post("/v1/analytics-events", events.clone()).await.expect(202);
    assert_eq!((&again["accepted"], &again["repeated"]), (&json!(0), &json!(1)));
    let token = world.viewer(place.room_id, "bo", &["read"]).await;
    let other = world.bearer(&token).post("/v1/analytics-events", events).await.expect(202);
    assert_eq!(other["accepted"], 1);
}

#[tokio::test]
async fn a_second_broadcast_on_a_channel_starts_from_zero() {
    let world = world().await;
    let place = world.place("mira").await;
    let mut counts = Vec::new();
    for watching in [5, 1] {
        let id = go_live(&world, &place, "Now").await;
        for number in 0..watching {
            let name = format!("viewer {number}");
            let token = world.viewer(place.room_id, &name, &["read"]).await;
            let events = json!({"events": [
                {"type": "watch", "broadcast_id": id, "watched_ms": 10_000},
                {"type": "watch", "broadcast_id": id, "watched_ms": 30_000},
            ]});
            world.bearer(&token).post("/v1/analytics-events", events).await.expect(202);
        }
        counts.push(viewers(&world, id).await);
        world
            .write(move |tx| {
                Box::pin(async move {
                    let row = infra::database::broadcasts::find(tx, id).await?;
                    let mut row = row.expect("it was just made");
                    row.status = "ended".to_owned();
                    Ok(infra::database::broadcasts::update(tx, &row).await?)
                })
            })
            .await;
    }
    assert_eq!(counts, [json!(5), json!(1)]);
}

#[tokio::test]
async fn a_report_has_a_bound() {
    let world = World::new().await;
    let event = json!({"type": "watch"});
    let events = json!({ "events": vec![event; 101] });
    let refused = world.anyone().post("/v1/analytics-events", events).await;
    refused.refused(422, "invalid_body");
}
