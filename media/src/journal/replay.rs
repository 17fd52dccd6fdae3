//! What a journal tells: each rendition's segments, and what was open when it ended.

use super::record::{PartRecord, Record, SegmentRecord};
use crate::hls::Position;
use crate::hls::index::Entry;
use crate::packager::{Init, Rid, SegmentOpen};
use crate::time::Span;
use bytes::Bytes;

/// Everything that a journal tells of a broadcast.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// The newest sheet about its renditions.
    pub sheet: Bytes,
    /// Its renditions, in the order of their appearance.
    pub trails: Vec<Trail>,
}

/// What a journal tells of one rendition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// Whose it is.
    pub rid: Rid,
    /// Its init sections.
    pub inits: Vec<Init>,
    /// Its complete segments.
    pub segments: Vec<Entry>,
    /// The segment that was being filled.
    pub open: Option<Entry>,
}

impl Trail {
    fn new(rid: Rid) -> Self {
        Self { rid, inits: Vec::new(), segments: Vec::new(), open: None }
    }

    /// The newest number that players can have seen.
    fn newest(&self) -> Option<u64> {
        self.open.as_ref().or_else(|| self.segments.last()).map(|entry| entry.msn)
    }

    fn add(&mut self, part: &PartRecord) {
        if let Some(opens) = part.opens {
            self.open = Some(Entry {
                msn: part.at.msn,
                fence: opens.fence,
                generation: opens.generation,
                pdt: opens.pdt,
                duration: Span::ZERO,
                discontinuity: opens.discontinuity,
                gap: false,
                bytes: 0,
                crc32c: 0,
                parts: Vec::new(),
            });
        }
        if let Some(open) = self.open.as_mut().filter(|open| open.msn == part.at.msn) {
            open.duration += part.listed.duration;
            open.bytes += u64::from(part.listed.bytes);
            open.parts.push(part.listed);
        }
    }

    fn close(&mut self, segment: SegmentRecord) {
        let Some(mut open) = self.open.take() else { return };
        if open.msn == segment.msn {
            open.gap = segment.gap;
            open.crc32c = segment.crc32c;
            self.segments.push(open);
        }
    }

    fn lose(&mut self, msn: u64) {
        if let Some(entry) = self.segments.iter_mut().rfind(|entry| entry.msn == msn) {
            entry.gap = true;
        }
    }

    /// Lists a segment as missing, in the place and length that another rendition has for it.
    fn miss(&mut self, model: &Entry) {
        let generation = self.inits.last().map_or(0, |init| init.generation);
        let mut missed = Entry { gap: true, bytes: 0, crc32c: 0, generation, ..model.clone() };
        for part in &mut missed.parts {
            (part.bytes, part.independent, part.gap) = (0, false, true);
        }
        self.segments.push(missed);
    }
}

impl Replay {
    /// Reads every record.
    pub fn of(records: impl IntoIterator<Item = Record>) -> Self {
        let mut replay = Self::default();
        for record in records {
            match record {
                Record::Sheet(sheet) => replay.sheet = sheet,
                Record::Init(init) => replay.trail(init.rid).inits.push(init),
                Record::Part(part) => replay.trail(part.rid).add(&part),
                Record::Segment(segment) => replay.trail(segment.rid).close(segment),
                Record::Lost(rid, msn) => replay.trail(rid).lose(msn),
            }
        }
        replay
    }

    fn trail(&mut self, rid: Rid) -> &mut Trail {
        if !self.trails.iter().any(|trail| trail.rid == rid) {
            self.trails.push(Trail::new(rid));
        }
        let found = self.trails.iter_mut().find(|trail| trail.rid == rid);
        found.expect("it is among the trails now")
    }

    /// Ends every segment where it was torn, so that all renditions go on from one number: a
    /// rendition that had not reached the newest segment lists it as a gap.
    ///
    /// `crc32c` gives the checksum of an open segment's bytes, if they are there. Returns the records
    /// that say so.
    pub fn complete(&mut self, crc32c: impl Fn(Rid, &Entry) -> Option<u32>) -> Vec<Record> {
        let mut said = Vec::new();
        for trail in &mut self.trails {
            let Some(open) = &trail.open else { continue };
            let has_media = open.parts.iter().any(|part| !part.gap);
            let checksum = has_media.then(|| crc32c(trail.rid, open)).flatten();
            let (rid, msn, gap) = (trail.rid, open.msn, checksum.is_none());
            let segment = SegmentRecord { rid, msn, gap, crc32c: checksum.unwrap_or(0) };
            trail.close(segment);
            said.push(Record::Segment(segment));
        }
        let ahead = self.trails.iter().max_by_key(|trail| trail.newest());
        let Some(ahead) = ahead.map(|trail| trail.segments.clone()) else { return said };
        for trail in &mut self.trails {
            let Some(newest) = trail.newest() else { continue };
            let from = ahead.partition_point(|entry| entry.msn <= newest);
            for model in ahead.get(from..).unwrap_or_default() {
                trail.miss(model);
                said.extend(trail.segments.last().into_iter().flat_map(|it| retold(trail.rid, it)));
            }
        }
        said
    }
}

