//! What a viewer of a room receives: the log, or word of what is missing.

use std::time::Duration;

use axum::body::Body;
use domain::event::{CommentDeleted, DeletedBy, RoomEvent};
use domain::id::{CommentId, RoomId};
use futures_util::FutureExt as _;
use http::{Method, Response};
use http_body_util::BodyExt as _;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::room::{Rooms, Stream, Surroundings, Wanted};
use crate::testing::{Client, Place, World};

/// An event stream as a page reads it.
pub(crate) struct Events {
    body: Body,
    /// All that has come so far.
    pub(crate) text: String,
    read: usize,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Events {
    pub(crate) fn of(response: Response<Body>) -> Self {
        Self { body: response.into_body(), text: String::new(), read: 0 }
    }

    /// Waits for more; false at the end.
    pub(crate) async fn more(&mut self) -> bool {
        let Some(frame) = self.body.frame().await else { return false };
        let bytes = frame.unwrap().into_data().unwrap();
        self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        true
    }

    /// The next event but counters, which come when they like; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let rest = self.text.get(self.read..).unwrap_or_default();
            if let Some(end) = rest.find("\n\n") {
                let block = rest.get(..end).unwrap_or_default().to_owned();
                self.read += end + 2;
                if let Some(event) = parse(&block).filter(|event| event.name != "room.counters") {
                    return Some(event);
                }
            } else if !self.more().await {
                return None;
            }
        }
    }
}

fn parse(block: &str) -> Option<Event> {
    let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    Some(Event {
        id: line("id: ")?.to_owned(),
        name: line("event: ")?.to_owned(),
        data: serde_json::from_str(line("data: ")?).unwrap(),
    })
}

