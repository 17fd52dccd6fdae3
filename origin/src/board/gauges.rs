//! Figures of the node, from counts to rates.

use std::time::Duration;

use domain::time::Timestamp;
use infra::machine::Reading;

use super::findings::Known;
use super::line::{Line, MINUTE};
use super::second::{CacheGauge, MachineGauge, Requests, Spool, StoreGauge, Waiters};
use crate::cache::Media;
use crate::delivery::route::Kind;
use crate::delivery::tally::{Counts, Outcome};
use crate::stats::lateness::p95;
use crate::store;

/// A segment that was given up is worth an alarm for so many seconds.
const LOST_SECONDS: usize = 600;

/// What is remembered of the store from one second to the next.
#[derive(Debug)]
pub(super) struct StoreMemory {
    /// Lengths of the writes of the last minute, by second.
    took_ms: std::collections::VecDeque<Vec<u32>>,
    good: Line,
    failed: Line,
    lost: Line,
    lost_ever: u64,
    failing_since: Option<Timestamp>,
    is_full: bool,
    pub(super) p95_ms: Line,
    pub(super) spool_bytes: Line,
}

impl Default for StoreMemory {
    fn default() -> Self {
        Self {
            took_ms: std::collections::VecDeque::new(),
            good: Line::of(MINUTE),
            failed: Line::of(MINUTE),
            lost: Line::of(LOST_SECONDS),
            lost_ever: 0,
            failing_since: None,
            is_full: false,
            p95_ms: Line::of(MINUTE),
            spool_bytes: Line::of(MINUTE),
        }
    }
}

impl StoreMemory {
    /// The spool and the store in this second.
    pub(super) fn read(&mut self, writer: &store::Writer, now: Duration) -> (Spool, StoreGauge) {
        let counts = writer.tally().take();
        let (objects, bytes, bytes_max) = writer.backlog();
        self.good.push(counts.good);
        self.failed.push(counts.failed);
        self.lost.push(counts.lost);
        self.lost_ever += counts.lost;
        self.failing_since = counts.failing_since;
        self.is_full = counts.is_full;
        self.spool_bytes.push(bytes);
        // A write that does not end is as slow as it has lasted.
        let lasting = |begun: &Duration| now.saturating_sub(*begun).as_millis();
        let slowest = counts.running.iter().map(lasting).max().unwrap_or_default();
        let slowest = u32::try_from(slowest).unwrap_or(u32::MAX);
        if self.took_ms.len() == MINUTE {
            self.took_ms.pop_front();
        }
        self.took_ms.push_back(counts.took_ms);
        let mut took: Vec<u32> = self.took_ms.iter().flatten().copied().collect();
        took.sort_unstable();
        let p50_ms = took.get(took.len() / 2).copied();
        let p95_ms = p95(took).max((slowest > 1_000).then_some(slowest));
        self.p95_ms.push(p95_ms.unwrap_or_default().into());
        let full_in_ms = self
            .spool_bytes
            .growth()
            .map(|growth| bytes_max.saturating_sub(bytes).saturating_mul(1_000) / growth);
        let lost = self.lost_ever;
        let spool = Spool { bytes, bytes_max, objects, lost, full_in_ms };
        let (puts, failures) = (self.good.sum(), self.failed.sum());
        (spool, StoreGauge { puts, failures, p50_ms, p95_ms })
    }

    /// What the findings need beside the gauges.
    pub(super) fn known(&self) -> Known {
        Known {
            failing_since: self.failing_since,
            is_full: self.is_full,
            writes: self.took_ms.iter().map(Vec::len).sum(),
            lost: self.lost.sum(),
            ..Known::default()
        }
    }
}

/// What is remembered of the cache from one second to the next.
#[derive(Debug)]
pub(super) struct CacheMemory {
    seen: (u64, u64),
    hits: Line,
    loads: Line,
}

impl Default for CacheMemory {
    fn default() -> Self {
        Self { seen: (0, 0), hits: Line::of(MINUTE), loads: Line::of(MINUTE) }
    }
}

impl CacheMemory {
    /// The cache in this second.
    pub(super) fn read(&mut self, media: &Media, bytes_max: u64, ring_bytes: u64) -> CacheGauge {
        let seen = media.reads();
        let before = std::mem::replace(&mut self.seen, seen);
        self.hits.push(seen.0 - before.0);
        self.loads.push(seen.1 - before.1);
        let (hits, loads) = (self.hits.sum(), self.loads.sum());
        CacheGauge { bytes: media.bytes(), bytes_max, ring_bytes, hits, loads }
    }
}

/// Who waits.
pub(super) fn waiters(now: usize, max: usize, asked: &Counts, before: &Counts) -> Waiters {
    Waiters {
        now: now as u64,
        max: max as u64,
        held_avg_ms: (asked.held_ms - before.held_ms).checked_div(asked.holds - before.holds),
        held_max_ms: asked.held_max_ms,
        timed_out: asked.timed_out,
    }
}

/// Answers of this second, by kind.
pub(super) fn requests(asked: &Counts, before: &Counts) -> Vec<Requests> {
    let of = |kind: Kind, outcome: Outcome| {
        let (kind, outcome) = (kind as usize, outcome as usize);
        asked.answers[kind][outcome] - before.answers[kind][outcome]
    };
    let row = |kind: Kind| Requests {
        kind: kind.word(),
        given: of(kind, Outcome::Given),
        unchanged: of(kind, Outcome::Unchanged),
        refused: of(kind, Outcome::Refused),
        failed: of(kind, Outcome::Failed),
    };
    Kind::ALL.map(row).into()
}

/// The machine.
pub(super) fn machine(reading: &Reading) -> MachineGauge {
    MachineGauge {
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        busy_permille: reading.busy_permille,
        memory_used_bytes: reading.memory_used_bytes,
        memory_bytes: reading.memory_bytes,
        resident_bytes: reading.resident_bytes,
        disk_free_bytes: reading.disk.map(|room| room.free_bytes),
        disk_bytes: reading.disk.map(|room| room.total_bytes),
    }
}
