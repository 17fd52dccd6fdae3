//! What breaks beside us: the store, the database. The picture goes on.

use serde_json::json;

use crate::harness::client::{Client, PATIENCE};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::harness::servers::{Bucket, Postgres, Weed};
use crate::live::until_live;
use crate::vod::play_whole;

/// Follows a live playlist over so many segments that are still to come: each is there with its
/// parts, and all of it can be fetched.
pub(crate) async fn picture_goes_on(client: &Client, path: &str, segments: u64) -> Playlist {
    let first = Playlist::fetch(client, path).await;
    let next = first.first_msn() + first.segment_count();
    let mut playlist = first;
    for number in next..next + segments {
        playlist = Playlist::fetch(client, &format!("{path}?_HLS_msn={number}")).await;
        assert!(!playlist.ended(), "{}", playlist.text);
        let segment = playlist.segments().pop().expect("a segment");
        let part = playlist.parts().pop().expect("a part");
        for uri in [segment, part] {
            assert!(!client.get(&uri).await.expect(200).body.is_empty(), "{uri}");
        }
    }
    playlist
}

/// Asks until the answer has this status.
async fn until(client: &Client, path: &str, wanted: u16) {
    let asked = async {
        while client.get(path).await.status != wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{path}: no {wanted}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_publisher_drops_and_returns_into_the_same_broadcast() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist");
    let before = Playlist::fetch(&client, path).await;
    let live = partner.on_air().await;
    encoder.kill().await;
    // The grid goes on while nobody sends.
    let next = before.first_msn() + before.segment_count();
    let meanwhile = Playlist::fetch(&client, &format!("{path}?_HLS_msn={}", next + 1)).await;
    assert!(!meanwhile.ended(), "{}", meanwhile.text);
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    let mut playlist = meanwhile;
    while playlist.segments().last() == before.segments().last()
        || playlist.segments().len() < before.segments().len() + 2
    {
        let next = playlist.first_msn() + playlist.segment_count();
        playlist = Playlist::fetch(&client, &format!("{path}?_HLS_msn={next}")).await;
    }
    assert!(playlist.text.contains("#EXT-X-GAP"), "{}", playlist.text);
    let again = partner.on_air().await;
    assert_eq!(again["id"], live["id"], "one broadcast");
    assert_eq!(again["recording_id"], live["recording_id"], "one recording");
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_by_the_api_ends_the_playlist_and_tells_the_encoder() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist");
    let live = partner.on_air().await;
    let transition = format!("/v1/broadcasts/{}/transitions", live["id"].as_str().expect("an id"));
    let reply = partner.client.post(&transition, json!({"to": "ended"})).await;
    assert!(reply.status.is_success(), "{}", reply.text());
    let mut playlist = Playlist::fetch(&client, path).await;
    while !playlist.ended() {
        let next = playlist.first_msn() + playlist.segment_count();
        playlist = Playlist::fetch(&client, &format!("{path}?_HLS_msn={next}")).await;
    }
    encoder.refused().await;
    let again = partner.client.post(&transition, json!({"to": "ready"})).await.expect(409).json();
    assert_eq!(again["code"], "invalid_transition");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_keeps_every_segment_of_a_live_broadcast() {
    let mut program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist");
    let first = Playlist::fetch(&client, path).await;
    let next = first.first_msn() + first.segment_count();
    let playlist = Playlist::fetch(&client, &format!("{path}?_HLS_msn={}", next + 1)).await;
    program.stop_and_restart().await;
    drop(encoder);
    let client = program.client();
    // The broadcast waits for its encoder; what was listed is still there.
    let after = Playlist::fetch(&client, path).await;
    for segment in playlist.segments() {
        assert!(after.segments().contains(&segment), "{segment} is missing in\n{}", after.text);
        client.get(&segment).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_goes_on_while_the_store_is_away_and_the_replay_is_whole() {
    let mut store = Weed::start().await;
    let mut options = Options::on(Backend::Embedded);
    options.config = format!("store.url = \"{}\"\n", store.bucket().url());
    options.environment = Bucket::environment();
    let mut program = Program::start(options).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist").clone();
    picture_goes_on(&client, &path, 2).await;
    let recording = partner.on_air().await["recording_id"].clone();
    let recording = recording.as_str().expect("a recording").to_owned();

    store.stop();
    let away = picture_goes_on(&client, &path, 3).await;
    store.start_again().await;
    let back = picture_goes_on(&client, &path, 1).await;
    encoder.stop().await;

    // An export reads every object that the index names, and checks its bytes.
    let file = program.data().join("out.mp4").display().to_string();
    let whole = async {
        while program.command(&["export", &recording, "-o", &file]).await.code != Some(0) {}
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("all of it is stored in time");
    let (frames, uris) = play_whole(&client, &recording).await;
    let named = |playlist: &Playlist| {
        playlist.segments().into_iter().map(|uri| uri.replacen("/hls/", "/vod/", 1))
    };
    for uri in named(&away).chain(named(&back)) {
        assert!(uris.contains(&uri), "{uri} is lost in {uris:?}");
    }
    program.stop_and_restart().await;
    let (again, _) = play_whole(&program.client(), &recording).await;
    assert_eq!(again, frames, "the store has what memory had");
}

/// The texts of a room's comments.
async fn said(partner: &Partner) -> Vec<String> {
    let path = format!("/v1/rooms/{}/comments?limit=100", partner.room_id);
    let list = partner.client.get(&path).await.expect(200).json();
    let comments = list["data"].as_array().expect("comments").clone();
    comments.iter().filter_map(|comment| comment["body"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_goes_on_while_the_database_is_away_and_nothing_acknowledged_is_lost() {
    let mut database = Postgres::start().await;
    let mut options = Options::on(Backend::Embedded);
    options.config =
        format!("database.url = \"{}\"\ndatabase.write_deadline = \"1s\"\n", database.database());
    let program = Program::start(options).await;
    let partner = Partner::new(&program, "harbour").await;
    let viewer = partner.viewer("mira").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist").clone();
    let live = partner.on_air().await;
    for number in 0..5 {
        viewer.say(&format!("before {number}")).await.expect(201);
    }
    let grant = json!({"user_id": viewer.user_id, "coins": 100, "reason": "welcome"});
    let payer = partner.client.with("idempotency-key", "grant-1");
    payer.post("/v1/wallet-grants", grant).await.expect(201);

    database.stop();
    picture_goes_on(&client, &path, 2).await;
    let refused = viewer.say("meanwhile").await.expect(503);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_ne!(refused.header("retry-after"), "", "{}", refused.text());
    let refused = partner.client.get("/v1/channels").await.expect(503);
    assert_ne!(refused.header("retry-after"), "", "{}", refused.text());
    // An encoder that was here a moment ago comes back to its own broadcast.
    encoder.kill().await;
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    picture_goes_on(&client, &path, 3).await;

    database.start_again().await;
    until(&partner.client, "/v1/channels", 200).await;
    picture_goes_on(&client, &path, 1).await;
    let after = viewer.say("after").await.expect(201).json();
    assert!(after["id"].as_str().is_some(), "{after}");
    let comments = said(&partner).await;
    for text in (0..5).map(|number| format!("before {number}")).chain(["after".to_owned()]) {
        let times = comments.iter().filter(|comment| **comment == text).count();
        assert_eq!(times, 1, "{text} in {comments:?}");
    }
    assert_eq!(viewer.client.get("/v1/wallet").await.expect(200).json()["balance"], 100);
    let proof = program.command(&["ledger", "verify"]).await;
    assert_eq!(proof.code, Some(0), "{}{}", proof.stdout, proof.stderr);
    let now = partner.on_air().await;
    assert_eq!(now["id"], live["id"], "one broadcast all along");
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_publisher_loses_its_seat_to_one_that_sends() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let silent = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist").clone();
    let before = picture_goes_on(&client, &path, 1).await;
    let live = partner.on_air().await;
    // Its connection stays, as after a loss of power.
    silent.suspend().await;
    let interrupted = async {
        let path = format!("/v1/broadcasts/{}", live["id"].as_str().expect("an id"));
        while partner.client.get(&path).await.expect(200).json()["status"] != "interrupted" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, interrupted).await.expect("it is noticed");
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    let mut playlist = before.clone();
    while playlist.segments().last() == before.segments().last() || !media_follows_a_gap(&playlist)
    {
        let next = playlist.first_msn() + playlist.segment_count();
        playlist = Playlist::fetch(&client, &format!("{path}?_HLS_msn={next}")).await;
    }
    assert!(playlist.first_msn() >= before.first_msn(), "numbers go on");
    let now = partner.on_air().await;
    assert_eq!(now["id"], live["id"], "one broadcast");
    encoder.stop().await;
}

/// Whether media follows a gap.
fn media_follows_a_gap(playlist: &Playlist) -> bool {
    let after = playlist.text.rsplit("#EXT-X-GAP\n").next().unwrap_or_default();
    let media = after.lines().filter(|line| line.strip_suffix(".m4s").is_some());
    playlist.text.contains("#EXT-X-GAP") && media.count() > 1
}