async fn open(client: &Client<'_>, path: &str) -> Events {
    let response = client.open(Method::GET, path, "", Body::empty()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
    Events::of(response)
}

fn events(room: RoomId) -> String {
    format!("/v1/rooms/{room}/events")
}

/// Something of class 0 that takes one number.
async fn control(world: &World, room: RoomId) -> u64 {
    let room = world.app.rooms.open(room).await.unwrap();
    let id: CommentId = world.app.ids.next();
    let event = RoomEvent::CommentDeleted(CommentDeleted {
        comment_id: id,
        by: DeletedBy::Moderation,
        visible_reason: None,
    });
    let shown = room.commit::<_, std::convert::Infallible, _>(move |tx| {
        let event = event.clone();
        async move { Ok(tx.show(&event).await?) }.boxed()
    });
    shown.await.unwrap()
}

async fn say(world: &World, place: &Place, body: &str) {
    let path = format!("/v1/rooms/{}/comments", place.room_id);
    world.owner().post(&path, json!({ "body": body })).await.expect(201);
}

#[tokio::test]
async fn a_stream_greets_and_then_shows_each_event_with_its_id() {
    let world = World::new().await;
    let place = world.place("a").await;
    say(&world, &place, "before").await;
    let mut stream = open(&world.owner(), &events(place.room_id)).await;
    let hello = stream.next().await.unwrap();
    assert!(stream.text.starts_with("retry: "));
    assert_eq!((hello.name.as_str(), &hello.data["head"]), ("stream.hello", &json!(1)));
    let epoch = hello.data["epoch"].as_str().unwrap().to_owned();
    assert_eq!(hello.id, format!("{epoch}-1"));
    say(&world, &place, "after").await;
    let event = stream.next().await.unwrap();
    assert_eq!((event.id, event.name.as_str()), (format!("{epoch}-2"), "comment.created"));
    assert_eq!((&event.data["seq"], &event.data["comment"]["body"]), (&json!(2), &json!("after")));
    assert_eq!(event.data["type"], "comment.created");
}

#[tokio::test]
async fn a_cut_stream_goes_on_where_it_was() {
    let world = World::new().await;
    let place = world.place("a").await;
    for n in 0..5 {
        say(&world, &place, &format!("{n}")).await;
    }
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let at = |seq: u64| format!("{}-{seq}", room.hub.epoch);
    let by_header = world.owner().with("last-event-id", &at(2));
    let beaten = format!("{}?last_event_id={}", events(place.room_id), at(4));
    let mut stream = open(&by_header, &beaten).await;
    let hello = stream.next().await.unwrap();
    assert_eq!((hello.id, &hello.data["head"]), (at(2), &json!(5)));
    for seq in 3..=5 {
        assert_eq!(stream.next().await.unwrap().id, at(seq));
    }
    let mut stream = open(&world.owner(), &beaten).await;
    stream.next().await.unwrap();
    assert_eq!(stream.next().await.unwrap().id, at(5));
}

#[tokio::test]
async fn lost_history_is_told_in_band() {
    let world = World::new().await;
    let place = world.place("a").await;
    say(&world, &place, "one").await;
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let ahead = format!("{}-99", room.hub.epoch);
    for (position, reason) in [("zzzzzzzz-1", "epoch_changed"), (&ahead, "epoch_changed")] {
        let client = world.owner().with("last-event-id", position);
        let mut stream = open(&client, &events(place.room_id)).await;
        let (hello, reset) = (stream.next().await.unwrap(), stream.next().await.unwrap());
        assert_eq!((reset.name.as_str(), &reset.data["reason"]), ("stream.reset", &json!(reason)));
        assert_eq!((hello.id, reset.id.clone()), (reset.id, format!("{}-1", room.hub.epoch)));
    }
    let garbage = world.owner().with("last-event-id", "garbage");
    let mut stream = open(&garbage, &events(place.room_id)).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{}-1", room.hub.epoch));
}

/// The rooms of a process that starts on the same database.
pub(crate) fn restarted(world: &World) -> Rooms {
    Rooms::start(Surroundings {
        database: world.app.database.clone(),
        bus: world.app.bus.clone(),
        clock: std::sync::Arc::clone(&world.app.clock),
        ids: world.app.ids.clone(),
        tasks: world.app.tasks.clone(),
    })
}

pub(crate) fn wanted(position: Option<&str>) -> Wanted {
    Wanted {
        position: position.map(|text| text.parse().unwrap()),
        names: None,
        whole: false,
        expires_in: None,
        replaced: None,
    }
}

/// The next events but counters, which come when they like.
async fn blocks(stream: &mut Stream) -> Vec<Event> {
    loop {
        let bytes = stream.next().await.unwrap();
        let text = std::str::from_utf8(&bytes).unwrap().to_owned();
        let events = text.split("\n\n").filter_map(parse);
        let events: Vec<_> = events.filter(|event| event.name != "room.counters").collect();
        if !events.is_empty() {
            return events;
        }
    }
}

#[tokio::test]
async fn after_a_restart_the_table_replays_what_the_ring_forgot() {
    let world = World::new().await;
    let place = world.place("a").await;
    for n in 0..6 {
        say(&world, &place, &format!("{n}")).await;
    }
    let rooms = restarted(&world);
    let room = rooms.open(place.room_id).await.unwrap();
    let at = |seq: u64| format!("{}-{seq}", room.hub.epoch);
    let mut stream = Stream::open(std::sync::Arc::clone(&room), wanted(Some(&at(2))));
    assert_eq!(blocks(&mut stream).await[0].id, at(2));
    let ids: Vec<_> = blocks(&mut stream).await.into_iter().map(|event| event.id).collect();
    assert_eq!(ids, (3..=6).map(at).collect::<Vec<_>>());
}

#[tokio::test]
async fn too_much_history_is_a_reset_not_a_flood() {
    let world = World::new().await;
    let place = world.place("a").await;
    let room_id = place.room_id;
    world
        .write(move |tx| {
            Box::pin(
                async move { Ok(infra::database::rooms::take_places(tx, room_id, 2_001).await?) },
            )
        })
        .await;
    let room = restarted(&world).open(room_id).await.unwrap();
    let position = format!("{}-0", room.hub.epoch);
    let mut stream = Stream::open(std::sync::Arc::clone(&room), wanted(Some(&position)));
    let greeting = blocks(&mut stream).await;
    assert_eq!(greeting[1].data["reason"], "too_old");
    assert_eq!(greeting[1].id, format!("{}-2001", room.hub.epoch));
}

#[tokio::test]
async fn random_cuts_lose_nothing_and_double_nothing() {
    let world = World::new().await;
    let place = world.place("a").await;
    let path = events(place.room_id);
    let mut chance = StdRng::seed_from_u64(4_711);
    for _ in 0..12 {
        let (total, start) = (
            chance.random_range(1..40_u64),
            world.app.rooms.open(place.room_id).await.unwrap().hub.head(),
        );
        let posting = async {
            for n in 0..total {
                if n % 5 == 4 {
                    control(&world, place.room_id).await;
                } else {
                    say(&world, &place, "x").await;
                }
            }
        };
        let seed = chance.random::<u64>();
        let watching = watch(&world, &path, start, start + total, seed);
        let ((), seen) = futures_util::join!(posting, watching);
        assert_eq!(seen, (start + 1..=start + total).collect::<Vec<_>>());
    }
}

/// What a page with a bad connection collects from `start` to `end`.
async fn watch(world: &World, path: &str, start: u64, end: u64, seed: u64) -> Vec<u64> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut seen = Vec::new();
    let epoch = world
        .app
        .rooms
        .open(path.split('/').nth(3).unwrap().parse().unwrap())
        .await
        .unwrap()
        .hub
        .epoch
        .clone();
    let mut last = format!("{epoch}-{start}");
    while seen.last().copied().unwrap_or(start) < end {
        let mut stream = open(&world.owner().with("last-event-id", &last), path).await;
        for _ in 0..chance.random_range(1..8) {
            let event = stream.next().await.unwrap();
            last.clone_from(&event.id);
            if let Some(seq) = event.data["seq"].as_u64() {
                seen.push(seq);
            }
            if seen.last() == Some(&end) {
                break;
            }
        }
    }
    seen
}

