//! Feeds: what is live is shown with a reason, and nothing outlives its fact.

use domain::broadcast::Status;
use domain::event::Topic;
use domain::id::BroadcastId;
use infra::database::{broadcasts, outbox};
use serde_json::{Value, json};

use crate::testing::{Client, Place, World};

/// A world whose facts are told, as in a running process.
pub(super) async fn world() -> World {
    let world = World::new().await;
    let (clock, node) = (std::sync::Arc::clone(&world.app.clock), "test".to_owned());
    let (database, bus) = (world.app.database.clone(), world.app.bus.clone());
    infra::outbox::start(database, bus, node, clock, &world.app.tasks);
    world
}

/// Puts a channel on the air as the origin does: row and fact in one transaction.
pub(super) async fn go_live(world: &World, place: &Place, title: &str) -> BroadcastId {
    let id: BroadcastId = world.app.ids.next();
    let (org_id, now, event) = (world.org_id, world.app.clock.now(), world.app.ids.next());
    let (channel_id, room_id, title) = (place.channel_id, place.room_id, title.to_owned());
    world
        .write(move |tx| {
            let title = title.clone();
            Box::pin(async move {
                let new = broadcasts::New {
                    id,
                    org_id,
                    channel_id,
                    title,
                    status: Status::Live,
                    scheduled_at: None,
                    profile: None,
                    visibility: "public".to_owned(),
                    room_id,
                    created_at: now,
                };
                broadcasts::insert(tx, new).await?;
                let payload = json!({"broadcast_id": id, "channel_id": channel_id});
                let row = outbox::Row {
                    id: event,
                    org_id: Some(org_id),
                    topic: Topic::BroadcastStarted,
                    key: id.to_string(),
                    payload,
                    created_at: now,
                };
                Ok(outbox::append(tx, row).await?)
            })
        })
        .await;
    id
}

async fn cards(client: &Client<'_>, path: &str) -> Vec<Value> {
    client.get(path).await.expect(200)["data"].as_array().unwrap().clone()
}

/// Asks until the page is as wanted: facts take a moment to be told.
async fn until(
    client: &Client<'_>,
    path: &str,
    wanted: impl Fn(&[Value]) -> bool + Send + Sync,
) -> Vec<Value> {
    let found = async {
        loop {
            let cards = cards(client, path).await;
            if wanted(&cards) {
                return cards;
            }
            // The tasks that tell facts run on this same thread.
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), found).await.expect("in time")
}

#[tokio::test]
async fn a_live_broadcast_is_shown_with_a_reason_until_it_is_over() {
    let world = world().await;
    let place = world.place("mira").await;
    let anyone = world.anyone();
    assert!(cards(&anyone, "/v1/feeds/home").await.is_empty());
    let id = go_live(&world, &place, "Day 3").await;
    let page = until(&anyone, "/v1/feeds/home", |cards| !cards.is_empty()).await;
    let card = &page[0];
    assert_eq!((&card["kind"], &card["broadcast_id"]), (&json!("live"), &json!(id)));
    assert_eq!((&card["title"], &card["pos"]), (&json!("Day 3"), &json!(1)));
    assert_eq!(card["channel"]["slug"], "mira");
    assert_eq!(card["reasons"][0]["code"], "new_channel");
    let over = json!({"broadcast_id": id, "channel_id": place.channel_id, "state": "ended"});
    world.app.bus.publish(format!("hw.broadcast.{id}.state"), over.to_string().into());
    until(&anyone, "/v1/feeds/home", <[Value]>::is_empty).await;
    // A pulse that comes late does not bring it back.
    let late = json!({"broadcast_id": id, "channel_id": place.channel_id, "state": "live"});
    world.app.bus.publish(format!("hw.broadcast.{id}.state"), late.to_string().into());
    assert!(cards(&anyone, "/v1/feeds/live").await.is_empty());
}

