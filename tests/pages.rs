//! The pages as people use them: two viewers, a moderator and a replay in a real browser.

use serde_json::{Value, json};

use crate::harness::browser;
use crate::harness::client::{Client, PATIENCE};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, renditions};
use crate::harness::program::{Backend, Options, Program, headwater};
use crate::live::{follow_to, until_live};

/// How far from its frame a danmaku may fly.
const AT_ITS_FRAME_MS: i64 = 1_000;
/// A frame's clock is read when it is drawn, the programme time when it arrived: this far apart.
const CLOCK_MS: i64 = 250;
/// A removal leaves every open page within this time.
const GONE_MS: i64 = 1_000;

/// A broadcast of some seconds that has ended, and its recording.
async fn recorded(program: &Program, partner: &Partner) -> String {
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(program)).await;
    until_live(&client, partner).await;
    let live = partner.on_air().await;
    let media = renditions(&client, &partner.hls()).await;
    follow_to(&client, media.first().expect("a video playlist"), 3).await;
    encoder.stop().await;
    let recording = live["recording_id"].as_str().expect("a recording").to_owned();
    until_recommended(&client, &recording).await;
    recording
}

/// Waits until the home page would list the recording.
async fn until_recommended(client: &Client, recording: &str) {
    let listed = async {
        loop {
            let feed = client.get("/v1/feeds/home?limit=48").await.expect(200).json();
            let cards = feed["data"].as_array().expect("a list").clone();
            if cards.iter().any(|card| card["recording_id"] == recording) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, listed).await.expect("the recording is in the feed in time");
}

async fn room(backend: Backend, whole: bool) -> Value {
    let program = Program::start(Options::on(backend).demo()).await;
    if whole {
        let partner = Partner::new(&program, "harbour").await;
        recorded(&program, &partner).await;
    }
    let watch = &program.ready["demo"]["watch"];
    let setup = &program.ready["setup"];
    let arguments = json!({"base": program.http(), "watch": watch, "setup": setup, "whole": whole});
    let found = browser::run("room", &arguments).await;
    essentials(&found);
    found
}

/// What the two viewers and the moderator must have seen in each run.
fn essentials(found: &Value) {
    assert_eq!(found["console"], json!([]), "{found}");
    assert_eq!(found["foreign"], json!([]), "{found}");
    for behind in found["behind"].as_array().expect("two badges") {
        let words = behind.as_str().expect("words");
        assert!(words.ends_with(" s behind live"), "{words}");
    }
    let removal = &found["removal"];
    assert_eq!(removal["watched"], json!([true, true]), "both pages showed it: {removal}");
    assert_eq!(removal["item"]["selected"], "true", "{removal}");
    for after in removal["after_ms"].as_array().expect("two figures") {
        let after = after.as_i64().expect("milliseconds");
        assert!(after <= GONE_MS, "{after} ms from the decision to its end: {removal}");
    }
    for stands in removal["stands"].as_array().expect("two tombstones") {
        assert_eq!(stands, "Comment removed by a moderator", "{removal}");
    }
    let gift = &found["gift"];
    let coins = |name: &str| gift[name].as_i64().expect("coins");
    assert_eq!(coins("before") - coins("after"), 150, "{gift}");
    assert!(gift["row"].as_str().is_some_and(|row| row.contains("150 coins")), "{gift}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_viewers_and_a_moderator_see_one_room() {
    let found = room(Backend::Embedded, true).await;
    let cards = found["home"]["cards"].as_array().expect("cards");
    let of = |live: bool| cards.iter().filter(|card| card["live"] == live).count();
    assert!(of(true) >= 1 && of(false) >= 1, "live and recorded: {cards:?}");
    for card in cards {
        assert!(card["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{card}");
    }
    let held = &found["held"];
    assert_eq!(held["told"].as_str().map(str::trim), Some("A moderator reads it first."), "{held}");
    assert_eq!(held["kept"]["marked"], json!(["buy followers"]), "{held}");
    let marked = held["removed"]["marked"].as_array().expect("marked words");
    assert!(marked.iter().any(|words| words == "加薇❤信"), "{held}");
    for item in ["kept", "removed"] {
        let why = held[item]["why"].as_str().expect("words");
        assert!(why.contains("Why it is here"), "{held}");
        assert!(why.len() > "Why it is here".len() + 20, "{held}");
    }
    assert_eq!(held["leaked"], 0, "a removed comment was never shown to another: {held}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_viewers_and_a_moderator_see_one_room_on_postgresql_and_s3() {
    room(Backend::Servers, false).await;
}

/// As [`follow_to`], for a publisher that a busy machine may slow down: a held request that gives up
/// is asked again.
async fn listed_to(client: &Client, path: &str, msn: u64) -> Playlist {
    loop {
        let playlist = Playlist::fetch(client, path).await;
        let open = playlist.first_msn() + playlist.segment_count();
        if open > msn {
            return playlist;
        }
        assert!(!playlist.ended(), "on the air until all is said:\n{}", playlist.text);
        client.get(&format!("{path}?_HLS_msn={open}")).await;
    }
}

/// Says three things on the picture, each at a programme time that was on the air.
async fn say_on_the_picture(client: &Client, partner: &Partner) -> Vec<Value> {
    until_live(client, partner).await;
    let media = renditions(client, &partner.hls()).await;
    let path = media.first().expect("a video playlist");
    let viewer = partner.viewer("ana").await;
    let mut said = Vec::new();
    for (text, msn) in [("first words", 1), ("in the middle", 3), ("late words", 8)] {
        let playlist = listed_to(client, path, msn).await;
        let mut times = playlist.text.lines().rev();
        let pdt = times.find_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"));
        let pdt = pdt.expect("a programme time").to_owned();
        let body = json!({"body": text, "kind": "danmaku", "pdt_at": pdt});
        let posted = format!("/v1/rooms/{}/comments", viewer.room_id);
        let reply = viewer.client.post(&posted, body).await.expect(201).json();
        assert!(reply["media_ms"].is_i64(), "said at a media time: {reply}");
        said.push(json!({"text": text, "pdt_at": pdt}));
    }
    said
}

async fn at_its_frame(program: &Program, recording: &str, said: &[Value]) {
    let arguments = json!({"base": program.http(), "recording": recording, "said": said});
    let found = browser::run("replay", &arguments).await;
    assert_eq!(found["console"], json!([]), "{found}");
    assert_eq!(found["foreign"], json!([]), "{found}");
    let flown = found["flown"].as_array().expect("a list");
    assert_eq!(flown.len(), said.len(), "{found}");
    for flight in flown {
        for run in ["sought_ms", "played_ms"] {
            let off = flight[run].as_i64().expect("milliseconds");
            assert!((-CLOCK_MS..=AT_ITS_FRAME_MS).contains(&off), "{run}: {flight}");
        }
        assert_eq!(flight["later_before"], true, "below \"you are here\" at the start: {flight}");
        assert_eq!(flight["later_after"], false, "above it in the end: {flight}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shows_words_at_the_frame_on_which_they_were_said() {
    let mut program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let url = partner.publish_url(&program);
    let publish = ["publish", "--test", "--to", &url, "--seconds", "24"];
    let client = program.client();
    let (published, (recording, said)) = tokio::join!(headwater(&publish), async {
        let said = say_on_the_picture(&client, &partner).await;
        let live = partner.on_air().await;
        (live["recording_id"].as_str().expect("a recording").to_owned(), said)
    });
    assert_eq!(published.code, Some(0), "{}", published.stderr);
    until_recommended(&client, &recording).await;
    at_its_frame(&program, &recording, &said).await;
    program.stop_and_restart().await;
    at_its_frame(&program, &recording, &said).await;
}

/// Each page in two looks, so that each theme, language and size is on each page.
async fn judged(program: &Program, pages: Value, signed_in: Option<Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for (theme, locale, size) in
        [("dark", "en", json!([1440, 900])), ("light", "zh-CN", json!([390, 844]))]
    {
        let mut arguments = json!({
            "base": program.http(), "pages": pages,
            "themes": [theme], "locales": [locale], "sizes": [size],
        });
        if let Some(cookie) = &signed_in {
            arguments["setup"] = cookie.clone();
        }
        let judged = browser::run("pages", &arguments).await;
        found.extend(judged.as_array().expect("a list").clone());
    }
    found
}

/// The owner's session cookie, for the link that the program printed.
pub(crate) async fn session(program: &Program) -> Value {
    let link = program.ready["setup"].as_str().expect("a setup link");
    let (_, token) = link.split_once("setup=").expect("a token");
    let client = program.client().with("sec-fetch-site", "same-origin");
    let body = json!({"setup_token": token});
    let reply = client.post("/v1/auth/setup-sessions", body).await.expect(204);
    let cookie = reply.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let (name, value) = cookie.split_once('=').expect("a name and a value");
    json!({"name": name, "value": value})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_everyone_in_each_theme_language_and_size() {
    let program = Program::start(Options::on(Backend::Embedded).demo()).await;
    let partner = Partner::new(&program, "harbour").await;
    let recording = recorded(&program, &partner).await;
    let ana = partner.viewer("ana").await;
    ana.say("buy followers here").await.expect(202);
    let pages = json!([
        {"name": "home", "path": "/", "waitFor": "headwater-home[state=ready]"},
        {"name": "watch", "path": "/watch/demo", "waitFor": "headwater-player[state=playing]"},
        {"name": "replay", "path": format!("/replay/{recording}"), "waitFor": "headwater-player[state=playing]"},
        {"name": "embed", "path": "/embed/demo", "waitFor": "headwater-player[state=playing]"},
        {"name": "studio", "path": "/studio", "waitFor": "headwater-studio[state=live]", "signedIn": true},
        {"name": "waiting", "path": "/studio?channel=harbour", "waitFor": "headwater-studio[state=waiting]", "signedIn": true},
        {"name": "moderation", "path": "/moderation", "waitFor": "headwater-item[state=claimed]", "signedIn": true},
        {"name": "operator", "path": "/operator", "waitFor": "headwater-operator[state=ready]", "signedIn": true},
        {"name": "missing", "path": "/watch/nobody"},
    ]);
    let signed_in = Some(session(&program).await);
    for page in judged(&program, pages, signed_in).await {
        let name = page["name"].as_str().expect("a name");
        let is_missing = name.starts_with("missing");
        assert_eq!(page["status"], if is_missing { 404 } else { 200 }, "{page}");
        let language = if name.contains("zh-CN") { "zh-CN" } else { "en" };
        assert_eq!(page["lang"], language, "{name}");
        assert_eq!(page["violations"], json!([]), "{name}: {page}");
        // The browser counts the answer to its own navigation as an error.
        let own = "Failed to load resource: the server responded with a status of 404 (Not Found)";
        let errors = if is_missing { json!([own]) } else { json!([]) };
        assert_eq!(page["console"], errors, "{name}");
        assert_eq!(page["foreign"], json!([]), "{name}");
        assert!(page["sideways"].as_i64().is_some_and(|pixels| pixels <= 0), "{name}: {page}");
    }
}
