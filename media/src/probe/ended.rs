//! 1.14: recordings, events, and the window of a live playlist.

use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Level};
use crate::hls::parse;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "VD1", ["an event playlist loses no segment", "leave EXT-X-PLAYLIST-TYPE out where segments are removed"], vd1),
    rule(Level::Must, "VD2", ["a playlist that is over says so, and old requests for it are still answered", "print EXT-X-ENDLIST without hints, and answer directives at once"], vd2),
    rule(Level::Must, "VD3", ["a playlist that is over does not change", "make a trim or a clip a playlist of its own"], vd3),
    rule(Level::AppleMust, "VD3a", ["a static playlist says that it is one", "print EXT-X-PLAYLIST-TYPE:VOD"], vd3a),
    rule(Level::Practice, "VD4", ["the end of a live stream keeps its segments, numbers and URIs", "end the live playlist itself instead of making another"], vd4),
    rule(Level::Practice, "VD5", ["the oldest listed segment can be fetched", "list no segment that is gone: Chromium begins with the oldest"], vd5),
];

fn vd1(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        if old.media.playlist_type.as_deref() == Some("EVENT") {
            let keeps = new.media.media_sequence == old.media.media_sequence;
            verdict.case(&new.url, keeps, || {
                format!("its first segment is {} now", new.media.media_sequence)
            });
        }
    }
}

fn vd2(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Late) {
        let media = parse::media(&exchange.text());
        let is_final = media.is_some_and(|media| media.ended && media.hints.is_empty());
        verdict.case(&exchange.url, exchange.status == 200 && is_final, || {
            format!("`{}`: status {}", exchange.query, exchange.status)
        });
    }
}

fn vd3(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Late).filter(|exchange| exchange.status == 200) {
        let known = capture.newest().find(|version| version.url == exchange.url);
        let Some(known) = known.filter(|version| version.media.ended) else { continue };
        let is_same = known.text == exchange.text();
        verdict.case(&exchange.url, is_same, || "a second look shows another text".to_owned());
    }
}

fn vd3a(capture: &Capture, verdict: &mut Verdict) {
    for (url, versions) in capture.playlists() {
        let Some(first) = versions.first().filter(|first| first.media.ended) else { continue };
        let kind = first.media.playlist_type.as_deref();
        verdict.case(url, kind == Some("VOD"), || format!("its type is {kind:?}"));
    }
}

fn vd4(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        if old.media.ended || !new.media.ended {
            continue;
        }
        let lost = old.media.segments.iter().find(|segment| {
            let kept = new.media.segment(segment.msn);
            segment.msn >= new.media.media_sequence
                && kept.is_none_or(|kept| kept.uri != segment.uri)
        });
        verdict.case(&new.url, lost.is_none(), || {
            format!("segment {} is lost", lost.map_or(0, |segment| segment.msn))
        });
    }
}

fn vd5(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Oldest) {
        let is_there = exchange.status == 200;
        verdict.case(&exchange.url, is_there, || format!("status {}", exchange.status));
    }
}
