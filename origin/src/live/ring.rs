//! The newest media of one rendition, in memory: what the playlist lists near the edge is here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

/// What a look-up of bytes finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found<T> {
    /// The bytes.
    Here(T),
    /// Listed as a gap: there never were bytes.
    Gap,
    /// Not in the ring (any more, or yet).
    Absent,
}

/// Bytes of a closed segment: its parts, in order, without a copy.
pub(crate) type Chunks = Arc<[Bytes]>;

/// A part with its check sum, computed once: every answer carries it as validator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) bytes: Bytes,
    pub(crate) crc32c: u32,
}

impl From<Bytes> for Sealed {
    fn from(bytes: Bytes) -> Self {
        Self { crc32c: crc32c::crc32c(&bytes), bytes }
    }
}

/// One segment and its parts.
#[derive(Debug)]
struct Segment {
    msn: u64,
    fence: u64,
    parts: Vec<Sealed>,
    closed: Option<Closed>,
}

#[derive(Debug)]
struct Closed {
    /// When it closed, monotonic.
    at: Duration,
    /// Its bytes; `None` for a gap.
    chunks: Option<Chunks>,
    /// Whether the store has confirmed it (a gap needs no store).
    stored: bool,
}

/// Segments by number, without holes between the oldest and the newest.
#[derive(Debug)]
pub(crate) struct Ring {
    segments: VecDeque<Segment>,
    /// How long a segment stays after it closed, at least.
    keep: Duration,
    bytes: u64,
}

impl Ring {
    /// An empty ring that keeps each closed segment for at least `keep`.
    pub(crate) fn new(keep: Duration) -> Self {
        Self { segments: VecDeque::new(), keep, bytes: 0 }
    }

