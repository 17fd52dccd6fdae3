//! 1.3: syntax and versions of playlists, and what may change between two of them.

use super::capture::is_older;
use super::resolve::resolve;
use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Level, Version};
use crate::hls::parse::{Attributes, Media, Segment};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "P1", ["a playlist is clean UTF-8 text that begins with #EXTM3U", "remove byte order marks, control characters, stray spaces and duplicated attributes"], p1),
    rule(Level::Must, "P2", ["EXT-X-VERSION stands once and covers the tags in use", "raise EXT-X-VERSION: 6 for fMP4, 9 for delta updates"], p2),
    rule(Level::Should, "P3", ["EXT-X-VERSION is not higher than needed", "lower EXT-X-VERSION: the low-latency tags ask for none"], p3),
    rule(Level::Must, "P4", ["tags of the playlist stand once, and each kind of playlist has its own tags", "remove the tag that is too many"], p4),
    rule(Level::Must, "P5", ["EXT-X-TARGETDURATION covers every segment and never changes", "cut segments at the target duration, or promise a longer one from the start"], p5),
    rule(Level::Practice, "P6", ["part target and hold-backs never change", "freeze them for the life of the playlist: Apple's players stop otherwise"], p6),
    rule(Level::Must, "P7", ["EXT-X-SERVER-CONTROL is the same on all playlists", "use one set of values for all renditions"], p7),
    rule(Level::Must, "P8", ["sequence tags come before the first segment", "move EXT-X-MEDIA-SEQUENCE and EXT-X-DISCONTINUITY-SEQUENCE to the header"], p8),
    rule(Level::AppleMust, "P9", ["EXT-X-DISCONTINUITY-SEQUENCE is always there", "print it even while it is 0"], p9),
    rule(Level::Must, "P10", ["URIs are there, and those of rendition reports are relative", "print report URIs relative to the playlist"], p10),
    rule(Level::Must, "P11", ["a segment keeps its URI", "never give a listed segment another URI"], p11),
    rule(Level::Must, "P12", ["every answer is one whole version, and versions come in order", "swap versions at once, and let no cache answer with an older one"], p12),
    rule(Level::Must, "P13", ["what is listed does not change", "only append segments, remove the oldest, and drop part tags far from the end"], p13),
];

fn p1(capture: &Capture, verdict: &mut Verdict) {
    for ask in [Ask::Open, Ask::Follow] {
        for exchange in capture.asked(ask).filter(|exchange| exchange.status == 200) {
            let fault = unclean(&exchange.body);
            verdict.case(&exchange.url, fault.is_none(), || fault.unwrap_or_default());
        }
    }
}

/// What is wrong with a playlist's bytes.
fn unclean(body: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(body) else { return Some("it is not UTF-8".to_owned()) };
    let is_control = |character: char| character.is_control() && !"\r\n".contains(character);
    if text.starts_with('\u{feff}') || text.contains(is_control) {
        return Some("a byte order mark or a control character".to_owned());
    }
    if text.lines().next() != Some("#EXTM3U") {
        return Some("the first line is not #EXTM3U".to_owned());
    }
    text.lines().find_map(|line| {
        if line != line.trim() {
            return Some(format!("spaces around `{line}`"));
        }
        let tag = line.strip_prefix("#EXT-X-")?;
        let list = tag.split_once(':').filter(|(_, value)| value.contains('='))?;
        let name = Attributes::read(list.1).duplicate()?.to_owned();
        Some(format!("`{name}` stands twice in `{line}`"))
    })
}

fn version_needed(media: &Media) -> u64 {
    let has = |tag: &str| media.tags.contains_key(tag);
    if has("EXT-X-SKIP") {
        9
    } else if has("EXT-X-DEFINE") {
        8
    } else if has("EXT-X-MAP") {
        if has("EXT-X-I-FRAMES-ONLY") { 5 } else { 6 }
    } else if has("EXT-X-BYTERANGE") || has("EXT-X-I-FRAMES-ONLY") {
        4
    } else if has("EXTINF") {
        3
    } else {
        1
    }
}

fn p2(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let needed = version_needed(media);
        let times = media.tags.get("EXT-X-VERSION").copied().unwrap_or(0);
        let stands_once = times == 1 || (times == 0 && needed == 1);
        let is_sound = stands_once && media.version.unwrap_or(1) >= needed;
        verdict.case(url, is_sound, || {
            format!("version {:?} stands {times} times, {needed} is needed", media.version)
        });
    }
}

fn p3(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let Some(version) = media.version else { continue };
        let needed = version_needed(media);
        verdict.case(url, version <= needed, || format!("version {version}, {needed} would do"));
    }
}

/// Tags that stand at most once in a media playlist.
const ONCE: [&str; 10] = [
    "EXTM3U",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-ENDLIST",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-SKIP",
];

/// Tags that belong into multivariant playlists alone.
const MULTIVARIANT: [&str; 5] = [
    "EXT-X-STREAM-INF",
    "EXT-X-MEDIA",
    "EXT-X-I-FRAME-STREAM-INF",
    "EXT-X-SESSION-DATA",
    "EXT-X-SESSION-KEY",
];

fn p4(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let twice = ONCE.iter().find(|tag| media.tags.get(**tag).is_some_and(|count| *count > 1));
        let foreign = MULTIVARIANT.iter().find(|tag| media.tags.contains_key(**tag));
        verdict.case(url, twice.is_none() && foreign.is_none(), || match (twice, foreign) {
            (Some(tag), _) => format!("{tag} stands more than once"),
            (None, tag) => format!("{} in a media playlist", tag.unwrap_or(&"")),
        });
    }
    let Some((url, text, _)) = &capture.multivariant else { return };
    let media = ["#EXTINF", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-PART"];
    let foreign = text.lines().find(|line| media.iter().any(|tag| line.starts_with(tag)));
    verdict.case(url, foreign.is_none(), || {
        format!("`{}` in a multivariant playlist", foreign.unwrap_or_default())
    });
}