#[tokio::test]
async fn a_slow_viewer_jumps_ahead_and_keeps_what_matters() {
    let world = World::new().await;
    let place = world.place("a").await;
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let mut stream = Stream::open(std::sync::Arc::clone(&room), wanted(None));
    blocks(&mut stream).await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let path = format!("/v1/rooms/{}/comments", place.room_id);
    for n in 1..=6 {
        if n == 4 {
            control(&world, place.room_id).await;
        } else {
            world.bearer(&token).post(&path, json!({"body": "x"})).await.expect(201);
        }
    }
    world.pass(Duration::from_secs(21));
    let got = blocks(&mut stream).await;
    let names: Vec<_> = got.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["stream.gap", "comment.deleted"]);
    let gap = json!({"type": "stream.gap", "from": 1, "to": 6, "dropped": 5, "reason": "slow"});
    assert_eq!(got[0].data, gap);
    assert_eq!(
        (got[0].id.as_str(), got[1].data["seq"].as_u64()),
        (format!("{}-0", room.hub.epoch).as_str(), Some(4))
    );
    world.bearer(&token).post(&path, json!({"body": "on"})).await.expect(201);
    assert_eq!(blocks(&mut stream).await[0].data["seq"], 7);
}

#[tokio::test]
async fn a_room_over_its_budget_shows_a_sample_and_moderators_all() {
    let world = World::new().await;
    let place = world.place("a").await;
    let settings = format!("/v1/rooms/{}/settings", place.room_id);
    let few = json!({"budget_per_s": 1});
    world.owner().with("if-match", "*").patch(&settings, few).await.expect(200);
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let open =
        |whole: bool| Stream::open(std::sync::Arc::clone(&room), Wanted { whole, ..wanted(None) });
    let (mut moderator, mut viewer) = (open(true), open(false));
    blocks(&mut moderator).await;
    blocks(&mut viewer).await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let path = format!("/v1/rooms/{}/comments", place.room_id);
    for _ in 0..30 {
        world.bearer(&token).post(&path, json!({"body": "x"})).await.expect(201);
    }
    let whole: Vec<_> = blocks(&mut moderator).await;
    assert_eq!(whole.iter().filter(|event| event.name == "comment.created").count(), 30);
    let got = blocks(&mut viewer).await;
    let shown = got.iter().filter(|event| event.name == "comment.created").count();
    let dropped: u64 = got.iter().filter_map(|event| event.data["dropped"].as_u64()).sum();
    assert_eq!(shown as u64 + dropped, 30, "what is not shown is told");
    assert!(dropped > 0);
}

#[tokio::test]
async fn a_ticket_opens_its_stream_until_the_token_ends() {
    let world = World::new().await;
    let (place, other) = (world.place("a").await, world.place("b").await);
    let token = world.viewer(place.room_id, "mira", &["read"]).await;
    let tickets = format!("/v1/rooms/{}/stream-tickets", place.room_id);
    let made = world.bearer(&token).post(&tickets, json!({})).await.expect(201);
    let url = made["url"].as_str().unwrap();
    let mut first = open(&world.anyone(), url).await;
    let hello = first.next().await.unwrap();
    world.pass(Duration::from_mins(2));
    let again = world.anyone().with("last-event-id", &hello.id);
    let mut second = open(&again, url).await;
    second.next().await.unwrap();
    assert_eq!(first.next().await, None, "the newer connection ends the older one");
    let elsewhere = url.replace(&place.room_id.to_string(), &other.room_id.to_string());
    world.anyone().get(&elsewhere).await.refused(401, "invalid_ticket");
    world
        .anyone()
        .get(&format!("{}?ticket=x", events(place.room_id)))
        .await
        .refused(401, "invalid_ticket");
    world.anyone().get(&events(place.room_id)).await.refused(401, "unauthenticated");
    let unused = world.bearer(&token).post(&tickets, json!({})).await.expect(201);
    world.pass(Duration::from_secs(61));
    let unused = unused["url"].as_str().unwrap();
    world.anyone().get(unused).await.refused(401, "invalid_ticket");
    world.pass(Duration::from_hours(1));
    assert_eq!(again.get(url).await.status, 204);
}

