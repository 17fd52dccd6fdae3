//! Whole playlists of long windows, put together from pages that were compressed once.
//!
//! What lies so far back that it lists no parts changes only when its bytes are lost: 64 segments of
//! it are one page, whose deflate blocks end at a byte and refer to nothing before them (RFC 1951 2.3,
//! a full flush). So an answer is a few new lines around pages that are copied, and its check sum is
//! combined from theirs.

use super::index::{PAGE_SEGMENTS, page_of};
use super::playlist::{Report, breaks, first_with_parts, head, segment_body, tail};
use super::{LEVEL, Window};
use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};
use std::collections::BTreeMap;

/// The pages of one rendition's playlist that were made so far.
#[derive(Debug, Default)]
pub struct Pages {
    pages: BTreeMap<u64, Page>,
    /// [`Window::rewritten`] when they were made.
    rewritten: u64,
}

/// A playlist, plain and compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spliced {
    /// The text.
    pub plain: Bytes,
    /// The same as gzip.
    pub gzip: Bytes,
}

/// Lines that stay, without those that depend on what stands before them.
#[derive(Debug)]
struct Page {
    text: String,
    deflated: Vec<u8>,
    crc: Crc,
    /// Fence and generation of its last segment.
    map: (u64, u32),
}

impl Page {
    /// The page that begins with the segment at `first`, if all of it is listed and lists no parts.
    fn new(window: &Window, first: usize, stable: usize) -> Option<Self> {
        let count = usize::try_from(PAGE_SEGMENTS).ok()?;
        let end = first.checked_add(count).filter(|end| *end <= stable)?;
        let segments = || window.segments.range(first..end);
        let begin = segments().next().filter(|begin| begin.msn % PAGE_SEGMENTS == 0)?;
        let last = segments().next_back().filter(|last| page_of(last.msn) == page_of(begin.msn))?;
        let mut map = Some((begin.open.fence, begin.open.generation));
        let mut text = String::new();
        for (at, segment) in segments().enumerate() {
            if at > 0 {
                breaks(&mut text, "", &segment.open, &mut map);
            }
            segment_body(&mut text, window, segment, false);
        }
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let deflated = deflate(text.as_bytes(), FlushCompress::Full);
        Some(Self { text, deflated, crc, map: (last.open.fence, last.open.generation) })
    }
}

impl Pages {
    /// The whole playlist of a window: the same text as [`super::playlist::full`].
    ///
    /// It must always be the window of the same rendition.
    pub fn full(&mut self, window: &Window, reports: &[Report]) -> Spliced {
        let stable = first_with_parts(window);
        let first = window.segments.front().map_or(0, |first| page_of(first.msn));
        self.pages = self.pages.split_off(&first);
        if std::mem::replace(&mut self.rewritten, window.rewritten) != window.rewritten {
            self.pages.clear();
        }
        let (mut answer, mut lines, mut map) = (Answer::default(), String::new(), None);
        head(&mut lines, window, 0);
        let mut at = 0;
        while let Some(segment) = window.segments.get(at) {
            breaks(&mut lines, "", &segment.open, &mut map);
            if segment.msn % PAGE_SEGMENTS == 0
                && let Some(page) = self.page(window, at, stable)
            {
                answer.add(&std::mem::take(&mut lines), FlushCompress::Full);
                answer.add_page(page);
                map = Some(page.map);
                at += usize::try_from(PAGE_SEGMENTS).unwrap_or(usize::MAX);
                continue;
            }
            segment_body(&mut lines, window, segment, at >= stable);
            at += 1;
        }
        tail(&mut lines, window, reports, &mut map);
        answer.add(&lines, FlushCompress::Finish);
        answer.finish()
    }

    fn page(&mut self, window: &Window, at: usize, stable: usize) -> Option<&Page> {
        let number = page_of(window.segments.get(at)?.msn);
        match self.pages.entry(number) {
            std::collections::btree_map::Entry::Occupied(known) => Some(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(free) => {
                Some(free.insert(Page::new(window, at, stable)?))
            }
        }
    }
}

/// A gzip file in the making (RFC 1952), and its text.
struct Answer {
    plain: Vec<u8>,
    gzip: Vec<u8>,
    crc: Crc,
}

impl Default for Answer {
    fn default() -> Self {
        // Deflate, no name, no time, unknown system: the same input gives the same bytes.
        const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        Self { plain: Vec::new(), gzip: HEADER.to_vec(), crc: Crc::new() }
    }
}

impl Answer {
    fn add(&mut self, lines: &str, flush: FlushCompress) {
        self.plain.extend_from_slice(lines.as_bytes());
        self.crc.update(lines.as_bytes());
        self.gzip.extend_from_slice(&deflate(lines.as_bytes(), flush));
    }

