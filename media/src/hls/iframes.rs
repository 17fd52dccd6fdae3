//! I-frame playlists: one picture for each segment, to scrub and to play fast (RFC 8216bis 4.4.3.6).
//!
//! An entry has the number of its segment, so that a blocking request means the same for both. It is
//! the segment's first I-frame: the byte range from the `moof` of its part to the end of the picture.

use super::playlist::{
    TAIL_BYTES, breaks, date, independence, line, numbers, server_control, skip, skippable,
    vod_head, vod_open,
};
use super::{ListedPart, Rates, Window, index};
use crate::packager::{Control, Rid, SegmentOpen};
use crate::time::Span;
use std::ops::Range;

/// What one entry is made of.
#[derive(Debug, Clone, Copy)]
struct Picture<'a> {
    msn: u64,
    open: SegmentOpen,
    duration: Span,
    gap: bool,
    parts: &'a [ListedPart],
}

impl<'a> From<&'a super::ListedSegment> for Picture<'a> {
    fn from(segment: &'a super::ListedSegment) -> Self {
        let super::ListedSegment { msn, open, duration, gap, ref parts, .. } = *segment;
        Self { msn, open, duration, gap, parts }
    }
}

/// Where the first I-frame of a segment lies in its bytes.
fn range(parts: &[ListedPart]) -> Option<Range<u64>> {
    let mut start = 0;
    for part in parts {
        if part.intra > 0 {
            return Some(start..start + u64::from(part.intra));
        }
        start += u64::from(part.bytes);
    }
    None
}

/// The whole playlist of a window: `/hls/{brd}/{rid}/iframes.m3u8`.
pub fn full(window: &Window) -> String {
    render(window, 0)
}

/// The playlist without the entries beyond the skip boundary; none if there are none to skip.
pub fn delta(window: &Window) -> Option<String> {
    let skipped = skippable(window);
    (skipped > 0).then(|| render(window, skipped))
}

fn render(window: &Window, skipped: usize) -> String {
    const SKIP_VERSION: u32 = 9;
    const MAP_VERSION: u32 = 5;
    let control = &window.control;
    let version = if skipped > 0 { SKIP_VERSION } else { MAP_VERSION };
    let mut text = String::with_capacity(TAIL_BYTES);
    line(&mut text, format_args!("#EXTM3U\n#EXT-X-VERSION:{version}"));
    line(&mut text, format_args!("#EXT-X-TARGETDURATION:{}", control.target_seconds));
    server_control(&mut text, control);
    numbers(&mut text, window);
    text.push_str("#EXT-X-I-FRAMES-ONLY\n");
    independence(&mut text, control);
    skip(&mut text, skipped);
    let kept = window.segments.iter().skip(skipped).map(Picture::from);
    pictures(&mut text, "", kept);
    if window.ended {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    text
}

/// A recording's I-frame playlist: `/vod/{rec}/{rid}/iframes.m3u8`.
pub fn vod<'a>(
    broadcast: &str,
    rid: Rid,
    control: &Control,
    entries: impl IntoIterator<Item = &'a index::Entry> + Clone,
) -> String {
    const VERSION: u32 = 5;
    let mut text = vod_head(VERSION, control, entries.clone());
    text.push_str("#EXT-X-I-FRAMES-ONLY\n");
    independence(&mut text, control);
    let entries = entries.into_iter().enumerate().map(|(at, entry)| {
        let index::Entry { msn, duration, gap, ref parts, .. } = *entry;
        Picture { msn, open: vod_open(at, entry), duration, gap, parts }
    });
    pictures(&mut text, &format!("../../{broadcast}/{rid}/"), entries);
    text.push_str("#EXT-X-ENDLIST\n");
    text
}

