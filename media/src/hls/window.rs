//! The window: which segments and parts one rendition lists now.

use super::Position;
use super::index::Entry;
use crate::packager::{Control, Output, Part, Rid, Segment, SegmentOpen};
use crate::time::{Span, Wall};
use std::collections::VecDeque;

/// Segments and parts now listed for one rendition; holds no media.
///
/// It changes only as a playlist may change: grows at the end, loses segments at the front; a segment
/// whose bytes nobody has any more becomes a gap.
#[derive(Debug, Clone)]
pub struct Window {
    pub(super) rid: Rid,
    pub(super) control: Control,
    dvr: Span,
    /// Discontinuities that left with their segments.
    pub(super) discontinuity_sequence: u64,
    pub(super) segments: VecDeque<ListedSegment>,
    pub(super) open: Option<ListedSegment>,
    pub(super) next: Option<Position>,
    pub(super) ended: bool,
    /// How often a listed segment changed: what was made of older ones is no longer true.
    pub(super) rewritten: u64,
    total: Span,
}

/// A segment as its playlist lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSegment {
    /// Its media sequence number.
    pub msn: u64,
    /// What its first part said.
    pub open: SegmentOpen,
    /// The sum of its parts so far.
    pub duration: Span,
    /// All its media is missing.
    pub gap: bool,
    /// Bytes of its media so far.
    pub bytes: u64,
    /// Its parts, in order.
    pub parts: Vec<ListedPart>,
}

/// A part as its playlist lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedPart {
    /// As printed.
    pub duration: Span,
    /// Bytes of its media.
    pub bytes: u32,
    /// It holds a sync unit.
    pub independent: bool,
    /// Its media is missing.
    pub gap: bool,
    /// Bytes from its start to the end of its first picture, if that is an I-frame; else zero.
    pub intra: u32,
}

/// What a playlist ends with: all that a blocking request needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The oldest segment listed.
    pub first_msn: u64,
    /// The newest complete segment listed, if any.
    pub complete: Option<u64>,
    /// How many parts that segment has.
    pub complete_parts: u32,
    /// The newest part listed, if any.
    pub last: Option<Position>,
    /// Nothing follows.
    pub ended: bool,
}

/// Bits per second of a rendition, as measured over its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Of the largest segment.
    pub peak: u64,
    /// Of all segments together.
    pub average: u64,
}

impl Window {
    /// Entries that stay in a playlist once it has them (Apple's authoring rule 8.11).
    pub const ENTRIES_MIN: usize = 6;
    /// The longest window, whatever the configuration says: a day.
    pub const DVR_MAX: Span = Span::from_seconds(24 * 3_600);

    /// A window that lists nothing yet and keeps `dvr` of media.
    ///
    /// `discontinuity_sequence` is [`crate::packager::Rendition::discontinuity_sequence`].
    pub fn new(rid: Rid, control: Control, dvr: Span, discontinuity_sequence: u64) -> Self {
        Self {
            rid,
            control,
            dvr: dvr.min(Self::DVR_MAX),
            discontinuity_sequence,
            segments: VecDeque::new(),
            open: None,
            next: None,
            ended: false,
            rewritten: 0,
            total: Span::ZERO,
        }
    }

    /// Whose window it is.
    pub fn rid(&self) -> Rid {
        self.rid
    }

    /// The values that never change.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Takes what the packager said; returns whether the playlist reads differently now.
    ///
    /// What concerns another rendition changes nothing.
    pub fn apply(&mut self, output: &Output) -> bool {
        match output {
            Output::Part(part) if part.rid == self.rid => self.add(part),
            Output::Segment(segment) if segment.rid == self.rid => self.close(*segment),
            Output::Ended => self.ended = true,
            Output::Part(_)
            | Output::Segment(_)
            | Output::Rendition(_)
            | Output::Init(_)
            | Output::Alarm(_) => return false,
        }
        true
    }

    /// Lists a segment as its index entry has it: what an earlier process made is listed again.
    ///
    /// No hint follows until the next part comes: its fence is not known.
    pub fn list(&mut self, entry: &Entry) {
        let Entry { fence, generation, pdt, discontinuity, .. } = *entry;
        self.total += entry.duration;
        self.segments.push_back(ListedSegment {
            msn: entry.msn,
            open: SegmentOpen { fence, generation, pdt, discontinuity },
            duration: entry.duration,
            gap: entry.gap,
            bytes: entry.bytes,
            parts: entry.parts.clone(),
        });
        (self.open, self.next) = (None, None);
        self.slide();
    }

