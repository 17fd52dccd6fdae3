//! One rendition of a live broadcast: its bytes, its window, its index, and its newest snapshot.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use domain::id::BroadcastId;
use media::hls::index::{Entry, page_of};
use media::hls::splice::Pages;
use media::hls::{Position, Window, iframes, playlist, sheet};
use media::journal::Trail;
use media::packager::{self, Control, Init, Output, Part, Rid, Segment};
use media::time::Span;
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use super::ring::{Chunks, Found, Ring, Sealed};
use super::snapshot::Snapshot;
use crate::cache::Seal;
use crate::delivery::Text;
use crate::store::index::Index;

/// What to do about a segment that just closed.
#[derive(Debug)]
pub(crate) struct ClosedSegment {
    pub(crate) msn: u64,
    pub(crate) fence: u64,
    pub(crate) chunks: Chunks,
}

/// A rendition; written by its broadcast's owner task alone, read by everyone.
#[derive(Debug)]
pub(crate) struct Rendition {
    broadcast: BroadcastId,
    rid: Rid,
    about: RwLock<packager::Rendition>,
    ring: RwLock<Ring>,
    window: Mutex<Window>,
    /// What the whole playlist is put together from; locked after the window.
    pages: Mutex<Pages>,
    inits: RwLock<BTreeMap<(u64, u32), Bytes>>,
    index: RwLock<Index>,
    /// Segments that the store never got, until journal and index say so.
    lost: Mutex<Vec<u64>>,
    /// Those whose bytes are still in memory: players at the edge get them, later ones a gap.
    fading: Mutex<Vec<u64>>,
    snapshot: watch::Sender<Arc<Snapshot>>,
}

impl Rendition {
    /// A rendition without media.
    pub(crate) fn new(
        broadcast: BroadcastId,
        about: packager::Rendition,
        dvr_window: Duration,
    ) -> Self {
        let dvr = Span::from_ms(u64::try_from(dvr_window.as_millis()).unwrap_or(u64::MAX));
        let window = Window::new(about.rid, about.control, dvr, about.discontinuity_sequence);
        Self {
            broadcast,
            rid: about.rid,
            ring: RwLock::new(Ring::new(duration(about.control.target().times(6)))),
            window: Mutex::new(window),
            pages: Mutex::default(),
            inits: RwLock::default(),
            index: RwLock::default(),
            lost: Mutex::default(),
            fading: Mutex::default(),
            snapshot: watch::Sender::new(Arc::new(Snapshot::empty())),
            about: RwLock::new(about),
        }
    }

    /// Its broadcast.
    pub(crate) fn broadcast(&self) -> BroadcastId {
        self.broadcast
    }

    /// Its name.
    pub(crate) fn rid(&self) -> Rid {
        self.rid
    }

    /// What is known of its track.
    pub(crate) fn about(&self) -> packager::Rendition {
        self.about.read().clone()
    }

    /// The values that never change.
    pub(crate) fn control(&self) -> Control {
        self.about.read().control
    }

    /// Its parameters changed.
    pub(super) fn describe(&self, about: packager::Rendition) {
        let mut known = self.about.write();
        // A packager that goes on after a restart names its own first segment.
        let first_msn = known.first_msn.min(about.first_msn);
        *known = packager::Rendition { first_msn, ..about };
    }

