//! Money: one press is one gift, whatever is repeated or raced, and the book balances.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::client::Reply;
use crate::harness::partner::{Partner, Viewer};
use crate::harness::program::{Backend, Options, Program};

async fn grant(partner: &Partner, viewer: &Viewer, coins: u64, key: &str) {
    let body = json!({"user_id": viewer.user_id, "coins": coins, "reason": "test"});
    partner.client.with("idempotency-key", key).post("/v1/wallet-grants", body).await.expect(201);
}

async fn send(viewer: &Viewer, key: &str, sku: &str, quantity: u32) -> Reply {
    let body = json!({"room_id": viewer.room_id, "gift": sku, "quantity": quantity});
    viewer.client.with("idempotency-key", key).post("/v1/gifts", body).await
}

async fn balance(viewer: &Viewer) -> u64 {
    let wallet = viewer.client.get("/v1/wallet").await.expect(200).json();
    wallet["balance"].as_u64().expect("a balance")
}

async fn the_book_balances(program: &Program) {
    let verified = program.command(&["ledger", "verify", "--json"]).await;
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
}

async fn gifts(backend: Backend) {
    let mut program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let (ana, ben) = (partner.viewer("ana").await, partner.viewer("ben").await);
    let mut events = ben.client.events(&ben.events_path()).await;
    events.named("stream.hello").await;

    let refused = send(&ana, "k-0", "pebble", 1).await.expect(402).json();
    assert_eq!(refused["code"], "insufficient_funds");
    grant(&partner, &ana, 100, "g-1").await;
    let receipt = send(&ana, "k-1", "pebble", 3).await.expect(201);
    let first: Value = receipt.json();
    assert_eq!(first["balance"], 97);
    let shown = events.named("gift.sent").await;
    assert_eq!(
        shown.data["gift"]["id"].as_str().or(shown.data["id"].as_str()),
        first["id"].as_str()
    );

    let replay = send(&ana, "k-1", "pebble", 3).await.expect(201);
    assert_eq!(replay.json(), first, "the same key is the same gift");
    assert_eq!(replay.header("idempotency-replayed"), "true");
    let misuse = send(&ana, "k-1", "pebble", 4).await.expect(422).json();
    assert_eq!(misuse["code"], "idempotency_key_reused");
    program.kill_and_restart().await;
    assert_eq!(send(&ana, "k-1", "pebble", 3).await.expect(201).json()["id"], first["id"]);
    assert_eq!(balance(&ana).await, 97);

    let raced = join_all((0..50).map(|_| send(&ana, "k-2", "pebble", 7))).await;
    assert!(
        raced.iter().all(|reply| matches!(reply.status.as_u16(), 201 | 409)),
        "one, replays or 409"
    );
    assert_eq!(balance(&ana).await, 90, "fifty presses with one key are one gift");
    let keys: Vec<String> = (0..50).map(|number| format!("k-3-{number}")).collect();
    let raced = join_all(keys.iter().map(|key| send(&ana, key, "leaf-boat", 1))).await;
    let sent = raced.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(sent, 9, "coins for nine");
    assert_eq!(balance(&ana).await, 0);

    let board = format!("/v1/channels/{}/leaderboard", partner.channel_id);
    let board = program.client().get(&board).await.expect(200).json();
    assert_eq!(board["data"][0]["coins"], 100, "{board}");
    let id = first["id"].as_str().expect("an id");
    let refund = format!("/v1/gifts/{id}/refund");
    let refunding = partner.client.with("idempotency-key", "r-1");
    refunding.post(&refund, json!({"reason": "test"})).await.expect(200);
    let again = partner
        .client
        .with("idempotency-key", "r-2")
        .post(&refund, json!({"reason": "test"}))
        .await;
    assert_eq!(again.expect(409).json()["code"], "already_refunded");
    assert_eq!(balance(&ana).await, 3);
    the_book_balances(&program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_is_one_gift_whatever_is_repeated_raced_or_killed() {
    gifts(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_is_one_gift_on_postgresql() {
    gifts(Backend::Servers).await;
}
