//! I-frame playlists: rows of 1.5, 1.6 and 1.12.

use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Level};
use crate::hls::parse::{self, Media};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Should, "LL13", ["an I-frame playlist has no parts", "leave EXT-X-PART-INF, EXT-X-PART and EXT-X-PRELOAD-HINT out of it"], ll13),
    rule(Level::Should, "DD12", ["an I-frame playlist waits for a segment, whatever part is asked", "take `_HLS_part` for its segment there"], dd12),
    rule(Level::Must, "MF10", ["an entry of an I-frame playlist can be shown alone, and its playlist keeps the target duration", "print EXT-X-I-FRAMES-ONLY, and ranges that begin with a moof"], mf10),
];

/// The I-frame playlists that were fetched.
fn playlists(capture: &Capture) -> impl Iterator<Item = (&str, String, Media)> {
    let there = capture.asked(Ask::IFrames).filter(|exchange| exchange.status == 200);
    there.filter_map(|exchange| {
        let text = exchange.text().into_owned();
        let media = parse::media(&text)?;
        Some((exchange.url.as_str(), text, media))
    })
}

fn ll13(capture: &Capture, verdict: &mut Verdict) {
    for (url, _, media) in playlists(capture) {
        let has_parts = media.part_target.is_some()
            || !media.hints.is_empty()
            || media.all().any(|segment| !segment.parts.is_empty());
        verdict.case(url, !has_parts, || "it has parts".to_owned());
    }
}

fn dd12(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::IFramesNext) {
        let wanted = exchange.query.split('&').find_map(|one| one.strip_prefix("_HLS_msn="));
        let wanted = wanted.and_then(|wanted| wanted.parse::<u64>().ok());
        let media = parse::media(&exchange.text());
        let is_there = media.is_some_and(|media| Some(media.next_msn()) > wanted);
        verdict.case(&exchange.url, exchange.status == 200 && is_there, || {
            format!("`{}`: status {}, the segment is not there", exchange.query, exchange.status)
        });
    }
}

fn mf10(capture: &Capture, verdict: &mut Verdict) {
    let target = capture.versions().find_map(|version| version.media.target_seconds);
    for exchange in capture.asked(Ask::IFrames).filter(|exchange| exchange.status != 200) {
        verdict.case(&exchange.url, false, || format!("status {}", exchange.status));
    }
    for (url, text, media) in playlists(capture) {
        let says = text.lines().any(|line| line == "#EXT-X-I-FRAMES-ONLY");
        verdict.case(url, says, || "there is no EXT-X-I-FRAMES-ONLY".to_owned());
        let keeps = media.ended || target.is_none() || media.target_seconds == target;
        verdict.case(url, keeps, || format!("its target is {:?}", media.target_seconds));
    }
    for exchange in capture.asked(Ask::Picture) {
        let name = exchange.body.get(4..8);
        let begins = [b"moof", b"styp", b"sidx", b"emsg", b"prft"].map(|name| Some(&name[..]));
        let is_whole = exchange.status == 206 && begins.contains(&name);
        verdict.case(&exchange.url, is_whole, || {
            format!("status {}, its first box is {name:?}", exchange.status)
        });
    }
}
