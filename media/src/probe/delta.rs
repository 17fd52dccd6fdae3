//! 1.7: delta updates.

use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Exchange, Level, Version};
use crate::hls::parse::{self, Media, Segment};
use crate::time::Span;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "SK1", ["CAN-SKIP-UNTIL is at least six target durations", "raise CAN-SKIP-UNTIL"], sk1),
    rule(Level::Must, "SK2", ["a delta update skips exactly what lies beyond the skip boundary", "skip the segments further than CAN-SKIP-UNTIL from the end, and no others"], sk2),
    rule(Level::Must, "SK3", ["what a delta update does not skip is the same as in the whole playlist", "print both from one version"], sk3),
    rule(Level::Must, "SK5", ["an ended playlist is never a delta update", "ignore `_HLS_skip` once EXT-X-ENDLIST is there"], sk5),
    rule(Level::Practice, "SK6", ["an earlier playlist and a delta update make the current playlist", "repeat map and date for the first segment that is kept"], sk6),
    rule(Level::Practice, "SK7", ["a delta update skips something", "answer with the whole playlist instead"], sk7),
    rule(Level::AppleShould, "SK8", ["a window over two minutes offers delta updates", "say CAN-SKIP-UNTIL, and answer `_HLS_skip=YES`"], sk8),
];

fn boundary(media: &Media) -> Option<Span> {
    media.control.as_ref().and_then(|control| control.can_skip_until)
}

/// Delta updates that were asked for, as read.
fn deltas(capture: &Capture) -> impl Iterator<Item = (&Exchange, Media)> {
    let sound = capture.asked(Ask::Delta).filter(|exchange| exchange.status == 200);
    sound.filter_map(|exchange| Some((exchange, parse::media(&exchange.text())?)))
}

/// Delta updates with the whole playlist of the same version.
fn with_whole(capture: &Capture) -> impl Iterator<Item = (&Exchange, Media, Media)> {
    deltas(capture).filter_map(|(exchange, delta)| {
        let mut whole = capture.asked(Ask::Whole).filter(|whole| whole.url == exchange.url);
        let whole = whole.find_map(|whole| {
            let media = parse::media(&whole.text())?;
            is_one_version(&media, &delta).then_some(media)
        });
        Some((exchange, delta, whole?))
    })
}

/// Whether both end with the same segment and the same parts.
fn is_one_version(whole: &Media, delta: &Media) -> bool {
    let last = |media: &Media| media.segments.last().map(|segment| segment.uri.clone());
    last(whole) == last(delta) && whole.open.parts == delta.open.parts && whole.ended == delta.ended
}

fn sk1(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let (Some(until), Some(target)) = (boundary(media), media.target_seconds) else { continue };
        verdict.case(url, until >= Span::from_seconds(target).times(6), || {
            format!("CAN-SKIP-UNTIL is {until}, the target duration is {target}")
        });
    }
}

fn sk2(capture: &Capture, verdict: &mut Verdict) {
    for (exchange, delta, whole) in with_whole(capture) {
        let Some(until) = boundary(&whole).filter(|_| !whole.ended) else { continue };
        // The end may be that of the last segment or of the last part.
        let open: Span = whole.open.parts.iter().map(|part| part.duration).sum();
        let (mut fewest, mut most) = (0, 0);
        let mut after = Span::ZERO;
        for segment in whole.segments.iter().rev() {
            fewest += u64::from(after >= until);
            most += u64::from(after + open >= until);
            after += segment.duration;
        }
        let skipped = delta.skipped.unwrap_or(0);
        verdict.case(&exchange.url, (fewest..=most).contains(&skipped), || {
            format!("{skipped} segments are skipped, {fewest} lie beyond {until} s")
        });
    }
}

fn sk3(capture: &Capture, verdict: &mut Verdict) {
    for (exchange, delta, whole) in with_whole(capture) {
        let facts = |segment: &Segment| Segment { map: None, ..segment.clone() };
        let differs = delta.segments.iter().find(|segment| {
            whole.segment(segment.msn).map(facts).as_ref() != Some(&facts(segment))
        });
        let is_same = differs.is_none()
            && delta.next_msn() == whole.next_msn()
            && delta.open.parts == whole.open.parts
            && delta.hints == whole.hints;
        verdict.case(&exchange.url, is_same, || match differs {
            Some(segment) => format!("segment {} is another", segment.msn),
            None => "the end is another".to_owned(),
        });
    }
}

fn sk5(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Late).filter(|exchange| exchange.status == 200) {
        let media = parse::media(&exchange.text());
        let is_whole = media.is_some_and(|media| media.skipped.is_none());
        verdict.case(&exchange.url, is_whole, || "it has EXT-X-SKIP".to_owned());
    }
}

fn sk6(capture: &Capture, verdict: &mut Verdict) {
    for (exchange, delta, whole) in with_whole(capture) {
        if delta.skipped.is_none() {
            continue;
        }
        for (_, versions) in capture.playlists().filter(|(url, _)| *url == exchange.url) {
            let Some(merged) = versions.first().and_then(|old| old.media.merge(&delta)) else {
                continue;
            };
            let facts = |segment: &Segment| Segment { parts: Vec::new(), ..segment.clone() };
            let differs = merged
                .segments
                .iter()
                .zip(&whole.segments)
                .find(|(one, other)| facts(one) != facts(other));
            let is_same = differs.is_none() && merged.segments.len() == whole.segments.len();
            verdict.case(&exchange.url, is_same, || match differs {
                Some((_, segment)) => format!("segment {} of the merge is another", segment.msn),
                None => format!(
                    "{} segments instead of {}",
                    merged.segments.len(),
                    whole.segments.len()
                ),
            });
        }
    }
}

fn sk7(capture: &Capture, verdict: &mut Verdict) {
    for (exchange, delta) in deltas(capture) {
        let is_sound = delta.skipped != Some(0);
        verdict.case(&exchange.url, is_sound, || "SKIPPED-SEGMENTS=0".to_owned());
    }
}

fn sk8(capture: &Capture, verdict: &mut Verdict) {
    let long = Span::from_seconds(120);
    for Version { url, media, .. } in capture.newest() {
        if !media.ended && media.duration() > long {
            let offers = boundary(media).is_some();
            verdict.case(url, offers, || format!("{} s are listed", media.duration()));
        }
    }
}
