//! Channels, stream keys, broadcasts and recordings.

use domain::broadcast::Status;
use domain::id::{BroadcastId, RecordingId};
use infra::bus::Received;
use infra::database::{broadcasts, recordings};
use serde_json::{Value, json};

use crate::testing::{Place, World};

/// A broadcast on the air with its recording, as the origin would have made it.
async fn live(world: &World, place: &Place) -> (BroadcastId, RecordingId) {
    let (id, recording): (BroadcastId, RecordingId) = (world.app.ids.next(), world.app.ids.next());
    let (org_id, now) = (world.org_id, world.app.clock.now());
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
                    created_at: now,
                };
                broadcasts::insert(tx, new).await?;
                let new = recordings::New {
                    id: recording,
                    org_id,
                    broadcast_id: Some(id),
                    channel_id,
                    title: "Now".to_owned(),
                    visibility: "public".to_owned(),
                    created_at: now,
                };
                recordings::insert(tx, new).await?;
                Ok(())
            })
        })
        .await;
    (id, recording)
}

#[tokio::test]
async fn a_channel_comes_with_its_room_and_address() {
    let world = World::new().await;
    let made = world.owner().post("/v1/channels", json!({"slug": "mira", "title": "Mira"})).await;
    let location = made.header("location").to_owned();
    let body = made.expect(201);
    assert_eq!(location, format!("/v1/channels/{}", body["id"].as_str().unwrap()));
    assert_eq!(body["hls"], "/hls/mira/index.m3u8");
    let seen = world.anyone().get("/v1/channels/by-slug/mira").await.expect(200);
    assert_eq!((&seen["room_id"], &seen["broadcast"]), (&body["room_id"], &Value::Null));
    for (slug, status, code) in [
        ("mira", 409, "slug_taken"),
        ("Mira", 422, "invalid_body"),
        ("", 422, "invalid_body"),
        ("brd_x", 422, "invalid_body"),
    ] {
        world.owner().post("/v1/channels", json!({"slug": slug})).await.refused(status, code);
    }
}

#[tokio::test]
async fn followers_come_and_go() {
    let world = World::new().await;
    let place = world.place("a").await;
    let token = world.viewer(place.room_id, "mira", &["read"]).await;
    let path = format!("/v1/channels/{}/followers", place.channel_id);
    let me = format!("{path}/me");
    for _ in 0..2 {
        assert_eq!(world.bearer(&token).put(&me).await.status, 204);
    }
    let count = async || {
        world.anyone().get("/v1/channels/by-slug/a").await.expect(200)["follower_count"].clone()
    };
    assert_eq!(count().await, 1);
    let listed = world.owner().get(&path).await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    for _ in 0..2 {
        assert_eq!(world.bearer(&token).delete(&me).await.status, 204);
    }
    assert_eq!(count().await, 0);
    let key = world.key(&["*"]).await;
    world.bearer(&key).put(&me).await.refused(403, "user_required");
}

