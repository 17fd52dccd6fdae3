//! 1.8: preload hints, and requests for what they name.

use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Level, Version};
use crate::hls::parse::{Media, Segment};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "PH1", ["a low-latency playlist hints the next part", "print one EXT-X-PRELOAD-HINT at the end, right after a segment closes too"], ph1),
    rule(Level::Must, "PH2", ["a part with another init section is hinted with that init section", "print EXT-X-PRELOAD-HINT:TYPE=MAP beside it"], ph2),
    rule(Level::Must, "PH3", ["the hinted part is the one that comes, and is held until it is complete", "predict where the segment closes before hinting, and answer with the whole part at once"], ph3),
    rule(Level::Should, "PH5", ["a part that is neither listed nor hinted is not waited for", "answer 404 at once"], ph5),
    rule(Level::Should, "PH6", ["a hinted part that does not come is not waited for", "answer 404 once the segment has ended without it"], ph6),
    rule(Level::Must, "PH7", ["an ended playlist hints nothing", "leave hints out after EXT-X-ENDLIST"], ph7),
    rule(Level::Should, "PH8", ["there is one hint of each type", "hint only the next part"], ph8),
];

/// How long the bytes of a part may take to come once the first is there.
const AT_LINK_SPEED_MS: i64 = 500;

fn hints<'a>(media: &'a Media, kind: &'a str) -> impl Iterator<Item = &'a str> {
    media.hints.iter().filter(move |hint| hint.kind == kind).map(|hint| hint.uri.as_str())
}

fn ph1(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let has_parts = media.all().any(|segment| !segment.parts.is_empty());
        if has_parts && !media.ended {
            let hinted = hints(media, "PART").next();
            verdict.case(url, hinted.is_some(), || "there is no EXT-X-PRELOAD-HINT".to_owned());
        }
    }
}

/// The segment of this number, complete or open.
fn segment(media: &Media, msn: u64) -> Option<&Segment> {
    media.segment(msn).or_else(|| (media.next_msn() == msn).then_some(&media.open))
}

/// The part that came first after `old`, and its segment.
fn came<'a>(old: &Media, new: &'a Media) -> Option<(&'a str, &'a Segment)> {
    let msn = old.next_msn();
    let same = segment(new, msn);
    let first = same.and_then(|same| Some((same.parts.get(old.open.parts.len())?, same)));
    let next = || {
        let next = segment(new, msn.checked_add(1)?)?;
        Some((next.parts.first()?, next))
    };
    // A closed segment whose parts are listed no more does not say what came.
    let tells = same.is_none_or(|same| same.parts.len() >= old.open.parts.len());
    let (part, segment) = first.or_else(|| tells.then(next).flatten())?;
    Some((&part.uri, segment))
}

fn ph2(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        let Some((_, segment)) = came(&old.media, &new.media) else { continue };
        let before = old.media.all().filter(|segment| segment.map.is_some()).last();
        let (was, is) = (before.and_then(|before| before.map.as_ref()), segment.map.as_ref());
        if was.is_some() && is.is_some() && !segment.discontinuity {
            let hinted = hints(&old.media, "MAP").any(|uri| Some(uri) == is.map(String::as_str));
            verdict.case(&new.url, was == is || hinted, || {
                "the new init section was not hinted".to_owned()
            });
        }
    }
}

fn ph3(capture: &Capture, verdict: &mut Verdict) {
    let (mut closed, mut foreseen) = (0_usize, 0_usize);
    for (old, new) in capture.pairs() {
        let Some(hinted) = hints(&old.media, "PART").next() else { continue };
        let Some((came, segment)) = came(&old.media, &new.media) else { continue };
        // After a discontinuity or in a gap the hinted part was withdrawn, not renamed.
        if segment.discontinuity || segment.parts.iter().any(|part| part.gap) {
            continue;
        }
        if segment.msn == old.media.next_msn() {
            verdict.case(&new.url, came == hinted, || {
                format!("hinted `{hinted}`, then came `{came}`")
            });
        } else {
            closed += 1;
            foreseen += usize::from(came == hinted);
        }
    }
    // One segment may end earlier than foreseen; a server that foresees none hints nothing there.
    if let Some((url, _)) = capture.playlists().last().filter(|_| closed > 1) {
        verdict.case(url, foreseen * 2 >= closed, || {
            format!("at {closed} ends of segments the right part was hinted {foreseen} times")
        });
    }
    for exchange in capture.asked(Ask::Hinted) {
        let (url, status) = (&exchange.url, exchange.status);
        let trickle = exchange.at.since(exchange.head_at);
        let is_sound = status == 200 && trickle <= AT_LINK_SPEED_MS && !exchange.body.is_empty();
        verdict.case(url, is_sound, || {
            format!("the hinted part: status {status}, its body took {trickle} ms")
        });
        for again in capture.asked(Ask::HintedAgain).filter(|again| again.url == *url) {
            let is_same = again.status == 200 && again.body == exchange.body;
            verdict.case(url, is_same, || "once listed it has other bytes".to_owned());
        }
    }
}

fn ph5(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::NoPart) {
        let waited = exchange.waited_ms();
        verdict.case(&exchange.url, exchange.status == 404 && waited <= 1_000, || {
            format!("status {} after {waited} ms", exchange.status)
        });
    }
}

fn ph6(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Withdrawn) {
        let waited = exchange.waited_ms();
        verdict.case(&exchange.url, exchange.status == 404 && waited <= 1_000, || {
            format!("status {} after {waited} ms", exchange.status)
        });
    }
}

fn ph7(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions().filter(|version| version.media.ended) {
        verdict.case(url, media.hints.is_empty(), || "a hint after the end".to_owned());
    }
}

fn ph8(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        for kind in ["PART", "MAP"] {
            let count = hints(media, kind).count();
            if count > 0 {
                verdict.case(url, count == 1, || format!("{count} hints of type {kind}"));
            }
        }
    }
}
