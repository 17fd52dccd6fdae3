//! What others decide about a running broadcast.

use std::convert::Infallible;

use domain::id::BroadcastId;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use http::StatusCode;
use infra::database::{Database, broadcasts};

use super::on_air::{OnAir, on_air};
use super::world::Disk;
use crate::Settings;

/// Puts an order into the row, and tells nobody.
async fn order_silently(database: &Database, broadcast: &str, action: &'static str) {
    let id: BroadcastId = broadcast.parse().unwrap();
    let written = database.write::<_, Infallible, _>(move |tx| {
        async move { Ok(broadcasts::order(tx, id, action, "test").await?) }.boxed()
    });
    written.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_takedown_sends_the_publisher_away_and_answers_410_everywhere() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let OnAir { publisher, broadcast, .. } = on_air(&world, 75).await;
    let held = format!("/hls/{broadcast}/v0/media.m3u8?_HLS_msn=3");
    let take_down = async {
        let subject = format!("hw.broadcast.{broadcast}.control");
        world.bus.publish(subject, (&br#"{"action":"take_down"}"#[..]).into());
    };
    let waiting = join_all((0..50).map(|_| world.get(&held)));
    let (refused, held, ()) = tokio::join!(publisher.send_until_dismissed(), waiting, take_down);
    assert_eq!(refused.reason, "taken_down: this broadcast was taken down");
    let seen: Vec<_> = held.iter().map(|answer| answer.status).collect();
    assert_eq!(seen, [StatusCode::GONE; 50], "no one sees a last playlist");
    for path in ["index.m3u8", "v0/media.m3u8", "v0/1/6.m4s", "v0/1/init-0.mp4"] {
        let answer = world.get(&format!("/hls/{broadcast}/{path}")).await;
        assert_eq!(answer.status, StatusCode::GONE, "{path}");
    }
    assert_eq!(world.get("/hls/demo/index.m3u8").await.status, StatusCode::NOT_FOUND);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_to_end_gives_the_last_line_to_whoever_waits() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let OnAir { publisher, broadcast, .. } = on_air(&world, 75).await;
    let held = format!("/hls/{broadcast}/v0/media.m3u8?_HLS_msn=2");
    let end = async {
        let subject = format!("hw.broadcast.{broadcast}.control");
        world.bus.publish(subject, (&br#"{"action":"end"}"#[..]).into());
    };
    let (refused, held, ()) = tokio::join!(publisher.send_until_dismissed(), world.get(&held), end);
    assert_eq!(refused.reason, "ended: this broadcast has ended");
    assert_eq!(held.status, StatusCode::OK);
    assert!(held.text().ends_with("#EXT-X-ENDLIST\n"), "{}", held.text());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_the_bus_lost_is_read_from_its_row() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let OnAir { publisher, broadcast, .. } = on_air(&world, 75).await;
    let order = order_silently(&world.database, &broadcast, "key_revoked");
    let (refused, ()) = tokio::join!(publisher.send_until_dismissed(), order);
    assert!(refused.reason.starts_with("key_revoked: "), "{}", refused.reason);
    let playlist = world.get(&format!("/hls/{broadcast}/v0/media.m3u8")).await;
    assert!(!playlist.text().contains("#EXT-X-ENDLIST"), "the window waits for another key");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_takedown_that_fell_while_the_process_was_gone_is_obeyed_by_the_next_one() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let OnAir { broadcast, publisher: _publisher, .. } = on_air(&world, 140).await;
    order_silently(&world.database, &broadcast, "take_down").await;
    world.kill().await;

    let world = disk.start(Settings::default()).await;
    let path = format!("/hls/{broadcast}/v0/media.m3u8");
    while world.get(&path).await.status != StatusCode::GONE {
        tokio::task::yield_now().await;
    }
    world.stop().await;
}
