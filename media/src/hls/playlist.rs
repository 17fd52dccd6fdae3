//! Media playlists as text. The same window gives the same bytes on every node.

use super::{ListedPart, ListedSegment, Position, Window, index};
use crate::packager::{Control, Rid, SegmentOpen};
use crate::time::Span;
use std::fmt::Write as _;

/// The newest part of another rendition of the broadcast: a rendition report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The other rendition.
    pub rid: Rid,
    /// Its newest part.
    pub last: Position,
}

impl Report {
    /// What siblings say of a rendition; nothing before it has a part.
    pub fn of(window: &Window) -> Option<Self> {
        Some(Self { rid: window.rid, last: window.last_part()? })
    }
}

/// The whole playlist of a window: `/hls/{brd}/{rid}/media.m3u8`.
///
/// `reports` hold one entry for each other rendition; one about the window itself is left out.
pub fn full(window: &Window, reports: &[Report]) -> String {
    render(window, reports, 0)
}

/// The playlist without the segments beyond the skip boundary; none if there are none to skip.
pub fn delta(window: &Window, reports: &[Report]) -> Option<String> {
    let skipped = skippable(window);
    (skipped > 0).then(|| render(window, reports, skipped))
}

/// How many segments lie further from the end of the last segment than the skip boundary.
pub(super) fn skippable(window: &Window) -> usize {
    if window.ended {
        return 0;
    }
    let boundary = window.control.skip_until();
    let mut kept = Span::ZERO;
    let mut count = 0;
    for segment in window.segments.iter().rev() {
        if kept >= boundary {
            break;
        }
        kept += segment.duration;
        count += 1;
    }
    window.segments.len() - count
}

/// Bytes of one segment's lines, with and without its parts; to reserve once.
const SEGMENT_BYTES: usize = 96;
pub(super) const TAIL_BYTES: usize = 4_096;

fn render(window: &Window, reports: &[Report], skipped: usize) -> String {
    let kept = window.segments.len() - skipped;
    let mut text = String::with_capacity(kept * SEGMENT_BYTES + TAIL_BYTES);
    head(&mut text, window, skipped);
    let mut map = None;
    let parts_from = first_with_parts(window);
    for (at, segment) in window.segments.iter().enumerate().skip(skipped) {
        breaks(&mut text, "", &segment.open, &mut map);
        segment_body(&mut text, window, segment, at >= parts_from);
    }
    tail(&mut text, window, reports, &mut map);
    text
}

/// What follows the complete segments.
pub(super) fn tail(
    text: &mut String,
    window: &Window,
    reports: &[Report],
    map: &mut Option<(u64, u32)>,
) {
    if window.ended {
        text.push_str("#EXT-X-ENDLIST\n");
        return;
    }
    if let Some(open) = window.open.as_ref().filter(|_| window.control.part_target.is_some()) {
        breaks(text, "", &open.open, map);
        date(text, &open.open);
        parts(text, window, open);
    }
    live_tail(text, window, reports);
}

/// What precedes the segments.
pub(super) fn head(text: &mut String, window: &Window, skipped: usize) {
    const SKIP_VERSION: u32 = 9;
    const MAP_VERSION: u32 = 6;
    let control = &window.control;
    let version = if skipped > 0 { SKIP_VERSION } else { MAP_VERSION };
    line(text, format_args!("#EXTM3U\n#EXT-X-VERSION:{version}"));
    line(text, format_args!("#EXT-X-TARGETDURATION:{}", control.target_seconds));
    server_control(text, control);
    if let Some(target) = control.part_target {
        line(text, format_args!("#EXT-X-PART-INF:PART-TARGET={target}"));
    }
    numbers(text, window);
    independence(text, control);
    skip(text, skipped);
}

/// Where a window begins.
pub(super) fn numbers(text: &mut String, window: &Window) {
    let first = window.segments.front().or(window.open.as_ref()).map_or(0, |first| first.msn);
    line(text, format_args!("#EXT-X-MEDIA-SEQUENCE:{first}"));
    let discontinuities = window.discontinuity_sequence;
    line(text, format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}"));
}

