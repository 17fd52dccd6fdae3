//! Rules about one media playlist.

use super::Fault;
use crate::hls::parse::{Attributes, Media, Part, Segment};
use crate::time::Span;

pub(super) fn check(text: &str, media: &Media) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_text(text, &mut faults);
    check_header(media, &mut faults);
    check_order(text, &mut faults);
    check_segments(media, &mut faults);
    if media.part_target.is_some() || has_parts(media) {
        check_parts(media, &mut faults);
        check_low_latency(media, &mut faults);
    }
    check_control(media, &mut faults);
    check_delta(media, &mut faults);
    faults
}

fn has_parts(media: &Media) -> bool {
    media.segments.iter().chain([&media.open]).any(|segment| !segment.parts.is_empty())
}

fn check_text(text: &str, faults: &mut Vec<Fault>) {
    let is_control = |character: char| character.is_control() && !"\r\n".contains(character);
    if text.starts_with('\u{feff}') || text.contains(is_control) {
        faults.push(("P1", "a byte order mark or control character".to_owned()));
    }
    for line in text.lines().filter(|line| line.starts_with("#EXT-X-")) {
        let list = line.split_once(':').filter(|(_, value)| value.contains('='));
        let list = list.map(|(_, value)| Attributes::read(value));
        if let Some(name) = list.as_ref().and_then(Attributes::duplicate) {
            faults.push(("P1", format!("`{name}` stands twice in `{line}`")));
        }
    }
}

/// Tags that stand at most once.
const ONCE: [&str; 9] = [
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-ENDLIST",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-INDEPENDENT-SEGMENTS",
];