    /// The number of the oldest segment.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.segments.front().map(|segment| segment.msn)
    }

    /// Bytes held now.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next part of segment `msn`; a part that is a gap has no bytes.
    ///
    /// A number that does not follow the newest one starts the ring anew: nothing can be looked up
    /// between, and the store still has what it was given.
    pub(crate) fn push(&mut self, fence: u64, msn: u64, part: Sealed) {
        let follows =
            self.segments.back().is_none_or(|last| msn == last.msn || msn == last.msn + 1);
        if !follows {
            self.segments.clear();
            self.bytes = 0;
        }
        self.bytes += part.bytes.len() as u64;
        match self.segments.back_mut() {
            Some(last) if last.msn == msn => last.parts.push(part),
            _ => self.segments.push_back(Segment { msn, fence, parts: vec![part], closed: None }),
        }
    }

    /// Closes segment `msn`; returns its bytes and their check sum unless it is a gap, unknown or
    /// closed already.
    pub(crate) fn close(&mut self, msn: u64, gap: bool, now: Duration) -> Option<(Chunks, u32)> {
        let segment = self.find_mut(msn)?;
        if segment.closed.is_some() {
            return None;
        }
        let parts = segment.parts.iter().filter(|part| !part.bytes.is_empty());
        // From the sums of the parts: the bytes are not read again.
        let crc32c = parts
            .clone()
            .fold(0, |crc, part| crc32c::crc32c_combine(crc, part.crc32c, part.bytes.len()));
        let chunks: Vec<Bytes> = parts.map(|part| part.bytes.clone()).collect();
        let chunks: Option<Chunks> = (!gap && !chunks.is_empty()).then(|| chunks.into());
        segment.closed = Some(Closed { at: now, chunks: chunks.clone(), stored: chunks.is_none() });
        Some((chunks?, crc32c))
    }

    /// Notes that the store holds segment `msn`, or never will.
    pub(crate) fn settle(&mut self, msn: u64) {
        if let Some(closed) = self.find_mut(msn).and_then(|segment| segment.closed.as_mut()) {
            closed.stored = true;
        }
    }

    /// Forgets segments from the front that are stored and old enough.
    pub(crate) fn evict(&mut self, now: Duration) {
        while let Some(Segment { closed: Some(closed), .. }) = self.segments.front()
            && closed.stored
            && now >= closed.at + self.keep
        {
            if let Some(segment) = self.segments.pop_front() {
                self.bytes -= segment.parts.iter().map(|part| part.bytes.len() as u64).sum::<u64>();
            }
        }
    }

    /// Forgets everything: the broadcast was taken down.
    pub(crate) fn clear(&mut self) {
        self.segments.clear();
        self.bytes = 0;
    }

    /// The bytes of one part.
    pub(crate) fn part(&self, fence: u64, msn: u64, part: u32) -> Found<Sealed> {
        let Some(segment) = self.find(msn).filter(|segment| segment.fence == fence) else {
            return Found::Absent;
        };
        match usize::try_from(part).ok().and_then(|part| segment.parts.get(part)) {
            Some(part) if part.bytes.is_empty() => Found::Gap,
            Some(part) => Found::Here(part.clone()),
            None => Found::Absent,
        }
    }

    /// The bytes of one closed segment.
    pub(crate) fn segment(&self, fence: u64, msn: u64) -> Found<Chunks> {
        let closed = self
            .find(msn)
            .filter(|segment| segment.fence == fence)
            .and_then(|segment| segment.closed.as_ref());
        match closed {
            Some(Closed { chunks: Some(chunks), .. }) => Found::Here(Arc::clone(chunks)),
            Some(Closed { chunks: None, .. }) => Found::Gap,
            None => Found::Absent,
        }
    }

    fn index(&self, msn: u64) -> Option<usize> {
        usize::try_from(msn.checked_sub(self.segments.front()?.msn)?).ok()
    }

    fn find(&self, msn: u64) -> Option<&Segment> {
        self.segments.get(self.index(msn)?)
    }

    fn find_mut(&mut self, msn: u64) -> Option<&mut Segment> {
        let index = self.index(msn)?;
        self.segments.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Duration = Duration::from_secs(12);

    fn filled() -> Ring {
        let mut ring = Ring::new(KEEP);
        for msn in 7..10 {
            for part in 0..3_u8 {
                ring.push(1, msn, Bytes::from(vec![part; 4]).into());
            }
            if msn < 9 {
                let (chunks, crc32c) = ring.close(msn, false, Duration::from_secs(msn)).unwrap();
                assert_eq!(crc32c, crc32c::crc32c(&chunks.concat()));
            }
        }
        ring
    }

    #[test]
    fn a_segment_is_its_parts() {
        let ring = filled();
        let Found::Here(chunks) = ring.segment(1, 8) else { panic!("segment 8 is closed") };
        assert_eq!(chunks.concat(), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
        assert_eq!(ring.part(1, 8, 1), Found::Here(Bytes::from(vec![1; 4]).into()));
    }

    #[test]
    fn what_is_not_there_is_absent() {
        let ring = filled();
        assert_eq!(ring.segment(1, 9), Found::Absent, "still open");
        assert_eq!(ring.segment(2, 8), Found::Absent, "another fence");
        assert_eq!(ring.segment(1, 6), Found::Absent, "before the front");
        assert_eq!(ring.part(1, 9, 3), Found::Absent, "not yet");
    }

    #[test]
    fn a_segment_leaves_after_both_its_time_and_its_confirmation() {
        let mut ring = filled();
        ring.evict(Duration::from_secs(100));
        assert_ne!(ring.segment(1, 7), Found::Absent, "not confirmed");
        ring.settle(7);
        ring.evict(Duration::from_secs(18));
        assert_ne!(ring.segment(1, 7), Found::Absent, "too young");
        ring.evict(Duration::from_secs(19));
        assert_eq!(ring.segment(1, 7), Found::Absent);
        assert_eq!(ring.bytes(), 24);
    }

    #[test]
    fn gaps_have_no_bytes_and_need_no_store() {
        let mut ring = Ring::new(KEEP);
        ring.push(1, 0, Sealed::default());
        assert_eq!(ring.close(0, true, Duration::ZERO), None);
        assert_eq!(ring.segment(1, 0), Found::Gap);
        assert_eq!(ring.part(1, 0, 0), Found::Gap);
        ring.evict(KEEP);
        assert_eq!(ring.segment(1, 0), Found::Absent);
    }

    #[test]
    fn a_jump_in_numbers_starts_anew() {
        let mut ring = filled();
        ring.push(2, 40, Bytes::from_static(b"x").into());
        assert_eq!(ring.part(2, 40, 0), Found::Here(Bytes::from_static(b"x").into()));
        assert_eq!(ring.segment(1, 8), Found::Absent);
        assert_eq!(ring.bytes(), 1);
    }
}
