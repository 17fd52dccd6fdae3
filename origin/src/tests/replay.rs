//! What remains of a broadcast: a recording at once, the same after a restart, whatever the store
//! did meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::StatusCode;
use infra::object::Store;

use super::publisher::Publisher;
use super::rows;
use super::store::Faulty;
use super::world::{Disk, World};
use crate::Settings;

/// Publishes for some frames, says goodbye, and gives the recording's id.
async fn broadcast(world: &World, key: &str, frames: u64) -> (String, String) {
    let mut states = world.bus.subscribe("hw.broadcast");
    let mut publisher = Publisher::connect(world.rtmp(), key).await.unwrap();
    publisher.send_frames(frames).await;
    publisher.goodbye().await;
    let state = rows::wait_for_state(&mut states, "ended").await;
    let id = |name: &str| state[name].as_str().unwrap().to_owned();
    (id("broadcast_id"), id("recording_id"))
}

/// Reads every byte that a recording names; returns how many segments that were.
async fn read_all(world: &World, recording: &str) -> usize {
    let index = world.get(&format!("/vod/{recording}/index.m3u8")).await;
    assert_eq!(index.status, StatusCode::OK, "{}", index.text());
    let mut segments = 0;
    for rid in ["v0", "a0"] {
        assert!(index.text().contains(&format!("{rid}/media.m3u8")), "{}", index.text());
        let playlist = world.get(&format!("/vod/{recording}/{rid}/media.m3u8")).await;
        assert_eq!(playlist.status, StatusCode::OK);
        assert_eq!(playlist.header("cache-control"), "public, max-age=60");
        let text = playlist.text();
        assert!(text.contains("#EXT-X-PLAYLIST-TYPE:VOD\n"), "{text}");
        assert!(text.ends_with("#EXT-X-ENDLIST\n"), "{text}");
        let maps = text
            .lines()
            .filter_map(|line| line.strip_prefix("#EXT-X-MAP:URI=\"")?.strip_suffix('"'));
        for uri in maps.chain(text.lines().filter(|line| line.strip_suffix(".m4s").is_some())) {
            let path = format!("/vod/{}", uri.strip_prefix("../../").unwrap());
            let answer = world.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(!answer.body.is_empty(), "{path}");
            segments += 1;
        }
    }
    segments
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_there_at_once_and_after_a_restart() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let (broadcast_id, recording) = broadcast(&world, &channel.key, 150).await;
    let live = read_all(&world, &recording).await;
    assert!(live >= 8, "three segments and an init section of each of two renditions: {live}");
    let ended = world.get(&format!("/hls/{broadcast_id}/v0/media.m3u8?_HLS_msn=999")).await;
    assert_eq!(ended.status, StatusCode::OK, "directives mean nothing after the end");
    world.stop().await;

    let world = disk.start(Settings::default()).await;
    assert_eq!(read_all(&world, &recording).await, live);
    let again = world.get(&format!("/hls/{broadcast_id}/v0/media.m3u8")).await;
    assert!(again.text().ends_with("#EXT-X-ENDLIST\n"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_for_a_while_loses_nothing() {
    let disk = Disk::new();
    let store = Faulty::around(disk.store());
    store.refuses.store(true, Ordering::Relaxed);
    let world = disk.start_with(Settings::default(), Arc::clone(&store) as Store).await;
    let channel = rows::channel(&world, "demo").await;
    let (_, recording) = broadcast(&world, &channel.key, 150).await;
    let live = read_all(&world, &recording).await;
    store.refuses.store(false, Ordering::Relaxed);
    world.stop().await;

    let world = disk.start(Settings::default()).await;
    assert_eq!(read_all(&world, &recording).await, live);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_read_is_never_a_short_answer() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let (_, recording) = broadcast(&world, &channel.key, 100).await;
    let playlist = world.get(&format!("/vod/{recording}/v0/media.m3u8")).await;
    world.stop().await;

    let store = Faulty::around(disk.store());
    let world = disk.start_with(Settings::default(), Arc::clone(&store) as Store).await;
    // The index is read whole; then every read is cut.
    assert_eq!(world.get(&format!("/vod/{recording}/index.m3u8")).await.status, StatusCode::OK);
    store.cuts.store(true, Ordering::Relaxed);
    let uri = playlist.text().lines().find(|line| line.strip_suffix(".m4s").is_some()).unwrap();
    let path = format!("/vod/{}", uri.strip_prefix("../../").unwrap());
    let cut = world.get(&path).await;
    assert_eq!(cut.status, StatusCode::BAD_GATEWAY);
    assert_eq!(cut.header("cache-control"), "no-store");
    store.cuts.store(false, Ordering::Relaxed);

    let before = store.reads.load(Ordering::Relaxed);
    let readers = (0..50).map(|_| world.get(&path));
    let answers = futures_util::future::join_all(readers).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    assert_eq!(store.reads.load(Ordering::Relaxed) - before, 1, "fifty readers are one read");
    world.stop().await;
}
