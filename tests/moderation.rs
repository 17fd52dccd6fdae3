//! A held comment waits, is claimed once, decided once, and is gone from every open page.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::partner::Partner;
use crate::harness::program::{Backend, Options, Program};

async fn queue(partner: &Partner) -> String {
    let queues = partner.client.get("/v1/moderation/queues").await.expect(200).json();
    queues["data"][0]["id"].as_str().expect("a queue").to_owned()
}

async fn claim(partner: &Partner, max: u32) -> Vec<Value> {
    let path = format!("/v1/moderation/queues/{}/claims", queue(partner).await);
    let reply = partner.client.post(&path, json!({"max": max})).await.expect(200).json();
    reply["data"].as_array().expect("a list").clone()
}

async fn decision(partner: &Partner, claim: &Value, outcome: &str) -> (String, Value) {
    let policies = partner.client.get("/v1/moderation/policies").await.expect(200).json();
    let policy = &policies["data"][0]["id"];
    let path =
        format!("/v1/moderation/items/{}/decisions", claim["item_id"].as_str().expect("an id"));
    let body = json!({
        "lease_token": claim["lease_token"], "outcome": outcome, "policy_ids": [policy], "actions": [],
    });
    (path, body)
}

async fn hold_claim_decide(backend: Backend) {
    let mut program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let (ana, ben) = (partner.viewer("ana").await, partner.viewer("ben").await);
    let mut on_ben = ben.client.events(&ben.events_path()).await;
    on_ben.named("stream.hello").await;

    let held = ana.say("有兼职，日结三百，加薇❤信 hh88xx 了解").await.expect(202).json();
    assert_eq!(held["status"], "held");
    let open = ana.say("good evening").await.expect(201).json();
    let seen = on_ben.named("comment.created").await;
    assert_eq!(seen.data["comment"]["id"], open["id"], "the held one was not shown");

    // Killed between hold and claim: the queue is still there.
    program.kill_and_restart().await;
    let claims = claim(&partner, 10).await;
    assert_eq!(claims.len(), 1, "{claims:?}");
    assert!(claim(&partner, 10).await.is_empty(), "a claimed item is not offered twice");
    let taken = claims.first().expect("a claim");
    let path = format!("/v1/moderation/items/{}", taken["item_id"].as_str().expect("an id"));
    let item = partner.client.get(&path).await.expect(200).json();
    let evidence = item["evidence"]["hits"].as_array().expect("evidence");
    let spans = evidence.iter().filter_map(|finding| finding["spans"].as_array());
    assert!(spans.flatten().next().is_some(), "the moderator sees the matched characters: {item}");
    let mut on_ben = ben.client.events(&ben.events_path()).await;
    on_ben.named("stream.hello").await;
    let (path, body) = decision(&partner, taken, "approve").await;
    partner.client.post(&path, body.clone()).await.expect(201);
    let released = on_ben.named("comment.created").await;
    assert_eq!(released.data["comment"]["id"], held["id"], "approved, it appears");
    let again = partner.client.post(&path, body).await.expect(409).json();
    assert!(["already_decided", "lease_lost"].contains(&again["code"].as_str().expect("a code")));

    report_and_remove(&program, &partner, open["id"].as_str().expect("an id")).await;
    let verified = program.command(&["audit", "verify", "--json"]).await;
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
}

async fn report_and_remove(program: &Program, partner: &Partner, comment: &str) {
    let ben = partner.viewer("ben").await;
    let mut on_ben = ben.client.events(&ben.events_path()).await;
    on_ben.named("stream.hello").await;
    let report = json!({"subject_kind": "comment", "subject_id": comment, "reason_code": "spam"});
    ben.client.post("/v1/reports", report).await.expect(201);
    let claims = claim(partner, 1).await;
    let taken = claims.first().expect("the reported comment");
    let (path, body) = decision(partner, taken, "remove").await;
    let raced = join_all((0..8).map(|_| partner.client.post(&path, body.clone()))).await;
    let won = raced.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 1, "exactly one decision");
    let gone = on_ben.named("comment.deleted").await;
    assert_eq!(gone.data["comment_id"].as_str(), Some(comment));
    let path = format!("/v1/rooms/{}/comments?limit=200", partner.room_id);
    for client in [&ben.client, &partner.client] {
        let listed = client.get(&path).await.expect(200).text();
        assert!(!listed.contains("good evening"), "{listed}");
    }
    let alone = ben.client.get(&format!("/v1/comments/{comment}")).await.text();
    assert!(!alone.contains("good evening"), "{alone}");
    let _ = program;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_comment_is_claimed_once_and_decided_once() {
    hold_claim_decide(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_comment_is_claimed_once_and_decided_once_on_postgresql() {
    hold_claim_decide(Backend::Servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_viewer_is_told_until_when() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let ana = partner.viewer("ana").await;
    ana.say("hello").await.expect(201);
    let sanction = json!({
        "user_id": ana.user_id, "kind": "timeout", "seconds": 600,
        "scope": {"kind": "room", "id": partner.room_id},
    });
    partner.client.post("/v1/sanctions", sanction).await.expect(201);
    let refused = ana.say("again").await.expect(403).json();
    assert_eq!(refused["code"], "sanctioned", "{refused}");
}