    fn add(&mut self, part: &Part) {
        if let Some(opens) = part.opens {
            self.open = Some(ListedSegment {
                msn: part.at.msn,
                open: opens,
                duration: Span::ZERO,
                gap: false,
                bytes: 0,
                parts: Vec::new(),
            });
        }
        let Some(open) = self.open.as_mut().filter(|open| open.msn == part.at.msn) else {
            debug_assert!(false, "the packager opens a segment before it adds to it");
            return;
        };
        open.duration += part.duration;
        open.bytes += part.bytes.len() as u64;
        open.parts.push(ListedPart {
            duration: part.duration,
            bytes: u32::try_from(part.bytes.len()).unwrap_or(u32::MAX),
            independent: part.independent,
            gap: part.gap,
            intra: part.intra,
        });
        self.next = Some(part.next);
    }

    fn close(&mut self, segment: Segment) {
        let Some(mut open) = self.open.take().filter(|open| open.msn == segment.msn) else {
            debug_assert!(false, "the packager closes the segment that is open");
            return;
        };
        debug_assert_eq!(open.duration, segment.duration, "a segment is its parts");
        open.gap = segment.gap;
        self.total += open.duration;
        self.segments.push_back(open);
        self.next = Some(Position::start_of(segment.msn + 1));
        self.slide();
    }

    /// Drops what is older than the window; six entries and three target durations stay.
    fn slide(&mut self) {
        let enough = self.control.target().times(3);
        while self.segments.len() > Self::ENTRIES_MIN {
            let Some(front) = self.segments.front() else { return };
            let rest = self.total.minus(front.duration);
            if rest < enough || rest < self.dvr {
                return;
            }
            self.discontinuity_sequence += u64::from(front.open.discontinuity);
            self.total = rest;
            self.segments.pop_front();
        }
    }

    /// The complete segments listed, the oldest first.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &ListedSegment> {
        self.segments.iter()
    }

    /// The segment that is being filled, once it has a part.
    pub fn open_segment(&self) -> Option<&ListedSegment> {
        self.open.as_ref()
    }

    /// Where the next part is expected, and the fence in its URI: the preload hint.
    pub fn hint(&self) -> Option<(u64, Position)> {
        let newest = self.open.as_ref().or_else(|| self.segments.back())?;
        self.next.filter(|_| !self.ended).map(|next| (newest.open.fence, next))
    }

    /// What the playlist ends with.
    pub fn edge(&self) -> Edge {
        let complete = self.segments.back();
        Edge {
            first_msn: self.segments.front().or(self.open.as_ref()).map_or(0, |first| first.msn),
            complete: complete.map(|segment| segment.msn),
            complete_parts: complete.map_or(0, |segment| count(&segment.parts)),
            last: self.last_part(),
            ended: self.ended,
        }
    }

    /// The newest part listed.
    pub fn last_part(&self) -> Option<Position> {
        let newest = self.open.as_ref().or_else(|| self.segments.back())?;
        let part = count(&newest.parts).checked_sub(1)?;
        Some(Position { msn: newest.msn, part })
    }

    /// When the newest media listed ends.
    pub fn edge_pdt(&self) -> Option<Wall> {
        let newest = self.open.as_ref().or_else(|| self.segments.back())?;
        Some(newest.open.pdt.plus(newest.duration))
    }

    /// The bytes of a segment are lost for good: from now on it is listed as a gap.
    pub fn lose(&mut self, msn: u64) {
        let Some(segment) = self.segments.iter_mut().find(|segment| segment.msn == msn) else {
            return;
        };
        segment.gap = true;
        self.rewritten += 1;
        for part in &mut segment.parts {
            part.gap = true;
        }
    }

    /// Length of all complete segments.
    pub fn duration(&self) -> Span {
        self.total
    }

    /// Bits per second, of complete segments; of the open one while there is no other.
    pub fn rates(&self) -> Rates {
        let complete = self.segments.iter().filter(|segment| !segment.gap);
        let measured = match (complete.clone().next(), &self.open) {
            (None, Some(open)) => vec![open],
            _ => complete.collect(),
        };
        let bytes = measured.iter().map(|segment| segment.bytes).sum();
        let average = bits_per_second(bytes, measured.iter().map(|one| one.duration).sum());
        // A segment cut short says little of the rate.
        let least = Span(self.control.target().0 / 2);
        let whole = measured.iter().filter(|segment| segment.duration >= least);
        let peak = whole.map(|segment| bits_per_second(segment.bytes, segment.duration)).max();
        Rates { peak: peak.unwrap_or(0).max(average), average }
    }
}

fn count(parts: &[ListedPart]) -> u32 {
    u32::try_from(parts.len()).unwrap_or(u32::MAX)
}

fn bits_per_second(bytes: u64, duration: Span) -> u64 {
    (bytes.saturating_mul(8 * Span::SECOND.0)).checked_div(duration.0).unwrap_or(0)
}
