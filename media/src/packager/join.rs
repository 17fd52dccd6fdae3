//! Units that wait until the broadcast's timeline can start, or go on after another clock.

use super::track::Track;
use crate::time::Wall;
use crate::timeline::{FrameClock, Placed};
use crate::unit::{Kind, RawUnit};
use std::collections::VecDeque;

/// A unit on the publisher's clock, and when it came.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) placed: Placed,
    pub(super) unit: RawUnit,
    pub(super) now: Wall,
}

/// What the queue waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A first look: which tracks there are, and the frame rate.
    Start,
    /// The first unit that the broadcast can go on with.
    Resume,
}

#[derive(Debug)]
pub(super) struct Join {
    purpose: Purpose,
    queue: VecDeque<Queued>,
}

/// The first unit of a timeline.
#[derive(Debug, Clone, Copy)]
pub(super) struct First {
    pub(super) kind: Kind,
    /// When it is decoded, on the publisher's clock.
    pub(super) decode_ms: i64,
    /// How much later it is shown.
    pub(super) offset_ms: i64,
    /// When it came, or would have come had it not been held up more than those after it.
    pub(super) wall: Wall,
}

/// Media that shows the frame rate.
const LOOK_MS: i64 = 340;
/// Waited for a track that may come.
const PATIENCE_MS: i64 = 1_500;
/// Waited for a track that is announced and does not come.
const LONG_PATIENCE_MS: i64 = 3_000;

impl Join {
    pub(super) fn new(purpose: Purpose) -> Self {
        Self { purpose, queue: VecDeque::new() }
    }

    /// Adds a unit; returns whether one had to be dropped for it.
    pub(super) fn push(&mut self, queued: Queued) -> bool {
        self.queue.push_back(queued);
        let over = self.queue.len() > Track::WAITING_MAX;
        if over {
            self.queue.pop_front();
        }
        over
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }

    /// The unit that the timeline starts with, once it can.
    pub(super) fn ready(&self, now: Wall, expects_video: bool) -> Option<First> {
        let sync = self.queue.iter().find(|queued| is_first(&queued.unit, Kind::Video));
        let audio = self.queue.iter().find(|queued| is_first(&queued.unit, Kind::Audio));
        match (sync, audio) {
            (Some(sync), audio) => {
                let waited = now.since(sync.now);
                let is_complete = audio.is_some() || waited >= PATIENCE_MS;
                let is_ready = self.purpose == Purpose::Resume
                    || is_complete && self.has_seen_enough(sync, waited);
                is_ready.then(|| self.first(sync))
            }
            (None, Some(audio)) => {
                let patience = match (self.purpose, expects_video) {
                    (Purpose::Resume, false) => 0,
                    (Purpose::Start, false) => PATIENCE_MS,
                    (_, true) => LONG_PATIENCE_MS,
                };
                (now.since(audio.now) >= patience).then(|| self.first(audio))
            }
            (None, None) => None,
        }
    }

    fn has_seen_enough(&self, sync: &Queued, waited: i64) -> bool {
        let pictures = self.queue.iter().filter(|queued| queued.unit.kind == Kind::Video);
        let after = pictures.filter(|queued| queued.placed.ms >= sync.placed.ms);
        let times: Vec<_> = after.map(|queued| queued.placed.ms).collect();
        let span = times.last().map_or(0, |last| last - sync.placed.ms);
        (times.len() > FrameClock::LEARN_MIN && span >= LOOK_MS)
            || times.len() >= FrameClock::LEARN
            || waited >= PATIENCE_MS
    }

    fn first(&self, first: &Queued) -> First {
        let kind = first.unit.kind;
        let same = self.queue.iter().filter(|queued| queued.unit.kind == kind);
        let start = |queued: &Queued| queued.now.plus_ms(first.placed.ms - queued.placed.ms);
        let after = same.filter(|queued| queued.placed.ms >= first.placed.ms);
        First {
            kind,
            decode_ms: first.placed.ms,
            offset_ms: i64::from(first.unit.composition_offset_ms),
            wall: after.map(start).min().unwrap_or(first.now),
        }
    }

    /// Times of the pictures from `first` on.
    pub(super) fn times(&self, first: &First) -> Vec<i64> {
        let pictures = self.queue.iter().filter(|queued| queued.unit.kind == Kind::Video);
        let times = pictures.map(|queued| queued.placed.ms);
        times.filter(|ms| *ms >= first.decode_ms).collect()
    }

    /// The queue, without the pictures that come before the first.
    pub(super) fn into_units(self, first: &First) -> impl Iterator<Item = Queued> + use<> {
        let (kind, decode_ms) = (first.kind, first.decode_ms);
        self.queue.into_iter().filter(move |queued| match queued.unit.kind {
            Kind::Video => kind == Kind::Video && queued.placed.ms >= decode_ms,
            Kind::Audio => true,
        })
    }
}

fn is_first(unit: &RawUnit, kind: Kind) -> bool {
    unit.kind == kind && (unit.is_sync || kind == Kind::Audio)
}
