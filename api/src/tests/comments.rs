//! What viewers say.

use std::time::Duration;

use domain::broadcast::Status;
use domain::id::{BroadcastId, RecordingId, RoomId};
use domain::time::Timestamp;
use futures_util::future::join_all;
use infra::database::{broadcast_timeline, broadcasts, recordings, room_events};
use serde_json::{Value, json};

use crate::room::Verdict;
use crate::testing::{Place, World};

fn comments(room: RoomId) -> String {
    format!("/v1/rooms/{room}/comments")
}

#[tokio::test]
async fn a_comment_is_published_with_the_name_of_its_token() {
    let world = World::new().await;
    let place = world.place("a").await;
    let token = world.viewer(place.room_id, "mira", &["read", "comment"]).await;
    let body = json!({"body": "  hello\n", "kind": "chat"});
    let posted = world.bearer(&token).post(&comments(place.room_id), body).await;
    assert!(posted.header("location").starts_with("/v1/comments/cmt_"));
    let posted = posted.expect(201);
    assert_eq!(
        (&posted["body"], &posted["status"], &posted["seq"]),
        (&json!("hello"), &json!("published"), &json!(1))
    );
    assert_eq!(posted["author"]["display_name"], "mira");
    let listed = world.bearer(&token).get(&comments(place.room_id)).await.expect(200);
    assert_eq!(listed["data"][0]["id"], posted["id"]);
    let path = format!("/v1/comments/{}", posted["id"].as_str().unwrap());
    assert_eq!(world.bearer(&token).get(&path).await.expect(200)["body"], "hello");
}

#[tokio::test]
async fn the_same_client_id_is_the_same_comment() {
    let world = World::new().await;
    let place = world.place("a").await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let viewer = world.bearer(&token);
    let say = async || {
        let body = json!({"body": "once", "client_id": "c-1"});
        viewer.post(&comments(place.room_id), body).await
    };
    let answers = join_all((0..20).map(|_| say())).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    let ids: std::collections::HashSet<_> =
        answers.iter().map(|answer| answer.body["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 1, "one comment under one id");
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 201)));
    say().await.expect(200);
    let listed = viewer.get(&comments(place.room_id)).await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_comment_is_refused() {
    let world = World::new().await;
    let place = world.place("a").await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    for (body, status, code) in [
        (json!({"body": ""}), 422, "invalid_body"),
        (json!({"body": "x".repeat(501)}), 422, "invalid_body"),
        (json!({"body": "x".repeat(81), "kind": "danmaku"}), 422, "invalid_body"),
        (json!({"body": "a", "kind": "shout"}), 422, "invalid_body"),
        (json!({"body": "a", "kind": "announcement"}), 403, "kind_not_allowed"),
        (json!({"body": "a", "client_id": "a b"}), 422, "invalid_body"),
        (json!({"body": "a", "display_name": "Owner"}), 422, "invalid_body"),
        (json!({"body": "a", "pdt_at": "yesterday"}), 422, "invalid_body"),
        (json!({}), 422, "invalid_body"),
    ] {
        world.bearer(&token).post(&comments(place.room_id), body).await.refused(status, code);
    }
    let reader = world.viewer(place.room_id, "tom", &["read"]).await;
    let body = json!({"body": "a"});
    let path = comments(place.room_id);
    world.bearer(&reader).post(&path, body.clone()).await.refused(403, "insufficient_scope");
    world.anyone().post(&path, body.clone()).await.refused(401, "unauthenticated");
    let key = world.key(&["*"]).await;
    world.bearer(&key).post(&path, body).await.refused(403, "user_required");
}

async fn set(world: &World, room: RoomId, change: Value) {
    let path = format!("/v1/rooms/{room}/settings");
    world.owner().with("if-match", "*").patch(&path, change).await.expect(200);
}

#[tokio::test]
async fn slow_mode_says_how_long_to_wait_and_spares_moderators() {
    let world = World::new().await;
    let place = world.place("a").await;
    set(&world, place.room_id, json!({"slow_mode_ms": 5_000})).await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let say =
        async || world.bearer(&token).post(&comments(place.room_id), json!({"body": "a"})).await;
    say().await.expect(201);
    world.pass(Duration::from_millis(1_500));
    let refused = say().await;
    refused.refused(429, "slow_mode");
    assert_eq!((refused.header("retry-after"), &refused.body["wait_ms"]), ("4", &json!(3_500)));
    world.pass(Duration::from_millis(3_500));
    say().await.expect(201);
    for _ in 0..3 {
        world.owner().post(&comments(place.room_id), json!({"body": "b"})).await.expect(201);
    }
}

