//! Coins and gifts, whatever is repeated, raced or taken back.

use std::time::Duration;

use domain::id::RoomId;
use futures_util::future::join_all;
use infra::database::{idempotency_keys, ledger, room_events, rooms};
use serde_json::{Value, json};

use crate::gifts::close_due;
use crate::testing::{Answer, Client, Place, World};

/// A viewer with a wallet.
struct Giver {
    token: String,
    user_id: String,
}

async fn giver(world: &World, place: &Place, name: &str, coins: i64) -> Giver {
    let token = world.viewer(place.room_id, name, &["read", "gift", "comment"]).await;
    let wallet = world.bearer(&token).get("/v1/wallet").await.expect(200);
    let user_id = wallet["user_id"].as_str().unwrap().to_owned();
    if coins > 0 {
        grant(world, &user_id, coins, &format!("grant-{name}")).await.expect(201);
    }
    Giver { token, user_id }
}

async fn grant(world: &World, user: &str, coins: i64, key: &str) -> Answer {
    let partner = world.key(&["ledger:write"]).await;
    let body = json!({"user_id": user, "coins": coins, "reason": "test"});
    keyed(&world.bearer(&partner), key).post("/v1/wallet-grants", body).await
}

fn keyed<'w>(client: &Client<'w>, key: &str) -> Client<'w> {
    client.clone().with("idempotency-key", key)
}

async fn send(world: &World, giver: &Giver, room: RoomId, key: &str, order: Value) -> Answer {
    let mut order = order;
    order["room_id"] = json!(room);
    keyed(&world.bearer(&giver.token), key).post("/v1/gifts", order).await
}

async fn balance(world: &World, giver: &Giver) -> i64 {
    world.bearer(&giver.token).get("/v1/wallet").await.expect(200)["balance"].as_i64().unwrap()
}

async fn events(world: &World, room: RoomId, name: &str) -> Vec<Value> {
    let read = world.app.database.read();
    let epoch = rooms::find(read, room).await.unwrap().unwrap().epoch;
    let all = room_events::page_after(read, room, &epoch, 0, 1_000).await.unwrap();
    let named = all.into_iter().filter(|event| event.r#type == name);
    named.map(|event| serde_json::from_str(&event.payload).unwrap()).collect()
}

async fn sound(world: &World) {
    let report = ledger::verify(&world.app.database).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn a_gift_is_paid_shown_once_and_stands_in_every_book() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 200).await;
    let order = json!({"gift": "river-lantern", "quantity": 2, "message": "lovely"});
    let sent = send(&world, &mira, place.room_id, "k", order).await;
    assert!(sent.header("location").starts_with("/v1/gifts/gft_"));
    let path = sent.header("location").to_owned();
    let sent = sent.expect(201);
    assert_eq!((&sent["status"], &sent["total_coins"]), (&json!("posted"), &json!(100)));
    assert_eq!((&sent["balance"], &sent["combo"]["count"]), (&json!(100), &json!(2)));
    let shown = events(&world, place.room_id, "gift.sent").await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["gift"]["id"], sent["id"]);
    assert_eq!(shown[0]["gift"]["combo"]["combo_id"], sent["combo"]["id"]);
    let client = world.bearer(&mira.token);
    assert_eq!(client.get(&path).await.expect(200)["transfer_id"], sent["transfer_id"]);
    let lines = client.get("/v1/wallet/entries").await.expect(200);
    let amounts: Vec<_> = lines["data"].as_array().unwrap().iter().map(|l| &l["amount"]).collect();
    assert_eq!(amounts.len(), 2);
    assert!(amounts.contains(&&json!(-100)) && amounts.contains(&&json!(200)));
    let board = format!("/v1/channels/{}/leaderboard?period=week", place.channel_id);
    let board = world.anyone().get(&board).await.expect(200);
    assert_eq!(board["data"][0]["display_name"], "mira");
    assert_eq!(board["data"][0]["coins"], 100);
    let trial = world.owner().get("/v1/ledger/trial-balance").await.expect(200);
    assert_eq!(trial["balanced"], true);
    sound(&world).await;
}

#[tokio::test]
async fn what_the_wallet_does_not_hold_is_refused_and_nothing_is_written() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 9).await;
    let order = || json!({"gift": "leaf-boat"});
    send(&world, &mira, place.room_id, "k", order()).await.refused(402, "insufficient_funds");
    assert_eq!(balance(&world, &mira).await, 9);
    assert!(events(&world, place.room_id, "gift.sent").await.is_empty());
    grant(&world, &mira.user_id, 1, "more").await.expect(201);
    send(&world, &mira, place.room_id, "k2", order()).await.expect(201);
    assert_eq!(balance(&world, &mira).await, 0);
    sound(&world).await;
}

