//! What operators see: the board and its alarms, by the API and on the page.

use std::collections::BTreeSet;
use std::path::Path;

use infra::machine::Room;
use serde_json::{Value, json};

use crate::failure::picture_goes_on;
use crate::harness::browser;
use crate::harness::client::{Client, Events, PATIENCE};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::harness::servers::{Bucket, Weed};
use crate::live::until_live;
use crate::pages::session;
use crate::vod::play_whole;

const PATH: &str = "/v1/operator/events";

/// The codes of the alarms that stand.
fn standing(second: &Value) -> BTreeSet<&str> {
    let alarms = second["alarms"].as_array().expect("alarms");
    alarms.iter().filter_map(|alarm| alarm["code"].as_str()).collect()
}

/// The first second from here on in which an alarm stands.
async fn until_raised(board: &mut Events, code: &str) -> Value {
    board.until(|event| standing(&event.data).contains(code)).await.data
}

/// The first second from here on in which it does not.
async fn until_cleared(board: &mut Events, code: &str) -> Value {
    board.until(|event| !standing(&event.data).contains(code)).await.data
}

fn alarm<'a>(second: &'a Value, code: &str) -> &'a Value {
    let alarms = second["alarms"].as_array().expect("alarms");
    alarms.iter().find(|alarm| alarm["code"] == code).expect("the alarm stands")
}

