//! 1.6: delivery directives.

use super::capture::edge;
use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Exchange, Level, Version};
use crate::hls::parse::{self, Media};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "DD1", ["`_HLS_msn` alone waits for the whole segment", "hold the request until the segment is complete"], dd1),
    rule(Level::Must, "DD2", ["a low-latency playlist can block, and `_HLS_part` waits for that part", "say CAN-BLOCK-RELOAD=YES, and hold the request until the part is listed"], dd2),
    rule(Level::Must, "DD3", ["the part after the last of a complete segment is the first of the next one", "treat it as part 0 of the segment after it"], dd3),
    rule(Level::Must, "DD4", ["a directive for a segment that has left the window is answered at once", "answer with the current playlist: a player that slept asks so"], dd4),
    rule(Level::Must, "DD5", ["an ended playlist ignores directives", "answer 200 at once"], dd5),
    rule(Level::Should, "DD6", ["a directive far beyond the live edge is refused at once", "answer with status 400"], dd6),
    rule(Level::Must, "DD7", ["`_HLS_part` without `_HLS_msn` is refused", "answer with status 400"], dd7),
    rule(Level::Practice, "DD8", ["a directive that is no number is refused, one that does not exist ignored", "answer 400 to `_HLS_msn=x`, and 200 to what you do not know"], dd8),
    rule(Level::Practice, "DD11", ["whoever waits when the stream ends gets the ended playlist", "wake all waiting requests at the end"], dd11),
    rule(Level::Practice, "DD13", ["a multivariant playlist ignores directives", "answer with the same text"], dd13),
    rule(Level::Practice, "DD14", ["no answer is older than asked", "let waiting requests see the version that woke them, or a later one"], dd14),
];

/// At once: no part of any profile comes in less by chance, and any network answers in more.
const AT_ONCE_MS: i64 = 1_000;

/// `_HLS_msn` and `_HLS_part` of a query.
fn wanted(query: &str) -> Option<(u64, Option<usize>)> {
    let value = |wanted: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    let part = value("_HLS_part").and_then(|text| text.parse().ok());
    Some((value("_HLS_msn")?.parse().ok()?, part))
}

/// Whether a playlist has a part, or anything later.
fn has(media: &Media, (msn, part): (u64, usize)) -> bool {
    media.ended || edge(media) > (msn, part)
}

fn refused(verdict: &mut Verdict, exchange: &Exchange) {
    let waited = exchange.waited_ms();
    verdict.case(&exchange.url, exchange.status == 400 && waited <= AT_ONCE_MS, || {
        format!("`{}`: status {} after {waited} ms", exchange.query, exchange.status)
    });
}

fn answered(verdict: &mut Verdict, exchange: &Exchange, holds: impl Fn(&Media) -> bool) {
    let waited = exchange.waited_ms();
    let media = parse::media(&exchange.text());
    let is_sound =
        exchange.status == 200 && waited <= AT_ONCE_MS && media.is_some_and(|m| holds(&m));
    verdict.case(&exchange.url, is_sound, || {
        format!("`{}`: status {} after {waited} ms", exchange.query, exchange.status)
    });
}

fn dd1(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, query, media, .. } in capture.versions() {
        let Some((msn, None)) = wanted(query) else { continue };
        verdict.case(url, media.ended || media.next_msn() > msn, || {
            format!("`{query}` was answered before segment {msn} was complete")
        });
    }
    for exchange in capture.asked(Ask::SegmentOnly) {
        let Some((msn, _)) = wanted(&exchange.query) else { continue };
        let media = parse::media(&exchange.text());
        let is_whole = media.is_some_and(|media| media.ended || media.next_msn() > msn);
        verdict.case(&exchange.url, exchange.status == 200 && is_whole, || {
            let (status, waited) = (exchange.status, exchange.waited_ms());
            format!("segment {msn} was not complete: status {status} after {waited} ms")
        });
    }
}

fn dd2(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, query, media, .. } in capture.versions() {
        if media.part_target.is_some() && !media.ended {
            let blocks = media.control.as_ref().is_some_and(|control| control.can_block_reload);
            verdict.case(url, blocks, || "there is no CAN-BLOCK-RELOAD=YES".to_owned());
        }
        let Some((msn, Some(part))) = wanted(query) else { continue };
        verdict.case(url, has(media, (msn, part)), || {
            format!("`{query}` was answered with {:?} as the next", edge(media))
        });
    }
}

fn dd3(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::BeyondParent) {
        let msn = wanted(&exchange.query).map_or(0, |(msn, _)| msn);
        let media = parse::media(&exchange.text());
        let is_sound = exchange.status == 200
            && media.is_some_and(|media| has(&media, (msn.saturating_add(1), 0)));
        verdict.case(&exchange.url, is_sound, || {
            format!("`{}`: status {}", exchange.query, exchange.status)
        });
    }
}

fn dd4(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Old) {
        answered(verdict, exchange, |media| media.skipped.is_none());
    }
}

fn dd5(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Late) {
        answered(verdict, exchange, |media| media.ended);
    }
}

fn dd6(capture: &Capture, verdict: &mut Verdict) {
    capture.asked(Ask::FarAhead).for_each(|exchange| refused(verdict, exchange));
}

fn dd7(capture: &Capture, verdict: &mut Verdict) {
    capture.asked(Ask::PartAlone).for_each(|exchange| refused(verdict, exchange));
}

fn dd8(capture: &Capture, verdict: &mut Verdict) {
    capture.asked(Ask::Malformed).for_each(|exchange| refused(verdict, exchange));
    capture.asked(Ask::Unknown).for_each(|exchange| answered(verdict, exchange, |_| true));
}

fn dd11(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        if !old.media.ended && new.media.ended && wanted(&new.query).is_some() {
            let is_final = new.media.hints.is_empty() && new.media.open.parts.is_empty();
            verdict.case(&new.url, is_final, || "the last version is not final".to_owned());
        }
    }
    for exchange in capture.asked(Ask::Follow).filter(|exchange| exchange.status != 200) {
        let query = &exchange.query;
        verdict.case(&exchange.url, query.is_empty(), || {
            format!("`{query}` was answered with {}", exchange.status)
        });
    }
}

fn dd13(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Directed) {
        let is_same = exchange.status == 200 && parse::multivariant(&exchange.text()).is_some();
        verdict.case(&exchange.url, is_same, || format!("status {}", exchange.status));
    }
}

fn dd14(capture: &Capture, verdict: &mut Verdict) {
    for ask in [Ask::Repeat, Ask::Order, Ask::Delta, Ask::Whole] {
        for exchange in capture.asked(ask).filter(|exchange| exchange.status == 200) {
            let Some((msn, part)) = wanted(&exchange.query) else { continue };
            let media = parse::media(&exchange.text());
            let is_new = media.is_some_and(|media| match part {
                Some(part) => has(&media, (msn, part)),
                None => media.ended || media.next_msn() > msn,
            });
            verdict.case(&exchange.url, is_new, || {
                format!("`{}` was answered with an older version", exchange.query)
            });
        }
    }
}
