//! 1.10: dates, discontinuities and gaps.

use super::rule::{Rule, Verdict, rule};
use super::track::Piece;
use super::{Capture, Level, Version};
use std::collections::BTreeMap;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "DC1", ["a low-latency playlist has dates, and no date ever changes", "print EXT-X-PROGRAM-DATE-TIME from one clock reading per discontinuity"], dc1),
    rule(Level::AppleMust, "DC1a", ["every live playlist has dates, to the millisecond and with a zone", "print EXT-X-PROGRAM-DATE-TIME with three decimals and Z"], dc1a),
    rule(Level::Must, "DC2", ["dates go forward with the media", "let dates of neighbours overlap by less than a second"], dc2),
    rule(Level::Must, "DC3", ["all renditions have the same date for the same moment", "date all tracks from one clock"], dc3),
    rule(Level::Must, "DC4", ["a change of format or of the timestamps is a discontinuity", "print EXT-X-DISCONTINUITY before the first segment after it"], dc4),
    rule(Level::Must, "DC5", ["all renditions have their discontinuities at the same moments, with the same numbers", "cut all renditions where one of them changes"], dc5),
    rule(Level::Must, "DC6", ["a segment keeps its discontinuity sequence number", "raise EXT-X-DISCONTINUITY-SEQUENCE when an EXT-X-DISCONTINUITY leaves"], dc6),
    rule(Level::Should, "DC7", ["a segment after a discontinuity has a date", "print EXT-X-PROGRAM-DATE-TIME after EXT-X-DISCONTINUITY"], dc7),
    rule(Level::Must, "DC8", ["a gap has gaps as parts, and parts that are all gaps make one", "print EXT-X-GAP and GAP=YES together"], dc8),
];

/// Dates nearer than this are the same moment: some frames, and no segment.
const SAME_MS: i64 = 100;

/// Live versions that list segments, and whether one of them has a date.
fn dated(capture: &Capture) -> impl Iterator<Item = (&Version, bool)> {
    let live = capture.versions().filter(|version| !version.media.ended);
    let listing = live.filter(|version| !version.media.segments.is_empty());
    listing.map(|version| (version, version.media.all().any(|segment| segment.pdt.is_some())))
}

fn dc1a(capture: &Capture, verdict: &mut Verdict) {
    for (Version { url, text, .. }, has_date) in dated(capture) {
        let dates = text.lines().filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"));
        let is_exact = |date: &&str| {
            let clock = date.split_once('T').map_or("", |(_, clock)| clock);
            clock.contains('.') && clock.contains(['Z', 'z', '+', '-'])
        };
        let vague = dates.clone().find(|date| !is_exact(date));
        verdict.case(url, has_date && vague.is_none(), || match vague {
            Some(date) => format!("`{date}`"),
            None => "there is no EXT-X-PROGRAM-DATE-TIME".to_owned(),
        });
    }
}

fn dc1(capture: &Capture, verdict: &mut Verdict) {
    for (Version { url, media, .. }, has_date) in dated(capture) {
        if media.part_target.is_some() {
            verdict.case(url, has_date, || "there is no EXT-X-PROGRAM-DATE-TIME".to_owned());
        }
    }
    for (old, new) in capture.pairs() {
        let changed = new.media.segments.iter().find(|segment| {
            let was = old.media.segment(segment.msn).and_then(|old| old.pdt);
            was.zip(segment.pdt).is_some_and(|(was, is)| was != is)
        });
        verdict.case(&new.url, changed.is_none(), || {
            format!("that of segment {} changed", changed.map_or(0, |segment| segment.msn))
        });
    }
}

fn dc2(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.newest() {
        let pairs = media.segments.iter().zip(media.segments.iter().skip(1));
        let back = pairs.filter_map(|(one, next)| {
            let ahead = next.pdt?.since(one.pdt?) - one.duration.to_ms();
            (ahead <= -1_000).then_some((next.msn, -ahead))
        });
        let back = back.collect::<Vec<_>>();
        if media.segments.len() > 1 {
            verdict.case(url, back.is_empty(), || {
                let (msn, ms) = back.first().copied().unwrap_or_default();
                format!("segment {msn} begins {ms} ms before the end of the one before it")
            });
        }
    }
}

