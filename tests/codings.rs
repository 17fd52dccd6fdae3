//! Newer codings, from an encoder that speaks Enhanced RTMP to frames that an independent decoder makes
//! of every segment, live and as a replay.

use std::collections::BTreeSet;

use futures_util::future::join;

use crate::conformance::{rules, sound};
use crate::harness::client::Client;
use crate::harness::encoder::{Coding, Encoder, enhanced_file};
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, attribute, decoded_frames, renditions};
use crate::harness::program::{Backend, Options, Program, headwater};
use crate::live::{follow_to, until_live};

/// Parameter sets stand before every key frame, too.
const HEVC_OPUS: Coding = Coding {
    name: "hevc-opus",
    picture: "-c:v libx265 -preset ultrafast -bf 0 -x265-params \
              log-level=error:keyint=30:min-keyint=30:scenecut=0:no-open-gop=1:repeat-headers=1",
    sound: "-c:a libopus -b:a 64k",
};

/// What browsers decode without help of the machine.
pub(crate) const AV1_OPUS: Coding = Coding {
    name: "av1-opus",
    picture: "-c:v libsvtav1 -preset 12 -g 30 -b:v 800k",
    sound: "-c:a libopus -b:a 64k -frame_duration 10",
};

/// Segments with media decode one by one, each with at least so many frames; how many there were.
async fn decodes(client: &Client, playlist: &Playlist, frames_min: u64) -> usize {
    let init = client.get(&playlist.init()).await.expect(200).body;
    let segments = playlist.segments();
    for uri in &segments {
        let segment = client.get(uri).await.expect(200).body;
        let frames = decoded_frames(&init, &[segment]);
        assert!(frames >= frames_min, "{uri}: {frames} frames");
    }
    segments.len()
}

/// Publishes for some segments, looks at them, ends, and looks at what is left.
async fn from_encoder_to_replay(coding: Coding, codecs: &str, refusal: &str) {
    let mut program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let encoder = Encoder::enhanced(&partner.publish_url(&program), coding).await;
    let client = program.client();
    until_live(&client, &partner).await;
    let index = client.get(&partner.hls()).await.expect(200).text();
    let variant = index.lines().find(|line| line.starts_with("#EXT-X-STREAM-INF:"));
    let variant = variant.expect("a variant");
    assert_eq!(attribute(variant, "CODECS").as_deref(), Some(codecs));
    assert_eq!(attribute(variant, "RESOLUTION").as_deref(), Some("640x360"));
    let media = renditions(&client, &partner.hls()).await;
    let [picture, track] = &*media else { panic!("picture and sound: {media:?}") };
    let report = sound(&client.url(&partner.hls()), 8).await;
    let apple = rules(&report, "apple_must", "broken");
    assert_eq!(apple, BTreeSet::from(["MV6".to_owned()]));
    // A looped clip makes no clean cut: what was cut before the loop has all its frames.
    let playlist = follow_to(&client, picture, 3).await;
    assert!(decodes(&client, &playlist, 50).await >= 4, "{}", playlist.text);
    let playlist = Playlist::fetch(&client, track).await;
    assert!(decodes(&client, &playlist, 80).await >= 3, "{}", playlist.text);
    let broadcast = partner.on_air().await;
    let recording = broadcast["recording_id"].as_str().expect("a recording").to_owned();
    encoder.stop().await;
    while !Playlist::fetch(&client, picture).await.ended() {
        tokio::task::yield_now().await;
    }
    // What another process reads of the store.
    program.stop_and_restart().await;
    let replay = format!("/vod/{recording}/index.m3u8");
    let client = program.client();
    sound(&client.url(&replay), 1).await;
    let media = renditions(&client, &replay).await;
    let playlist = Playlist::fetch(&client, media.first().expect("a picture")).await;
    let whole = playlist.segments().len() - 1;
    let init = client.get(&playlist.init()).await.expect(200).body;
    let first = client.get(&playlist.segments()[0]).await.expect(200).body;
    assert!(whole >= 4 && decoded_frames(&init, &[first]) >= 50, "{}", playlist.text);
    let file = program.data().join("out.mp4").display().to_string();
    let exported = program.command(&["export", &recording, "-o", &file]).await;
    assert_eq!(exported.code, Some(1), "{}", exported.stdout);
    assert!(exported.stderr.contains(refusal), "{}", exported.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn hevc_with_open_gops_and_aac_is_played_and_replayed() {
    let coding = Coding {
        name: "hevc-aac",
        picture: "-c:v libx265 -preset ultrafast -bf 2 -x265-params \
                  log-level=error:keyint=30:min-keyint=30:scenecut=0",
        sound: "-c:a aac -b:a 96k",
    };
    from_encoder_to_replay(coding, "hvc1.1.6.L63.90,mp4a.40.2", "its picture is H.265").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hevc_and_opus_are_played_and_replayed() {
    from_encoder_to_replay(HEVC_OPUS, "hvc1.1.6.L63.90,Opus", "its picture is H.265").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn av1_and_opus_are_played_and_replayed() {
    from_encoder_to_replay(AV1_OPUS, "av01.0.01M.08,Opus", "its picture is AV1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_with_newer_codings() {
    let mut program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let encoder = Encoder::enhanced(&partner.publish_url(&program), HEVC_OPUS).await;
    until_live(&program.client(), &partner).await;
    let lead = renditions(&program.client(), &partner.hls()).await.swap_remove(0);
    let before = follow_to(&program.client(), &lead, 2).await;
    program.kill_and_restart().await;
    encoder.kill().await;
    let client = program.client();
    let again = Playlist::fetch(&client, &lead).await;
    assert_eq!(again.segments()[..2], before.segments()[..2], "{}", again.text);
    let encoder = Encoder::enhanced(&partner.publish_url(&program), HEVC_OPUS).await;
    let next = before.first_msn() + before.segment_count();
    let after = follow_to(&client, &lead, next + 4).await;
    let init = client.get(&after.init()).await.expect(200).body;
    let newest = after.segments().pop().expect("a segment");
    let newest = client.get(&newest).await.expect(200).body;
    assert!(decoded_frames(&init, &[newest]) >= 50, "{}", after.text);
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_publisher_sends_a_file_of_newer_codings() {
    let file = enhanced_file(HEVC_OPUS).await.display().to_string();
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let url = partner.publish_url(&program);
    let client = program.client();
    let plays = async {
        until_live(&client, &partner).await;
        let media = renditions(&client, &partner.hls()).await;
        let playlist = follow_to(&client, media.first().expect("a picture"), 2).await;
        assert!(decodes(&client, &playlist, 50).await >= 3, "{}", playlist.text);
    };
    let (published, ()) = join(headwater(&["publish", &file, "--to", &url]), plays).await;
    assert_eq!(published.code, Some(0), "{}", published.stderr);
}
