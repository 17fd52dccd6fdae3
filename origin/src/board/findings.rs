//! What is wrong in one second's figures, each with the figures that its cure needs.

use domain::time::Timestamp;
use serde_json::json;

use super::alarms::{About, Finding, Severity};
use super::second::{Broadcast, Gauges};
use crate::live::Stage;

/// A write that takes longer is slow: a segment is closed every two seconds.
const STORE_SLOW_MS: u32 = 1_000;
/// Writes that tell something of how long they take.
const STORE_WRITES_MIN: usize = 5;
/// The share of the backlog, in hundredths, from which it is worth a word.
const SPOOL_HIGH_PERCENT: u64 = 50;
/// The share of the waiters' bound, in hundredths, from which it is worth a word.
const WAITERS_HIGH_PERCENT: u64 = 80;
/// Parts that tell something of their lateness.
const PARTS_MIN: usize = 10;
/// Less room than so many reserves is little.
const RESERVES_LOW: u64 = 4;

/// What only the board knows beside the gauges.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) failing_since: Option<Timestamp>,
    pub(super) is_full: bool,
    /// Writes that the percentiles rest on.
    pub(super) writes: usize,
    /// Segments that were given up in the last minutes.
    pub(super) lost: u64,
    /// What the disk must keep free.
    pub(super) reserve_bytes: u64,
    /// How long an interrupted broadcast waits.
    pub(super) reconnect_window_ms: u64,
}

fn of_node(code: &'static str, severity: Severity, args: serde_json::Value) -> Finding {
    Finding { code, severity, about: None, since: None, args }
}

/// What is wrong with the node.
pub(super) fn node(gauges: &Gauges, known: &Known) -> Vec<Finding> {
    let mut found = store(gauges, known);
    let (spool, waiters) = (&gauges.spool, &gauges.waiters);
    if known.lost > 0 {
        let args = json!({ "segments": known.lost });
        found.push(of_node("segments_lost", Severity::Bad, args));
    }
    if spool.bytes * 100 >= spool.bytes_max * SPOOL_HIGH_PERCENT {
        let args = json!({ "bytes": spool.bytes, "bytes_max": spool.bytes_max });
        found.push(of_node("spool_filling", Severity::Warning, args));
    }
    if waiters.now * 100 >= waiters.max * WAITERS_HIGH_PERCENT {
        let args = json!({ "now": waiters.now, "max": waiters.max });
        found.push(of_node("waiters_high", Severity::Warning, args));
    }
    found
}

fn store(gauges: &Gauges, known: &Known) -> Vec<Finding> {
    let mut found = Vec::new();
    let spool = &gauges.spool;
    let args = json!({
        "bytes": spool.bytes, "bytes_max": spool.bytes_max, "objects": spool.objects,
        "full_in_ms": spool.full_in_ms,
    });
    let disk = gauges.machine.disk_free_bytes;
    let is_low = |reserves: u64| disk.is_some_and(|free| free < known.reserve_bytes * reserves);
    if known.is_full || is_low(1) {
        let args = json!({ "free_bytes": disk, "reserve_bytes": known.reserve_bytes });
        found.push(of_node("disk_full", Severity::Bad, args));
    } else if is_low(RESERVES_LOW) {
        let args = json!({ "free_bytes": disk, "reserve_bytes": known.reserve_bytes });
        found.push(of_node("disk_low", Severity::Warning, args));
    }
    if let Some(since) = known.failing_since.filter(|_| !known.is_full) {
        let down = of_node("store_down", Severity::Bad, args);
        found.push(Finding { since: Some(since), ..down });
    } else if known.writes >= STORE_WRITES_MIN && gauges.store.p95_ms > Some(STORE_SLOW_MS) {
        let args = json!({ "p95_ms": gauges.store.p95_ms, "bytes": spool.bytes, "full_in_ms": spool.full_in_ms });
        found.push(of_node("store_slow", Severity::Warning, args));
    }
    found
}

/// What is wrong with a broadcast.
pub(super) fn broadcast(broadcast: &Broadcast, stage: Stage, known: &Known) -> Vec<Finding> {
    let about = About { channel_id: broadcast.channel_id, broadcast_id: broadcast.id };
    let of_it =
        |code, severity, args| Finding { code, severity, about: Some(about), since: None, args };
    let mut found = Vec::new();
    if stage == Stage::Interrupted {
        let args = json!({ "window_ms": known.reconnect_window_ms });
        found.push(of_it("ingest_interrupted", Severity::Bad, args));
    }
    if !broadcast.has_journal {
        found.push(of_it("journal_lost", Severity::Warning, json!({})));
    }
    let parts: usize =
        broadcast.renditions.iter().flat_map(|one| &one.parts).map(|run| run.late_ms.len()).sum();
    if parts >= PARTS_MIN && broadcast.late_p95_ms.is_some_and(|late| late >= broadcast.part_ms) {
        let args = json!({ "p95_ms": broadcast.late_p95_ms, "part_ms": broadcast.part_ms });
        found.push(of_it("parts_late", Severity::Warning, args));
    }
    found
}
