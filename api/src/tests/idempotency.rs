//! One key, one outcome.

use futures_util::future::join_all;
use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn a_repeat_gets_the_first_answer() {
    let world = World::new().await;
    let owner = world.owner().with("idempotency-key", "k1");
    let body = json!({"slug": "a", "title": "A"});
    let first = owner.post("/v1/channels", body.clone()).await;
    let (location, tag) = (first.header("location").to_owned(), first.text.clone());
    first.expect(201);
    let again = owner.post("/v1/channels", body).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.header("location"), &again.text), (location.as_str(), &tag));
    again.expect(201);
    let other = owner.post("/v1/channels", json!({"slug": "b"})).await;
    other.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_key_is_the_callers_own_and_the_routes_own() {
    let world = World::new().await;
    let body = json!({"slug": "a"});
    world.owner().with("idempotency-key", "k").post("/v1/channels", body.clone()).await.expect(201);
    let key = world.key(&["*"]).await;
    let other = world.bearer(&key).with("idempotency-key", "k");
    other.post("/v1/channels", body).await.refused(409, "slug_taken");
    let elsewhere = world.owner().with("idempotency-key", "k");
    elsewhere.post("/v1/api-keys", json!({"scopes": ["comments:read"]})).await.expect(201);
}

#[tokio::test]
async fn a_refusal_that_may_pass_later_is_not_kept() {
    let world = World::new().await;
    world.place("a").await;
    let owner = world.owner().with("idempotency-key", "k");
    for _ in 0..2 {
        let taken = owner.post("/v1/channels", json!({"slug": "a"})).await;
        taken.refused(409, "slug_taken");
        assert_eq!(taken.header("idempotency-replayed"), "");
    }
    let odd = world.owner().with("idempotency-key", &"x".repeat(256));
    odd.post("/v1/channels", json!({"slug": "c"})).await.refused(400, "invalid_idempotency_key");
}

#[tokio::test]
async fn fifty_at_once_under_one_key_are_one() {
    let world = World::new().await;
    let owner = world.owner().with("idempotency-key", "race");
    let answers =
        join_all((0..50).map(|_| owner.post("/v1/channels", json!({"slug": "only"})))).await;
    let mut made = 0;
    for answer in &answers {
        match (answer.status.as_u16(), answer.header("idempotency-replayed")) {
            (201, "") => made += 1,
            (201, "true") => {}
            _ => {
                answer.refused(409, "idempotency_in_progress");
                assert_eq!(answer.header("retry-after"), "1");
            }
        }
    }
    assert_eq!(made, 1);
    let listed = world.owner().get("/v1/channels").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}
