//! The broadcast ends and is a recording at once, from the same objects, and still is after a restart.

use bytes::Bytes;

use crate::harness::client::{Client, PATIENCE};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, decoded_frames, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::live::until_live;

/// All frames of a recording's playlists, and the media URIs.
async fn play_whole(client: &Client, recording: &str) -> (Vec<u64>, Vec<String>) {
    let mut frames = Vec::new();
    let mut uris = Vec::new();
    for path in renditions(client, &format!("/vod/{recording}/index.m3u8")).await {
        let playlist = Playlist::fetch(client, &path).await;
        assert!(playlist.ended(), "{}", playlist.text);
        assert_eq!(playlist.tag("EXT-X-PLAYLIST-TYPE"), Some("VOD"));
        let init = client.get(&playlist.init()).await.expect(200).body;
        let mut bodies: Vec<Bytes> = Vec::new();
        for segment in playlist.segments() {
            bodies.push(client.get(&segment).await.expect(200).body);
            uris.push(segment);
        }
        frames.push(decoded_frames(&init, &bodies));
    }
    (frames, uris)
}

async fn replay(backend: Backend) {
    let mut program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist").clone();
    let first = Playlist::fetch(&client, &path).await;
    let msn = first.first_msn() + first.segment_count();
    for number in msn..msn + 4 {
        Playlist::fetch(&client, &format!("{path}?_HLS_msn={number}")).await;
    }
    let live = partner.live().await.expect("a live broadcast");
    let recording = live["recording_id"].as_str().expect("a recording").to_owned();
    encoder.stop().await;

    let ended = async {
        loop {
            let playlist = Playlist::fetch(&client, &path).await;
            if playlist.ended() {
                break playlist;
            }
            let next = playlist.first_msn() + playlist.segment_count();
            Playlist::fetch(&client, &format!("{path}?_HLS_msn={next}")).await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, ended).await.expect("ENDLIST in time");
    assert!(ended.hint().is_none(), "no hint after the end");
    let (frames, uris) = play_whole(&client, &recording).await;
    assert!(frames.iter().all(|count| *count >= 100), "{frames:?}");
    let listed = ended.segments();
    let same = |uri: &&String| {
        listed
            .iter()
            .any(|live| live.trim_start_matches("/hls/") == uri.trim_start_matches("/vod/"))
    };
    assert!(
        uris.iter().any(|uri| same(&uri)),
        "the recording is made of the live objects\n{uris:?}\n{listed:?}"
    );

    program.stop_and_restart().await;
    let client = program.client();
    let (again, _) = play_whole(&client, &recording).await;
    assert_eq!(again, frames, "after a restart the replay is the same");
    assert!(partner.live().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replay_is_there_at_the_end_and_after_a_restart() {
    replay(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replay_is_there_on_postgresql_and_s3() {
    replay(Backend::Servers).await;
}