/// What happened to an alarm, oldest first.
fn happened<'a>(second: &'a Value, code: &str) -> Vec<&'a str> {
    let lines = second["happened"].as_array().expect("lines").iter();
    lines.filter(|line| line["code"] == code).filter_map(|line| line["what"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_store_raises_an_alarm_and_its_return_ends_it() {
    let mut store = Weed::start().await;
    let mut options = Options::on(Backend::Embedded);
    options.config = format!("store.url = \"{}\"\n", store.bucket().url());
    options.environment = Bucket::environment();
    let program = Program::start(options).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let mut board = partner.client.events(PATH).await;
    let calm = board.until(|event| event.data["gauges"]["store"]["puts"] != json!(0)).await.data;
    assert_eq!(calm["gauges"]["broadcasts"], 1, "{calm}");
    assert!(!standing(&calm).contains("store_down"), "{calm}");
    let air = &calm["broadcasts"][0];
    assert_eq!(air["channel_slug"], "harbour", "{air}");
    let parts = air["renditions"][0]["parts"].as_array().expect("runs of parts");
    assert!(parts.iter().any(|run| run["late_ms"][0].is_u64()), "{air}");

    store.stop();
    let down = until_raised(&mut board, "store_down").await;
    let raised = alarm(&down, "store_down");
    assert_eq!(raised["severity"], "bad", "{raised}");
    assert!(raised["args"]["bytes_max"].as_u64().is_some_and(|bytes| bytes > 0), "{raised}");
    assert!(down["gauges"]["store"]["failures"].as_u64().is_some_and(|failed| failed > 0));
    assert_eq!(down["gauges"]["broadcasts"], 1, "the picture goes on: {down}");

    store.start_again().await;
    let back = until_cleared(&mut board, "store_down").await;
    assert_eq!(happened(&back, "store_down"), ["raised", "cleared"], "{back}");
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_is_gone_or_late_raises_an_alarm_until_it_sends_again() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&program.client(), &partner).await;
    let live = partner.on_air().await;
    let mut board = partner.client.events(PATH).await;

    encoder.kill().await;
    let gone = until_raised(&mut board, "ingest_interrupted").await;
    let raised = alarm(&gone, "ingest_interrupted");
    assert_eq!(raised["broadcast_id"], live["id"], "{raised}");
    assert_eq!(raised["channel_id"], live["channel_id"], "{raised}");
    assert_eq!(raised["args"]["window_ms"], 120_000, "{raised}");
    assert_eq!(gone["broadcasts"][0]["state"], "interrupted", "{gone}");
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    let back = until_cleared(&mut board, "ingest_interrupted").await;
    assert_eq!(happened(&back, "ingest_interrupted"), ["raised", "cleared"], "{back}");
    assert_eq!(happened(&back, "resumed"), ["ingest"], "{back}");

    // Each stall makes the parts late that were due in it; the board's own seconds are the clock.
    let late = async {
        loop {
            for suspended in [true, false] {
                if suspended {
                    encoder.suspend().await;
                } else {
                    encoder.resume().await;
                }
                for _ in 0..2 {
                    let second = board.next().await.data;
                    if standing(&second).contains("parts_late") {
                        return second;
                    }
                }
            }
        }
    };
    let late = tokio::time::timeout(PATIENCE, late).await;
    let late = late.expect("parts are late in time");
    let raised = alarm(&late, "parts_late");
    assert!(raised["args"]["p95_ms"].as_u64() >= raised["args"]["part_ms"].as_u64(), "{raised}");
    encoder.resume().await;
    drop(encoder);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_says_its_alarms_in_words_and_stands_still_when_asked_to() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let looks = json!([
        ["dark", "en", [1440, 900]],
        ["light", "zh-CN", [390, 844]],
        ["light", "en", [1024, 768]],
        ["dark", "zh-CN", [320, 700]],
    ]);
    let arguments =
        json!({"base": program.http(), "setup": session(&program).await, "looks": looks});
    let pages = browser::run("operator", &arguments).await;
    for page in pages.as_array().expect("a list") {
        let name = page["name"].as_str().expect("a name");
        assert_eq!(page["violations"], json!([]), "{name}: {page}");
        assert_eq!(page["console"], json!([]), "{name}");
        assert_eq!(page["foreign"], json!([]), "{name}");
        assert!(page["sideways"].as_i64().is_some_and(|pixels| pixels <= 0), "{name}: {page}");
        assert_eq!((&page["paused"], &page["unpaused"]), (&json!(1), &json!(1)), "{name}");
        let (alarms, rows) = if name.starts_with("alarms") { (2, 8) } else { (0, 8) };
        let rows = if name.starts_with("empty") { 0 } else { rows };
        assert_eq!(page["alarms"].as_array().expect("words").len(), alarms, "{name}: {page}");
        assert_eq!(page["rows"], rows, "{name}");
        if alarms > 0 {
            let cure = page["cure"].as_str().expect("a cure");
            assert!(cure.contains("headwater doctor"), "{name}: {cure}");
        }
    }
    let english = &pages[0]["alarms"];
    assert_eq!(english[0], "The object store does not answer.", "{english}");
    let chinese = &pages[3]["alarms"];
    assert_eq!(chinese[0], "对象存储没有应答。", "{chinese}");
}

/// A file system that nothing else fills while a test runs.
const QUIET_DISK: &str = "/dev/shm";

/// Which segments a playlist lists as gaps, in its order.
fn gaps(playlist: &Playlist) -> Vec<bool> {
    let (mut gaps, mut is_gap) = (Vec::new(), false);
    for line in playlist.text.lines() {
        is_gap |= line == "#EXT-X-GAP";
        if line.strip_suffix(".m4s").is_some() {
            gaps.push(std::mem::take(&mut is_gap));
        }
    }
    gaps
}

/// A recording that is whole by now, and says what it misses.
async fn finished(client: &Client, recording: &str) -> Value {
    let path = format!("/v1/recordings/{recording}");
    let ready = async {
        loop {
            let shown = client.get(&path).await.expect(200).json();
            if shown["status"] == "ready" && shown["missing_ms"] != json!(0) {
                return shown;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("the recording is ready in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_makes_a_hole_in_the_recording_and_live_goes_on() {
    let disk = Path::new(QUIET_DISK);
    let free = Room::at(disk).expect("a disk").free_bytes;
    let room = (free / 4).min(128 << 20);
    let ballast = tempfile::NamedTempFile::new_in(disk).expect("a file");
    let mut options = Options::on(Backend::Embedded);
    options.disk = Some(disk.to_owned());
    options.config = format!("store.reserve = \"{}\"\nlive.backlog = \"300kB\"\n", free - room);
    let mut program = Program::start(options).await;
    let partner = Partner::new(&program, "harbour").await;
    let client = program.client();
    let encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&client, &partner).await;
    let media = renditions(&client, &partner.hls()).await;
    let path = media.first().expect("a video playlist").clone();
    let recording = partner.on_air().await["recording_id"].clone();
    let recording = recording.as_str().expect("a recording").to_owned();
    let mut board = partner.client.events(PATH).await;
    until_raised(&mut board, "disk_low").await;
    picture_goes_on(&client, &path, 2).await;

    let size = usize::try_from(room * 2).expect("it fits into memory");
    std::fs::write(ballast.path(), vec![1; size]).expect("the disk takes it");
    let full = until_raised(&mut board, "disk_full").await;
    assert_eq!(alarm(&full, "disk_full")["severity"], "bad", "{full}");
    until_raised(&mut board, "segments_lost").await;
    picture_goes_on(&client, &path, 2).await;
    drop(ballast);
    let back = until_cleared(&mut board, "disk_full").await;
    assert_eq!(back["gauges"]["broadcasts"], 1, "{back}");
    picture_goes_on(&client, &path, 2).await;
    encoder.stop().await;

    let shown = finished(&partner.client, &recording).await;
    let (missing, whole) = (shown["missing_ms"].as_i64(), shown["duration_ms"].as_i64());
    assert!(missing < whole, "a part of it: {shown}");
    let (frames, _) = play_whole(&client, &recording).await;
    assert!(frames.iter().all(|frames| *frames > 0), "{frames:?}");
    program.stop_and_restart().await;
    let client = program.client();
    let (again, _) = play_whole(&client, &recording).await;
    assert_eq!(again, frames, "the store has what is not a gap, and names what is");
    let media = renditions(&client, &format!("/vod/{recording}/index.m3u8")).await;
    let playlist = Playlist::fetch(&client, media.first().expect("a video playlist")).await;
    let gaps = gaps(&playlist);
    assert!(gaps.contains(&true), "{}", playlist.text);
    assert!(!gaps[0] && !gaps[gaps.len() - 1], "a hole in the middle:\n{}", playlist.text);
}
