//! 1.2: how long caches may keep each answer.

use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Exchange, Level};
use crate::hls::parse::{self, Media};
use crate::time::Span;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Should, "C1", ["an answer to a blocking reload may be kept for six target durations", "send `max-age` of six target durations: the URL names its content"], c1),
    rule(Level::Should, "C2", ["an error to a blocking reload is kept for four target durations at most", "send a short `max-age` with errors"], c2),
    rule(Level::Should, "C3", ["a plain live playlist is kept for half a target duration at most", "send `max-age` of half the target duration, at least 1"], c3),
    rule(Level::Should, "C4", ["a playlist that is not there is looked for again after a target duration", "send `max-age` of one target duration with 404"], c4),
    rule(Level::Should, "C5", ["media is kept for six target durations at least", "send a long `max-age` with segments and parts, and never use a URI twice"], c5),
    rule(Level::Should, "C6", ["media that is not there is looked for again after a target duration", "send `max-age` of one target duration with 404, never `immutable`"], c6),
    rule(Level::Practice, "C7", ["an error to a wrong directive may be kept, for a second or so", "send `max-age=1`: behind `no-store` caches ask for every viewer"], c7),
    rule(Level::Practice, "C8", ["a live multivariant playlist is kept for seconds and has a validator; an ended playlist for a minute", "send `max-age` 1 to 5 and an ETag while live, 60 once it ended"], c8),
    rule(Level::Practice, "C9", ["an init section is kept for long", "send a long `max-age`, and give a changed init section another name"], c9),
    rule(Level::AppleShould, "C12", ["a live playlist is not older than three target durations", "send Last-Modified of the newest version, or none"], c12),
    rule(Level::Practice, "C13", ["answers have validators, and who has the same version is told so", "send an ETag of the content, and answer If-None-Match with 304"], c13),
    rule(Level::Practice, "C14", ["directives in any order, and unknown parameters, get the same answer", "read the directives by name, and leave other parameters out of the cache key"], c14),
];

/// Whole seconds that a shared cache may keep an answer; none if it may not.
fn max_age(exchange: &Exchange) -> Option<u64> {
    let value = exchange.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let directives: Vec<&str> = value.split(',').map(str::trim).collect();
    if directives.iter().any(|name| ["no-store", "no-cache", "private"].contains(name)) {
        return None;
    }
    let named = |name: &str| {
        directives.iter().find_map(|directive| directive.strip_prefix(name)?.parse().ok())
    };
    named("s-maxage=").or_else(|| named("max-age="))
}

/// The case that the lifetime of an answer is one that `holds` takes.
fn lifetime(verdict: &mut Verdict, exchange: &Exchange, holds: impl Fn(Option<u64>) -> bool) {
    let told = exchange.header("cache-control").unwrap_or_default();
    verdict.case(&exchange.url, holds(max_age(exchange)), || {
        format!("status {}, Cache-Control `{told}`", exchange.status)
    });
}

fn target_seconds(capture: &Capture) -> u64 {
    capture.target().map_or(6, Span::round_seconds)
}

/// Live playlists among the answers to one kind of request.
fn live(capture: &Capture, ask: Ask) -> impl Iterator<Item = (&Exchange, Media)> {
    let sound = capture.asked(ask).filter(|exchange| exchange.status == 200);
    sound.filter_map(|exchange| {
        let media = parse::media(&exchange.text()).filter(|media| !media.ended)?;
        Some((exchange, media))
    })
}

fn c1(capture: &Capture, verdict: &mut Verdict) {
    let wanted = target_seconds(capture) * 6;
    let blocked = live(capture, Ask::Follow).filter(|(got, _)| got.query.contains("_HLS_msn="));
    for (exchange, _) in blocked {
        lifetime(verdict, exchange, |age| age.is_some_and(|age| age >= wanted));
    }
}

fn c2(capture: &Capture, verdict: &mut Verdict) {
    let most = target_seconds(capture) * 4;
    for exchange in capture.asked(Ask::FarAhead).filter(|exchange| exchange.status >= 400) {
        lifetime(verdict, exchange, |age| age.is_none_or(|age| age <= most));
    }
}

fn c3(capture: &Capture, verdict: &mut Verdict) {
    let plain = live(capture, Ask::Follow).filter(|(got, _)| got.query.is_empty());
    for (exchange, media) in plain.chain(live(capture, Ask::Old)) {
        let most = media.target_seconds.unwrap_or(0).div_ceil(2).max(1);
        lifetime(verdict, exchange, |age| age.is_none_or(|age| age <= most));
    }
}

fn c4(capture: &Capture, verdict: &mut Verdict) {
    let most = target_seconds(capture);
    for exchange in capture.asked(Ask::NoPlaylist).filter(|exchange| exchange.status >= 400) {
        lifetime(verdict, exchange, |age| age.is_none_or(|age| age <= most));
    }
}

