//! Who one is, and with what.

use std::time::Duration;

use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn the_owner_signs_in_once_with_a_setup_link() {
    let world = World::new().await;
    let me = world.owner().get("/v1/users/me").await.expect(200);
    assert_eq!((&me["role"], &me["id"]), (&json!("owner"), &json!(world.owner_id)));
    let again = world.anyone().post("/v1/auth/setup-sessions", json!({"setup_token": "0"})).await;
    again.refused(401, "setup_link_spent");
    assert_eq!(world.owner().post("/v1/auth/logout", json!({})).await.status, 204);
    world.owner().get("/v1/users/me").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_cookie_writes_only_from_our_own_pages() {
    let world = World::new().await;
    let body = json!({"slug": "a"});
    let elsewhere = world.owner().with("sec-fetch-site", "cross-site");
    elsewhere.post("/v1/channels", body.clone()).await.refused(403, "cross_site_request");
    assert_eq!(elsewhere.get("/v1/channels").await.status, 200);
    world.owner().post("/v1/channels", body).await.expect(201);
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_opens_what_its_scopes_say() {
    let world = World::new().await;
    let wanted = json!({"name": "bridge", "scopes": ["channels:read"]});
    let made = world.owner().post("/v1/api-keys", wanted).await.expect(201);
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("hw_sk_live_"));
    assert_eq!(world.bearer(key).get("/v1/channels").await.status, 200);
    let refused = world.bearer(key).post("/v1/channels", json!({"slug": "a"})).await;
    refused.refused(403, "insufficient_scope");
    assert!(refused.header("www-authenticate").contains("scope=\"channels:write\""));
    let listed = world.owner().get("/v1/api-keys").await;
    assert!(!listed.text.contains(key));
    let listed = listed.expect(200);
    assert_eq!(listed["data"][0]["prefix"], made["prefix"]);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_at_once() {
    let world = World::new().await;
    let wanted = json!({"scopes": ["channels:read"]});
    let made = world.owner().post("/v1/api-keys", wanted).await.expect(201);
    let key = made["key"].as_str().unwrap().to_owned();
    world.bearer(&key).get("/v1/channels").await.expect(200);
    let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(world.owner().delete(&path).await.status, 204);
    }
    let refused = world.bearer(&key).get("/v1/channels").await;
    refused.refused(401, "invalid_token");
    assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_do_more_than_they_may() {
    let world = World::new().await;
    let key = world.key(&["api-keys:manage", "comments:read"]).await;
    for (scopes, status, code) in [
        (json!(["comments:read"]), 201, ""),
        (json!(["ledger:write"]), 403, "insufficient_scope"),
        (json!(["*"]), 403, "insufficient_scope"),
        (json!(["coffee:brew"]), 422, "invalid_body"),
        (json!([]), 422, "invalid_body"),
    ] {
        let answer = world.bearer(&key).post("/v1/api-keys", json!({"scopes": scopes})).await;
        if code.is_empty() {
            answer.expect(status);
        } else {
            answer.refused(status, code);
        }
    }
}

#[tokio::test]
async fn a_viewer_token_is_good_in_its_room_until_it_ends_or_is_revoked() {
    let world = World::new().await;
    let (here, there) = (world.place("here").await, world.place("there").await);
    let token = world.viewer(here.room_id, "mira", &["read"]).await;
    let room = format!("/v1/rooms/{}", here.room_id);
    world.bearer(&token).get(&room).await.expect(200);
    let other = format!("/v1/rooms/{}", there.room_id);
    world.bearer(&token).get(&other).await.refused(404, "not_found");
    world.pass(Duration::from_hours(1));
    world.bearer(&token).get(&room).await.refused(401, "invalid_token");
    let key = world.key(&["*"]).await;
    let body = json!({"room_id": here.room_id, "user": {"external_id": "a", "display_name": "A"}});
    let made = world.bearer(&key).post("/v1/viewer-tokens", body).await.expect(201);
    let token = made["token"].as_str().unwrap();
    world.bearer(token).get(&room).await.expect(200);
    let revoke = format!("/v1/viewer-tokens/{}/revoke", made["token_id"].as_str().unwrap());
    assert_eq!(world.bearer(&key).post(&revoke, json!({})).await.status, 204);
    world.bearer(token).get(&room).await.refused(401, "invalid_token");
}

#[tokio::test]
async fn capabilities_never_exceed_the_scopes_of_the_key() {
    let world = World::new().await;
    let place = world.place("a").await;
    let key = world.key(&["viewer-tokens:write", "comments:*"]).await;
    let mint = async |capabilities: serde_json::Value, ttl_s: u32| {
        let body = json!({
            "room_id": place.room_id, "user": {"external_id": "u", "display_name": "U"},
            "capabilities": capabilities, "ttl_s": ttl_s
        });
        world.bearer(&key).post("/v1/viewer-tokens", body).await
    };
    mint(json!(["read", "comment"]), 60).await.expect(201);
    mint(json!(["gift"]), 60).await.refused(403, "insufficient_scope");
    mint(json!(["moderate"]), 60).await.refused(403, "insufficient_scope");
    mint(json!(["fly"]), 60).await.refused(422, "invalid_body");
    mint(json!(["read"]), 10_801).await.refused(422, "invalid_body");
    mint(json!(["read"]), 0).await.refused(422, "invalid_body");
}

#[tokio::test]
async fn a_partners_user_is_one_user_whatever_its_name() {
    let world = World::new().await;
    let place = world.place("a").await;
    let key = world.key(&["*"]).await;
    let mint = async |name: &str| {
        let body =
            json!({"room_id": place.room_id, "user": {"external_id": "17", "display_name": name}});
        world.bearer(&key).post("/v1/viewer-tokens", body).await.expect(201)
    };
    let (first, second) = (mint("Mira").await, mint("Mira P.").await);
    assert_eq!(first["user_id"], second["user_id"]);
    let me = world.bearer(second["token"].as_str().unwrap()).get("/v1/users/me").await.expect(200);
    assert_eq!(me["display_name"], "Mira P.");
}

#[tokio::test]
async fn a_guest_stays_the_same_person_over_reloads() {
    let world = World::new().await;
    let place = world.place("a").await;
    let body = json!({"room_id": place.room_id});
    let first = world.anyone().post("/v1/guest-sessions", body.clone()).await;
    let cookie = first.header("set-cookie").to_owned();
    assert!(cookie.starts_with("hw_guest=") && cookie.contains("HttpOnly"), "{cookie}");
    let first = first.expect(201);
    let kept = cookie.split(';').next().unwrap();
    let page = world.anyone().with("cookie", kept).with("sec-fetch-site", "same-origin");
    let second = page.post("/v1/guest-sessions", body.clone()).await.expect(201);
    assert_eq!(first["user_id"], second["user_id"]);
    let named = json!({"room_id": place.room_id, "display_name": "Mira"});
    let third = page.post("/v1/guest-sessions", named).await.expect(201);
    assert_eq!((&third["user_id"], &third["display_name"]), (&first["user_id"], &json!("Mira")));
    let stranger = world.anyone().post("/v1/guest-sessions", body).await.expect(201);
    assert_ne!(stranger["user_id"], first["user_id"]);
    let token = third["token"].as_str().unwrap();
    let said = json!({"body": "hello"});
    let path = format!("/v1/rooms/{}/comments", place.room_id);
    let comment = world.bearer(token).post(&path, said).await.expect(201);
    assert_eq!(comment["author"]["display_name"], "Mira");
}

#[tokio::test]
async fn guests_are_not_let_into_private_channels() {
    let world = World::new().await;
    let place = world.place("a").await;
    let path = format!("/v1/channels/{}", place.channel_id);
    let change = json!({"visibility": "private"});
    world.owner().with("if-match", "\"1\"").patch(&path, change).await.expect(200);
    let body = json!({"room_id": place.room_id});
    world.anyone().post("/v1/guest-sessions", body).await.refused(404, "not_found");
    world.anyone().get("/v1/channels/by-slug/a").await.refused(404, "not_found");
    world.owner().get("/v1/channels/by-slug/a").await.expect(200);
}

#[tokio::test]
async fn a_guest_of_the_demo_starts_with_coins_that_the_promotion_account_paid() {
    let world = World::with(|settings| settings.demo = true).await;
    let place = world.place("a").await;
    let body = json!({"room_id": place.room_id});
    let guest = world.anyone().post("/v1/guest-sessions", body).await.expect(201);
    let user = guest["user_id"].as_str().unwrap().parse().unwrap();
    let read = world.app.database.read();
    let coins = infra::database::wallets::available(read, user).await.unwrap();
    assert_eq!(coins, domain::money::Coins(1_240));
    let book = infra::database::ledger::trial_balance(read, world.org_id).await.unwrap();
    let sums: Vec<_> = book.iter().map(|line| line.sum).filter(|sum| *sum != 0).collect();
    assert_eq!((sums.len(), sums.iter().sum::<i64>()), (2, 0), "{book:?}");
}
