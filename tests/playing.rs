//! Players that keep time. They run one after another with nothing beside them (`make test` gives
//! this module a step of its own): a machine that is busy elsewhere shows stalls that are not ours.

use serde_json::json;

use crate::codings::AV1_OPUS;
use crate::harness::browser;
use crate::harness::caches::{Cache, Kind};
use crate::harness::desktop;
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::live::{follow_to, until_live, until_there};

#[tokio::test(flavor = "multi_thread")]
async fn hls_js_plays_the_demo_for_15_seconds_without_error_or_stall() {
    plays("hlsjs", 4_000.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shaka_plays_the_demo_for_15_seconds_without_error_or_stall() {
    plays("shaka", 6_000.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chromiums_own_player_plays_the_demo() {
    let program = Program::start(Options::on(Backend::Embedded).demo()).await;
    let url = program.ready["demo"]["hls"].as_str().expect("the demo's address").to_owned();
    // It gives up on a playlist of one segment, so on a broadcast that has just begun.
    let client = program.client();
    until_there(&client, "/hls/demo/index.m3u8").await;
    let media = renditions(&client, "/hls/demo/index.m3u8").await;
    follow_to(&client, media.first().expect("a video playlist"), 5).await;
    let found = browser::run("play", &json!({"url": url, "player": "native", "seconds": 15})).await;
    assert_eq!(found["errors"], json!([]), "{found}");
    // Its frames are another site's, which no canvas may read: the playing time is the proof.
    assert!(found["time"].as_f64().is_some_and(|time| time >= 5.0), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_decodes_the_demo_from_the_origin_and_from_the_cache() {
    from_origin_and_cache(140, desktop::ffmpeg).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ffplay_shows_the_demo_from_the_origin_and_from_the_cache() {
    from_origin_and_cache(120, desktop::ffplay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_shows_the_demo_from_the_origin_and_from_the_cache() {
    from_origin_and_cache(90, desktop::vlc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hls_js_plays_av1_and_opus() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let encoder = Encoder::enhanced(&partner.publish_url(&program), AV1_OPUS).await;
    let client = program.client();
    until_live(&client, &partner).await;
    let lead = renditions(&client, &partner.hls()).await.swap_remove(0);
    follow_to(&client, &lead, 2).await;
    let url = client.url(&partner.hls());
    let found = browser::run("play", &json!({"url": url, "player": "hlsjs", "seconds": 10})).await;
    assert_eq!(found["fatal"], json!([]), "{found}");
    assert!(found["frames"].as_u64().expect("frames") >= 150, "{found}");
    encoder.stop().await;
}

/// A player of the desktop shows so many pictures of 30 a second, whoever sends them.
async fn from_origin_and_cache(pictures_min: u64, pictures: impl AsyncFn(&str) -> u64) {
    const INDEX: &str = "/hls/demo/index.m3u8";
    let program = Program::start(Options::on(Backend::Embedded).demo()).await;
    let nginx = Cache::in_front_of(Kind::Nginx, &program.http()).await;
    until_there(&program.client(), INDEX).await;
    for base in [program.http(), nginx.http()] {
        let shown = pictures(&format!("{base}{INDEX}")).await;
        assert!(shown >= pictures_min, "{shown} pictures from {base}");
    }
}

/// Latency is a sanity bound here, far above the figure that the benchmark holds: a loaded test
/// machine is no measuring instrument.
async fn plays(player: &str, latency_max_ms: f64) {
    let program = Program::start(Options::on(Backend::Embedded).demo()).await;
    let url = program.ready["demo"]["hls"].as_str().expect("the demo's address").to_owned();
    let found = browser::run("play", &json!({"url": url, "player": player, "seconds": 15})).await;
    assert_eq!(found["errors"], json!([]), "{found}");
    assert!(found["frames"].as_u64().expect("frames") >= 150, "{found}");
    let stalls = found["stalls"].as_u64().expect("stalls");
    assert_eq!(stalls, 0, "{found}");
    let p50 = found["latency"]["p50"].as_f64().expect("a latency from the barcode");
    assert!((0.0..latency_max_ms).contains(&p50), "{found}");
}

/// The process is killed again and again while a player watches: no fatal error, and no stall longer
/// than what a classic player holds back.
async fn plays_through_kills(player: &str) {
    let mut program = Program::start(Options::on(Backend::Embedded)).await;
    let partner = Partner::new(&program, "harbour").await;
    let mut encoder = Encoder::start(&partner.publish_url(&program)).await;
    until_live(&program.client(), &partner).await;
    let lead = renditions(&program.client(), &partner.hls()).await.swap_remove(0);
    follow_to(&program.client(), &lead, 2).await;
    let url = format!("{}{}", program.http(), partner.hls());
    let wanted = json!({"url": url, "player": player, "seconds": 30});
    let watching = browser::run("play", &wanted);
    let killing = async {
        for _ in 0..4 {
            let now = Playlist::fetch(&program.client(), &lead).await;
            let open = now.first_msn() + now.segment_count();
            follow_to(&program.client(), &lead, open + 2).await;
            program.kill_and_restart().await;
            encoder.kill().await;
            encoder = Encoder::start(&partner.publish_url(&program)).await;
        }
        encoder
    };
    let (found, encoder) = tokio::join!(watching, killing);
    assert_eq!(found["fatal"], json!([]), "{found}");
    let stalled = found["stalled_ms_max"].as_f64().expect("the longest stall");
    assert!(stalled < 6_000.0, "{found}");
    assert!(found["frames"].as_u64().expect("frames") >= 450, "{found}");
    encoder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hls_js_plays_through_four_kills() {
    plays_through_kills("hlsjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shaka_plays_through_four_kills() {
    plays_through_kills("shaka").await;
}
