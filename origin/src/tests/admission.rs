//! Who is let in.

use super::publisher::Publisher;
use super::rows;
use super::world::Disk;
use crate::Settings;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_refused_with_a_reason_before_anything_starts() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    for key in ["", "nonsense", "hw_live_0000000000000000000000"] {
        let refused = Publisher::connect(world.rtmp(), key).await.err().unwrap();
        assert_eq!(refused.code, "NetStream.Publish.BadName", "{key}");
        assert_eq!(refused.reason, "unknown_key: no channel has this stream key", "{key}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_publisher_is_refused_while_the_first_one_sends() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let mut first = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    first.send_frames(30).await;
    let refused = Publisher::connect(world.rtmp(), &channel.key).await.err().unwrap();
    assert_eq!(refused.code, "NetStream.Publish.BadName");
    assert_eq!(refused.reason, "already_live: another publisher is live with this stream key");
    first.send_frames(30).await;
    let codes: Vec<_> =
        world.origin.ingest_log().lines(channel.id).iter().map(|line| line.code).collect();
    assert_eq!(codes, ["accepted", "already_live"]);
    world.stop().await;
}