pub(super) fn independence(text: &mut String, control: &Control) {
    if control.independent_segments {
        text.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
}

pub(super) fn skip(text: &mut String, skipped: usize) {
    if skipped > 0 {
        line(text, format_args!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"));
    }
}

pub(super) fn server_control(text: &mut String, control: &Control) {
    let (skip, hold) = (control.skip_until(), control.hold_back());
    let blocking = "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES";
    let common = format_args!("{blocking},CAN-SKIP-UNTIL={skip},HOLD-BACK={hold}");
    match control.part_hold_back() {
        Some(part_hold) => line(text, format_args!("{common},PART-HOLD-BACK={part_hold}")),
        None => line(text, common),
    }
}

/// Part tags leave once their segment ends more than three target durations from the end.
pub(super) fn first_with_parts(window: &Window) -> usize {
    let count = window.segments.len();
    if window.control.part_target.is_none() {
        return count;
    }
    let reach = window.control.target().times(3);
    let mut after = window.open.as_ref().map_or(Span::ZERO, |open| open.duration);
    for (back, segment) in window.segments.iter().rev().enumerate() {
        if after > reach {
            return count - back;
        }
        after += segment.duration;
    }
    0
}

/// What a segment says because it differs from the one before it; `base` stands before its URIs.
pub(super) fn breaks(
    text: &mut String,
    base: &str,
    open: &SegmentOpen,
    map: &mut Option<(u64, u32)>,
) {
    let SegmentOpen { fence, generation, discontinuity, .. } = *open;
    if discontinuity {
        text.push_str("#EXT-X-DISCONTINUITY\n");
    }
    if map.replace((fence, generation)) != Some((fence, generation)) {
        line(text, format_args!("#EXT-X-MAP:URI=\"{base}{fence}/init-{generation}.mp4\""));
    }
}

pub(super) fn date(text: &mut String, open: &SegmentOpen) {
    line(text, format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", open.pdt));
}

/// What a complete segment says, whatever precedes it.
pub(super) fn segment_body(
    text: &mut String,
    window: &Window,
    segment: &ListedSegment,
    with_parts: bool,
) {
    date(text, &segment.open);
    if with_parts {
        parts(text, window, segment);
    }
    segment_tail(text, segment);
}

fn parts(text: &mut String, window: &Window, segment: &ListedSegment) {
    let fence = segment.open.fence;
    for (part, ListedPart { duration, independent, gap, .. }) in (0..).zip(&segment.parts) {
        let at = Position { msn: segment.msn, part };
        let head = format_args!("#EXT-X-PART:DURATION={duration},URI=\"{fence}/{at}.m4s\"");
        match (*gap, *independent) {
            (true, _) => line(text, format_args!("{head},GAP=YES")),
            (false, true) => line(text, format_args!("{head},INDEPENDENT=YES")),
            (false, false) => line(text, head),
        }
    }
    debug_assert!(window.control.part_target.is_some(), "only part profiles list parts");
}

fn segment_tail(text: &mut String, segment: &ListedSegment) {
    if segment.gap {
        text.push_str("#EXT-X-GAP\n");
    }
    let ListedSegment { duration, msn, open, .. } = segment;
    line(text, format_args!("#EXTINF:{duration},\n{}/{msn}.m4s", open.fence));
}

fn live_tail(text: &mut String, window: &Window, reports: &[Report]) {
    let has_parts = window.control.part_target.is_some();
    if let Some((fence, next)) = window.hint().filter(|_| has_parts) {
        line(text, format_args!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{fence}/{next}.m4s\""));
    }
    for Report { rid, last } in reports.iter().filter(|report| report.rid != window.rid) {
        let uri = format_args!("#EXT-X-RENDITION-REPORT:URI=\"../{rid}/media.m3u8\"");
        let msn = last.msn;
        if has_parts {
            line(text, format_args!("{uri},LAST-MSN={msn},LAST-PART={}", last.part));
        } else {
            line(text, format_args!("{uri},LAST-MSN={msn}"));
        }
    }
}

pub(super) fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a string does not fail");
}

/// What precedes the segments of a recording; its target duration is at least the broadcast's.
pub(super) fn vod_head<'a>(
    version: u32,
    control: &Control,
    entries: impl IntoIterator<Item = &'a index::Entry> + Clone,
) -> String {
    let longest = entries.clone().into_iter().map(|entry| entry.duration.round_seconds()).max();
    let target = longest.unwrap_or(0).max(u64::from(control.target_seconds));
    let first = entries.into_iter().next().map_or(0, |entry| entry.msn);
    let mut text = String::with_capacity(TAIL_BYTES);
    line(&mut text, format_args!("#EXTM3U\n#EXT-X-VERSION:{version}"));
    line(&mut text, format_args!("#EXT-X-TARGETDURATION:{target}"));
    line(&mut text, format_args!("#EXT-X-MEDIA-SEQUENCE:{first}"));
    text.push_str("#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n");
    text
}

/// How a recording's segment begins; nothing stands before the first one.
pub(super) fn vod_open(at: usize, entry: &index::Entry) -> SegmentOpen {
    let index::Entry { fence, generation, pdt, discontinuity, .. } = *entry;
    SegmentOpen { fence, generation, pdt, discontinuity: discontinuity && at > 0 }
}

/// A recording's media playlist: `/vod/{rec}/{rid}/media.m3u8`, its segments
/// `../../{broadcast}/{rid}/{fence}/{msn}.m4s`.
///
/// `entries` are in order; the first one's discontinuity, if any, is not printed: nothing stands
/// before it.
pub fn vod<'a>(
    broadcast: &str,
    rid: Rid,
    control: &Control,
    entries: impl IntoIterator<Item = &'a index::Entry> + Clone,
) -> String {
    const VERSION: u32 = 6;
    let mut text = vod_head(VERSION, control, entries.clone());
    independence(&mut text, control);
    let (base, mut map) = (format!("../../{broadcast}/{rid}/"), None);
    for (at, entry) in entries.into_iter().enumerate() {
        let open = vod_open(at, entry);
        breaks(&mut text, &base, &open, &mut map);
        date(&mut text, &open);
        if entry.gap {
            text.push_str("#EXT-X-GAP\n");
        }
        let index::Entry { duration, fence, msn, .. } = entry;
        line(&mut text, format_args!("#EXTINF:{duration},\n{base}{fence}/{msn}.m4s"));
    }
    text.push_str("#EXT-X-ENDLIST\n");
    text
}
