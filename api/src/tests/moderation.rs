//! Rules, queues, claims, decisions, reports and sanctions, as moderators and authors see them.

use std::collections::HashSet;
use std::time::Duration;

use domain::id::RoomId;
use futures_util::future::join_all;
use infra::database::{audit_log, room_events, rooms};
use serde_json::{Value, json};

use crate::room::Read;
use crate::testing::{Answer, Place, World};

/// Words that only the rule of [`holding`] knows, in disguise.
const SPAM: &str = "bl0rp glimm3r here";

async fn rule(world: &World, rule: Value) -> Value {
    world.owner().post("/v1/moderation/rules", rule).await.expect(201)
}

/// A rule of our own, so that no test hangs on the words of the built-in list.
async fn holding(world: &World) -> Value {
    let terms = json!({"terms": [{"term": "blorp glimmer", "match": "substring"}]});
    let policy = policy(world, "spam").await;
    let body = json!({"kind": "terms", "config": terms, "action": "hold", "policy_id": policy});
    rule(world, body).await
}

async fn policy(world: &World, key: &str) -> Value {
    let policies = world.owner().get("/v1/moderation/policies").await.expect(200);
    let policies = policies["data"].as_array().unwrap().clone();
    policies.into_iter().find(|policy| policy["key"] == key).unwrap()["id"].clone()
}

async fn say(world: &World, token: &str, room: RoomId, body: &str) -> Answer {
    let path = format!("/v1/rooms/{room}/comments");
    world.bearer(token).post(&path, json!({"body": body})).await
}

async fn writer(world: &World, place: &Place, name: &str) -> String {
    world.viewer(place.room_id, name, &["read", "comment"]).await
}

async fn queue(world: &World) -> Value {
    world.owner().get("/v1/moderation/queues").await.expect(200)["data"][0].clone()
}

async fn claim(world: &World, token: &str, max: u32) -> Vec<Value> {
    let queue = queue(world).await;
    let path = format!("/v1/moderation/queues/{}/claims", queue["id"].as_str().unwrap());
    let claimed = world.bearer(token).post(&path, json!({"max": max})).await.expect(200);
    claimed["data"].as_array().unwrap().clone()
}

fn decisions(claim: &Value) -> String {
    format!("/v1/moderation/items/{}/decisions", claim["item_id"].as_str().unwrap())
}

async fn decide(world: &World, token: &str, claim: &Value, decision: Value) -> Answer {
    let mut decision = decision;
    decision["lease_token"] = claim["lease_token"].clone();
    world.bearer(token).post(&decisions(claim), decision).await
}

async fn moderator(world: &World) -> String {
    world.key(&["moderation:*", "comments:*"]).await
}

/// The whole stored history of a room: what a page that reconnects may get.
async fn history(world: &World, room: RoomId) -> Vec<Value> {
    let read = world.app.database.read();
    let epoch = rooms::find(read, room).await.unwrap().unwrap().epoch;
    let events = room_events::page_after(read, room, &epoch, 0, 1_000).await.unwrap();
    events.iter().map(|event| serde_json::from_str(&event.payload).unwrap()).collect()
}