    fn add_page(&mut self, page: &Page) {
        self.plain.extend_from_slice(page.text.as_bytes());
        self.crc.combine(&page.crc);
        self.gzip.extend_from_slice(&page.deflated);
    }

    fn finish(mut self) -> Spliced {
        self.gzip.extend_from_slice(&self.crc.sum().to_le_bytes());
        self.gzip.extend_from_slice(&self.crc.amount().to_le_bytes());
        Spliced { plain: self.plain.into(), gzip: self.gzip.into() }
    }
}

/// Blocks of their own: they refer to nothing before them.
fn deflate(text: &[u8], flush: FlushCompress) -> Vec<u8> {
    /// More than any expansion of deflate, and the empty block of a flush.
    const SPARE_BYTES: usize = 64;
    let mut deflated = Vec::with_capacity(text.len() + text.len() / 1_000 + SPARE_BYTES);
    let mut state = Compress::new(Compression::new(LEVEL), false);
    let done = state.compress_vec(text, &mut deflated, flush);
    debug_assert!(done.is_ok_and(|_| state.total_in() == text.len() as u64), "it has room");
    deflated
}

#[cfg(test)]
mod tests {
    use super::super::{ListedPart, Position, index::Entry, playlist};
    use super::*;
    use crate::packager::{Control, Rid};
    use crate::time::{Span, Wall};
    use proptest::prelude::*;
    use std::io::Read as _;

    const CONTROL: Control =
        Control { target_seconds: 2, part_target: Some(Span(33_334)), independent_segments: true };

    fn unpacked(gzip: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(gzip).read_to_end(&mut text).unwrap();
        text
    }

    fn entry(msn: u64, (breaks, gap): (bool, bool), generation: u32) -> Entry {
        let part =
            ListedPart { duration: Span(200_000), bytes: 1_000, independent: true, gap, intra: 0 };
        Entry {
            msn,
            fence: 1,
            generation,
            pdt: Wall(1_764_000_000_000 + i64::try_from(msn).unwrap() * 2_000),
            duration: Span(200_000),
            discontinuity: breaks,
            gap,
            bytes: 1_000,
            crc32c: 0,
            parts: vec![part],
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// A window that slides, breaks and has gaps reads the same, page by page.
        #[test]
        fn a_spliced_playlist_is_the_rendered_one(
            first in 0_u64..200,
            breaks in prop::collection::vec((0_u8..40, 0_u8..10), 1..400),
            dvr in 20_u64..900,
            lost in prop::collection::btree_set(0_u64..400, 0..4),
        ) {
            let mut window = Window::new(Rid::VIDEO, CONTROL, Span::from_seconds(dvr), 0);
            let report =
                playlist::Report { rid: Rid::AUDIO, last: Position { msn: first, part: 1 } };
            let (mut pages, mut generation) = (Pages::default(), 0);
            for (msn, (changes, gap)) in (first..).zip(breaks) {
                generation += u32::from(changes == 0);
                window.list(&entry(msn, (changes < 2, gap == 0), generation));
                if lost.contains(&(msn - first)) {
                    window.lose(first + (msn - first) / 2);
                }
                if msn % 7 == 0 {
                    let spliced = pages.full(&window, &[report]);
                    let rendered = playlist::full(&window, &[report]);
                    prop_assert_eq!(&spliced.plain[..], rendered.as_bytes());
                    prop_assert_eq!(&unpacked(&spliced.gzip)[..], rendered.as_bytes());
                }
            }
        }
    }

    #[test]
    fn pages_leave_with_their_segments() {
        let mut window = Window::new(Rid::VIDEO, CONTROL, Span::from_seconds(600), 0);
        let mut pages = Pages::default();
        for msn in 0..1_000 {
            window.list(&entry(msn, (false, false), 0));
            pages.full(&window, &[]);
        }
        let listed = window.segments().count() as u64;
        assert!(pages.pages.len() as u64 >= listed / PAGE_SEGMENTS - 1);
        assert!(pages.pages.len() as u64 <= listed / PAGE_SEGMENTS + 1);
    }

    #[test]
    fn an_ended_playlist_is_spliced_too() {
        let mut window = Window::new(Rid::VIDEO, CONTROL, Span::from_seconds(600), 0);
        (0..200).for_each(|msn| window.list(&entry(msn, (false, false), 0)));
        window.apply(&crate::packager::Output::Ended);
        let spliced = Pages::default().full(&window, &[]);
        assert!(spliced.plain.ends_with(b"#EXT-X-ENDLIST\n"));
        assert_eq!(spliced.plain, playlist::full(&window, &[]));
        assert_eq!(unpacked(&spliced.gzip), spliced.plain);
    }
}
