//! What every operation has in common.

use axum::body::Body;
use http::Method;
use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn every_error_is_a_problem_also_the_frameworks_own() {
    let world = World::new().await;
    let owner = world.owner();
    owner.get("/v1/nothing").await.refused(404, "not_found");
    owner.get("/nothing").await.refused(404, "not_found");
    let method = owner.delete("/v1/channels").await;
    method.refused(405, "method_not_allowed");
    assert!(!method.header("allow").is_empty());
    let post = |media_type: &'static str, body: Body| {
        let owner = owner.clone();
        async move { owner.send(Method::POST, "/v1/channels", media_type, body).await }
    };
    post("text/plain", Body::from("{}")).await.refused(415, "unsupported_media_type");
    post("application/json", Body::from("{")).await.refused(400, "malformed_json");
    let large = format!("{{\"slug\":\"{}\"}}", "x".repeat(70_000));
    post("application/json", Body::from(large)).await.refused(413, "too_large");
    world.anyone().get("/v1/channels").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_wrong_member_is_pointed_at() {
    let world = World::new().await;
    let place = world.place("a").await;
    let key = world.key(&["*"]).await;
    let user = json!({"external_id": "a", "display_name": "A", "shoe_size": 44});
    let body = json!({"room_id": place.room_id, "user": user});
    let answer = world.bearer(&key).post("/v1/viewer-tokens", body).await;
    answer.refused(422, "invalid_body");
    assert_eq!(answer.body["errors"][0]["pointer"], "/user/shoe_size");
    assert_eq!(answer.body["errors"][0]["code"], "unknown_property");
    let body = json!({"room_id": "room_1", "user": {"external_id": "a", "display_name": "A"}});
    let answer = world.bearer(&key).post("/v1/viewer-tokens", body).await;
    assert_eq!(answer.body["errors"][0]["pointer"], "/room_id");
    let body = json!({"room_id": place.room_id});
    world.bearer(&key).post("/v1/viewer-tokens", body).await.refused(422, "invalid_body");
}

#[tokio::test]
async fn lists_are_walked_by_cursors_that_hold_their_filters() {
    let world = World::new().await;
    for n in 0..5 {
        world.place(&format!("channel-{n}")).await;
    }
    let mut slugs = Vec::new();
    let mut path = "/v1/channels?limit=2".to_owned();
    loop {
        let page = world.owner().get(&path).await;
        let link = page.header("link").to_owned();
        let body = page.expect(200);
        let rows = body["data"].as_array().unwrap();
        slugs.extend(rows.iter().map(|row| row["slug"].as_str().unwrap().to_owned()));
        let Some(cursor) = body["next_cursor"].as_str() else { break };
        path = format!("/v1/channels?limit=2&cursor={cursor}");
        assert_eq!(link, format!("<{path}>; rel=\"next\""));
    }
    assert_eq!(slugs, (0..5).map(|n| format!("channel-{n}")).collect::<Vec<_>>());
    let elsewhere = path.replace("/v1/channels", "/v1/broadcasts");
    world.owner().get(&elsewhere).await.refused(400, "cursor_mismatch");
    world.owner().get("/v1/channels?cursor=abc").await.refused(400, "invalid_cursor");
    for limit in ["0", "201", "x", "-1"] {
        let path = format!("/v1/channels?limit={limit}");
        world.owner().get(&path).await.refused(400, "invalid_parameter");
    }
    world.owner().get("/v1/channels?offset=3").await.refused(400, "invalid_parameter");
}

#[tokio::test]
async fn a_change_needs_the_version_that_was_seen() {
    let world = World::new().await;
    let place = world.place("a").await;
    let path = format!("/v1/channels/{}", place.channel_id);
    let seen = world.owner().get(&path).await;
    let tag = seen.header("etag").to_owned();
    assert_eq!(tag, "\"1\"");
    let known = world.owner().with("if-none-match", &tag).get(&path).await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
    let change = json!({"title": "Two"});
    world.owner().patch(&path, change.clone()).await.refused(428, "precondition_required");
    let owner = world.owner().with("if-match", &tag);
    let changed = owner.patch(&path, change.clone()).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    changed.expect(200);
    owner.patch(&path, change).await.refused(412, "version_mismatch");
    let cleared = world.owner().with("if-match", "*").patch(&path, json!({"category": null})).await;
    assert_eq!(cleared.expect(200)["title"], "Two");
}

