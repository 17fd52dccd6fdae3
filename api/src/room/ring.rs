//! The recent frames of a room.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frame::Frame;

/// Most events kept: at a busy room's 250 a second, over a minute.
pub(super) const RING_EVENTS_MAX: usize = 16_384;
/// Most bytes kept, so that long comments cannot make a room large.
pub(super) const RING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Recent frames, without a hole, up to the head.
#[derive(Debug)]
pub(super) struct Ring {
    frames: VecDeque<Arc<Frame>>,
    head: u64,
    events: usize,
    bytes: usize,
}

impl Ring {
    /// An empty ring of a room whose last event is `head`.
    pub(super) fn new(head: u64) -> Self {
        Self { frames: VecDeque::new(), head, events: 0, bytes: 0 }
    }

    /// The last event of the room.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// The oldest position that the ring can go on from.
    pub(super) fn tail(&self) -> u64 {
        self.frames.front().map_or(self.head, |frame| frame.first - 1)
    }

    /// Takes the frame that follows the head and forgets the oldest past the bounds.
    pub(super) fn push(&mut self, frame: Arc<Frame>) {
        debug_assert_eq!(frame.first, self.head + 1, "frames follow each other");
        self.head = frame.last;
        self.events += frame.events();
        self.bytes += frame.bytes();
        self.frames.push_back(frame);
        while self.events > RING_EVENTS_MAX || self.bytes > RING_BYTES_MAX {
            let Some(oldest) = self.frames.pop_front() else { break };
            self.events -= oldest.events();
            self.bytes -= oldest.bytes();
        }
    }

    /// Forgets every frame up to the last that holds one of these events: who still needs them reads
    /// the stored history, where removed words are gone.
    pub(super) fn forget(&mut self, seqs: &[u64]) {
        let Some(last) = seqs.iter().max() else { return };
        while self.frames.front().is_some_and(|frame| frame.first <= *last) {
            let Some(oldest) = self.frames.pop_front() else { return };
            self.events -= oldest.events();
            self.bytes -= oldest.bytes();
        }
    }

    /// The frames that hold what follows `position`; `None` when part of it is forgotten.
    pub(super) fn after(&self, position: u64) -> Option<impl Iterator<Item = &Arc<Frame>>> {
        if position < self.tail() {
            return None;
        }
        let start = self.frames.partition_point(|frame| frame.last <= position);
        Some(self.frames.range(start..))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::time::Timestamp;

    use super::super::frame::{Sample, Stamped};
    use super::*;

    fn frame(first: u64, last: u64, payload_bytes: usize) -> Arc<Frame> {
        let events: Vec<_> = (first..=last)
            .map(|seq| Stamped {
                seq,
                class: 4,
                name: "comment.created".to_owned(),
                lot: seq,
                at: Timestamp(0),
                payload: format!("{{\"type\":\"{}\"}}", "x".repeat(payload_bytes)),
            })
            .collect();
        Arc::new(Frame::build("e", &events, Sample::ALL, Duration::ZERO).unwrap())
    }

    fn firsts(ring: &Ring, position: u64) -> Option<Vec<u64>> {
        ring.after(position).map(|frames| frames.map(|frame| frame.first).collect())
    }

    #[test]
    fn a_position_finds_the_frames_behind_it() {
        let mut ring = Ring::new(10);
        assert_eq!((ring.tail(), ring.head(), firsts(&ring, 10)), (10, 10, Some(vec![])));
        ring.push(frame(11, 13, 8));
        ring.push(frame(14, 14, 8));
        assert_eq!((ring.tail(), ring.head()), (10, 14));
        assert_eq!(firsts(&ring, 9), None);
        assert_eq!(firsts(&ring, 10), Some(vec![11, 14]));
        assert_eq!(firsts(&ring, 12), Some(vec![11, 14]));
        assert_eq!(firsts(&ring, 13), Some(vec![14]));
        assert_eq!(firsts(&ring, 14), Some(vec![]));
    }

    #[test]
    fn the_ring_stays_within_its_bounds() {
        let mut ring = Ring::new(0);
        for n in 0..20 {
            ring.push(frame(n * 1_000 + 1, (n + 1) * 1_000, 4));
        }
        assert_eq!(ring.head(), 20_000);
        assert_eq!(ring.tail(), 4_000, "16 frames of 1000 fit below 16384");
        let mut heavy = Ring::new(0);
        for n in 0..20 {
            heavy.push(frame(n + 1, n + 1, 2_000_000));
        }
        assert_eq!(heavy.tail(), 12, "8 frames of 2 MB fit below 16 MiB");
    }
}
