//! One process's fan-out for one room: recent frames, and one signal that there are more.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::{Bytes, BytesMut};
use domain::id::RoomId;
use parking_lot::RwLock;
use std::sync::Arc;
use tokio::sync::watch;

use super::frame::{self, Frame, Shed};
use super::ring::Ring;

/// Most bytes that one read hands to a connection.
const READ_BYTES_MAX: usize = 64 * 1024;

/// What viewers of one room share. Written by the room's owner alone.
#[derive(Debug)]
pub struct Hub {
    /// Which room.
    pub room_id: RoomId,
    /// The identity of its history.
    pub epoch: String,
    ring: RwLock<Ring>,
    signal: watch::Sender<u64>,
    counters: ArcSwapOption<Counted>,
    over_budget: AtomicBool,
    streams: AtomicUsize,
}

/// The newest counters: no event of the history, so they carry the head's id.
#[derive(Debug)]
struct Counted {
    version: u64,
    payload: String,
}

/// What a viewer at some position gets next.
#[derive(Debug)]
pub enum Read {
    /// These bytes bring the viewer to this position.
    Bytes(Bytes, u64),
    /// The viewer is at the head.
    AtHead,
    /// The ring has forgotten what follows; it starts after this position.
    Forgotten(u64),
}

impl Hub {
    /// The hub of a room whose history ends at `head`.
    pub fn new(room_id: RoomId, epoch: String, head: u64) -> Self {
        Self {
            room_id,
            epoch,
            ring: RwLock::new(Ring::new(head)),
            signal: watch::Sender::new(0),
            counters: ArcSwapOption::empty(),
            over_budget: AtomicBool::new(false),
            streams: AtomicUsize::new(0),
        }
    }

    /// The last event that viewers can see.
    pub fn head(&self) -> u64 {
        self.ring.read().head()
    }

    /// Streams that are open now.
    pub fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    /// Shows a frame to everyone.
    pub fn publish(&self, frame: Frame, over_budget: bool) {
        self.over_budget.store(over_budget, Ordering::Relaxed);
        self.ring.write().push(Arc::new(frame));
        self.wake();
    }

    /// Drops the words of removed comments from memory, once the stored history has lost them.
    pub fn forget(&self, seqs: &[u64]) {
        self.ring.write().forget(seqs);
    }

    /// Shows new counters to everyone; they are not part of the history.
    pub fn count(&self, payload: String) {
        let version = self.counters.load().as_ref().map_or(1, |counted| counted.version + 1);
        self.counters.store(Some(Arc::new(Counted { version, payload })));
        self.wake();
    }

    /// Wakes every stream, for instance to see that the room is over.
    pub fn wake(&self) {
        self.signal.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// The signal that there is something to read.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.signal.subscribe()
    }

