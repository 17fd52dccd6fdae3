//! 1.4: what a live playlist promises.

use super::capture::edge;
use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Level, Version};
use crate::time::{Span, Wall};
use crate::unit::Kind;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "L1", ["media sequence numbers never go back", "keep the numbers over encoder and server restarts"], l1),
    rule(Level::Must, "L2", ["a new segment comes within 1.5 target durations", "list gaps when media is late"], l2),
    rule(Level::Must, "L3", ["a new part comes within one part target", "publish each part as soon as it is complete"], l3),
    rule(Level::Must, "L4", ["a live playlist keeps three target durations of media", "keep more segments, or pad a young playlist with gaps"], l4),
    rule(Level::AppleMust, "L4a", ["a live playlist lists six segments", "keep more segments, or pad a young playlist with gaps"], l4a),
    rule(Level::AppleShould, "L5", ["a live playlist lets viewers go back 15 minutes", "list a longer window"], l5),
    rule(Level::Must, "L6", ["a segment that left the playlist can still be fetched", "keep segments for as long as the longest playlist that listed them"], l6),
    rule(Level::Must, "L7", ["a part whose tag left the playlist can still be fetched", "keep the bytes of parts for three more target durations"], l7),
    rule(Level::Should, "L7a", ["part tags go three target durations from the end", "drop old part tags from the playlist"], l7a),
    rule(Level::Must, "L8", ["a sliding playlist has no EXT-X-PLAYLIST-TYPE", "leave EXT-X-PLAYLIST-TYPE out while live"], l8),
    rule(Level::Must, "L9", ["what is listed is there at once and whole", "publish the bytes before the playlist that lists them"], l9),
    rule(Level::Must, "L11", ["missing media is listed as gaps", "cover the time without media with EXT-X-GAP segments"], l11),
    rule(Level::AppleMust, "L12", ["printed lengths are true to a frame", "print the length of the samples in the segment"], l12),
    rule(Level::AppleMust, "L13", ["a video segment begins with a picture that needs no other", "cut at IDR pictures, and send one for every segment"], l13),
    rule(Level::AppleShould, "L14", ["segments are six seconds long at most", "use a target duration of 6 or less"], l14),
];

/// What a request and its answer may take beyond what the playlist promises.
const NETWORK_MS: i64 = 1_000;
/// How long something that is listed may take to begin to come.
const AT_ONCE_MS: i64 = 1_000;

fn live(capture: &Capture) -> impl Iterator<Item = &Version> {
    capture.versions().filter(|version| !version.media.ended)
}

fn l1(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        let (was, is) = (&old.media, &new.media);
        let goes_on = is.media_sequence >= was.media_sequence && is.next_msn() >= was.next_msn();
        // What was removed is what the number says: no segment changed its own number.
        let moved = was.segments.iter().find(|segment| {
            let mut listed = is.segments.iter();
            listed.any(|now| now.uri == segment.uri && now.msn != segment.msn)
        });
        verdict.case(&new.url, goes_on && moved.is_none(), || match moved {
            Some(segment) => format!("`{}` has another number than before", segment.uri),
            None => format!("the next was {}, now it is {}", was.next_msn(), is.next_msn()),
        });
    }
}

/// How long each version was seen without a newer one, by what makes it new.
fn check_pace<T: PartialOrd>(
    capture: &Capture,
    verdict: &mut Verdict,
    newness: impl Fn(&Version) -> T,
    bound_ms: impl Fn(&Version) -> Option<i64>,
) {
    for (url, versions) in capture.playlists() {
        let mut newest: Option<(T, Wall)> = None;
        for version in versions {
            let is_newer = newest.as_ref().is_none_or(|(known, _)| newness(version) > *known);
            if let (Some((_, since)), Some(bound)) = (&newest, bound_ms(version))
                && !version.media.ended
            {
                let waited = version.at.since(*since);
                verdict.case(url, waited <= bound.saturating_add(NETWORK_MS), || {
                    format!("{waited} ms without anything new, {bound} ms are promised")
                });
            }
            if is_newer {
                newest = Some((newness(version), version.at));
            }
        }
    }
}

fn l2(capture: &Capture, verdict: &mut Verdict) {
    let bound = |version: &Version| {
        let target = version.media.target_seconds?;
        Some(i64::try_from(target).unwrap_or(i64::MAX).saturating_mul(1_500))
    };
    check_pace(capture, verdict, |version| version.media.next_msn(), bound);
}

fn l3(capture: &Capture, verdict: &mut Verdict) {
    // Twice the target: a part is cut on whole frames and travels a network.
    let bound = |version: &Version| Some(version.media.part_target?.to_ms().saturating_mul(2));
    check_pace(capture, verdict, |version| edge(&version.media), bound);
}