#[tokio::test]
async fn the_end_of_a_token_is_told_before_it_comes() {
    let world = World::new().await;
    let place = world.place("a").await;
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let expires_in = Some(Duration::from_mins(1));
    let mut stream =
        Stream::open(std::sync::Arc::clone(&room), Wanted { expires_in, ..wanted(None) });
    blocks(&mut stream).await;
    world.pass(Duration::from_secs(31));
    let notice = blocks(&mut stream).await;
    assert_eq!(
        (notice[0].name.as_str(), &notice[0].data["in_ms"]),
        ("stream.expiring", &json!(29_000))
    );
    world.pass(Duration::from_secs(29));
    while stream.next().await.is_some() {}
}

#[tokio::test]
async fn an_old_connection_is_rotated_with_a_jittered_retry() {
    let world = World::new().await;
    let place = world.place("a").await;
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let mut stream = Stream::open(room, wanted(None));
    blocks(&mut stream).await;
    world.pass(Duration::from_mins(12));
    let mut last = stream.next().await.unwrap();
    while last.starts_with(b"id: ") {
        last = stream.next().await.unwrap();
    }
    assert!(last.starts_with(b"retry: "), "{last:?}");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_draining_server_spreads_the_ends_of_its_streams() {
    let world = World::new().await;
    let place = world.place("a").await;
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let mut stream = Stream::open(std::sync::Arc::clone(&room), wanted(None));
    blocks(&mut stream).await;
    world.app.tasks.begin_drain();
    let farewell = async {
        loop {
            let bytes = stream.next().await.unwrap();
            if !bytes.starts_with(b"id: ") {
                return bytes;
            }
        }
    };
    let (last, ()) = futures_util::join!(farewell, async {
        while !room.is_draining() {
            tokio::task::yield_now().await;
        }
        // The stream has drawn its moment; all of them lie within five seconds.
        tokio::task::yield_now().await;
        world.pass(Duration::from_secs(6));
        room.hub.wake();
    });
    assert!(last.starts_with(b"retry: "));
    let reopened = world.app.rooms.open(place.room_id).await;
    assert!(reopened.is_err(), "a draining server opens no room");
}

#[tokio::test]
async fn a_viewer_may_ask_for_some_events_only() {
    let world = World::new().await;
    let place = world.place("a").await;
    let path = format!("{}?events=comment.deleted", events(place.room_id));
    let mut stream = open(&world.owner(), &path).await;
    stream.next().await.unwrap();
    say(&world, &place, "x").await;
    control(&world, place.room_id).await;
    assert_eq!(stream.next().await.unwrap().name, "comment.deleted");
}

#[tokio::test]
async fn a_closed_room_says_do_not_come_back() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mut stream = open(&world.owner(), &events(place.room_id)).await;
    stream.next().await.unwrap();
    let settings = format!("/v1/rooms/{}/settings", place.room_id);
    world.owner().with("if-match", "*").patch(&settings, json!({"closed": true})).await.expect(200);
    while stream.next().await.is_some() {}
    assert_eq!(world.owner().get(&events(place.room_id)).await.status, 204);
}

#[tokio::test]
async fn what_happens_to_a_broadcast_is_told_to_its_room() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mut stream = open(&world.owner(), &events(place.room_id)).await;
    stream.next().await.unwrap();
    let broadcast: domain::id::BroadcastId = world.app.ids.next();
    let fact = infra::outbox::Relayed {
        id: world.app.ids.next(),
        seq: 1,
        org_id: Some(world.org_id),
        topic: domain::event::Topic::BroadcastStarted,
        key: broadcast.to_string(),
        payload: json!({"broadcast_id": broadcast, "channel_id": place.channel_id}),
        created_at: world.app.clock.now(),
    };
    let text = bytes::Bytes::from(serde_json::to_vec(&fact).unwrap());
    // At least once: the second one is known.
    world.app.bus.publish("hw.outbox", text.clone());
    world.app.bus.publish("hw.outbox", text);
    let event = stream.next().await.unwrap();
    assert_eq!(
        (event.name.as_str(), &event.data["broadcast_id"]),
        ("broadcast.started", &json!(broadcast))
    );
    let seq = control(&world, place.room_id).await;
    assert_eq!(seq, 2);
}