async fn listed(world: &World, token: &str, room: RoomId) -> Vec<Value> {
    let path = format!("/v1/rooms/{room}/comments");
    let page = world.bearer(token).get(&path).await.expect(200);
    page["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_rule_holds_what_it_sees_through_and_says_where() {
    let world = World::new().await;
    let place = world.place("a").await;
    holding(&world).await;
    let (mira, moderator) = (writer(&world, &place, "mira").await, moderator(&world).await);
    say(&world, &mira, place.room_id, "good evening").await.expect(201);
    let held = say(&world, &mira, place.room_id, &format!("😀 {SPAM}")).await.expect(202);
    assert_eq!(held["status"], "held");
    assert_eq!(listed(&world, &mira, place.room_id).await.len(), 1);
    let claims = claim(&world, &moderator, 5).await;
    assert_eq!(claims.len(), 1);
    let item = &claims[0]["item"];
    assert_eq!(item["comment"]["body"], format!("😀 {SPAM}"));
    assert_eq!(item["reason_codes"], json!(["spam"]));
    let hits = item["evidence"]["hits"].as_array().unwrap();
    let spans: Vec<_> = hits.iter().map(|hit| &hit["spans"]).collect();
    assert!(spans.contains(&&json!([[2, 15]])), "in scalar values, behind the emoji: {hits:?}");
    let detail = format!("/v1/moderation/items/{}", claims[0]["item_id"].as_str().unwrap());
    let detail = world.bearer(&moderator).get(&detail).await.expect(200);
    assert_eq!(detail["around"].as_array().unwrap().len(), 2);
    assert_eq!(detail["author_history"]["comments"].as_array().unwrap().len(), 2);
    let approved = decide(&world, &moderator, &claims[0], json!({"outcome": "approve"})).await;
    approved.expect(201);
    let shown = listed(&world, &mira, place.room_id).await;
    assert_eq!((shown.len(), &shown[0]["id"]), (2, &held["id"]));
    assert_eq!(history(&world, place.room_id).await.last().unwrap()["type"], "comment.created");
}

#[tokio::test]
async fn a_removed_comment_is_in_no_answer_of_ours() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (mira, tom) = (writer(&world, &place, "mira").await, writer(&world, &place, "tom").await);
    let moderator = moderator(&world).await;
    let said = say(&world, &mira, place.room_id, "a wicked word").await.expect(201);
    let report = json!({
        "subject_kind": "comment", "subject_id": said["id"], "reason_code": "abuse",
    });
    world.bearer(&tom).post("/v1/reports", report).await.expect(201);
    let claims = claim(&world, &moderator, 1).await;
    let decision = json!({
        "outcome": "remove", "visible_reason": {"code": "abuse", "text": "Not here."},
    });
    let made = decide(&world, &moderator, &claims[0], decision).await.expect(201);
    // The report's reason named the policy.
    assert_eq!(made["policy_ids"], json!([policy(&world, "abuse").await]));
    let events = history(&world, place.room_id).await;
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["comment_id"]), (&json!("comment.deleted"), &said["id"]));
    assert_eq!(last["visible_reason"]["code"], "abuse");
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    // Whoever joins late gets what memory holds, or the stored history.
    let stream = match room.hub.read(0, 0) {
        Read::Bytes(bytes, _) => String::from_utf8(bytes.to_vec()).unwrap(),
        Read::AtHead | Read::Forgotten(_) => String::new(),
    };
    let path = format!("/v1/comments/{}", said["id"].as_str().unwrap());
    let answers = [
        serde_json::to_string(&events).unwrap(),
        stream,
        serde_json::to_string(&listed(&world, &tom, place.room_id).await).unwrap(),
        world.bearer(&tom).get(&path).await.text,
        world.bearer(&mira).get(&path).await.text,
    ];
    for answer in answers {
        assert!(!answer.contains("wicked"), "{answer}");
    }
    assert_eq!(audit_log::verify(world.app.database.read()).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn of_two_moderators_exactly_one_decides() {
    let world = World::new().await;
    let place = world.place("a").await;
    holding(&world).await;
    let mira = writer(&world, &place, "mira").await;
    for number in 0..12 {
        say(&world, &mira, place.room_id, &format!("{SPAM} {number}")).await.expect(202);
    }
    let (one, two) = (moderator(&world).await, moderator(&world).await);
    let rounds = join_all((0..6).flat_map(|_| [claim(&world, &one, 2), claim(&world, &two, 2)]));
    let rounds = rounds.await;
    // Who came too late got nothing: the first answer with an item tells whose it is.
    let first = rounds.iter().position(|claims| !claims.is_empty()).unwrap();
    let (owner, other) = if first.is_multiple_of(2) { (&one, &two) } else { (&two, &one) };
    let claims: Vec<_> = rounds.into_iter().flatten().collect();
    let items: HashSet<_> = claims.iter().map(|claim| claim["item_id"].to_string()).collect();
    assert_eq!((claims.len(), items.len()), (12, 12), "never offered twice");
    assert!(claim(&world, &one, 5).await.is_empty());
    // Many presses of one key, and somebody else's.
    let own = &claims[0];
    let decision = || json!({"outcome": "approve"});
    decide(&world, other, own, decision()).await.refused(409, "lease_lost");
    let presses = join_all((0..20).map(|_| decide(&world, owner, own, decision()))).await;
    let statuses: Vec<_> = presses.iter().map(|press| press.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    for press in presses.iter().filter(|press| press.status.as_u16() != 201) {
        press.refused(409, "already_decided");
    }
    let path = format!("/v1/moderation/items/{}", own["item_id"].as_str().unwrap());
    let detail = world.bearer(&one).get(&path).await.expect(200);
    assert_eq!(detail["decisions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_lapses_after_a_minute_without_a_heartbeat() {
    let world = World::new().await;
    let place = world.place("a").await;
    holding(&world).await;
    let mira = writer(&world, &place, "mira").await;
    say(&world, &mira, place.room_id, SPAM).await.expect(202);
    let (one, two) = (moderator(&world).await, moderator(&world).await);
    let first = claim(&world, &one, 1).await.remove(0);
    let path = format!("/v1/moderation/claims/{}", first["item_id"].as_str().unwrap());
    let (extend, lease) = (format!("{path}/extend"), json!({"lease_token": first["lease_token"]}));
    for _ in 0..3 {
        world.pass(Duration::from_secs(50));
        world.bearer(&two).post(&extend, lease.clone()).await.refused(409, "lease_lost");
        world.bearer(&one).post(&extend, lease.clone()).await.expect(200);
        assert!(claim(&world, &two, 1).await.is_empty());
    }
    world.pass(Duration::from_mins(1));
    world.bearer(&one).post(&extend, lease).await.refused(409, "lease_lost");
    let second = claim(&world, &two, 1).await.remove(0);
    assert_eq!(second["lease_token"], json!(first["lease_token"].as_i64().unwrap() + 1));
    let decision = || json!({"outcome": "approve"});
    decide(&world, &one, &first, decision()).await.refused(409, "lease_lost");
    let release = format!("{path}?lease_token={}", second["lease_token"]);
    assert_eq!(world.bearer(&two).delete(&release).await.status, 204);
    decide(&world, &two, &second, decision()).await.refused(409, "lease_lost");
    assert_eq!(queue(&world).await["open"], 1);
}

#[tokio::test]
async fn a_decision_is_undone_within_ten_seconds_and_reversed_later() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (mira, tom) = (writer(&world, &place, "mira").await, writer(&world, &place, "tom").await);
    let moderator = moderator(&world).await;
    for (wait_s, state) in [(9, "open"), (11, "decided")] {
        let said = say(&world, &mira, place.room_id, &format!("words {wait_s}")).await.expect(201);
        let report = json!({
            "subject_kind": "comment", "subject_id": said["id"], "reason_code": "abuse",
        });
        world.bearer(&tom).post("/v1/reports", report).await.expect(201);
        let claimed = claim(&world, &moderator, 20).await;
        let own = claimed.iter().find(|claim| claim["item"]["subject_id"] == said["id"]).unwrap();
        let actions = json!([{"kind": "timeout", "seconds": 600}]);
        let decision = json!({"outcome": "remove", "actions": actions});
        let made = decide(&world, &moderator, own, decision).await.expect(201);
        say(&world, &mira, place.room_id, "but").await.refused(403, "sanctioned");
        world.pass(Duration::from_secs(wait_s));
        let undo = format!("/v1/moderation/decisions/{}/undo", made["id"].as_str().unwrap());
        let reversing = world.bearer(&moderator).post(&undo, json!({})).await.expect(200);
        assert_eq!(reversing["reverses_id"], made["id"]);
        world.bearer(&moderator).post(&undo, json!({})).await.refused(409, "already_undone");
        let shown = listed(&world, &tom, place.room_id).await;
        assert_eq!(shown[0]["id"], said["id"], "it is back");
        say(&world, &mira, place.room_id, "thank you").await.expect(201);
        let path = format!("/v1/moderation/items/{}", own["item_id"].as_str().unwrap());
        let item = world.bearer(&moderator).get(&path).await.expect(200);
        assert_eq!(item["state"], state);
    }
}

#[tokio::test]
async fn a_ban_takes_every_comment_away_by_one_event() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (mira, tom) = (writer(&world, &place, "mira").await, writer(&world, &place, "tom").await);
    let mut user = Value::Null;
    for number in 0..60 {
        let said = say(&world, &mira, place.room_id, &format!("secret {number}")).await;
        user = said.expect(201)["author"]["id"].clone();
        world.pass(Duration::from_secs(1));
    }
    say(&world, &tom, place.room_id, "hello").await.expect(201);
    let before = history(&world, place.room_id).await.len();
    let ban = json!({
        "user_id": user, "kind": "ban", "remove_comments": true,
        "scope": {"kind": "room", "id": place.room_id},
        "reason": {"code": "abuse", "text": "Enough."},
    });
    let ban = world.owner().post("/v1/sanctions", ban).await.expect(201);
    let events = history(&world, place.room_id).await;
    assert_eq!(events.len(), before + 1, "one event for all of it");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["hides_comments"]),
        (&json!("sanction.created"), &json!(true))
    );
    assert!(!serde_json::to_string(&events).unwrap().contains("secret"));
    assert_eq!(listed(&world, &tom, place.room_id).await.len(), 1);
    let refused = say(&world, &mira, place.room_id, "again").await;
    refused.refused(403, "sanctioned");
    assert_eq!((&refused.body["kind"], &refused.body["until"]), (&json!("ban"), &Value::Null));
    let own = format!("/v1/users/{}/sanctions", user.as_str().unwrap());
    assert_eq!(world.bearer(&mira).get(&own).await.expect(200)["data"][0]["active"], true);
    world.bearer(&tom).get(&own).await.refused(403, "insufficient_scope");
    let lift = format!("/v1/sanctions/{}", ban["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(world.owner().delete(&lift).await.status, 204);
    }
    say(&world, &mira, place.room_id, "I am sorry").await.expect(201);
}

#[tokio::test]
async fn reports_gather_in_one_item_and_raise_it() {
    let world = World::new().await;
    let place = world.place("a").await;
    let mira = writer(&world, &place, "mira").await;
    let (quiet, loud) = (
        say(&world, &mira, place.room_id, "one").await.expect(201),
        say(&world, &mira, place.room_id, "two").await.expect(201),
    );
    let report = async |token: &str, subject: &Value| {
        let body =
            json!({"subject_kind": "comment", "subject_id": subject["id"], "reason_code": "spam"});
        world.bearer(token).post("/v1/reports", body).await
    };
    let names = ["ana", "ben", "cem", "dia"];
    let mut tokens = Vec::new();
    for name in names {
        tokens.push(writer(&world, &place, name).await);
    }
    report(&tokens[0], &quiet).await.expect(201);
    for token in &tokens {
        report(token, &loud).await.expect(201);
        report(token, &loud).await.expect(200);
    }
    let items = world.owner().get("/v1/moderation/items").await.expect(200);
    let items = items["data"].as_array().unwrap();
    let counts: Vec<_> = items.iter().map(|item| &item["report_count"]).collect();
    assert_eq!(counts, [4, 1], "the louder one first");
    assert_eq!(items[0]["subject_id"], loud["id"]);
    let mine = world.bearer(&tokens[0]).get("/v1/reports/mine").await.expect(200);
    assert_eq!(mine["data"].as_array().unwrap().len(), 2);
    let other = world.place("b").await;
    let stranger = writer(&world, &other, "eve").await;
    report(&stranger, &loud).await.refused(422, "invalid_body");
}

#[tokio::test]
async fn a_rule_changes_only_under_the_version_that_was_read_and_holds_at_once() {
    let world = World::new().await;
    let place = world.place("a").await;
    let made = holding(&world).await;
    let path = format!("/v1/moderation/rules/{}", made["id"].as_str().unwrap());
    let mira = writer(&world, &place, "mira").await;
    let reject = || json!({"action": "reject"});
    world.owner().patch(&path, reject()).await.refused(428, "precondition_required");
    let at = |version: i64| world.owner().with("if-match", &format!("\"{version}\""));
    let changed = at(1).patch(&path, reject()).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    changed.expect(200);
    at(1).patch(&path, reject()).await.refused(412, "version_mismatch");
    let refused = say(&world, &mira, place.room_id, SPAM).await;
    refused.refused(422, "rejected_by_rule");
    assert_eq!(refused.body["rule_kind"], "terms");
    assert!(!refused.text.contains("glimmer"), "viewers are not told the word");
    at(2).patch(&path, json!({"mode": "dry_run"})).await.expect(200);
    say(&world, &mira, place.room_id, SPAM).await.expect(201);
    at(3).patch(&path, json!({"mode": "enforce"})).await.expect(200);
    say(&world, &mira, place.room_id, SPAM).await.refused(422, "rejected_by_rule");
    for _ in 0..2 {
        assert_eq!(world.owner().delete(&path).await.status, 204);
    }
    world.owner().get(&path).await.refused(404, "not_found");
    say(&world, &mira, place.room_id, SPAM).await.expect(201);
}

#[tokio::test]
async fn rules_that_can_not_hold_are_refused() {
    let world = World::new().await;
    for (rule, code) in [
        (
            json!({"kind": "regex", "action": "hold", "config": {"pattern": "(a{1000}){1000}"}}),
            "regex_too_large",
        ),
        (json!({"kind": "regex", "action": "hold", "config": {"pattern": "("}}), "invalid_body"),
        (json!({"kind": "weather", "action": "hold", "config": {}}), "invalid_body"),
        (json!({"kind": "caps", "action": "shout", "config": {}}), "invalid_body"),
        (
            json!({"kind": "link", "action": "hold", "scope": {"kind": "room", "id": "room_1"}}),
            "invalid_body",
        ),
    ] {
        world.owner().post("/v1/moderation/rules", rule).await.refused(422, code);
    }
}

#[tokio::test]
async fn a_room_allows_what_its_organisation_holds() {
    let world = World::new().await;
    let (here, there) = (world.place("a").await, world.place("b").await);
    holding(&world).await;
    let allow = json!({
        "scope": {"kind": "room", "id": here.room_id}, "kind": "terms", "action": "allow",
        "config": {"terms": [{"term": "blorp glimmer", "match": "substring"}]},
    });
    rule(&world, allow).await;
    for (place, status) in [(&here, 201), (&there, 202)] {
        let mira = writer(&world, place, "mira").await;
        say(&world, &mira, place.room_id, "blorp glimmer").await.expect(status);
    }
    let tried = json!({"text": SPAM, "room_id": there.room_id});
    let tried = world.owner().post("/v1/moderation/rules/test", tried).await.expect(200);
    assert_eq!(tried["outcome"], "hold");
    assert!(tried["hits"].to_string().contains("\"leet\""), "{tried}");
}

#[tokio::test]
async fn a_term_list_is_swapped_under_every_rule_that_cites_it() {
    let world = World::new().await;
    let place = world.place("a").await;
    let list = json!({"name": "ours"});
    let list = world.owner().post("/v1/moderation/term-lists", list).await.expect(201);
    let terms = format!("/v1/moderation/term-lists/{}/terms", list["id"].as_str().unwrap());
    let config = json!({"list_ids": [list["id"]]});
    rule(&world, json!({"kind": "terms", "config": config, "action": "reject"})).await;
    let mira = writer(&world, &place, "mira").await;
    say(&world, &mira, place.room_id, "zanzibar").await.expect(201);
    let add = json!({"add": [{"term": "zanzibar", "match": "word"}]});
    world.owner().post(&terms, add.clone()).await.refused(428, "precondition_required");
    world.owner().with("if-match", "\"1\"").post(&terms, add).await.expect(200);
    say(&world, &mira, place.room_id, "z a n z i b a r").await.refused(422, "rejected_by_rule");
    let page = world.owner().get(&terms).await;
    assert_eq!(page.header("etag"), "\"2\"");
    let term = page.expect(200)["data"][0]["id"].clone();
    let remove = json!({"remove": [term]});
    world.owner().with("if-match", "\"2\"").post(&terms, remove).await.expect(200);
    say(&world, &mira, place.room_id, "zanzibar").await.expect(201);
}

#[tokio::test]
async fn one_decision_covers_the_same_words() {
    let world = World::new().await;
    let place = world.place("a").await;
    holding(&world).await;
    for name in ["ana", "ben", "cem"] {
        let token = writer(&world, &place, name).await;
        say(&world, &token, place.room_id, "BLORP   glimmer!").await.expect(202);
    }
    let other = writer(&world, &place, "dia").await;
    say(&world, &other, place.room_id, "blorp glimmer, but other words").await.expect(202);
    let items = world.owner().get("/v1/moderation/items").await.expect(200);
    let items = items["data"].as_array().unwrap();
    let like = items.iter().find(|item| item["same_words_count"] == 3).unwrap();
    let bulk = |dry_run: bool| json!({"same_words_as": like["id"], "dry_run": dry_run, "outcome": "remove"});
    let path = "/v1/moderation/bulk-decisions";
    let tried = world.owner().post(path, bulk(true)).await.expect(200);
    assert_eq!(tried["item_ids"].as_array().unwrap().len(), 3);
    assert_eq!(queue(&world).await["open"], 4);
    let done = world.owner().post(path, bulk(false)).await.expect(202);
    assert_eq!(done["decision_ids"].as_array().unwrap().len(), 3);
    assert_eq!(queue(&world).await["open"], 1);
}

#[tokio::test]
async fn a_removal_cites_a_policy() {
    let world = World::new().await;
    let place = world.place("a").await;
    let (mira, tom) = (writer(&world, &place, "mira").await, writer(&world, &place, "tom").await);
    let said = say(&world, &mira, place.room_id, "hm").await.expect(201);
    let report =
        json!({"subject_kind": "comment", "subject_id": said["id"], "reason_code": "dislike"});
    world.bearer(&tom).post("/v1/reports", report).await.expect(201);
    let moderator = moderator(&world).await;
    let own = claim(&world, &moderator, 1).await.remove(0);
    let remove = |policies: Value| json!({"outcome": "remove", "policy_ids": policies});
    let decided = decide(&world, &moderator, &own, remove(json!([]))).await;
    decided.refused(422, "policy_required");
    let unknown = json!(["pol_00000000000000000000000000000001"]);
    decide(&world, &moderator, &own, remove(unknown)).await.refused(422, "unknown_policy");
    let known = json!([policy(&world, "other").await]);
    decide(&world, &moderator, &own, remove(known)).await.expect(201);
}

#[tokio::test]
async fn escalating_moves_an_item_to_those_with_more_say() {
    let world = World::new().await;
    let place = world.place("a").await;
    holding(&world).await;
    let mira = writer(&world, &place, "mira").await;
    say(&world, &mira, place.room_id, SPAM).await.expect(202);
    let moderator = moderator(&world).await;
    let own = claim(&world, &moderator, 1).await.remove(0);
    let escalate = || json!({"outcome": "escalate", "note": "not sure"});
    decide(&world, &moderator, &own, escalate()).await.expect(201);
    decide(&world, &moderator, &own, escalate()).await.refused(409, "lease_lost");
    let queues = world.owner().get("/v1/moderation/queues").await.expect(200);
    let open: Vec<_> = queues["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|queue| (queue["name"].as_str().unwrap(), &queue["open"]))
        .collect();
    assert_eq!(open, [("review", &json!(0)), ("escalated", &json!(1))]);
}

#[tokio::test]
async fn a_rooms_moderator_gets_the_items_of_that_room_alone() {
    let world = World::new().await;
    let (here, there) = (world.place("a").await, world.place("b").await);
    holding(&world).await;
    for place in [&here, &there] {
        let mira = writer(&world, place, "mira").await;
        say(&world, &mira, place.room_id, SPAM).await.expect(202);
    }
    let token = world.viewer(here.room_id, "mod", &["read", "moderate"]).await;
    let claims = claim(&world, &token, 10).await;
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0]["item"]["room_id"], json!(here.room_id));
    let items = world.bearer(&token).get("/v1/moderation/items").await.expect(200);
    assert_eq!(items["data"].as_array().unwrap().len(), 1);
    let all = world.owner().get("/v1/moderation/items").await.expect(200);
    let elsewhere = json!(there.room_id);
    let hidden = all["data"].as_array().unwrap().iter().find(|item| item["room_id"] == elsewhere);
    let path = format!("/v1/moderation/items/{}", hidden.unwrap()["id"].as_str().unwrap());
    world.bearer(&token).get(&path).await.refused(404, "not_found");
}