#[tokio::test]
async fn a_room_keeps_out_whom_its_settings_name() {
    let world = World::new().await;
    let place = world.place("a").await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let guest = json!({"room_id": place.room_id});
    let guest = world.anyone().post("/v1/guest-sessions", guest).await.expect(201);
    let guest = guest["token"].as_str().unwrap().to_owned();
    let say = async |token: &str| {
        world.bearer(token).post(&comments(place.room_id), json!({"body": "a"})).await
    };
    set(&world, place.room_id, json!({"access": "registered"})).await;
    say(&token).await.expect(201);
    say(&guest).await.refused(403, "verification_required");
    set(&world, place.room_id, json!({"access": "followers"})).await;
    say(&token).await.refused(403, "followers_only");
    let follow = format!("/v1/channels/{}/followers/me", place.channel_id);
    world.bearer(&token).put(&follow).await;
    say(&token).await.expect(201);
    set(&world, place.room_id, json!({"access": "subscribers"})).await;
    say(&token).await.refused(403, "subscribers_only");
    set(&world, place.room_id, json!({"access": "moderators"})).await;
    say(&token).await.refused(403, "room_closed");
    world.owner().post(&comments(place.room_id), json!({"body": "a"})).await.expect(201);
}

#[tokio::test]
async fn a_held_comment_waits_for_a_moderator() {
    let world = World::new().await;
    let place = world.place("a").await;
    set(&world, place.room_id, json!({"hold": "first_message"})).await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let viewer = world.bearer(&token);
    let held = viewer.post(&comments(place.room_id), json!({"body": "first"})).await.expect(202);
    assert_eq!((&held["status"], &held["seq"]), (&json!("held"), &Value::Null));
    assert_eq!(viewer.get(&comments(place.room_id)).await.expect(200)["data"], json!([]));
    let waiting = format!("{}?status=held", comments(place.room_id));
    viewer.get(&waiting).await.refused(403, "insufficient_scope");
    let listed = world.owner().get(&waiting).await.expect(200);
    assert_eq!(listed["data"][0]["id"], held["id"]);
    let restore = format!("/v1/comments/{}/restore", held["id"].as_str().unwrap());
    viewer.post(&restore, json!({})).await.refused(403, "insufficient_scope");
    let released = world.owner().post(&restore, json!({})).await.expect(200);
    assert_eq!(released["status"], "published");
    assert!(released["seq"].is_i64());
    viewer.post(&comments(place.room_id), json!({"body": "second"})).await.expect(201);
}

#[tokio::test]
async fn rules_refuse_hold_or_hide() {
    let world = World::new().await;
    let place = world.place("a").await;
    world.app.screening.replace(|said| match said.body {
        "spam" => Verdict::Refuse { rule_kind: "terms".to_owned() },
        "maybe" => Verdict::Hold,
        "alone" => Verdict::AuthorOnly,
        _ => Verdict::Publish,
    });
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let say = async |body: &str| {
        world.bearer(&token).post(&comments(place.room_id), json!({"body": body})).await
    };
    let refused = say("spam").await;
    refused.refused(422, "rejected_by_rule");
    assert_eq!(refused.body["rule_kind"], "terms");
    say("maybe").await.expect(202);
    assert_eq!(say("alone").await.expect(201)["status"], "published");
    let listed = world.bearer(&token).get(&comments(place.room_id)).await.expect(200);
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn a_comment_is_taken_away_by_its_author_or_a_moderator() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (mira, tom) = (
        world.viewer(place.room_id, "mira", &["comment", "read"]).await,
        world.viewer(place.room_id, "tom", &["comment", "read"]).await,
    );
    let say = async |body: &str| {
        let body = json!({"body": body});
        let posted = world.bearer(&mira).post(&comments(place.room_id), body).await.expect(201);
        format!("/v1/comments/{}", posted["id"].as_str().unwrap())
    };
    let own = say("own").await;
    world.bearer(&tom).delete(&own).await.refused(403, "insufficient_scope");
    for _ in 0..2 {
        assert_eq!(world.bearer(&mira).delete(&own).await.status, 204);
    }
    world.bearer(&tom).get(&own).await.refused(404, "not_found");
    let seen = world.bearer(&mira).get(&own).await.expect(200);
    assert_eq!((&seen["status"], &seen["body"]), (&json!("retracted"), &json!("")));
    let restore = format!("{own}/restore");
    world.owner().post(&restore, json!({})).await.refused(409, "invalid_transition");
    let other = say("other").await;
    assert_eq!(world.owner().delete(&other).await.status, 204);
    let back = world.owner().post(&format!("{other}/restore"), json!({})).await.expect(200);
    assert_eq!((&back["status"], &back["body"]), (&json!("published"), &json!("other")));
}