#[tokio::test]
async fn a_key_stands_for_one_gift_for_ever() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    let order = || json!({"gift": "leaf-boat", "quantity": 2});
    let first = send(&world, &mira, place.room_id, "k", order()).await.expect(201);
    let again = send(&world, &mira, place.room_id, "k", order()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.expect(201), first);
    // As after a crash, or a day later: the answer is no longer kept, the gift is.
    let (user, route) = (mira.user_id.clone(), "/v1/gifts");
    world
        .write(move |tx| {
            let user = user.clone();
            Box::pin(async move { Ok(idempotency_keys::forget(tx, &user, route, "k").await?) })
        })
        .await;
    let years_later = send(&world, &mira, place.room_id, "k", order()).await;
    assert_eq!(years_later.header("idempotency-replayed"), "true");
    assert_eq!(years_later.expect(201), first);
    let other = json!({"gift": "pebble"});
    send(&world, &mira, place.room_id, "k", other).await.refused(422, "idempotency_key_reused");
    world
        .bearer(&mira.token)
        .post("/v1/gifts", json!({"room_id": place.room_id, "gift": "pebble"}))
        .await
        .refused(400, "idempotency_key_required");
    assert_eq!(balance(&world, &mira).await, 80);
    assert_eq!(events(&world, place.room_id, "gift.sent").await.len(), 1);
}

#[tokio::test]
async fn racing_orders_spend_exactly_what_there_is() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    let pebble = || json!({"gift": "leaf-boat"});
    let one = join_all((0..50).map(|_| send(&world, &mira, place.room_id, "same", pebble()))).await;
    assert!(one.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409)));
    assert_eq!(balance(&world, &mira).await, 90);
    let many = join_all((0..50).map(|number| {
        let (world, mira) = (&world, &mira);
        async move {
            send(world, mira, place.room_id, &format!("k{number}"), pebble()).await.status.as_u16()
        }
    }))
    .await;
    assert_eq!(many.iter().filter(|status| **status == 201).count(), 9);
    assert_eq!(many.iter().filter(|status| **status == 402).count(), 41);
    assert_eq!(balance(&world, &mira).await, 0);
    assert_eq!(events(&world, place.room_id, "gift.sent").await.len(), 10);
    sound(&world).await;
}

#[tokio::test]
async fn repeats_in_the_window_are_one_combo_that_closes_with_its_count() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    let combo = async |key: &str| {
        let sent = send(&world, &mira, place.room_id, key, json!({"gift": "pebble"})).await;
        let combo = sent.expect(201)["combo"].clone();
        (combo["id"].clone(), combo["count"].clone())
    };
    let (first, _) = combo("1").await;
    world.pass(Duration::from_secs(7));
    assert_eq!(combo("2").await, (first.clone(), json!(2)));
    close_due(&world.app).await.unwrap();
    assert!(events(&world, place.room_id, "gift.combo_closed").await.is_empty());
    world.pass(Duration::from_secs(8));
    close_due(&world.app).await.unwrap();
    close_due(&world.app).await.unwrap();
    assert_eq!(events(&world, place.room_id, "gift.combo_closed").await.len(), 1);
    let (second, count) = combo("3").await;
    assert_eq!((second == first, count), (false, json!(1)));
    // When nobody came by to close it, the next gift does.
    world.pass(Duration::from_mins(1));
    combo("4").await;
    let closed = events(&world, place.room_id, "gift.combo_closed").await;
    let ends: Vec<_> = closed.iter().map(|c| (&c["combo_id"], &c["count"])).collect();
    assert_eq!(ends, [(&first, &json!(2)), (&second, &json!(1))]);
}