/// The date of tick 0 of a piece's track, in milliseconds.
fn zero_ms(piece: &Piece) -> Option<i64> {
    let (units, scale) = piece.timed()?;
    let shown = |unit: &crate::unit::AccessUnit| {
        unit.decode.saturating_add(i64::from(unit.composition_offset))
    };
    let first = units.iter().map(shown).min()?;
    let ms = i128::from(first) * 1_000 / i128::from(scale.get());
    Some(piece.segment.pdt?.0 - i64::try_from(ms).ok()?)
}

fn dc3(capture: &Capture, verdict: &mut Verdict) {
    let wholes = || capture.pieces().filter(|piece| piece.part.is_none());
    for piece in wholes() {
        let Some(zero) = zero_ms(piece) else { continue };
        let others = wholes().filter(|other| {
            other.playlist < piece.playlist
                && other.segment.discontinuity_sequence == piece.segment.discontinuity_sequence
        });
        for (other, other_zero) in others.filter_map(|other| Some((other, zero_ms(other)?))) {
            let off = zero - other_zero;
            verdict.case(&piece.url, off.abs() <= SAME_MS, || {
                format!("by its date it is {off} ms off {}", other.url)
            });
        }
    }
}

fn dc4(capture: &Capture, verdict: &mut Verdict) {
    let wholes: Vec<_> = capture.pieces().filter(|piece| piece.part.is_none()).collect();
    for (one, next) in wholes.iter().zip(wholes.iter().skip(1)) {
        let follows = one.playlist == next.playlist
            && one.segment.msn.checked_add(1) == Some(next.segment.msn)
            && !next.segment.discontinuity;
        let (Some(was), Some(is)) = (&one.track, &next.track) else { continue };
        let (Some((_, end)), Some((start, _))) = (one.ticks(), next.ticks()) else { continue };
        if !follows {
            continue;
        }
        let format = |track: &super::track::Track| (track.kind, track.scale, track.codec.clone());
        let second = i64::from(is.scale.get());
        let is_same = format(was) == format(is) && (start - end).abs() <= second;
        verdict.case(&next.url, is_same, || {
            format!("format or timestamps change at segment {}", next.segment.msn)
        });
    }
}

fn dc5(capture: &Capture, verdict: &mut Verdict) {
    let mut known: Option<(&str, BTreeMap<i64, u64>)> = None;
    for Version { url, media, .. } in capture.newest() {
        let numbers: BTreeMap<i64, u64> = media
            .segments
            .iter()
            .filter_map(|segment| Some((segment.pdt?.0, segment.discontinuity_sequence)))
            .collect();
        let Some((other, others)) = &known else {
            known = Some((url, numbers));
            continue;
        };
        for (at, number) in numbers {
            let mut same = others.range(at - SAME_MS..=at + SAME_MS);
            let Some((_, theirs)) = same.next() else { continue };
            verdict.case(url, *theirs == number, || {
                format!("discontinuity sequence {number}, at that moment {theirs} in {other}")
            });
        }
    }
}

fn dc6(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        let changed = new.media.segments.iter().find(|segment| {
            let was = old.media.segment(segment.msn);
            was.is_some_and(|was| was.discontinuity_sequence != segment.discontinuity_sequence)
        });
        verdict.case(&new.url, changed.is_none(), || {
            format!("that of segment {} changed", changed.map_or(0, |segment| segment.msn))
        });
    }
}

fn dc7(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.newest() {
        for segment in media.segments.iter().filter(|segment| segment.discontinuity) {
            let has_date = segment.pdt.is_some();
            verdict.case(url, has_date, || format!("segment {} has none", segment.msn));
        }
    }
}

fn dc8(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        for segment in &media.segments {
            let gaps = segment.parts.iter().filter(|part| part.gap).count();
            if gaps > 0 || segment.gap {
                let is_sound = segment.gap == (gaps == segment.parts.len());
                verdict.case(url, is_sound, || {
                    format!("{gaps} of {} parts of segment {}", segment.parts.len(), segment.msn)
                });
            }
        }
    }
}