fn c5(capture: &Capture, verdict: &mut Verdict) {
    let least = target_seconds(capture) * 6;
    for ask in [Ask::Segment, Ask::Part, Ask::Hinted] {
        for exchange in capture.asked(ask).filter(|exchange| exchange.status == 200) {
            lifetime(verdict, exchange, |age| age.is_some_and(|age| age >= least));
        }
    }
}

fn c6(capture: &Capture, verdict: &mut Verdict) {
    let most = target_seconds(capture);
    for exchange in capture.asked(Ask::NoPart).filter(|exchange| exchange.status >= 400) {
        lifetime(verdict, exchange, |age| age.is_none_or(|age| age <= most));
    }
}

fn c7(capture: &Capture, verdict: &mut Verdict) {
    for ask in [Ask::PartAlone, Ask::Malformed, Ask::FarAhead] {
        for exchange in capture.asked(ask).filter(|exchange| exchange.status == 400) {
            lifetime(verdict, exchange, |age| age.is_some_and(|age| (1..=10).contains(&age)));
        }
    }
}

fn c8(capture: &Capture, verdict: &mut Verdict) {
    let most = if capture.is_over() { 60 } else { 5 };
    if capture.multivariant.is_some() {
        for exchange in capture.asked(Ask::Open).filter(|exchange| exchange.status == 200) {
            lifetime(verdict, exchange, |age| age.is_some_and(|age| (1..=most).contains(&age)));
            let tagged = exchange.header("etag").is_some();
            verdict.case(&exchange.url, tagged, || "there is no ETag".to_owned());
        }
    }
    for exchange in capture.asked(Ask::Late).filter(|exchange| exchange.status == 200) {
        lifetime(verdict, exchange, |age| age.is_some_and(|age| (1..=60).contains(&age)));
    }
}

fn c9(capture: &Capture, verdict: &mut Verdict) {
    let least = target_seconds(capture) * 6;
    for exchange in capture.asked(Ask::Init).filter(|exchange| exchange.status == 200) {
        lifetime(verdict, exchange, |age| age.is_some_and(|age| age >= least));
    }
}

fn c12(capture: &Capture, verdict: &mut Verdict) {
    let most = target_seconds(capture) * 3;
    for (exchange, _) in live(capture, Ask::Follow) {
        let date = |name: &str| exchange.header(name).and_then(seconds_of_day);
        let Some((modified, now)) = date("last-modified").zip(date("date")) else { continue };
        let age = (now + DAY - modified) % DAY;
        verdict.case(&exchange.url, age <= most, || format!("it was modified {age} s ago"));
    }
}

const DAY: u64 = 86_400;

/// The time of day of an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`).
fn seconds_of_day(date: &str) -> Option<u64> {
    let clock = date.split_ascii_whitespace().find(|field| field.contains(':'))?;
    let mut fields = clock.split(':').map(|field| field.parse::<u64>().ok());
    let (hour, minute, second) = (fields.next()??, fields.next()??, fields.next()??);
    Some((hour * 60 + minute) * 60 + second)
}

fn c13(capture: &Capture, verdict: &mut Verdict) {
    for ask in [Ask::Open, Ask::Follow, Ask::Init, Ask::Segment, Ask::Part] {
        for exchange in capture.asked(ask).filter(|exchange| exchange.status == 200) {
            let tagged = exchange.header("etag").is_some_and(|tag| !tag.starts_with("W/"));
            verdict.case(&exchange.url, tagged, || "there is no strong ETag".to_owned());
        }
    }
    for exchange in capture.asked(Ask::Known) {
        // It was asked with the validator of the plain form; by now there may be a newer version.
        let known = capture.asked(Ask::Identity).find(|known| known.url == exchange.url);
        let Some(tag) = known.and_then(|known| known.header("etag")) else { continue };
        let is_sound = exchange.status == 304 || exchange.header("etag") != Some(tag);
        verdict.case(&exchange.url, is_sound, || {
            format!("If-None-Match {tag}: status {}", exchange.status)
        });
    }
}

fn c14(capture: &Capture, verdict: &mut Verdict) {
    let answers: Vec<_> = capture.asked(Ask::Order).collect();
    for pair in answers.chunks_exact(2) {
        let [one, other] = pair else { continue };
        let edge = |exchange: &Exchange| {
            parse::media(&exchange.text()).map(|media| super::capture::edge(&media))
        };
        if one.status == 200 && other.status == 200 && edge(one) != edge(other) {
            // A part came in between: these are two versions.
            continue;
        }
        let is_same = one.status == other.status && one.body == other.body;
        verdict.case(&one.url, is_same, || {
            format!("`{}` and `{}` are answered differently", one.query, other.query)
        });
    }
}
