//! The broadcast ends and is a recording at once, from the same objects, and still is after a restart.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::harness::client::{Client, PATIENCE};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, decoded_frames, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::live::{pictures_are_sound, until_live};

/// All frames of a recording's playlists, and the media URIs.
pub(crate) async fn play_whole(client: &Client, recording: &str) -> (Vec<u64>, Vec<String>) {
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
    let live = partner.on_air().await;
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
    let multivariant = format!("/vod/{recording}/index.m3u8");
    let pictures = pictures_are_sound(&client, &multivariant).await;
    assert!(pictures >= 4, "{pictures}");
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
    assert_eq!(pictures_are_sound(&client, &multivariant).await, pictures);
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

/// Frames of each track, decoded, and the length in seconds, as ffprobe finds them in a file.
fn probed(file: &Path) -> (Vec<u64>, f64) {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-of", "json"])
        .args(["-show_entries", "stream=codec_type,nb_read_frames:format=duration"])
        .arg(file)
        .output()
        .expect("ffprobe runs: `make tools` installs it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "ffprobe: {said}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let number =
        |value: &Value| value.as_str().expect("a number").parse::<f64>().expect("a number");
    let streams = found["streams"].as_array().expect("streams");
    let frames = streams.iter().map(|stream| {
        stream["nb_read_frames"].as_str().expect("a count").parse().expect("a count")
    });
    (frames.collect(), number(&found["format"]["duration"]))
}

/// The lengths that a playlist prints, in seconds.
fn length(playlist: &Playlist) -> f64 {
    let lines = playlist.text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
    lines.map(|line| line.trim_end_matches(',').parse::<f64>().expect("a length")).sum()
}

async fn exported(backend: Backend) {
    let program = Program::start(Options::on(backend)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let live = partner.on_air().await;
    let recording = live["recording_id"].as_str().expect("a recording").to_owned();
    let file = program.data().join("out.mp4");
    let name = file.display().to_string();
    let arguments = ["export", &recording, "-o", &name, "--json"];
    let early = program.command(&arguments).await;
    assert_eq!(early.code, Some(1), "{}", early.stderr);
    assert!(early.stderr.contains("is not finished"), "{}", early.stderr);

    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist");
    for number in 0..4 {
        Playlist::fetch(&client, &format!("{path}?_HLS_msn={number}")).await;
    }
    encoder.stop().await;
    let stored = async {
        loop {
            let output = program.command(&arguments).await;
            if output.code == Some(0) {
                break serde_json::from_str::<Value>(&output.stdout).expect("JSON");
            }
            let soon = ["is not finished", "being stored", "the store has no object"];
            let waits = soon.iter().any(|why| output.stderr.contains(why));
            assert!(waits, "{}", output.stderr);
            assert!(!file.exists(), "nothing is left of a refused export");
        }
    };
    let told = tokio::time::timeout(PATIENCE, stored).await.expect("stored in time");
    assert_eq!(told["recording_id"], *recording);

    let (played, _) = play_whole(&client, &recording).await;
    let (frames, seconds) = probed(&file);
    assert_eq!(frames, played, "every frame of the replay is in the file");
    let lengths = renditions(&client, &format!("/vod/{recording}/index.m3u8")).await;
    let mut longest = 0_f64;
    for path in &lengths {
        longest = longest.max(length(&Playlist::fetch(&client, path).await));
    }
    // One frame of 30 a second, and the two that a picture may be held back by reordering.
    assert!((seconds - longest).abs() < 0.11, "{seconds} s of {longest} s");

    let again = program.command(&arguments).await;
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    let forced = program.command(&[&arguments[..], &["--force"]].concat()).await;
    assert_eq!(forced.code, Some(0), "{}", forced.stderr);

    let imported = program.json(&["import", &name, "--channel", &partner.slug, "--json"]).await;
    let recording = imported["recording_id"].as_str().expect("a recording");
    let (replayed, _) = play_whole(&client, recording).await;
    assert_eq!(replayed, played, "an export that is imported is the replay again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_every_frame_and_can_be_imported_again() {
    exported(Backend::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_every_frame_on_postgresql_and_s3() {
    exported(Backend::Servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_can_not_be_says_why_in_a_sentence() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let unknown = format!("rec_{}", "0".repeat(31) + "1");
    for (arguments, code, reason) in [
        (["export", &unknown, "-o", "x.mp4"], 1, "there is no recording"),
        (["export", "rec_1", "-o", "x.mp4"], 2, "is no recording's id"),
        (["export", &unknown, "-o", "x.avi"], 2, "ends neither in .mp4 nor in .jsonl"),
    ] {
        let refused = program.command(&arguments).await;
        assert_eq!(refused.code, Some(code), "{}", refused.stderr);
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
        assert_eq!(refused.stderr.trim().lines().count(), 1, "{}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_not_live_gives_its_newest_recording_when_it_says_so() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let refused = client.get(&partner.hls()).await.expect(404);
    assert_eq!(refused.json()["code"], "not_live");
    assert_ne!(refused.header("retry-after"), "");

    let path = format!("/v1/channels/{}", partner.channel_id);
    let channel = partner.client.get(&path).await.expect(200);
    assert_eq!(channel.json()["when_not_live"], "nothing");
    let change = |choice: &str| Some(json!({"when_not_live": choice}));
    let patcher = partner.client.with("if-match", channel.header("etag"));
    patcher.send(Method::PATCH, &path, change("a film")).await.expect(422);
    patcher.send(Method::PATCH, &path, change("newest_recording")).await.expect(200);

    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let video = media.first().expect("a video playlist");
    Playlist::fetch(&client, &format!("{video}?_HLS_msn=2")).await;
    encoder.stop().await;
    let over = async {
        while !Playlist::fetch(&client, video).await.ended() {}
        until_live(&client, &partner).await;
    };
    tokio::time::timeout(PATIENCE, over).await.expect("the recording in time");
    for path in renditions(&client, &partner.hls()).await {
        let playlist = Playlist::fetch(&client, &path).await;
        assert!(playlist.ended(), "{}", playlist.text);
        let segment = playlist.segments().pop().expect("a segment");
        client.get(&segment).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_a_broadcast_that_outlived_a_restart_is_as_long_as_its_replay() {
    let mut program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist").clone();
    let first = Playlist::fetch(&client, &format!("{path}?_HLS_msn=2")).await;
    let live = partner.on_air().await;
    let recording = live["recording_id"].as_str().expect("a recording").to_owned();
    program.stop_and_restart().await;
    drop(encoder);
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    // Media again, after the gap and the new clock.
    let mut playlist = Playlist::fetch(&client, &path).await;
    while playlist.segments().len() < first.segments().len() + 2 {
        let next = playlist.first_msn() + playlist.segment_count();
        playlist = Playlist::fetch(&client, &format!("{path}?_HLS_msn={next}")).await;
    }
    assert!(playlist.text.contains("#EXT-X-DISCONTINUITY"), "{}", playlist.text);
    encoder.stop().await;

    let file = program.data().join("out.mp4");
    let name = file.display().to_string();
    let stored = async {
        while program.command(&["export", &recording, "-o", &name]).await.code != Some(0) {}
    };
    tokio::time::timeout(PATIENCE, stored).await.expect("stored in time");
    let (frames, seconds) = probed(&file);
    let mut longest = 0_f64;
    let mut played = Vec::new();
    for path in renditions(&client, &format!("/vod/{recording}/index.m3u8")).await {
        let playlist = Playlist::fetch(&client, &path).await;
        longest = longest.max(length(&playlist));
        // Each stretch has times of its own, which a decoder that is given all of it complains of.
        let init = client.get(&playlist.init()).await.expect(200).body;
        let mut count = 0;
        for segment in playlist.segments() {
            let body = client.get(&segment).await.expect(200).body;
            count += decoded_frames(&init, std::slice::from_ref(&body));
        }
        played.push(count);
    }
    assert_eq!(frames, played, "every frame of both stretches");
    assert!((seconds - longest).abs() < 0.2, "{seconds} s of {longest} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_comments_has_each_at_its_place_and_none_that_was_removed() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let live = partner.on_air().await;
    let recording = live["recording_id"].as_str().expect("a recording").to_owned();
    let viewer = partner.viewer("mira").await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist");
    let mut ids = Vec::new();
    for (number, text) in (1..).zip(["first", "second \"quoted\" \\ 中文", "third"]) {
        Playlist::fetch(&client, &format!("{path}?_HLS_msn={number}")).await;
        let comment = viewer.say(text).await.expect(201).json();
        ids.push(comment["id"].as_str().expect("an id").to_owned());
    }
    let removed = format!("/v1/comments/{}", ids.pop().expect("the third"));
    let reply = partner.client.send(Method::DELETE, &removed, None).await;
    assert!(reply.status.is_success(), "{}", reply.text());
    encoder.stop().await;

    let file = program.data().join("comments.jsonl");
    let name = file.display().to_string();
    let ended = async {
        while program.command(&["export", &recording, "-o", &name]).await.code != Some(0) {}
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the recording in time");
    let text = std::fs::read_to_string(&file).expect("the file");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let found: Vec<_> = lines.iter().map(|line| line["id"].as_str().expect("an id")).collect();
    assert_eq!(found, ids, "{text}");
    assert_eq!(lines[1]["body"], "second \"quoted\" \\ 中文");
    let listed = format!("/v1/recordings/{recording}/comments");
    let listed = partner.client.get(&listed).await.expect(200).json();
    for (line, listed) in lines.iter().zip(listed["data"].as_array().expect("comments")) {
        assert_eq!(line["at_ms"], listed["at_ms"], "where the replay shows it");
    }
}
