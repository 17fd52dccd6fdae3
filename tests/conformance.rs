//! `headwater probe` on every kind of broadcast: no rule that must hold is broken, and between them
//! the broadcasts show something to every such rule.

use std::collections::BTreeSet;

use futures_util::future::join;
use serde_json::{Value, json};

use crate::harness::client::PATIENCE;
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, attribute, renditions};
use crate::harness::program::{Backend, Options, Program, headwater, headwater_with};
use crate::live::{follow_to, until_live, until_there};

/// Rules that must hold and that these broadcasts show nothing of: HTTP/2 is offered with TLS alone,
/// which has its own test; priorities and playlists of type EVENT are not served.
const NOT_SHOWN: [&str; 4] = ["T1", "T3", "T4", "VD1"];

/// The report on a stream in which no rule that must hold is broken.
pub(crate) async fn sound(url: &str, seconds: u32) -> Value {
    sound_with(url, seconds, &[]).await
}

/// The same with environment variables.
pub(crate) async fn sound_with(url: &str, seconds: u32, environment: &[(&str, &str)]) -> Value {
    let seconds = seconds.to_string();
    let arguments = ["probe", url, "--seconds", &seconds, "--json"];
    let probed = headwater_with(&arguments, environment).await;
    let report: Value = serde_json::from_str(&probed.stdout)
        .unwrap_or_else(|error| panic!("{url}: {error}: {}", probed.stderr));
    assert_eq!(probed.code, Some(0), "{url}: {:#}", report["findings"]);
    assert_eq!(report["broken_must"], 0, "{url}");
    report
}

/// The rules with this level and state.
pub(crate) fn rules(report: &Value, level: &str, state: &str) -> BTreeSet<String> {
    let rows = report["rows"].as_array().expect("rows");
    let found = rows.iter().filter(|row| row["level"] == level && row["state"] == state);
    found.map(|row| row["rule"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_broadcast_breaks_a_rule_that_must_hold() {
    let mut options = Options::on(Backend::Embedded).demo();
    // The shortest window: it slides while the probe looks.
    options.config = "live.dvr_window = \"36s\"\nlive.reconnect_window = \"30s\"\n".to_owned();
    let program = Program::start(options).await;
    let client = program.client();
    let url = |path: &str| client.url(path);
    until_there(&client, "/hls/demo/index.m3u8").await;
    let demo = async { sound(&url("/hls/demo/index.m3u8"), 46).await };
    let (demo, others) = join(demo, others(&program)).await;
    let mut reports = others;
    reports.push(demo);
    let mut passed = BTreeSet::new();
    let mut known = BTreeSet::new();
    for report in &reports {
        passed.extend(rules(report, "must", "passed"));
        known.extend(rules(report, "must", "not_seen"));
    }
    let missing: BTreeSet<&str> = known.difference(&passed).map(String::as_str).collect();
    assert_eq!(missing, BTreeSet::from(NOT_SHOWN));
}

/// A broadcast with B-frames that ends while it is followed, its recording, and one of sound alone.
async fn others(program: &Program) -> Vec<Value> {
    let client = program.client();
    let (harbour, radio) =
        join(Partner::new(program, "harbour"), Partner::new(program, "radio")).await;
    let encoder = Encoder::start(&harbour.publish_url(program)).await;
    let sound_alone = Encoder::sound(&radio.publish_url(program)).await;
    join(until_live(&client, &harbour), until_live(&client, &radio)).await;
    let broadcast = harbour.on_air().await;
    let recording = broadcast["recording_id"].as_str().expect("a recording").to_owned();
    let media = renditions(&client, &harbour.hls()).await;
    let path = media.first().expect("a video playlist");
    let ends = async {
        follow_to(&client, path, 6).await;
        encoder.stop().await;
    };
    let (harbour_url, radio_url) = (client.url(&harbour.hls()), client.url(&radio.hls()));
    let live = join(sound(&harbour_url, 60), sound(&radio_url, 12));
    let live = tokio::time::timeout(PATIENCE, join(live, ends)).await.expect("in time");
    sound_alone.stop().await;
    let ((ended, radio), ()) = live;
    assert_eq!(ended["playlists"], 2, "picture and sound are apart");
    assert_eq!(radio["playlists"], 1);
    let replay = sound(&client.url(&format!("/vod/{recording}/index.m3u8")), 1).await;
    vec![ended, radio, replay]
}

/// A channel's broadcast with a latency profile of its own, or with that of the installation.
async fn with_profile(program: &Program, profile: Option<&str>) -> (Partner, Encoder) {
    let partner = Partner::new(program, profile.unwrap_or("usual")).await;
    if let Some(profile) = profile {
        let body = json!({"channel_id": partner.channel_id, "title": "Day 3", "profile": profile});
        partner.client.post("/v1/broadcasts", body).await.expect(201);
    }
    let encoder = Encoder::start(&partner.publish_url(program)).await;
    (partner, encoder)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_latency_profile_keeps_its_promises_to_the_rules() {
    let mut options = Options::on(Backend::Embedded);
    // The shortest window: it slides while the probe looks.
    options.config = "live.profile = \"classic\"\nlive.dvr_window = \"36s\"\n\
                      live.reconnect_window = \"30s\"\n"
        .to_owned();
    let program = Program::start(options).await;
    let client = program.client();
    // The profile, then what the playlist must say of segments and parts.
    let cases = [
        (None, "6", None),
        (Some("relaxed"), "4", Some("1.00000")),
        (Some("standard"), "2", Some("0.50000")),
    ];
    let judged = cases.map(async |(profile, target, part)| {
        let (partner, encoder) = with_profile(&program, profile).await;
        until_live(&client, &partner).await;
        // What a broadcast needs of the network is measured: its first segment does not tell yet.
        let media = renditions(&client, &partner.hls()).await;
        follow_to(&client, media.first().expect("a video playlist"), 2).await;
        let report = sound(&client.url(&partner.hls()), 50).await;
        let apple = rules(&report, "apple_must", "broken");
        assert_eq!(apple, BTreeSet::from(["MV6".to_owned()]), "{profile:?}");
        for path in &media {
            let playlist = Playlist::fetch(&client, path).await;
            assert_eq!(playlist.tag("EXT-X-TARGETDURATION"), Some(target), "{profile:?}");
            let line = playlist.tag("EXT-X-PART-INF").map(|list| format!("#:{list}"));
            let told = line.and_then(|line| attribute(&line, "PART-TARGET"));
            assert_eq!(told.as_deref(), part, "{profile:?}");
            assert_eq!(playlist.parts().is_empty(), part.is_none(), "{profile:?}");
            assert!(playlist.first_msn() > 0, "the window slid: {}", playlist.text);
        }
        encoder.stop().await;
    });
    futures_util::future::join_all(judged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_playlist_is_told_in_one_sentence() {
    let program = Program::start(Options::on(Backend::Embedded)).await;
    for (path, said) in [("/livez", "is no playlist"), ("/hls/nobody/index.m3u8", "status 404")] {
        let probed = headwater(&["probe", &program.client().url(path)]).await;
        assert_eq!(probed.code, Some(1), "{}", probed.stderr);
        assert!(probed.stderr.contains(said), "{}", probed.stderr);
    }
}