fn p5(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let target = media.target_seconds.unwrap_or(0);
        verdict.case(url, target > 0, || "EXT-X-TARGETDURATION is missing or 0".to_owned());
        let longest = media.segments.iter().max_by_key(|segment| segment.duration);
        let Some(Segment { msn, duration, .. }) = longest else { continue };
        verdict.case(url, duration.round_seconds() <= target, || {
            format!("segment {msn} has {duration} s, the target is {target}")
        });
    }
    for (old, new) in capture.pairs() {
        let (was, is) = (old.media.target_seconds, new.media.target_seconds);
        verdict.case(&new.url, was == is, || format!("the target was {was:?}, now it is {is:?}"));
    }
}

fn p6(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs().filter(|(_, new)| !new.media.ended) {
        let promises = |media: &Media| (media.part_target, media.control.clone());
        let is_same = promises(&old.media) == promises(&new.media);
        verdict.case(&new.url, is_same, || {
            "EXT-X-PART-INF or EXT-X-SERVER-CONTROL changed".to_owned()
        });
    }
}

fn p7(capture: &Capture, verdict: &mut Verdict) {
    let live: Vec<_> = capture.newest().filter(|version| !version.media.ended).collect();
    let Some((first, others)) = live.split_first() else { return };
    for other in others {
        let is_same = first.media.control == other.media.control;
        verdict.case(&other.url, is_same, || format!("it differs from that of {}", first.url));
    }
}

fn p8(capture: &Capture, verdict: &mut Verdict) {
    let starts = |line: &str, tags: &[&str]| tags.iter().any(|tag| line.starts_with(tag));
    for Version { url, text, .. } in capture.versions() {
        let mut lines = text.lines().skip_while(|line| !starts(line, &["#EXTINF", "#EXT-X-PART:"]));
        let late = ["#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE"];
        let late = lines.find(|line| starts(line, &late));
        verdict.case(url, late.is_none(), || {
            format!("`{}` stands after the first segment", late.unwrap_or_default())
        });
    }
}

fn p9(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let is_there = media.discontinuity_sequence.is_some();
        verdict.case(url, is_there, || "EXT-X-DISCONTINUITY-SEQUENCE is missing".to_owned());
    }
}

fn p10(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions() {
        let parts = media.all().flat_map(|segment| &segment.parts).map(|part| &part.uri);
        let uris = media.segments.iter().map(|segment| &segment.uri).chain(parts);
        let hints = media.hints.iter().map(|hint| &hint.uri);
        let empty = uris.chain(hints).filter(|uri| uri.is_empty()).count();
        verdict.case(url, empty == 0, || format!("{empty} tags have no URI"));
        for report in &media.reports {
            let is_relative = !report.uri.is_empty() && resolve(url, &report.uri) != report.uri;
            verdict.case(url, is_relative, || format!("report URI `{}`", report.uri));
        }
    }
}

/// Segments that both versions list.
fn kept<'a>(
    old: &'a Version,
    new: &'a Version,
) -> impl Iterator<Item = (&'a Segment, &'a Segment)> {
    let listed = new.media.segments.iter();
    listed.filter_map(|segment| Some((old.media.segment(segment.msn)?, segment)))
}

fn p11(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        let name = |segment: &Segment| (segment.uri.clone(), segment.byte_range.clone());
        let changed = kept(old, new).find(|(old, new)| name(old) != name(new));
        verdict.case(&new.url, changed.is_none(), || {
            changed.map_or_else(String::new, |(old, new)| {
                format!("segment {} was `{}`, now it is `{}`", new.msn, old.uri, new.uri)
            })
        });
    }
}

fn p12(capture: &Capture, verdict: &mut Verdict) {
    for (url, versions) in capture.playlists() {
        for version in versions {
            let is_whole = version.text.ends_with('\n');
            verdict.case(url, is_whole, || "the last line is cut off".to_owned());
        }
        for (old, new) in versions.iter().zip(versions.iter().skip(1)) {
            let goes_on = !is_older(&old.media, &new.media);
            verdict.case(url, goes_on, || {
                format!("after version {:?} came the older {:?}", old.edge(), new.edge())
            });
        }
    }
}

fn p13(capture: &Capture, verdict: &mut Verdict) {
    for (old, new) in capture.pairs() {
        let facts = |segment: &Segment| (segment.duration, segment.discontinuity, segment.gap);
        let changed = kept(old, new).find(|(old, new)| facts(old) != facts(new));
        verdict.case(&new.url, changed.is_none(), || {
            let msn = changed.map_or(0, |(_, new)| new.msn);
            format!("length, gap or discontinuity of segment {msn} changed")
        });
        let msn = old.media.next_msn();
        verdict.case(&new.url, keeps_parts(&old.media, &new.media), || {
            format!("parts of segment {msn} changed")
        });
        let reopens = old.media.ended && !new.media.ended;
        verdict.case(&new.url, !reopens, || "EXT-X-ENDLIST was taken back".to_owned());
    }
}

/// Parts of the segment that was open only grow, or go all at once.
fn keeps_parts(old: &Media, new: &Media) -> bool {
    let msn = old.next_msn();
    let now = match new.segment(msn) {
        Some(closed) if closed.parts.is_empty() => return true,
        Some(closed) => &closed.parts,
        None if new.next_msn() == msn => &new.open.parts,
        None => return true,
    };
    now.get(..old.open.parts.len()) == Some(&old.open.parts[..]) || (new.ended && now.is_empty())
}