fn check_header(media: &Media, faults: &mut Vec<Fault>) {
    for tag in ONCE {
        if media.tags.get(tag).is_some_and(|count| *count > 1) {
            faults.push(("P4", format!("{tag} stands more than once")));
        }
    }
    let needed = version_needed(media);
    match media.version {
        Some(version) if version < needed => {
            faults.push(("P2", format!("version {version}, {needed} is needed")));
        }
        None if needed > 1 => faults.push(("P2", format!("no version, {needed} is needed"))),
        Some(version) if version > needed => {
            faults.push(("P3", format!("version {version}, {needed} would do")));
        }
        Some(_) | None => {}
    }
    if media.target_seconds.is_none_or(|target| target == 0) {
        faults.push(("P5", "EXT-X-TARGETDURATION is missing or 0".to_owned()));
    }
    if media.discontinuity_sequence.is_none() && !media.ended {
        faults.push(("P9", "EXT-X-DISCONTINUITY-SEQUENCE is missing".to_owned()));
    }
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

fn check_order(text: &str, faults: &mut Vec<Fault>) {
    let mut lines = text.lines();
    let first =
        lines.position(|line| line.starts_with("#EXTINF") || line.starts_with("#EXT-X-PART:"));
    if first.is_none() {
        return;
    }
    let sequence = ["#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE"];
    if lines.any(|line| sequence.iter().any(|tag| line.starts_with(tag))) {
        faults.push(("P8", "a sequence tag stands after the first segment".to_owned()));
    }
}

fn check_segments(media: &Media, faults: &mut Vec<Fault>) {
    let target = media.target_seconds.unwrap_or(u64::MAX);
    for Segment { msn, duration, map, uri, pdt, .. } in &media.segments {
        if duration.round_seconds() > target {
            faults.push(("P5", format!("segment {msn} has {duration} s, the target is {target}")));
        }
        let is_mp4 = [".m4s", ".mp4", ".cmfv", ".cmfa"].iter().any(|end| path(uri).ends_with(end));
        if is_mp4 && map.is_none() && media.skipped.is_none() {
            faults.push(("MF3", format!("segment {msn} has no EXT-X-MAP")));
        }
        if pdt.is_none() && !media.ended && !has_date(media) {
            faults.push(("DC1", "no EXT-X-PROGRAM-DATE-TIME".to_owned()));
        }
    }
    if media.ended {
        return;
    }
    let wanted = Span::from_seconds(target.min(3_600)).times(3);
    let is_short = media.duration() < wanted || media.segments.len() < 6;
    if is_short && media.skipped.is_none() && media.media_sequence > 0 {
        let (count, duration) = (media.segments.len(), media.duration());
        faults.push(("L4", format!("{count} segments of {duration} s in all")));
    }
    if media.playlist_type.is_some() && media.media_sequence > 0 {
        faults.push(("L8", "EXT-X-PLAYLIST-TYPE in a playlist that lost segments".to_owned()));
    }
}

fn has_date(media: &Media) -> bool {
    media.segments.iter().any(|segment| segment.pdt.is_some())
}

fn path(uri: &str) -> &str {
    uri.split('?').next().unwrap_or(uri)
}

fn check_parts(media: &Media, faults: &mut Vec<Fault>) {
    let Some(target) = media.part_target else {
        faults.push(("LL1", "parts without PART-TARGET".to_owned()));
        return;
    };
    for segment in media.segments.iter().chain([&media.open]) {
        let next = segment.parts.iter().skip(1).map(Some).chain([None]);
        for (part, next) in segment.parts.iter().zip(next) {
            check_part(part, next, target, faults);
        }
    }
    for tag in &media.misplaced {
        faults.push(("LL6", format!("{tag} after the first part of its segment")));
    }
}

fn check_part(part: &Part, next: Option<&Part>, target: Span, faults: &mut Vec<Fault>) {
    let Part { uri, duration, .. } = part;
    if *duration > target {
        faults.push(("LL2", format!("part `{uri}` has {duration} s, PART-TARGET is {target}")));
    }
    if *duration == Span::ZERO {
        faults.push(("LL8", format!("part `{uri}` has no length")));
    }
    let is_exempt = part.independent || part.gap || next.is_none_or(|next| next.gap);
    if !is_exempt && duration.0 * 100 < target.0 * 85 {
        faults.push(("LL3", format!("part `{uri}` has {duration} s, PART-TARGET is {target}")));
    }
}

fn check_low_latency(media: &Media, faults: &mut Vec<Fault>) {
    let hints = media.hints.iter().filter(|hint| hint.kind == "PART").count();
    match (media.ended, hints) {
        (true, 0) | (false, 1) => {}
        (true, _) => faults.push(("PH7", "a hint after the end".to_owned())),
        (false, 0) => faults.push(("PH1", "no EXT-X-PRELOAD-HINT".to_owned())),
        (false, _) => faults.push(("PH8", format!("{hints} hints for a part"))),
    }
    if media.ended {
        return;
    }
    for report in &media.reports {
        if report.last_msn.is_none() || report.last_part.is_none() {
            faults.push(("RR2", format!("the report on `{}` lacks its newest part", report.uri)));
        }
        if report.uri.contains("://") || report.uri.is_empty() {
            faults.push(("P10", format!("report URI `{}`", report.uri)));
        }
    }
    if media.control.as_ref().is_none_or(|control| !control.can_block_reload) {
        faults.push(("LL16", "no CAN-BLOCK-RELOAD=YES".to_owned()));
    }
}

fn check_control(media: &Media, faults: &mut Vec<Fault>) {
    let Some(control) = &media.control else { return };
    let target = Span::from_seconds(media.target_seconds.unwrap_or(0));
    let least = |length: Option<Span>, bound: Span| length.is_some_and(|length| length < bound);
    if least(control.can_skip_until, target.times(6)) {
        faults.push(("SK1", "CAN-SKIP-UNTIL is below six target durations".to_owned()));
    }
    if least(control.hold_back, target.times(3)) {
        faults.push(("LL12", "HOLD-BACK is below three target durations".to_owned()));
    }
    if let Some(part) = media.part_target {
        let hold = control.part_hold_back;
        if hold.is_none() || least(hold, part.times(3)) {
            faults.push(("LL11", "PART-HOLD-BACK is below three part targets".to_owned()));
        }
    }
}

fn check_delta(media: &Media, faults: &mut Vec<Fault>) {
    let Some(skipped) = media.skipped else { return };
    if skipped == 0 {
        faults.push(("SK7", "SKIPPED-SEGMENTS=0".to_owned()));
    }
    let boundary = media.control.as_ref().and_then(|control| control.can_skip_until);
    let kept: Span = media.segments.iter().map(|segment| segment.duration).sum();
    let open: Span = media.open.parts.iter().map(|part| part.duration).sum();
    // The end may be that of the last segment or of the last part.
    if boundary.is_some_and(|boundary| kept + open < boundary) {
        faults.push(("SK2", format!("only {kept} s are kept")));
    }
}
