//! 1.5: parts.

use super::rule::{Rule, Verdict, rule};
use super::track::Piece;
use super::{Ask, Capture, Level, Version};
use crate::fmp4;
use crate::hls::parse::{Media, Part};
use crate::time::Span;
use crate::unit::Kind;
use bytes::Bytes;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "LL1", ["EXT-X-PART-INF stands exactly where parts are", "print PART-TARGET"], ll1),
    rule(Level::Must, "LL2", ["no part is longer than PART-TARGET as printed", "cut parts before they cross the target, and round PART-TARGET up"], ll2),
    rule(Level::Must, "LL3", ["parts have at least 85 % of PART-TARGET", "make parts a whole number of frames, and PART-TARGET that long"], ll3),
    rule(Level::Must, "LL4", ["the parts of a segment are the segment", "cut a segment's parts from the bytes of the segment itself"], ll4),
    rule(Level::Should, "LL5", ["INDEPENDENT=YES stands on every part with a picture that needs no other, and on no other part", "print INDEPENDENT=YES exactly where an IDR is"], ll5),
    rule(Level::Must, "LL6", ["tags of a segment come before its first part", "print discontinuity, map, key and date before EXT-X-PART"], ll6),
    rule(Level::Must, "LL7", ["a part can be read alone after its init section", "begin every part with a moof that says its time"], ll7),
    rule(Level::Must, "LL8", ["no part has length zero", "leave empty parts out, or list them as gaps with their time"], ll8),
    rule(Level::Should, "LL9", ["parts of the open segment are listed before it is complete", "list each part as it comes, without waiting for its segment"], ll9),
    rule(Level::AppleMust, "LL10", ["a part lasts longer than the way to the server and back", "use a longer part target for viewers that far away"], ll10),
    rule(Level::Must, "LL11", ["PART-HOLD-BACK is at least two part targets", "raise PART-HOLD-BACK to three part targets"], ll11),
    rule(Level::AppleMust, "LL11a", ["PART-HOLD-BACK is at least three part targets", "raise PART-HOLD-BACK to three part targets"], ll11a),
    rule(Level::Must, "LL12", ["HOLD-BACK is at least three target durations", "raise HOLD-BACK, or leave it out"], ll12),
    rule(Level::Practice, "LL14", ["all renditions have the same newest part", "cut all renditions on one grid, and publish them together"], ll14),
    rule(Level::Must, "LL15", ["a playlist with EXT-X-PART-INF lists parts", "list parts on every rendition, audio too"], ll15),
];

fn parts(media: &Media) -> impl Iterator<Item = &Part> {
    media.all().flat_map(|segment| &segment.parts)
}

/// Versions that promise parts, with the target.
fn with_target(capture: &Capture) -> impl Iterator<Item = (&str, &Media, Span)> {
    let versions = capture.versions();
    versions
        .filter_map(|Version { url, media, .. }| Some((url.as_str(), media, media.part_target?)))
}

/// The case that no part of a version is `wrong`.
fn none_wrong(
    verdict: &mut Verdict,
    (url, media, target): (&str, &Media, Span),
    wrong: impl Fn(&Part) -> bool,
) {
    let found = parts(media).find(|part| wrong(part));
    verdict.case(url, found.is_none(), || {
        found.map_or_else(String::new, |Part { uri, duration, .. }| {
            format!("part `{uri}` has {duration} s, PART-TARGET is {target}")
        })
    });
}

fn ll1(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        if parts(media).next().is_some() {
            let is_told = media.part_target.is_some_and(|target| target > Span::ZERO);
            verdict.case(url, is_told, || "parts without PART-TARGET".to_owned());
        }
    }
}

fn ll2(capture: &Capture, verdict: &mut Verdict) {
    for version in with_target(capture) {
        none_wrong(verdict, version, |part| part.duration > version.2);
    }
}

fn ll3(capture: &Capture, verdict: &mut Verdict) {
    for (url, media, target) in with_target(capture) {
        let found = media.all().find_map(|segment| {
            let next = segment.parts.iter().skip(1).map(Some).chain([None]);
            segment.parts.iter().zip(next).find(|(part, next)| {
                let is_exempt = part.independent || part.gap || next.is_none_or(|next| next.gap);
                !is_exempt && part.duration.0 * 100 < target.0 * 85
            })
        });
        verdict.case(url, found.is_none(), || {
            found.map_or_else(String::new, |(Part { uri, duration, .. }, _)| {
                format!("part `{uri}` has {duration} s, PART-TARGET is {target}")
            })
        });
    }
}

fn ll4(capture: &Capture, verdict: &mut Verdict) {
    let pieces: Vec<_> = capture.pieces().collect();
    for whole in pieces.iter().filter(|piece| piece.part.is_none()) {
        let is_of = |piece: &&&Piece| {
            piece.part.is_some()
                && piece.playlist == whole.playlist
                && piece.segment.msn == whole.segment.msn
        };
        let of: Vec<_> = pieces.iter().filter(is_of).collect();
        if of.is_empty() || of.len() < whole.segment.parts.len() {
            continue;
        }
        let joined: Vec<&[u8]> = of.iter().map(|part| &part.bytes[..]).collect();
        let is_same = joined.concat() == whole.bytes;
        verdict.case(&whole.url, is_same, || {
            let bytes: usize = of.iter().map(|part| part.bytes.len()).sum();
            format!("{} parts of {bytes} bytes, {} in the segment", of.len(), whole.bytes.len())
        });
    }
}