#[tokio::test]
async fn a_channel_that_becomes_private_and_a_silent_origin_are_gone() {
    let world = world().await;
    let anyone = world.anyone();
    let (mira, ana) = (world.place("mira").await, world.place("ana").await);
    go_live(&world, &mira, "One").await;
    go_live(&world, &ana, "Two").await;
    until(&anyone, "/v1/feeds/live", |cards| cards.len() == 2).await;
    let path = format!("/v1/channels/{}", mira.channel_id);
    let tag = world.owner().get(&path).await.header("etag").to_owned();
    let change = json!({"visibility": "private"});
    world.owner().with("if-match", &tag).patch(&path, change).await.expect(200);
    let left = until(&anyone, "/v1/feeds/live", |cards| cards.len() == 1).await;
    assert_eq!(left[0]["channel"]["slug"], "ana");
    world.pass(std::time::Duration::from_secs(10));
    assert!(cards(&anyone, "/v1/feeds/live").await.is_empty());
}

#[tokio::test]
async fn whom_a_viewer_follows_comes_first_for_that_viewer_alone() {
    let world = world().await;
    let (mira, ana) = (world.place("mira").await, world.place("ana").await);
    go_live(&world, &mira, "One").await;
    go_live(&world, &ana, "Two").await;
    let anyone = world.anyone();
    let page = until(&anyone, "/v1/feeds/home", |cards| cards.len() == 2).await;
    let last: Place = if page[1]["channel"]["slug"] == "ana" { ana } else { mira };
    let token = world.viewer(last.room_id, "bo", &["read"]).await;
    let viewer = world.bearer(&token);
    viewer.put(&format!("/v1/channels/{}/followers/me", last.channel_id)).await.expect(204);
    let first = |cards: &[Value]| cards[0]["channel"]["id"] == json!(last.channel_id);
    let page = until(&viewer, "/v1/feeds/home", first).await;
    assert_eq!(page[0]["reasons"][0]["code"], "followed");
    let own = viewer.get("/v1/feeds/home").await;
    assert_eq!(own.header("cache-control"), "private, no-cache");
    let shared = viewer.get("/v1/feeds/home?strategy=trending").await;
    assert_eq!(shared.header("cache-control"), "public, max-age=1");
    assert!(!shared.text.contains("followed"), "{}", shared.text);
    let hidden = json!({"kind": "hide", "channel_id": page[1]["channel"]["id"]});
    let feed = own.body["feed_id"].as_str().unwrap().to_owned();
    viewer.post(&format!("/v1/feeds/{feed}/feedback"), hidden).await.expect(204);
    assert_eq!(cards(&viewer, "/v1/feeds/home").await.len(), 1);
    assert_eq!(cards(&anyone, "/v1/feeds/home").await.len(), 2);
}

#[tokio::test]
async fn pages_follow_each_other_without_repeats() {
    let world = world().await;
    for slug in ["a", "b", "c"] {
        let place = world.place(slug).await;
        go_live(&world, &place, slug).await;
    }
    let anyone = world.anyone();
    until(&anyone, "/v1/feeds/live", |cards| cards.len() == 3).await;
    let (mut seen, mut path) = (Vec::new(), "/v1/feeds/live?limit=1".to_owned());
    while seen.len() < 3 {
        let page = anyone.get(&path).await.expect(200);
        let slug = page["data"][0]["channel"]["slug"].as_str().unwrap().to_owned();
        assert!(!seen.contains(&slug), "{slug} twice");
        seen.push(slug);
        let cursor = page["next_cursor"].as_str().unwrap();
        path = format!("/v1/feeds/live?limit=1&cursor={cursor}");
    }
    assert!(cards(&anyone, &path).await.is_empty());
    let next = format!("{path}&strategy=random");
    anyone.get(&next).await.refused(400, "cursor_mismatch");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    let anyone = world.anyone();
    for (path, status, code) in [
        ("/v1/feeds/home?limit=0", 400, "invalid_parameter"),
        ("/v1/feeds/home?limit=51", 400, "invalid_parameter"),
        ("/v1/feeds/home?strategy=best", 400, "invalid_parameter"),
        ("/v1/feeds/home?cursor=x", 400, "invalid_cursor"),
        ("/v1/feeds/up-next", 400, "invalid_parameter"),
        ("/v1/feeds/up-next?channel=nobody", 404, "not_found"),
    ] {
        anyone.get(path).await.refused(status, code);
    }
}
