//! The room: a comment reaches every screen once, in order, and survives cuts and restarts.

use serde_json::{Value, json};

use crate::harness::client::{Event, Events};
use crate::harness::partner::{Partner, Viewer};
use crate::harness::program::{Backend, Options, Program};

/// The next `count` comments' bodies and ids.
async fn comments(events: &mut Events, count: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while found.len() < count {
        let event = events.named("comment.created").await;
        let body = event.data["comment"]["body"].as_str().expect("a body").to_owned();
        found.push((event.id, body));
    }
    found
}

async fn open(viewer: &Viewer) -> (Events, Event) {
    let mut events = viewer.client.events(&viewer.events_path()).await;
    let hello = events.named("stream.hello").await;
    (events, hello)
}

async fn reaches_everyone(backend: Backend) {
    let mut program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let (ana, ben) = (partner.viewer("ana").await, partner.viewer("ben").await);
    let (mut on_ana, _) = open(&ana).await;
    let (mut on_ben, hello) = open(&ben).await;
    assert!(hello.id.contains('-'), "{}", hello.id);
    for number in 0..10 {
        let said = ana.say(&format!("line {number}")).await.expect(201).json();
        assert_eq!(said["status"], "published");
    }
    let seen_by_ana = comments(&mut on_ana, 10).await;
    let seen_by_ben = comments(&mut on_ben, 10).await;
    assert_eq!(seen_by_ana, seen_by_ben, "one sequence for all");
    let bodies: Vec<String> = (0..10).map(|number| format!("line {number}")).collect();
    assert_eq!(seen_by_ben.iter().map(|(_, body)| body.clone()).collect::<Vec<_>>(), bodies);
    drop(on_ben);

    // Cut after line 4: the stream goes on with line 5, before and after a kill.
    let (fourth, _) = seen_by_ben.get(4).expect("a fifth comment").clone();
    let resumed = ben.client.with("last-event-id", &fourth);
    let mut events = resumed.events(&ben.events_path()).await;
    assert_eq!(comments(&mut events, 5).await, seen_by_ben.get(5..).expect("five more"));
    program.kill_and_restart().await;
    let mut events = resumed.events(&ben.events_path()).await;
    assert_eq!(comments(&mut events, 5).await, seen_by_ben.get(5..).expect("five more"));
    let path = format!("/v1/rooms/{}/comments?limit=200", ben.room_id);
    let listed = ben.client.get(&path).await.expect(200).json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(10), "nothing acknowledged is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_reaches_every_screen_once_and_survives_a_kill() {
    reaches_everyone(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_reaches_every_screen_once_on_postgresql() {
    reaches_everyone(Backend::Servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_the_stream_and_its_reconnects() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let ana = partner.viewer("ana").await;
    let path = format!("/v1/rooms/{}/stream-tickets", ana.room_id);
    let ticket = ana.client.post(&path, json!({})).await.expect(201).json();
    let ticket = ticket["ticket"].as_str().expect("a ticket").to_owned();
    let address = format!("{}?ticket={ticket}", ana.events_path());
    let anonymous = program.client();
    let mut events = anonymous.events(&address).await;
    events.named("stream.hello").await;
    ana.say("one").await.expect(201);
    let one = events.named("comment.created").await;
    drop(events);
    ana.say("two").await.expect(201);
    let mut events = anonymous.with("last-event-id", &one.id).events(&address).await;
    let two = events.named("comment.created").await;
    assert_eq!(two.data["comment"]["body"], "two");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_the_right_problem_and_writes_nothing() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let other = Partner::new(&program, "other").await;
    let ana = partner.viewer("ana").await;
    let path = format!("/v1/rooms/{}/comments", ana.room_id);
    let foreign = format!("/v1/rooms/{}/comments", other.room_id);
    let long = "x".repeat(70_000);
    let chat = |body: &str| json!({"body": body, "kind": "chat"});
    let cases: Vec<(&str, Value, u16)> = vec![
        (&path, json!({"body": "x", "kind": "chat", "colour": "red"}), 422),
        (&path, json!({"kind": "chat"}), 422),
        (&path, chat(""), 422),
        (&path, chat(&long), 413),
        (&foreign, chat("x"), 404),
        ("/v1/rooms/room_00000000000000000000000000000000/comments", chat("x"), 404),
        ("/v1/rooms/nonsense/comments", chat("x"), 404),
    ];
    for (path, body, status) in cases {
        let reply = ana.client.post(path, body.clone()).await;
        let short: String = body.to_string().chars().take(60).collect();
        assert_eq!(reply.status, status, "{path} {short}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path} {short}");
        let problem = reply.json();
        for member in ["type", "title", "status", "code", "request_id"] {
            assert!(!problem[member].is_null(), "{path} {short}: no {member} in {problem}");
        }
    }
    let nobody = program.client();
    let reply = nobody.post(&path, chat("x")).await.expect(401);
    assert!(!reply.header("www-authenticate").is_empty());
    let forged = nobody.bearer(&format!("{}x", ana.token));
    forged.post(&path, chat("x")).await.expect(401);
    let listed = ana.client.get(&path).await.expect(200).json();
    assert_eq!(listed["data"], json!([]), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_client_id_is_one_comment() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let ana = partner.viewer("ana").await;
    let path = format!("/v1/rooms/{}/comments", ana.room_id);
    let body = json!({"body": "once", "kind": "chat", "client_id": "c-1"});
    let first = ana.client.post(&path, body.clone()).await.expect(201).json();
    let second = ana.client.post(&path, body).await.expect(200).json();
    assert_eq!(first["id"], second["id"]);
    assert_eq!(first["seq"], second["seq"]);
}
