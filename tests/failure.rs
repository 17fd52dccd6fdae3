//! What breaks beside us: the store, the database. The picture goes on.

use serde_json::json;

use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::live::until_live;

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
    let live = partner.live().await.expect("live");
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
    let again = partner.live().await.expect("live");
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
    let live = partner.live().await.expect("live");
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