    /// The newest version of its playlist, and every later one.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.subscribe()
    }

    /// The newest version of its playlist.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.borrow())
    }

    /// Reads its window.
    pub(crate) fn with_window<T>(&self, read: impl FnOnce(&Window) -> T) -> T {
        read(&self.window.lock())
    }

    /// The whole playlist of a version; the first asker renders it, from the window as it is by
    /// then: it is never older than the version.
    pub(crate) fn full<'a>(&self, snapshot: &'a Snapshot, siblings: &[Arc<Self>]) -> &'a Text {
        let render = || {
            let reports = self.reports(siblings);
            let window = self.window.lock();
            Text::compressed(self.pages.lock().full(&window, &reports))
        };
        snapshot.full.get_or_init(render)
    }

    /// The I-frame playlist of a version, without what lies beyond the skip boundary if so asked;
    /// rendered by the first asker, like the whole playlist.
    pub(crate) fn iframes<'a>(&self, snapshot: &'a Snapshot, skip: bool) -> &'a Text {
        let render = || iframes::delta(&self.window.lock()).map(|text| Text::new(text.into()));
        let delta = skip.then(|| snapshot.iframes_delta.get_or_init(render));
        if let Some(delta) = delta.and_then(Option::as_ref) {
            return delta;
        }
        snapshot.iframes.get_or_init(|| Text::new(iframes::full(&self.window.lock()).into()))
    }

    /// Takes an init section; bytes first.
    pub(super) fn add_init(&self, init: &Init) {
        let seal = Seal::of(std::slice::from_ref(&init.bytes));
        self.inits.write().insert((init.fence, init.generation), init.bytes.clone());
        self.index.write().push_init(sheet::Init {
            fence: init.fence,
            generation: init.generation,
            bytes: seal.bytes,
            crc32c: seal.crc32c,
        });
    }

    /// Takes a part: into the ring first, then into the window. No one sees it before
    /// [`Rendition::refresh`]. Returns the fence of its segment.
    pub(super) fn add_part(&self, part: &Part) -> u64 {
        let sealed = if part.gap { Sealed::default() } else { Sealed::from(part.bytes.clone()) };
        let mut window = self.window.lock();
        let fence = part
            .opens
            .map(|opens| opens.fence)
            .or_else(|| window.open_segment().map(|open| open.open.fence))
            .unwrap_or_default();
        self.ring.write().push(fence, part.at.msn, sealed);
        window.apply(&Output::Part(part.clone()));
        fence
    }

    /// Closes the open segment; returns its bytes unless it is a gap.
    pub(super) fn close(&self, segment: Segment, now: Duration) -> Option<ClosedSegment> {
        let closed = self.ring.write().close(segment.msn, segment.gap, now);
        let listed = {
            let mut window = self.window.lock();
            window.open_segment().filter(|open| open.msn == segment.msn)?;
            window.apply(&Output::Segment(segment));
            window.segments().next_back().cloned()?
        };
        let mut entry = Entry::new(&listed, closed.as_ref().map_or(0, |(_, crc32c)| *crc32c));
        entry.gap = closed.is_none();
        self.index.write().push(entry);
        self.ring.write().evict(now);
        self.fade();
        let (chunks, _) = closed?;
        Some(ClosedSegment { msn: segment.msn, fence: listed.open.fence, chunks })
    }

    /// Goes on from what the store holds, up to segment `last_msn`: its bytes stay there.
    pub(crate) fn restore(&self, stored: &Index, last_msn: u64) {
        {
            let mut window = self.window.lock();
            let mut index = self.index.write();
            for init in stored.inits() {
                index.push_init(*init);
            }
            for entry in stored.segments().iter().filter(|entry| entry.msn <= last_msn) {
                window.list(entry);
                index.push(entry.clone());
            }
        }
        self.refresh(&[]);
    }

    /// Takes back into memory what a journal tells: init sections, and the bytes of the newest
    /// segments as far as they are there.
    pub(crate) fn refill(
        &self,
        trail: &Trail,
        bytes: impl Fn(u64) -> Option<Bytes>,
        now: Duration,
    ) {
        let mut inits = self.inits.write();
        for init in &trail.inits {
            inits.insert((init.fence, init.generation), init.bytes.clone());
        }
        let mut ring = self.ring.write();
        for entry in &trail.segments {
            let spooled = bytes(entry.msn);
            if spooled.is_none() && !entry.gap {
                ring.clear();
                continue;
            }
            let mut rest = spooled.unwrap_or_default();
            for part in &entry.parts {
                let length = usize::try_from(part.bytes).unwrap_or(usize::MAX).min(rest.len());
                ring.push(entry.fence, entry.msn, Sealed::from(rest.split_to(length)));
            }
            ring.close(entry.msn, entry.gap, now);
        }
    }

    /// Nothing follows.
    pub(crate) fn end(&self) {
        self.window.lock().apply(&Output::Ended);
    }

    /// Shows what was added: renders the delta, swaps the snapshot, wakes whoever waits.
    pub(crate) fn refresh(&self, siblings: &[Arc<Self>]) {
        let reports = self.reports(siblings);
        let snapshot = {
            let window = self.window.lock();
            Snapshot {
                edge: window.edge(),
                hint: window.hint(),
                gone: false,
                delta: playlist::delta(&window, &reports).map(|text| Text::new(text.into())),
                full: OnceLock::new(),
                iframes: OnceLock::new(),
                iframes_delta: OnceLock::new(),
            }
        };
        self.snapshot.send_replace(Arc::new(snapshot));
    }

    /// Everybody who waits or asks learns that it is gone; the bytes leave memory.
    pub(super) fn take_down(&self) {
        self.ring.write().clear();
        self.inits.write().clear();
        self.snapshot.send_replace(Arc::new(Snapshot { gone: true, ..Snapshot::empty() }));
    }

    /// The newest position of each sibling.
    fn reports(&self, siblings: &[Arc<Self>]) -> Vec<playlist::Report> {
        siblings
            .iter()
            .filter(|sibling| sibling.rid != self.rid)
            .filter_map(|sibling| playlist::Report::of(&sibling.window.lock()))
            .collect()
    }

    /// The bytes of a part.
    pub(crate) fn part(&self, fence: u64, at: Position) -> Found<Sealed> {
        self.ring.read().part(fence, at.msn, at.part)
    }

    /// The bytes of a closed segment that is still in memory.
    pub(crate) fn segment(&self, fence: u64, msn: u64) -> Found<Chunks> {
        self.ring.read().segment(fence, msn)
    }

    /// An init section.
    pub(crate) fn init(&self, fence: u64, generation: u32) -> Option<Bytes> {
        self.inits.read().get(&(fence, generation)).cloned()
    }

    /// What the index says of a segment.
    pub(crate) fn entry(&self, msn: u64) -> Option<Entry> {
        self.index.read().get(msn).cloned()
    }

    /// The whole index, to read.
    pub(crate) fn index(&self) -> Index {
        self.index.read().clone()
    }

    /// The segments of one page of the index, to store.
    pub(crate) fn page(&self, page: u64) -> Vec<Entry> {
        self.index.read().page(page).to_vec()
    }

    /// The page of the newest closed segment.
    pub(crate) fn newest_page(&self) -> Option<u64> {
        self.index.read().segments().last().map(|entry| page_of(entry.msn))
    }

    /// What an init section must be.
    pub(crate) fn init_seal(&self, fence: u64, generation: u32) -> Option<Seal> {
        let index = self.index.read();
        let init = index.init(fence, generation)?;
        Some(Seal { bytes: init.bytes, crc32c: init.crc32c })
    }

    /// The store holds segment `msn`.
    pub(crate) fn stored(&self, msn: u64, now: Duration) {
        let mut ring = self.ring.write();
        ring.settle(msn);
        ring.evict(now);
    }

    /// The store will never get segment `msn`: its bytes leave with its time, and replay shows a gap.
    pub(crate) fn lose(&self, msn: u64) {
        self.ring.write().settle(msn);
        self.index.write().lose(msn);
        self.lost.lock().push(msn);
        self.fading.lock().push(msn);
    }

    /// What was given up and has left memory is listed as a gap.
    fn fade(&self) {
        let oldest = self.oldest_in_memory();
        let mut window = self.window.lock();
        self.fading.lock().retain(|msn| {
            let is_here = oldest.is_some_and(|oldest| *msn >= oldest);
            if !is_here {
                window.lose(*msn);
            }
            is_here
        });
    }

    /// The segments that the store never got, since the last time.
    pub(crate) fn take_lost(&self) -> Vec<u64> {
        std::mem::take(&mut self.lost.lock())
    }

    /// The oldest segment whose bytes are in memory.
    pub(super) fn oldest_in_memory(&self) -> Option<u64> {
        self.ring.read().oldest()
    }

    /// Requests that wait for its next version.
    pub(crate) fn waiters(&self) -> usize {
        self.snapshot.receiver_count()
    }

    /// Bytes of media in memory.
    pub(crate) fn ring_bytes(&self) -> u64 {
        self.ring.read().bytes()
    }
}

/// A span as time.
pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_micros(span.0.saturating_mul(10))
}