#[tokio::test]
async fn a_refund_gives_all_back_once() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    let sent = send(&world, &mira, place.room_id, "k", json!({"gift": "river-lantern"})).await;
    let path = format!("/v1/gifts/{}/refund", sent.expect(201)["id"].as_str().unwrap());
    world.bearer(&mira.token).post(&path, json!({})).await.refused(403, "insufficient_scope");
    let answers = join_all((0..10).map(|_| {
        let (owner, path) = (world.owner(), &path);
        async move { owner.post(path, json!({})).await.status.as_u16() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 9);
    world.owner().post(&path, json!({})).await.refused(409, "already_refunded");
    assert_eq!(balance(&world, &mira).await, 100);
    assert_eq!(events(&world, place.room_id, "gift.refunded").await.len(), 1);
    let board = format!("/v1/channels/{}/leaderboard", place.channel_id);
    assert_eq!(world.anyone().get(&board).await.expect(200)["data"], json!([]));
    sound(&world).await;
}

#[tokio::test]
async fn an_anonymous_gift_names_nobody() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    let order = json!({"gift": "pebble", "anonymous": true});
    let sent = send(&world, &mira, place.room_id, "k", order).await.expect(201);
    let shown = events(&world, place.room_id, "gift.sent").await;
    assert!(!shown[0].to_string().contains(&mira.user_id), "{}", shown[0]);
    let board = format!("/v1/channels/{}/leaderboard", place.channel_id);
    assert_eq!(world.anyone().get(&board).await.expect(200)["data"], json!([]));
    let path = format!("/v1/gifts/{}", sent["id"].as_str().unwrap());
    assert_eq!(world.owner().get(&path).await.expect(200)["sender_id"], Value::Null);
    assert_eq!(world.bearer(&mira.token).get(&path).await.expect(200)["sender_id"], mira.user_id);
}

#[tokio::test]
async fn a_new_price_is_a_new_revision() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    let catalogue = world.anyone().get("/v1/gift-types").await.expect(200);
    let prices: Vec<_> =
        catalogue["data"].as_array().unwrap().iter().map(|gift| &gift["price_coins"]).collect();
    assert_eq!(prices, [1, 10, 50, 200, 1_000]);
    let path = format!("/v1/gift-types/{}", catalogue["data"][0]["id"].as_str().unwrap());
    let change = || json!({"price_coins": 7});
    world.owner().patch(&path, change()).await.refused(428, "precondition_required");
    let owner = world.owner().with("if-match", "\"1\"");
    world
        .bearer(&mira.token)
        .with("if-match", "\"1\"")
        .patch(&path, change())
        .await
        .refused(403, "insufficient_scope");
    let changed = owner.patch(&path, change()).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.expect(200)["price_coins"], 7);
    owner.patch(&path, change()).await.refused(412, "version_mismatch");
    let sent = send(&world, &mira, place.room_id, "k", json!({"gift": "pebble"})).await;
    assert_eq!(sent.expect(201)["total_coins"], 7);
    let retire = world.owner().with("if-match", "\"2\"");
    retire.patch(&path, json!({"status": "retired"})).await.expect(200);
    let gone = send(&world, &mira, place.room_id, "k2", json!({"gift": "pebble"})).await;
    gone.refused(422, "unknown_gift");
}

#[tokio::test]
async fn orders_that_make_no_gift_are_refused_by_name() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    for (number, (order, code)) in [
        (json!({"gift": "moon"}), "unknown_gift"),
        (json!({"gift": "pebble", "quantity": 0}), "invalid_quantity"),
        (json!({"gift": "pebble", "quantity": 1_000}), "invalid_quantity"),
        (json!({"gift": "pebble", "message": "x".repeat(101)}), "rejected_by_rule"),
        (json!({"gift": "pebble", "price": 0}), "invalid_body"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = send(&world, &mira, place.room_id, &format!("k{number}"), order).await;
        answer.refused(422, code);
    }
    let other = world.place("b").await;
    let elsewhere = send(&world, &mira, other.room_id, "k", json!({"gift": "pebble"})).await;
    elsewhere.refused(404, "not_found");
    let mute = world.viewer(place.room_id, "tom", &["read"]).await;
    let tom = Giver { token: mute, user_id: String::new() };
    let refused = send(&world, &tom, place.room_id, "k", json!({"gift": "pebble"})).await;
    refused.refused(403, "insufficient_scope");
    assert_eq!(balance(&world, &mira).await, 100);
}

#[tokio::test]
async fn whoever_may_not_give_is_told() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = giver(&world, &place, "mira", 100).await;
    let sanction = json!({
        "user_id": mira.user_id, "kind": "no_gifts",
        "scope": {"kind": "channel", "id": place.channel_id},
    });
    world.owner().post("/v1/sanctions", sanction).await.expect(201);
    let refused = send(&world, &mira, place.room_id, "k", json!({"gift": "pebble"})).await;
    refused.refused(403, "sanctioned");
    assert_eq!(refused.body["kind"], "no_gifts");
    assert_eq!(balance(&world, &mira).await, 100);
}