fn pictures<'a>(text: &mut String, base: &str, entries: impl Iterator<Item = Picture<'a>>) {
    let mut map = None;
    for Picture { msn, open, duration, gap, parts } in entries {
        let fence = open.fence;
        breaks(text, base, &open, &mut map);
        date(text, &open);
        line(text, format_args!("#EXTINF:{duration},"));
        match range(parts).filter(|_| !gap) {
            Some(Range { start, end }) => {
                line(text, format_args!("#EXT-X-BYTERANGE:{}@{start}", end - start));
            }
            // No decoder can start in it: the number stays, the picture is missing.
            None => text.push_str("#EXT-X-GAP\n"),
        }
        line(text, format_args!("{base}{fence}/{msn}.m4s"));
    }
}

/// Bits per second of a window's I-frame playlist; of the open segment's picture while there is no other.
pub fn window_rates(window: &Window) -> Option<Rates> {
    let target = window.control.target();
    let open = window.open.iter().filter(|_| window.segments.is_empty());
    let complete = window.segments.iter().map(|one| (one.duration, &*one.parts));
    rates(complete.chain(open.map(|one| (target, &*one.parts))))
}

/// Bits per second of a playlist of the first I-frames; none where there is no I-frame.
pub fn rates<'a>(segments: impl IntoIterator<Item = (Span, &'a [ListedPart])>) -> Option<Rates> {
    let (mut bytes, mut length, mut peak) = (0, 0, None);
    for (duration, parts) in segments {
        let Some(range) = range(parts).filter(|_| duration > Span::ZERO) else { continue };
        let size = range.end - range.start;
        let rate = size.saturating_mul(8 * Span::SECOND.0) / duration.0;
        peak = peak.max(Some(rate));
        bytes += size;
        length += duration.0;
    }
    let average = bytes.saturating_mul(8 * Span::SECOND.0).checked_div(length)?;
    Some(Rates { peak: peak?, average })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packager::Profile;
    use crate::packager::simulation::{START, Source, Stand};

    fn stand(seconds: u64) -> Stand {
        let mut stand = Stand::new(Profile::Low);
        stand.publish(&Source::new(30, 1), seconds, START);
        stand
    }

    #[test]
    fn each_complete_segment_has_its_first_picture() {
        insta::assert_snapshot!(full(stand(7).window(Rid::VIDEO)));
    }

    #[test]
    fn a_delta_update_leaves_out_what_the_media_playlist_leaves_out() {
        let stand = stand(31);
        let text = delta(stand.window(Rid::VIDEO)).unwrap();
        let media = crate::hls::playlist::delta(stand.window(Rid::VIDEO), &[]).unwrap();
        let skip = |text: &str| text.lines().find(|l| l.contains("X-SKIP")).map(str::to_owned);
        assert!(skip(&text).is_some());
        assert_eq!(skip(&text), skip(&media));
    }

    #[test]
    fn a_segment_without_an_i_frame_keeps_its_number_as_a_gap() {
        let part = |bytes, intra| ListedPart {
            duration: Span(33_333),
            bytes,
            independent: intra > 0,
            gap: false,
            intra,
        };
        assert_eq!(range(&[part(100, 40), part(50, 0)]), Some(0..40));
        assert_eq!(range(&[part(100, 0), part(50, 30)]), Some(100..130));
        assert_eq!(range(&[part(100, 0)]), None);
        let missing = Picture {
            msn: 9,
            open: SegmentOpen {
                fence: 1,
                generation: 0,
                pdt: crate::time::Wall(0),
                discontinuity: false,
            },
            duration: Span(200_000),
            gap: false,
            parts: &[part(100, 0)],
        };
        let mut text = String::new();
        pictures(&mut text, "", [missing].into_iter());
        assert!(text.ends_with("#EXTINF:2.00000,\n#EXT-X-GAP\n1/9.m4s\n"), "{text}");
    }

    #[test]
    fn a_rate_is_that_of_the_pictures_alone() {
        let stand = stand(13);
        let segments =
            || stand.window(Rid::VIDEO).segments().map(|one| (one.duration, &*one.parts));
        let rates = rates(segments()).unwrap();
        let all = stand.window(Rid::VIDEO).rates();
        assert!(rates.average > 0 && rates.average <= rates.peak);
        assert!(rates.average < all.average);
        assert_eq!(super::rates(std::iter::empty()), None);
    }
}