/// The records that tell of a complete segment.
pub fn retold(rid: Rid, entry: &Entry) -> Vec<Record> {
    let opens = SegmentOpen {
        fence: entry.fence,
        generation: entry.generation,
        pdt: entry.pdt,
        discontinuity: entry.discontinuity,
    };
    let parts = (0..).zip(&entry.parts).map(|(number, listed)| {
        let at = Position { msn: entry.msn, part: number };
        let opens = (number == 0).then_some(opens);
        Record::Part(PartRecord { rid, at, listed: *listed, opens })
    });
    let (msn, gap, crc32c) = (entry.msn, entry.gap, entry.crc32c);
    parts.chain([Record::Segment(SegmentRecord { rid, msn, gap, crc32c })]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hls::ListedPart;
    use crate::time::Wall;

    fn part(rid: Rid, msn: u64, part: u32, gap: bool) -> Record {
        let listed = ListedPart {
            duration: Span(33_333),
            bytes: if gap { 0 } else { 100 },
            independent: part == 0,
            gap,
            intra: 0,
        };
        let opens = SegmentOpen {
            fence: 3,
            generation: 0,
            pdt: Wall(1_000 + i64::try_from(msn).unwrap() * 2_000),
            discontinuity: false,
        };
        let at = Position { msn, part };
        Record::Part(PartRecord { rid, at, listed, opens: (part == 0).then_some(opens) })
    }

    fn segment(rid: Rid, msn: u64) -> Record {
        Record::Segment(SegmentRecord { rid, msn, gap: false, crc32c: 7 })
    }

    #[test]
    fn what_was_open_is_closed_and_the_others_catch_up_with_gaps() {
        let (video, audio) = (Rid::VIDEO, Rid::AUDIO);
        let records = [
            part(video, 0, 0, false),
            part(audio, 0, 0, false),
            segment(video, 0),
            part(video, 1, 0, false),
            part(video, 1, 1, false),
        ];
        let mut replay = Replay::of(records.clone());
        let said = replay.complete(|_, _| Some(9));
        let numbers = |trail: &Trail| -> Vec<_> {
            trail.segments.iter().map(|entry| (entry.msn, entry.gap, entry.crc32c)).collect()
        };
        assert_eq!(numbers(&replay.trails[0]), [(0, false, 7), (1, false, 9)]);
        assert_eq!(numbers(&replay.trails[1]), [(0, false, 9), (1, true, 0)]);
        assert_eq!(replay.trails[0].segments[1].bytes, 200);
        let again = Replay::of(records.into_iter().chain(said));
        assert_eq!(again, replay, "the journal tells the same the next time");
    }

    #[test]
    fn gaps_alone_are_a_gap() {
        let mut replay = Replay::of([part(Rid::VIDEO, 4, 0, true), part(Rid::VIDEO, 4, 1, true)]);
        replay.complete(|_, _| unreachable!("a gap has no bytes"));
        assert!(replay.trails[0].segments[0].gap);
    }

    #[test]
    fn bytes_that_are_gone_are_a_gap() {
        let mut replay = Replay::of([part(Rid::VIDEO, 0, 0, false)]);
        replay.complete(|_, _| None);
        assert!(replay.trails[0].segments[0].gap);
    }

    #[test]
    fn a_lost_segment_is_a_gap() {
        let records = [part(Rid::VIDEO, 0, 0, false), segment(Rid::VIDEO, 0)];
        let replay = Replay::of(records.into_iter().chain([Record::Lost(Rid::VIDEO, 0)]));
        assert!(replay.trails[0].segments[0].gap);
    }

    #[test]
    fn nothing_needs_no_completion() {
        assert_eq!(Replay::default().complete(|_, _| None), []);
    }
}
