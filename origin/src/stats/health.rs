//! Warnings about what the encoder sends, each with the figures that its cure needs.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::meter::Figures;

/// A warning begins after this many bad seconds in a row, and ends after as many good ones.
const SECONDS_TO_CHANGE: u8 = 3;
/// Below this, 720p does not look like 720p.
const BITRATE_LOW_BPS: u64 = 600_000;
/// Skew that viewers notice.
const SKEW_MAX_MS: u64 = 200;

/// A standing warning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Warning {
    pub(crate) code: &'static str,
    pub(crate) since: Timestamp,
    pub(crate) args: Value,
}

/// What is wrong in one second's figures.
fn findings(figures: &Figures, target_ms: u32) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    if figures.has_video && figures.gop_ms > target_ms + 490 {
        found.push((
            "keyframe_interval_long",
            json!({ "gop_ms": figures.gop_ms, "target_ms": target_ms }),
        ));
    }
    if !figures.has_audio {
        found.push(("no_audio", json!({})));
    }
    if !figures.has_video {
        found.push(("no_video", json!({})));
    }
    let bitrate_bps = figures.bitrate_bps;
    if figures.has_video && bitrate_bps > 0 && bitrate_bps < BITRATE_LOW_BPS {
        found.push((
            "bitrate_low",
            json!({ "bitrate_bps": bitrate_bps, "wanted_bps": BITRATE_LOW_BPS }),
        ));
    }
    if figures.bitrate_bps == 0 {
        found.push(("no_media", json!({})));
    }
    let skew_ms = figures.av_skew_ms;
    if figures.has_audio && figures.has_video && skew_ms.unsigned_abs() > SKEW_MAX_MS {
        found.push(("av_skew", json!({ "skew_ms": skew_ms })));
    }
    if figures.has_video && figures.frame_rate > 0.0 && figures.frame_rate < 10.0 {
        found.push(("frame_rate_low", json!({ "fps": figures.frame_rate })));
    }
    found
}

/// Turns findings into warnings that do not flicker: a bad second counts up, a good one down.
#[derive(Debug, Default)]
pub(crate) struct Watchman {
    suspects: BTreeMap<&'static str, Suspect>,
}

#[derive(Debug)]
struct Suspect {
    since: Timestamp,
    args: Value,
    /// From 0, forgotten, to [`SECONDS_TO_CHANGE`], told.
    seconds: u8,
    told: bool,
}

impl Watchman {
    /// Takes the figures of one second; returns the warnings that stand.
    pub(crate) fn observe(
        &mut self,
        figures: &Figures,
        target_ms: u32,
        now: Timestamp,
    ) -> Vec<Warning> {
        let found = findings(figures, target_ms);
        self.suspects.retain(|code, suspect| {
            if !found.iter().any(|(bad, _)| bad == code) {
                suspect.seconds -= 1;
            }
            suspect.seconds > 0
        });
        for (code, args) in found {
            let suspect = self.suspects.entry(code).or_insert_with(|| Suspect {
                since: now,
                args: Value::Null,
                seconds: 0,
                told: false,
            });
            suspect.args = args;
            suspect.seconds = (suspect.seconds + 1).min(SECONDS_TO_CHANGE);
            suspect.told |= suspect.seconds == SECONDS_TO_CHANGE;
        }
        let told = self.suspects.iter().filter(|(_, suspect)| suspect.told);
        told.map(|(code, suspect)| Warning {
            code,
            since: suspect.since,
            args: suspect.args.clone(),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Figures = Figures {
        bitrate_bps: 4_000_000,
        audio_bitrate_bps: 128_000,
        frame_rate: 30.0,
        frame_interval_ms: 33.3,
        gop_ms: 2_000,
        av_skew_ms: 10,
        has_video: true,
        has_audio: true,
    };

    fn codes(figures: &Figures) -> Vec<&'static str> {
        findings(figures, 2_000).into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn each_fault_has_its_code() {
        assert_eq!(codes(&GOOD), Vec::<&str>::new());
        assert_eq!(codes(&Figures { gop_ms: 8_300, ..GOOD }), ["keyframe_interval_long"]);
        assert_eq!(codes(&Figures { has_audio: false, ..GOOD }), ["no_audio"]);
        assert_eq!(codes(&Figures { has_video: false, ..GOOD }), ["no_video"]);
        assert_eq!(codes(&Figures { bitrate_bps: 300_000, ..GOOD }), ["bitrate_low"]);
        assert_eq!(codes(&Figures { av_skew_ms: -350, ..GOOD }), ["av_skew"]);
        assert_eq!(codes(&Figures { frame_rate: 5.0, ..GOOD }), ["frame_rate_low"]);
        assert_eq!(codes(&Figures { bitrate_bps: 0, ..GOOD }), ["no_media"]);
    }

    #[test]
    fn a_warning_begins_and_ends_after_three_seconds() {
        let bad = Figures { has_audio: false, ..GOOD };
        let mut watchman = Watchman::default();
        let mut told = Vec::new();
        for (second, figures) in [bad, bad, bad, bad, GOOD, GOOD, GOOD, GOOD].iter().enumerate() {
            let now = Timestamp(i64::try_from(second).unwrap() * 1_000);
            told.push(watchman.observe(figures, 2_000, now).len());
        }
        assert_eq!(told, [0, 0, 1, 1, 1, 1, 0, 0]);
    }

    #[test]
    fn a_bad_second_now_and_then_is_no_warning() {
        let bad = Figures { has_audio: false, ..GOOD };
        let mut watchman = Watchman::default();
        for figures in [bad, bad, GOOD, GOOD, bad, GOOD, bad] {
            assert_eq!(watchman.observe(&figures, 2_000, Timestamp(0)), []);
        }
    }
}