/// A broadcast that started 100 s ago with a break after 30 s.
async fn air(world: &World, place: &Place) -> RecordingId {
    let (id, recording): (BroadcastId, RecordingId) = (world.app.ids.next(), world.app.ids.next());
    let (org_id, now) = (world.org_id, world.app.clock.now());
    let started = now.minus(Duration::from_secs(100));
    let (channel_id, room_id) = (place.channel_id, place.room_id);
    world
        .write(move |tx| {
            Box::pin(async move {
                let new = broadcasts::New {
                    id,
                    org_id,
                    channel_id,
                    title: "Now".to_owned(),
                    status: Status::Live,
                    scheduled_at: None,
                    profile: None,
                    visibility: "public".to_owned(),
                    room_id,
                    created_at: started,
                };
                broadcasts::insert(tx, new).await?;
                let new = recordings::New {
                    id: recording,
                    org_id,
                    broadcast_id: Some(id),
                    channel_id,
                    title: "Now".to_owned(),
                    visibility: "public".to_owned(),
                    created_at: started,
                };
                recordings::insert(tx, new).await?;
                broadcast_timeline::mark(tx, id, started, 0).await?;
                let resumed = started.plus(Duration::from_secs(80));
                broadcast_timeline::mark(tx, id, resumed, 30_000).await?;
                Ok(())
            })
        })
        .await;
    recording
}

#[tokio::test]
async fn a_comment_stands_at_the_media_time_that_its_author_saw() {
    let world = World::new().await;
    let place = world.place("a").await;
    let recording = air(&world, &place).await;
    let token = world.viewer(place.room_id, "mira", &["comment", "read"]).await;
    let now = world.app.clock.now();
    let ago = |seconds: u64| now.minus(Duration::from_secs(seconds));
    let say = async |pdt_at: Option<Timestamp>| {
        let body = json!({"body": "a", "pdt_at": pdt_at});
        world.bearer(&token).post(&comments(place.room_id), body).await.expect(201)
    };
    // Ten seconds in; ten seconds after the break; from the future; untold.
    for (pdt_at, media_ms) in [
        (Some(ago(90)), 10_000),
        (Some(ago(10)), 40_000),
        (Some(now.plus(Duration::from_mins(10))), 50_000),
        (None, 48_500),
    ] {
        assert_eq!(say(pdt_at).await["media_ms"], media_ms);
    }
    let path = format!("/v1/recordings/{recording}/comments");
    let replay = world.anyone().get(&path).await.expect(200);
    let times = |page: &Value| -> Vec<i64> {
        page["data"].as_array().unwrap().iter().map(|row| row["at_ms"].as_i64().unwrap()).collect()
    };
    assert_eq!(times(&replay), [10_000, 40_000, 48_500, 50_000]);
    let part = world.anyone().get(&format!("{path}?from_ms=35000&to_ms=49000")).await.expect(200);
    assert_eq!(times(&part), [40_000, 48_500]);
    let first = world.anyone().get(&format!("{path}?limit=3")).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = world.anyone().get(&format!("{path}?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!(times(&last), [50_000]);
}

#[tokio::test]
async fn two_hundred_at_once_leave_no_hole() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mut tokens = Vec::new();
    for n in 0..10 {
        tokens.push(world.viewer(place.room_id, &format!("user-{n}"), &["comment", "read"]).await);
    }
    let posts = (0..200).map(|n| {
        let viewer = world.bearer(&tokens[n % 10]);
        async move { viewer.post(&comments(place.room_id), json!({"body": format!("{n}")})).await }
    });
    let mut seqs: Vec<i64> = join_all(posts)
        .await
        .into_iter()
        .map(|answer| answer.expect(201)["seq"].as_i64().unwrap())
        .collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=200).collect::<Vec<_>>());
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let read = world.app.database.read();
    let log = room_events::page_after(read, place.room_id, &room.hub.epoch, 0, 500).await.unwrap();
    assert_eq!(log.iter().map(|event| event.seq).collect::<Vec<_>>(), seqs);
    assert_eq!(room.hub.head(), 200);
}
