//! A process that goes down in the middle of a broadcast, and the next one.

use std::time::Duration;

use http::StatusCode;

use super::publisher::Publisher;
use super::rows;
use super::world::Disk;
use crate::Settings;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_outlives_the_process_when_its_encoder_comes_back() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let mut states = world.bus.subscribe("hw.broadcast");
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(140).await;
    let state = rows::wait_for_state(&mut states, "live").await;
    let broadcast = state["broadcast_id"].as_str().unwrap().to_owned();
    world.stop().await;

    let world = disk.start(Settings::default()).await;
    let path = format!("/hls/{broadcast}/v0/media.m3u8");
    let waiting = world.get(&path).await;
    assert_eq!(waiting.status, StatusCode::OK, "players find the same address");
    assert!(!waiting.text().contains("#EXT-X-ENDLIST"), "{}", waiting.text());
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(140).await;
    let again = world.get(&path).await;
    assert_eq!(again.status, StatusCode::OK);
    let numbers = |text: &str| -> Vec<u64> {
        let uris = text.lines().filter(|line| line.strip_suffix(".m4s").is_some());
        uris.map(|uri| uri.split_once('/').unwrap().1.trim_end_matches(".m4s").parse().unwrap())
            .collect()
    };
    let (before, after) = (numbers(waiting.text()), numbers(again.text()));
    assert!(after.last() > before.last(), "{before:?} {after:?}");
    assert!(after.is_sorted(), "{after:?}");
    assert!(again.text().contains("#EXT-X-DISCONTINUITY\n"), "{}", again.text());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_whose_time_is_over_is_ended_with_what_is_stored() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let mut states = world.bus.subscribe("hw.broadcast");
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(140).await;
    let state = rows::wait_for_state(&mut states, "live").await;
    let recording = state["recording_id"].as_str().unwrap().to_owned();
    world.stop().await;

    let reconnect_window = Duration::ZERO;
    let world = disk.start(Settings { reconnect_window, ..Settings::default() }).await;
    let playlist = world.get(&format!("/vod/{recording}/v0/media.m3u8")).await;
    assert_eq!(playlist.status, StatusCode::OK);
    assert!(
        playlist.text().lines().filter(|line| line.strip_suffix(".m4s").is_some()).count() >= 3
    );
    world.stop().await;
}
