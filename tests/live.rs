//! The picture, from a publisher's first byte to a player's frames.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::future::join_all;

use crate::harness::client::Client;
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{
    Playlist, attribute, decoded_frames, pictures, renditions, scrubbing,
};
use crate::harness::program::{Backend, Options, Program, headwater};

/// A program with a channel that ffmpeg publishes to, and its media playlists.
async fn on_air(backend: Backend) -> (Program, Partner, Encoder, Vec<String>) {
    let program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&program.client(), &partner).await;
    let media = renditions(&program.client(), &partner.hls()).await;
    (program, partner, encoder, media)
}

/// Waits until the channel's multivariant playlist is there.
pub(crate) async fn until_live(client: &Client, partner: &Partner) {
    until_there(client, &partner.hls()).await;
}

pub(crate) async fn until_there(client: &Client, path: &str) {
    let live = async {
        while client.get(path).await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::harness::client::PATIENCE, live).await.expect("live in time");
}

/// Follows a playlist until segment `msn` is complete.
pub(crate) async fn follow_to(client: &Client, path: &str, msn: u64) -> Playlist {
    loop {
        let playlist = Playlist::fetch(client, path).await;
        let open = playlist.first_msn() + playlist.segment_count();
        if open > msn {
            return playlist;
        }
        Playlist::fetch(client, &format!("{path}?_HLS_msn={open}")).await;
    }
}

/// Every entry of the I-frame playlists is one picture that decodes alone; returns how many.
pub(crate) async fn pictures_are_sound(client: &Client, multivariant: &str) -> usize {
    let paths = scrubbing(client, multivariant).await;
    assert_eq!(paths.len(), 1, "one for the video rendition: {paths:?}");
    let path = paths.first().expect("an I-frame playlist");
    let playlist = Playlist::fetch(client, path).await;
    assert!(playlist.text.contains("\n#EXT-X-I-FRAMES-ONLY\n"), "{}", playlist.text);
    assert!(playlist.parts().is_empty() && playlist.hint().is_none(), "{}", playlist.text);
    let init = client.get(&playlist.init()).await.expect(200).body;
    let ranges = playlist.text.lines().filter_map(|line| line.strip_prefix("#EXT-X-BYTERANGE:"));
    let segments = playlist.segments();
    assert_eq!(ranges.clone().count(), segments.len(), "{}", playlist.text);
    for (range, segment) in ranges.zip(&segments) {
        let (length, start) = range.split_once('@').expect("a length and a place");
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let last = number(start) + number(length) - 1;
        let ranged = client.with("range", &format!("bytes={start}-{last}"));
        let bytes = ranged.get(segment).await.expect(206).body;
        assert_eq!(pictures(&init, &bytes), ["I"], "{segment} {range}");
    }
    segments.len()
}