#[tokio::test]
async fn another_organisations_things_are_not_there() {
    let world = World::new().await;
    let place = world.place("a").await;
    let foreign = world.foreign_key(&["*"]).await;
    for path in [
        format!("/v1/channels/{}", place.channel_id),
        format!("/v1/rooms/{}", place.room_id),
        format!("/v1/rooms/{}/comments", place.room_id),
        format!("/v1/channels/{}/stream-keys", place.channel_id),
        format!("/v1/channels/{}/followers", place.channel_id),
        format!("/v1/channels/{}/ingest-log", place.channel_id),
    ] {
        world.bearer(&foreign).get(&path).await.refused(404, "not_found");
    }
    let body = json!({"room_id": place.room_id, "user": {"external_id": "a", "display_name": "A"}});
    world.bearer(&foreign).post("/v1/viewer-tokens", body).await.refused(404, "not_found");
}

#[tokio::test]
async fn answers_tell_the_limits_and_a_spent_one_is_429() {
    let few = std::num::NonZeroU32::new(3).unwrap();
    let world = World::with(|settings| settings.quotas.address = few).await;
    let mut left = Vec::new();
    for _ in 0..2 {
        let answer = world.anyone().get("/v1/broadcasts").await;
        assert_eq!(answer.header("ratelimit-policy"), "\"address\";q=3;w=60");
        left.push(answer.header("ratelimit").to_owned());
        answer.expect(200);
    }
    // The setup of this world took one already.
    assert_eq!(left, ["\"address\";r=1;t=20", "\"address\";r=0;t=20"]);
    let spent = world.anyone().get("/v1/broadcasts").await;
    spent.refused(429, "quota_exceeded");
    assert_eq!(spent.header("retry-after"), "20");
    assert_eq!(spent.body["violated-policies"], json!(["address"]));
    world.owner().get("/v1/channels").await.expect(200);
}

#[tokio::test]
async fn other_origins_may_read_but_never_with_credentials() {
    let world = World::new().await;
    let answer =
        world.anyone().with("origin", "https://partner.example").get("/v1/broadcasts").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
    for name in ["etag", "link", "retry-after", "x-request-id", "ratelimit", "content-encoding"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    let preflight = world
        .anyone()
        .with("origin", "https://partner.example")
        .with("access-control-request-method", "POST")
        .with("access-control-request-headers", "authorization,idempotency-key")
        .send(Method::OPTIONS, "/v1/channels", "", Body::empty())
        .await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-max-age"), "7200");
}

#[tokio::test]
async fn with_origins_named_no_other_may_read() {
    let named = "https://partner.example".to_owned();
    let world = World::with(|settings| settings.allowed_origins = vec![named.clone()]).await;
    for (origin, allowed) in [(named.as_str(), named.as_str()), ("https://other.example", "")] {
        let answer = world.anyone().with("origin", origin).get("/v1/broadcasts").await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
        assert!(answer.header("vary").to_ascii_lowercase().contains("origin"), "{origin}");
    }
}

#[tokio::test]
async fn a_request_keeps_the_plain_name_that_it_came_with() {
    let world = World::new().await;
    let answer = world.anyone().with("x-request-id", "abc-1").get("/v1/nothing").await;
    assert_eq!(answer.header("x-request-id"), "abc-1");
    assert_eq!(answer.body["request_id"], "abc-1");
    let made = world.anyone().with("x-request-id", "a b").get("/livez").await;
    assert!(made.header("x-request-id").starts_with("req_"));
    assert_eq!(made.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn the_service_says_how_it_is() {
    let world = World::new().await;
    assert_eq!(world.anyone().get("/livez").await.text, "ok");
    assert_eq!(world.anyone().get("/readyz").await.text, "ok");
    assert_eq!(world.anyone().get("/metrics").await.status, 200);
    world.app.tasks.begin_drain();
    world.anyone().get("/readyz").await.refused(503, "draining");
}