/// Parts that were fetched, as listed and as read.
fn fetched(capture: &Capture) -> impl Iterator<Item = (&Piece, &Part)> {
    let pieces = capture.pieces();
    pieces.filter_map(|piece| Some((piece, piece.segment.parts.get(piece.part?)?)))
}

fn ll5(capture: &Capture, verdict: &mut Verdict) {
    for (piece, part) in fetched(capture) {
        let Some((units, _)) = piece.timed() else { continue };
        let is_video = units.first().is_some_and(|unit| unit.kind == Kind::Video);
        if is_video {
            let has_sync = units.iter().any(|unit| unit.is_sync);
            verdict.case(&piece.url, has_sync == part.independent, || {
                if has_sync {
                    "it has such a picture and no INDEPENDENT=YES".to_owned()
                } else {
                    "INDEPENDENT=YES, and no such picture".to_owned()
                }
            });
        }
    }
}

fn ll6(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        if parts(media).next().is_some() {
            let late = media.misplaced.first();
            verdict.case(url, late.is_none(), || {
                format!("{} after the first part", late.map_or("", String::as_str))
            });
        }
    }
}

/// Whether the boxes at the top are fragments, each with its data.
fn is_fragments(bytes: &Bytes) -> bool {
    let Some(boxes) = fmp4::boxes(bytes) else { return false };
    let of = |name: &[u8; 4]| boxes.iter().filter(|found| found.name == *name).count();
    of(b"moof") > 0 && of(b"moof") == of(b"mdat")
}

fn ll7(capture: &Capture, verdict: &mut Verdict) {
    for (piece, _) in fetched(capture).filter(|(piece, _)| piece.segment.map.is_some()) {
        let is_sound = piece.timed().is_some() && is_fragments(&piece.bytes);
        verdict.case(&piece.url, is_sound, || match &piece.units {
            Ok(_) => "it is no fragment with samples".to_owned(),
            Err(why) => why.clone(),
        });
    }
}

fn ll8(capture: &Capture, verdict: &mut Verdict) {
    for version in with_target(capture) {
        none_wrong(verdict, version, |part| part.duration == Span::ZERO);
    }
}

fn ll9(capture: &Capture, verdict: &mut Verdict) {
    for (url, versions) in capture.playlists() {
        let live = || versions.iter().filter(|version| !version.media.ended);
        // A few versions: one alone may be that of a moment without an open segment.
        if live().count() < 4 || live().any(|version| version.media.part_target.is_none()) {
            continue;
        }
        let lists = live().any(|version| !version.media.open.parts.is_empty());
        verdict.case(url, lists, || "no version lists parts after the last segment".to_owned());
    }
}

fn ll10(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, _, target)) = with_target(capture).next() else { return };
    let quick = [Ask::Preflight, Ask::Head, Ask::Slice, Ask::NoPlaylist, Ask::NoPart];
    let mut waits: Vec<_> =
        quick.iter().flat_map(|ask| capture.asked(*ask)).map(super::Exchange::waited_ms).collect();
    waits.sort_unstable();
    let Some(longest) = waits.get((waits.len() * 95 / 100).min(waits.len().saturating_sub(1)))
    else {
        return;
    };
    verdict.case(url, *longest <= target.to_ms(), || {
        format!("an answer takes {longest} ms, a part lasts {target} s")
    });
}

fn ll11(capture: &Capture, verdict: &mut Verdict) {
    hold_back(capture, verdict, 2);
}

fn ll11a(capture: &Capture, verdict: &mut Verdict) {
    hold_back(capture, verdict, 3);
}

fn hold_back(capture: &Capture, verdict: &mut Verdict, times: u64) {
    for (url, media, target) in with_target(capture).filter(|(_, media, _)| !media.ended) {
        let hold = media.control.as_ref().and_then(|control| control.part_hold_back);
        verdict.case(url, hold.is_some_and(|hold| hold >= target.times(times)), || match hold {
            Some(hold) => format!("PART-HOLD-BACK is {hold}, PART-TARGET is {target}"),
            None => "there is no PART-HOLD-BACK".to_owned(),
        });
    }
}

fn ll12(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let hold = media.control.as_ref().and_then(|control| control.hold_back);
        let (Some(hold), Some(target)) = (hold, media.target_seconds) else { continue };
        verdict.case(url, hold >= Span::from_seconds(target).times(3), || {
            format!("HOLD-BACK is {hold}, the target duration is {target}")
        });
    }
}

fn ll14(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let own = match (media.open.parts.len().checked_sub(1), media.segments.last()) {
            (Some(part), _) => (media.next_msn(), part),
            (None, Some(last)) => (last.msn, last.parts.len().saturating_sub(1)),
            (None, None) => continue,
        };
        for report in &media.reports {
            let part = report.last_part.and_then(|part| usize::try_from(part).ok());
            let Some(other) = report.last_msn.zip(part) else { continue };
            let (low, high) = (own.min(other), own.max(other));
            let is_near = (low.0 == high.0 && high.1 - low.1 <= 1)
                || (low.0.checked_add(1) == Some(high.0) && high.1 == 0);
            verdict.case(url, is_near, || {
                format!("its newest part is {own:?}, that of `{}` {other:?}", report.uri)
            });
        }
    }
}

fn ll15(capture: &Capture, verdict: &mut Verdict) {
    for (url, media, _) in with_target(capture).filter(|(_, media, _)| !media.ended) {
        let lists = parts(media).next().is_some();
        verdict.case(url, lists, || "PART-TARGET without parts".to_owned());
    }
}