async fn media_is_sound(backend: Backend) {
    let (program, partner, encoder, media) = on_air(backend).await;
    let client = program.client();
    assert_eq!(media.len(), 2, "video and audio: {media:?}");
    for path in &media {
        let first = Playlist::fetch(&client, path).await;
        let start = first.first_msn() + first.segment_count();
        let playlist = follow_to(&client, path, start + 2).await;
        let init = client.get(&playlist.init()).await.expect(200).body;
        let segments = playlist.segments();
        assert!(segments.len() >= 2, "{}", playlist.text);
        for segment in &segments {
            let whole = client.get(segment).await.expect(200).body;
            assert!(decoded_frames(&init, std::slice::from_ref(&whole)) > 0, "{segment}");
            let stem = segment.trim_end_matches(".m4s");
            let parts: Vec<String> = playlist
                .parts()
                .into_iter()
                .filter(|part| part.starts_with(&format!("{stem}.")))
                .collect();
            if parts.is_empty() {
                continue;
            }
            let mut bodies: Vec<Bytes> = Vec::new();
            for part in &parts {
                bodies.push(client.get(part).await.expect(200).body);
            }
            assert_eq!(bodies.concat(), whole, "the parts of {segment} are the segment");
        }
        let bodies = join_all(segments.iter().map(|segment| client.get(segment))).await;
        let bodies: Vec<Bytes> = bodies.into_iter().map(|reply| reply.body).collect();
        assert!(decoded_frames(&init, &bodies) >= 50, "the segments play as one");
    }
    assert!(pictures_are_sound(&client, &partner.hls()).await >= 2);
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_decodes_every_segment_and_the_parts_are_the_segment() {
    media_is_sound(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_decodes_every_segment_on_postgresql_and_s3() {
    media_is_sound(Backend::Servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hinted_part_is_held_and_is_the_part_that_is_listed_next() {
    let (program, _, encoder, media) = on_air(Backend::Embedded).await;
    let client = program.client();
    let path = media.first().expect("a video playlist");
    let playlist = Playlist::fetch(&client, path).await;
    let hint = playlist.hint().expect("a hint");
    let held = client.get(&hint).await.expect(200);
    let next = Playlist::fetch(&client, path).await;
    let listed = next.parts().contains(&hint)
        || next.segments().iter().any(|uri| hint.starts_with(uri.trim_end_matches(".m4s")));
    assert!(listed, "{hint} is not in\n{}", next.text);
    assert_eq!(client.get(&hint).await.expect(200).body, held.body);
    assert_eq!(held.header("cache-control"), "public, max-age=31536000, immutable");
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_update_and_the_playlist_before_make_the_playlist_now() {
    let (program, _, encoder, media) = on_air(Backend::Embedded).await;
    let client = program.client();
    let path = media.first().expect("a video playlist");
    let skip = |text: &str| {
        text.lines().find_map(|line| line.strip_prefix("#EXT-X-SKIP:").map(str::to_owned))
    };
    let first = Playlist::fetch(&client, path).await;
    let mut next = first.first_msn() + first.segment_count();
    let delta = loop {
        let delta =
            Playlist::fetch(&client, &format!("{path}?_HLS_msn={next}&_HLS_skip=YES")).await;
        if skip(&delta.text).is_some() {
            break delta;
        }
        next += 1;
    };
    let line = delta.text.lines().find(|line| line.starts_with("#EXT-X-SKIP:")).expect("a skip");
    let skipped: u64 =
        attribute(line, "SKIPPED-SEGMENTS").expect("a count").parse().expect("a number");
    assert!(skipped >= 1);
    let full = Playlist::fetch(&client, path).await;
    assert!(full.first_msn() >= delta.first_msn());
    let (old, new): (BTreeSet<_>, BTreeSet<_>) =
        (full.segments().into_iter().collect(), delta.segments().into_iter().collect());
    assert!(
        new.iter().all(|uri| old.contains(uri)),
        "what the delta lists is in the full playlist"
    );
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_i_frame_playlist_waits_for_a_segment_and_leaves_out_what_is_old() {
    let (program, partner, encoder, media) = on_air(Backend::Embedded).await;
    let client = program.client();
    let paths = scrubbing(&client, &partner.hls()).await;
    let path = paths.first().expect("an I-frame playlist");
    let first = Playlist::fetch(&client, path).await;
    let next = first.first_msn() + first.segment_count();
    // A part that does not exist here means the segment.
    let later = Playlist::fetch(&client, &format!("{path}?_HLS_msn={next}&_HLS_part=1")).await;
    assert!(later.first_msn() + later.segment_count() > next, "{}", later.text);
    let sound = media.last().expect("an audio playlist").replace("media.m3u8", "iframes.m3u8");
    client.get(&sound).await.expect(404);
    let far = first.first_msn() + 8;
    follow_to(&client, path, far).await;
    let delta = Playlist::fetch(&client, &format!("{path}?_HLS_msn={far}&_HLS_skip=YES")).await;
    assert!(delta.tag("EXT-X-SKIP").is_some(), "{}", delta.text);
    let full = Playlist::fetch(&client, path).await;
    assert!(delta.segments().iter().all(|uri| full.segments().contains(uri)), "{}", delta.text);
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_with_a_reason_in_the_senders_log() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let url = format!("{}/hw_live_wrong", program.rtmp());
    let said = Encoder::start(&url).await.refused().await;
    assert!(said.contains("unknown_key"), "{said}");
    let ours = headwater(&["publish", "--test", "--to", &url, "--seconds", "5"]).await;
    assert_eq!(ours.code, Some(1), "{}", ours.stderr);
    assert!(ours.stderr.contains("unknown_key"), "{}", ours.stderr);
    assert!(program.log().contains("unknown_key"), "{}", program.log());
    let metrics = program.client().get("/metrics").await.expect(200).text();
    assert!(metrics.contains("result=\"unknown_key\""), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_publisher_is_refused_and_the_first_goes_on() {
    let (program, partner, encoder, media) = on_air(Backend::Embedded).await;
    let second = Encoder::start(&partner.publish_url(&program)).await.refused().await;
    assert!(second.contains("already_live"), "{second}");
    let client = program.client();
    let path = media.first().expect("a video playlist");
    let now = Playlist::fetch(&client, path).await;
    let later = follow_to(&client, path, now.first_msn() + now.segment_count()).await;
    assert!(!later.ended());
    encoder.stop().await;
}