    pub(super) fn enter(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn leave(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    /// The tier that the room's budget asks of a viewer at `tier`.
    pub fn tier(&self, tier: u8) -> u8 {
        if self.over_budget.load(Ordering::Relaxed) { tier.max(1) } else { tier }
    }

    /// The counters newer than `seen`, as an event at `position`.
    pub fn counters_after(&self, seen: u64, position: u64) -> Option<(u64, Bytes)> {
        let counted = self.counters.load();
        let counted = counted.as_ref().filter(|counted| counted.version > seen)?;
        let mut text = String::with_capacity(counted.payload.len() + 64);
        write!(
            text,
            "id: {}-{position}\nevent: room.counters\ndata: {}\n\n",
            self.epoch, counted.payload
        )
        .expect("a string takes every text");
        Some((counted.version, Bytes::from(text)))
    }

    /// When the first frame after `position` was built; nothing at the head.
    pub fn waiting_since(&self, position: u64) -> Option<Duration> {
        let ring = self.ring.read();
        let mut frames = ring.after(position)?;
        frames.next().map(|frame| frame.built)
    }

    /// What follows `position` at `tier`: whole frames, at most [`READ_BYTES_MAX`] unless one is larger.
    pub fn read(&self, position: u64, tier: u8) -> Read {
        let ring = self.ring.read();
        let Some(frames) = ring.after(position) else { return Read::Forgotten(ring.tail()) };
        let mut frames = frames.peekable();
        let Some(first) = frames.next() else { return Read::AtHead };
        // Inside a frame the rest is shown whole: a tier's bytes cannot be cut at a position.
        let start =
            if position + 1 == first.first { first.tier(tier) } else { first.after(position) };
        let mut reached = first.last;
        if frames.peek().is_none() || start.len() >= READ_BYTES_MAX {
            return Read::Bytes(start, reached);
        }
        let mut bytes = BytesMut::from(start.as_ref());
        for frame in frames {
            let more = frame.tier(tier);
            if bytes.len() + more.len() > READ_BYTES_MAX {
                break;
            }
            bytes.extend_from_slice(&more);
            reached = frame.last;
        }
        Read::Bytes(bytes.freeze(), reached)
    }

    /// Everything after `position` at once, less what may be missed; says so in front.
    ///
    /// Nothing when the ring has forgotten what follows `position` or nothing does.
    pub fn jump(&self, position: u64) -> Option<(Bytes, u64)> {
        let ring = self.ring.read();
        let head = ring.head();
        let mut vital = Vec::new();
        let dropped: u64 =
            ring.after(position)?.map(|frame| frame.write_vital(position, &mut vital)).sum();
        if head == position {
            return None;
        }
        let shed = Shed { from: position + 1, to: head, dropped, reason: "slow" };
        let mut text = frame::gap(&self.epoch, position, &shed).into_bytes();
        text.extend(vital);
        Some((Bytes::from(text), head))
    }
}

#[cfg(test)]
mod tests {
    use domain::id::Id;
    use domain::time::Timestamp;
    use uuid::Uuid;

    use super::super::frame::{Sample, Stamped};
    use super::*;

    fn hub() -> Hub {
        Hub::new(Id::from_uuid(Uuid::nil()), "e".to_owned(), 0)
    }

    fn show(hub: &Hub, first: u64, classes: &[u8]) {
        let events: Vec<_> = classes
            .iter()
            .zip(first..)
            .map(|(&class, seq)| Stamped {
                seq,
                class,
                name: "x".to_owned(),
                lot: seq,
                at: Timestamp(0),
                payload: "{\"type\":\"x\"}".to_owned(),
            })
            .collect();
        let frame = Frame::build("e", &events, Sample::ALL, Duration::ZERO).unwrap();
        hub.publish(frame, false);
    }

    fn ids(bytes: &Bytes) -> Vec<String> {
        let text = std::str::from_utf8(bytes).unwrap();
        text.lines().filter_map(|line| line.strip_prefix("id: e-")).map(str::to_owned).collect()
    }

    #[test]
    fn a_read_joins_frames_up_to_the_head() {
        let hub = hub();
        assert!(matches!(hub.read(0, 0), Read::AtHead));
        show(&hub, 1, &[4, 4]);
        show(&hub, 3, &[4]);
        let Read::Bytes(bytes, reached) = hub.read(1, 0) else { panic!("there is more") };
        assert_eq!((ids(&bytes), reached), (vec!["2".to_owned(), "3".to_owned()], 3));
    }

    #[test]
    fn a_jump_keeps_control_and_money_and_says_what_is_missing() {
        let hub = hub();
        show(&hub, 1, &[4, 0, 4]);
        show(&hub, 4, &[1, 5]);
        let (bytes, reached) = hub.jump(1).unwrap();
        assert_eq!(
            (ids(&bytes), reached),
            (vec!["1".to_owned(), "2".to_owned(), "4".to_owned()], 5)
        );
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(text.contains(r#""from":2,"to":5,"dropped":2,"reason":"slow""#), "{text}");
        assert!(hub.jump(5).is_none());
    }

    #[test]
    fn counters_are_shown_once_and_take_no_place_in_the_history() {
        let hub = hub();
        assert!(hub.counters_after(0, 7).is_none());
        hub.count("{\"type\":\"room.counters\",\"viewers\":3}".to_owned());
        let (version, bytes) = hub.counters_after(0, 7).unwrap();
        assert_eq!(ids(&bytes), ["7"]);
        assert!(hub.counters_after(version, 7).is_none());
        assert_eq!(hub.head(), 0);
    }
}