#[tokio::test]
async fn a_stream_key_is_shown_once() {
    let world = World::new().await;
    let place = world.place("a").await;
    let path = format!("/v1/channels/{}/stream-keys", place.channel_id);
    let made = world.owner().post(&path, json!({"label": "studio"})).await.expect(201);
    let secret = made["stream_key"].as_str().unwrap();
    assert!(secret.starts_with("hw_live_"));
    assert_eq!(made["rtmp_url"], "rtmp://127.0.0.1:1935/live");
    assert_eq!(made["rtmps_url"], "rtmps://127.0.0.1:1936/live");
    let listed = world.owner().get(&path).await;
    assert!(!listed.text.contains(secret));
    assert_eq!(listed.expect(200)["data"][0]["label"], "studio");
    let key = format!("{path}/{}", made["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(world.owner().delete(&key).await.status, 204);
    }
    let listed = world.owner().get(&path).await.expect(200);
    assert!(listed["data"][0]["revoked_at"].is_string());
}

#[tokio::test]
async fn a_planned_broadcast_becomes_ready_and_ends() {
    let world = World::new().await;
    let place = world.place("a").await;
    let body = json!({
        "channel_id": place.channel_id, "title": "Day 3", "scheduled_at": "2026-11-28T06:40:00Z"
    });
    let made = world.owner().post("/v1/broadcasts", body).await.expect(201);
    assert_eq!(made["status"], "scheduled");
    let path = format!("/v1/broadcasts/{}", made["id"].as_str().unwrap());
    let seen = world.anyone().get("/v1/channels/by-slug/a").await.expect(200);
    assert_eq!(seen["next_broadcast"]["id"], made["id"]);
    let step = async |to: &str| {
        world.owner().post(&format!("{path}/transitions"), json!({"to": to})).await
    };
    step("flying").await.refused(422, "invalid_body");
    step("live").await.refused(422, "invalid_body");
    assert_eq!(step("ready").await.expect(200)["status"], "ready");
    assert_eq!(step("ended").await.expect(200)["status"], "ended");
    let refused = step("ready").await;
    refused.refused(409, "invalid_transition");
    assert_eq!(refused.body["allowed"], json!(["archived"]));
    let renamed = world.owner().patch(&path, json!({"title": "Day three"})).await.expect(200);
    assert_eq!(renamed["title"], "Day three");
}

#[tokio::test]
async fn a_broadcast_may_have_a_latency_profile_of_its_own() {
    let world = World::new().await;
    let place = world.place("a").await;
    let make = async |profile: Value| {
        let body = json!({"channel_id": place.channel_id, "title": "Day 3", "profile": profile});
        world.owner().post("/v1/broadcasts", body).await
    };
    for profile in
        [json!("low"), json!("standard"), json!("relaxed"), json!("classic"), json!(null)]
    {
        assert_eq!(make(profile.clone()).await.expect(201)["profile"], profile);
    }
    make(json!("fast")).await.refused(422, "invalid_body");
}

#[tokio::test]
async fn ending_a_live_broadcast_is_an_order_to_the_origin() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (id, _) = live(&world, &place).await;
    let mut orders = world.app.bus.subscribe(&format!("hw.broadcast.{id}.control"));
    let path = format!("/v1/broadcasts/{id}/transitions");
    let ended = world.owner().post(&path, json!({"to": "ended"})).await.expect(200);
    assert_eq!((&ended["status"], &ended["control_version"]), (&json!("live"), &json!(1)));
    let Some(Received::Message(order)) = orders.recv().await else { panic!("an order was sent") };
    let order: Value = serde_json::from_slice(&order.payload).unwrap();
    assert_eq!(order["action"], "end");
}

#[tokio::test]
async fn lists_show_strangers_only_what_is_public() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (id, recording) = live(&world, &place).await;
    let query = format!("/v1/broadcasts?channel_id={}&status=live", place.channel_id);
    let found = world.anyone().get(&query).await.expect(200);
    assert_eq!(found["data"][0]["id"], json!(id));
    world.anyone().get("/v1/broadcasts?status=flying").await.refused(400, "invalid_parameter");
    let hide = json!({"visibility": "private"});
    world.owner().patch(&format!("/v1/broadcasts/{id}"), hide.clone()).await.expect(200);
    let path = format!("/v1/recordings/{recording}");
    world.owner().patch(&path, hide).await.expect(200);
    assert_eq!(world.anyone().get(&query).await.expect(200)["data"], json!([]));
    for hidden in [format!("/v1/broadcasts/{id}"), path.clone(), format!("{path}/comments")] {
        world.anyone().get(&hidden).await.refused(404, "not_found");
        world.owner().get(&hidden).await.expect(200);
    }
    assert_eq!(world.anyone().get("/v1/recordings").await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn a_recording_is_deleted_when_it_is_whole() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (_, id) = live(&world, &place).await;
    let path = format!("/v1/recordings/{id}");
    world.owner().delete(&path).await.refused(409, "still_recording");
    world
        .write(move |tx| {
            Box::pin(async move { Ok(recordings::finish(tx, id, 60_000, None).await?) })
        })
        .await;
    let moved = world.owner().patch(&path, json!({"comment_offset_ms": -500})).await.expect(200);
    assert_eq!(moved["comment_offset_ms"], -500);
    let far = json!({"comment_offset_ms": 3_600_001});
    world.owner().patch(&path, far).await.refused(422, "invalid_body");
    for _ in 0..2 {
        assert_eq!(world.owner().delete(&path).await.status, 204);
    }
    let token = world.viewer(place.room_id, "mira", &["read"]).await;
    world.bearer(&token).delete(&path).await.refused(403, "insufficient_scope");
}

#[tokio::test]
async fn health_is_relayed_to_the_creator_alone() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (id, _) = live(&world, &place).await;
    let path = format!("/v1/broadcasts/{id}/health");
    world.anyone().get(&path).await.refused(401, "unauthenticated");
    let response =
        world.owner().open(http::Method::GET, &path, "", axum::body::Body::empty()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = crate::tests::streams::Events::of(response);
    body.more().await;
    world
        .app
        .bus
        .publish(format!("hw.broadcast.{id}.health"), bytes::Bytes::from_static(b"{\"fps\":30}"));
    body.more().await;
    assert!(body.text.ends_with("event: health\ndata: {\"fps\":30}\n\n"), "{}", body.text);
}
