//! A process that goes down in the middle of a broadcast, and the next one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;

use super::on_air::{OnAir, on_air};
use super::publisher::Publisher;
use super::store::Faulty;
use super::world::{Disk, World};
use crate::Settings;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_outlives_the_process_when_its_encoder_comes_back() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let OnAir { channel, broadcast, publisher: _former, .. } = on_air(&world, 140).await;
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
    let OnAir { recording, publisher: _former, .. } = on_air(&world, 140).await;
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

/// The numbers of all listed segments, gaps among them.
fn numbers(text: &str) -> Vec<u64> {
    let uris = text.lines().filter(|line| line.strip_suffix(".m4s").is_some());
    uris.map(|uri| uri.split_once('/').unwrap().1.trim_end_matches(".m4s").parse().unwrap())
        .collect()
}

/// Asks until the answer has this status.
async fn until(world: &World, path: &str, wanted: StatusCode) {
    while world.get(path).await.status != wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_go_on_when_the_store_is_away_while_the_process_starts() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let OnAir { channel, broadcast, publisher: _former, .. } = on_air(&world, 140).await;
    let path = format!("/hls/{broadcast}/v0/media.m3u8");
    let before = world.get(&path).await;
    world.stop().await;
    disk.lose_journal();

    let store = Faulty::around(disk.store());
    store.is_away.store(true, Ordering::Relaxed);
    let world = disk.start_with(Settings::default(), Arc::clone(&store) as _).await;
    for path in [&path, "/hls/demo/index.m3u8"] {
        let waiting = world.get(path).await;
        assert_eq!(waiting.status, StatusCode::SERVICE_UNAVAILABLE, "{path} is not gone");
        assert_ne!(waiting.header("retry-after"), "", "{path}");
    }
    let refused = Publisher::connect(world.rtmp(), &channel.key).await.err().unwrap();
    assert!(refused.to_string().contains("store_unavailable"), "{refused}");

    store.is_away.store(false, Ordering::Relaxed);
    until(&world, &path, StatusCode::OK).await;
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(80).await;
    let after = world.get(&path).await;
    let (before, after) = (numbers(before.text()), numbers(after.text()));
    assert!(after.first() >= before.first(), "{before:?} {after:?}");
    assert!(after.last() > before.last(), "{before:?} {after:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_go_on_when_nothing_was_stored_before_the_process_died() {
    let disk = Disk::new();
    let store = Faulty::around(disk.store());
    store.refuses.store(true, Ordering::Relaxed);
    let world = disk.start_with(Settings::default(), store).await;
    let OnAir { channel, broadcast, publisher: _former, .. } = on_air(&world, 140).await;
    let path = format!("/hls/{broadcast}/v0/media.m3u8");
    let before = numbers(world.get(&path).await.text());
    world.kill().await;
    disk.lose_journal();

    let world = disk.start(Settings::default()).await;
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(140).await;
    let again = world.get(&path).await;
    assert_eq!(again.status, StatusCode::OK, "one broadcast, one address: {}", again.text());
    let after = numbers(again.text());
    assert!(after.first() > before.last(), "{before:?} {after:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_store_never_took_comes_from_the_spool_and_is_stored_after_all() {
    let disk = Disk::new();
    let store = Faulty::around(disk.store());
    store.refuses.store(true, Ordering::Relaxed);
    let world = disk.start_with(Settings::default(), store).await;
    let OnAir { broadcast, publisher: _former, .. } = on_air(&world, 140).await;
    let base = format!("/hls/{broadcast}/v0/");
    let playlist = world.get(&format!("{base}media.m3u8")).await;
    let listed: Vec<&str> =
        playlist.text().lines().filter(|line| line.strip_suffix(".m4s").is_some()).collect();
    let mut before = Vec::new();
    for uri in &listed {
        before.push(world.get(&format!("{base}{uri}")).await.body);
    }
    assert!(before.len() >= 2, "{}", playlist.text());
    world.kill().await;

    let world = disk.start(Settings::default()).await;
    for (uri, bytes) in listed.iter().zip(&before) {
        let again = world.get(&format!("{base}{uri}")).await;
        assert_eq!((again.status, &again.body), (StatusCode::OK, bytes), "{uri}");
    }
    world.stop().await;
    for (uri, bytes) in listed.iter().zip(&before) {
        let stored = disk.store().get(&format!("media/{broadcast}/v0/{uri}"), None).await;
        assert_eq!(stored.unwrap(), *bytes, "{uri}");
    }
}

/// What a multivariant playlist says of the rate.
async fn bandwidth(world: &World, broadcast: &str) -> u64 {
    let index = world.get(&format!("/hls/{broadcast}/index.m3u8")).await;
    let (_, rest) = index.text().split_once(":BANDWIDTH=").unwrap();
    rest.split_once(',').unwrap().0.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_and_init_sections_are_known_after_a_kill_with_a_journal_and_without_one() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let OnAir { broadcast, publisher: _former, .. } = on_air(&world, 140).await;
    let measured = bandwidth(&world, &broadcast).await;
    let init = format!("/hls/{broadcast}/v0/1/init-0.mp4");
    let bytes = world.get(&init).await.body;
    assert!(!bytes.is_empty());
    world.kill().await;
    for keeps_journal in [true, false] {
        if !keeps_journal {
            disk.lose_journal();
        }
        let world = disk.start(Settings::default()).await;
        let again = bandwidth(&world, &broadcast).await;
        assert!(again * 2 > measured, "{again} of {measured} bit/s, journal: {keeps_journal}");
        let answer = world.get(&init).await;
        assert_eq!(answer.status, StatusCode::OK, "journal: {keeps_journal}");
        assert_eq!(answer.body, bytes, "journal: {keeps_journal}");
        world.kill().await;
    }
}
