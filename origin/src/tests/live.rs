//! What viewers get while a broadcast runs.

use std::time::Duration;

use http::StatusCode;

use super::publisher::Publisher;
use super::rows;
use super::world::{Disk, World};
use crate::Settings;

/// Frames that fill this many whole segments of two seconds and open the next one.
const fn segments(count: u64) -> u64 {
    count * 60 + 15
}

fn line<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.lines().find(|line| line.starts_with(start))
}

/// The attribute of the first line that starts with `tag`.
fn attribute<'a>(text: &'a str, tag: &str, name: &str) -> Option<&'a str> {
    let (_, rest) = line(text, tag)?.split_once(&format!("{name}="))?;
    Some(rest.split(',').next()?.trim_matches('"'))
}

async fn media_playlist(world: &World, index: &str) -> (String, String) {
    let multivariant = world.get(index).await;
    assert_eq!(multivariant.status, StatusCode::OK, "{}", multivariant.text());
    let uri = multivariant.text().lines().last().unwrap().to_owned();
    let base = index.strip_suffix("demo/index.m3u8").unwrap();
    let path = format!("{base}{}", uri.strip_prefix("../").unwrap());
    let text = world.get(&path).await;
    assert_eq!(text.status, StatusCode::OK);
    (path, text.text().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_has_a_number_of_its_own_also_a_refusal() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let mut numbers = std::collections::BTreeSet::new();
    for path in ["/hls/nobody/index.m3u8", "/hls/nobody/index.m3u8", "/hls/"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        numbers.insert(answer.header("headwater-answer").parse::<u64>().unwrap());
    }
    assert_eq!(numbers.len(), 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_becomes_a_low_latency_playlist_whose_bytes_can_be_fetched() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(segments(2)).await;

    let (path, text) = media_playlist(&world, "/hls/demo/index.m3u8").await;
    assert!(line(&text, "#EXT-X-PART:").is_some(), "{text}");
    assert!(line(&text, "#EXT-X-PRELOAD-HINT:TYPE=PART").is_some(), "{text}");
    let base = path.strip_suffix("media.m3u8").unwrap();
    let init = attribute(&text, "#EXT-X-MAP", "URI").unwrap();
    let init = world.get(&format!("{base}{init}")).await;
    assert_eq!((init.status, init.header("content-type")), (StatusCode::OK, "video/mp4"));
    assert_eq!(init.body.get(4..8), Some(&b"ftyp"[..]));

    // The newest whole segment is exactly its parts.
    let segment = text.lines().rfind(|line| line.strip_suffix(".m4s").is_some()).unwrap();
    let whole = world.get(&format!("{base}{segment}")).await;
    assert_eq!((whole.status, whole.header("content-type")), (StatusCode::OK, "video/iso.segment"));
    assert_eq!(whole.header("cache-control"), "public, max-age=31536000, immutable");
    let stem = segment.strip_suffix(".m4s").unwrap();
    let mut parts = Vec::new();
    for number in 0.. {
        let part = world.get(&format!("{base}{stem}.{number}.m4s")).await;
        if part.status != StatusCode::OK {
            assert_eq!(part.status, StatusCode::NOT_FOUND);
            break;
        }
        parts.extend_from_slice(&part.body);
    }
    assert_eq!(parts, whole.body);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hinted_part_and_a_blocking_reload_are_held_until_they_exist() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(segments(1)).await;

    let (path, text) = media_playlist(&world, "/hls/demo/index.m3u8").await;
    let base = path.strip_suffix("media.m3u8").unwrap();
    let hint = attribute(&text, "#EXT-X-PRELOAD-HINT", "URI").unwrap().to_owned();
    let (_, position) = hint.strip_suffix(".m4s").unwrap().split_once('/').unwrap();
    let (msn, part) = position.split_once('.').unwrap();
    let reload = format!("{path}?_HLS_msn={msn}&_HLS_part={part}");
    let hinted = format!("{base}{hint}");

    let sending = publisher.send_frames(30);
    let watching = async { tokio::join!(world.get(&hinted), world.get(&reload)) };
    let ((), (bytes, playlist)) = tokio::join!(sending, watching);
    assert_eq!(bytes.status, StatusCode::OK);
    assert_eq!(playlist.status, StatusCode::OK);
    assert_eq!(playlist.header("cache-control"), "public, max-age=12");
    assert!(playlist.text().contains(&format!("URI=\"{hint}\"")), "{}", playlist.text());

    // The same question in another order, with a stranger beside it, has the same answer.
    let now = format!("{path}?_HLS_msn={msn}&_HLS_part=0");
    let other = format!("{path}?CMCD=x&_HLS_part=0&_HLS_msn={msn}");
    let (first, second) = tokio::join!(world.get(&now), world.get(&other));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("etag"), second.header("etag"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directives_that_cannot_be_are_refused_and_old_ones_answered() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(segments(1)).await;
    let (path, _) = media_playlist(&world, "/hls/demo/index.m3u8").await;
    for (query, status, cache) in [
        ("_HLS_part=0", 400, "public, max-age=1"),
        ("_HLS_msn=x", 400, "public, max-age=1"),
        ("_HLS_msn=", 400, "public, max-age=1"),
        ("_HLS_msn=99999", 400, "public, max-age=1"),
        ("_HLS_msn=0", 200, "public, max-age=12"),
        ("_HLS_msn=5", 400, "public, max-age=1"),
        ("_HLS_unknown=1", 200, "public, max-age=1"),
        ("", 200, "public, max-age=1"),
    ] {
        let answer = world.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
        assert_eq!(answer.header("cache-control"), cache, "{query}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{query}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_viewers_wait_for_the_first_part() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let early = world.get("/hls/demo/index.m3u8").await;
    assert_eq!(early.status, StatusCode::NOT_FOUND);
    assert_eq!(early.header("retry-after"), "2");

    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    let (answer, ()) = tokio::join!(world.get("/hls/demo/index.m3u8"), publisher.send_frames(45));
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text().contains("CODECS=\"avc1.42c01f,mp4a.40.2\""), "{}", answer.text());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_broadcast_goes_on_and_its_publisher_comes_back() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let channel = rows::channel(&world, "demo").await;
    let mut first = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    first.send_frames(segments(1)).await;
    let (path, _) = media_playlist(&world, "/hls/demo/index.m3u8").await;
    let mut states = world.bus.subscribe("hw.broadcast");
    drop(first);
    rows::wait_for_state(&mut states, "interrupted").await;
    assert_eq!(world.get(&path).await.status, StatusCode::OK);

    let mut second = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    second.send_frames(segments(1)).await;
    let (again, text) = media_playlist(&world, "/hls/demo/index.m3u8").await;
    assert_eq!(again, path, "the same broadcast goes on");
    assert!(!text.contains("#EXT-X-ENDLIST"));
    second.goodbye().await;
    rows::wait_for_state(&mut states, "ended").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_that_nobody_comes_back_to_ends_after_its_window() {
    let disk = Disk::new();
    let reconnect_window = Duration::from_secs(1);
    let world = disk.start(Settings { reconnect_window, ..Settings::default() }).await;
    let channel = rows::channel(&world, "demo").await;
    let mut states = world.bus.subscribe("hw.broadcast");
    let mut publisher = Publisher::connect(world.rtmp(), &channel.key).await.unwrap();
    publisher.send_frames(segments(1)).await;
    let (path, _) = media_playlist(&world, "/hls/demo/index.m3u8").await;
    drop(publisher);
    rows::wait_for_state(&mut states, "ended").await;
    assert!(world.get(&path).await.text().ends_with("#EXT-X-ENDLIST\n"));
    assert_eq!(world.get("/hls/demo/index.m3u8").await.status, StatusCode::NOT_FOUND);
    world.stop().await;
}

#[tokio::test]
async fn a_request_that_waits_holds_little_memory() {
    let disk = Disk::new();
    let world = disk.start(Settings::default()).await;
    let (request, ()) = http::Request::get("/hls/demo/index.m3u8").body(()).unwrap().into_parts();
    let delivery = world.origin.delivery();
    // Ten thousand of them wait for the same part, and all of them wake at once.
    let bytes = size_of_val(&delivery.respond(&request));
    assert!(bytes <= 1_536, "{bytes} bytes");
}