fn l4(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in
        live(capture).filter(|version| version.media.skipped.is_none())
    {
        let wanted = Span::from_seconds(media.target_seconds.unwrap_or(0)).times(3);
        // Before anything was removed there is nothing to keep.
        let is_young = media.media_sequence == 0;
        let (count, duration) = (media.segments.len(), media.duration());
        verdict.case(url, is_young || duration >= wanted, || {
            format!("{count} segments of {duration} s in all, {wanted} s are needed")
        });
    }
}

fn l4a(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in
        live(capture).filter(|version| version.media.skipped.is_none())
    {
        let count = media.segments.len();
        let is_young = media.media_sequence == 0;
        verdict.case(url, is_young || count >= 6, || format!("{count} segments are listed"));
    }
}

fn l5(capture: &Capture, verdict: &mut Verdict) {
    let wanted = Span::from_seconds(15 * 60);
    let sliding = |(old, new): &(&Version, &Version)| {
        new.media.media_sequence > old.media.media_sequence && !new.media.ended
    };
    for (_, Version { url, media, .. }) in capture.pairs().filter(sliding) {
        // One segment less than the window just after its oldest has gone.
        let length = media.duration() + Span::from_seconds(media.target_seconds.unwrap_or(0));
        verdict.case(url, length >= wanted, || format!("{} s are listed", media.duration()));
    }
}

fn l6(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Removed) {
        let is_there = exchange.status == 200;
        verdict.case(&exchange.url, is_there, || format!("status {}", exchange.status));
    }
}

fn l7(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Dropped) {
        let is_there = exchange.status == 200;
        verdict.case(&exchange.url, is_there, || {
            format!("its tag has just gone, and it is answered with {}", exchange.status)
        });
    }
}

fn l7a(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in live(capture) {
        let Some(target) = media.target_seconds.filter(|_| media.part_target.is_some()) else {
            continue;
        };
        // One target more than the draft says: a segment goes when its last part is out of reach.
        let reach = Span::from_seconds(target).times(4);
        let mut after: Span = media.open.parts.iter().map(|part| part.duration).sum();
        let mut late = None;
        for segment in media.segments.iter().rev() {
            if after > reach && !segment.parts.is_empty() {
                late = Some(segment.msn);
            }
            after += segment.duration;
        }
        verdict.case(url, late.is_none(), || {
            format!("segment {} still lists parts", late.unwrap_or_default())
        });
    }
}

fn l8(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in live(capture) {
        let kind = media.playlist_type.as_deref();
        let is_sound = kind.is_none_or(|kind| kind == "EVENT" && media.media_sequence == 0);
        verdict.case(url, is_sound, || format!("it says {}", kind.unwrap_or_default()));
    }
}

fn l9(capture: &Capture, verdict: &mut Verdict) {
    for ask in [Ask::Segment, Ask::Part, Ask::Oldest, Ask::Init] {
        for exchange in capture.asked(ask) {
            let waited = exchange.waited_ms();
            let told = exchange.header("content-length").and_then(|text| text.parse().ok());
            let is_whole = told.is_none_or(|length: usize| length == exchange.body.len())
                && !exchange.body.is_empty();
            let is_sound = exchange.status == 200 && waited <= AT_ONCE_MS && is_whole;
            verdict.case(&exchange.url, is_sound, || {
                let bytes = exchange.body.len();
                format!("status {} after {waited} ms, {bytes} bytes", exchange.status)
            });
        }
    }
}

fn l11(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.newest() {
        let pairs = media.segments.iter().zip(media.segments.iter().skip(1));
        for (one, next) in pairs.filter(|(_, next)| !next.discontinuity) {
            let Some((from, to)) = one.pdt.zip(next.pdt) else { continue };
            let hole = to.since(from) - one.duration.to_ms();
            verdict.case(url, hole < 1_000, || {
                format!("{hole} ms are missing before segment {}", next.msn)
            });
        }
    }
}

fn l12(capture: &Capture, verdict: &mut Verdict) {
    for piece in capture.pieces().filter(|piece| piece.part.is_none()) {
        let Some((true_length, frame)) = piece.length() else { continue };
        let printed = piece.segment.duration;
        let off = printed.0.abs_diff(true_length.0);
        verdict.case(&piece.url, off <= frame.0 + ROUNDING.0, || {
            format!("{printed} s are printed, its samples last {true_length} s")
        });
    }
}

/// What printing decimals may add.
const ROUNDING: Span = Span(2);

fn l13(capture: &Capture, verdict: &mut Verdict) {
    for piece in capture.pieces().filter(|piece| piece.part.is_none()) {
        let Some((units, _)) = piece.timed() else { continue };
        let Some(first) = units.first().filter(|first| first.kind == Kind::Video) else { continue };
        verdict.case(&piece.url, first.is_sync, || {
            let has_any = units.iter().any(|unit| unit.is_sync);
            let more = if has_any { "; one comes later" } else { "; it has none" };
            format!("its first picture needs others{more}")
        });
    }
}

fn l14(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.newest() {
        let target = media.target_seconds.unwrap_or(0);
        verdict.case(url, target <= 6, || format!("the target duration is {target}"));
    }
}
