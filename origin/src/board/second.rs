//! One second of a node as operators see it. All of it is bounded, and none of it is words.

use domain::id::{BroadcastId, ChannelId};
use domain::time::Timestamp;
use serde::Serialize;

use super::alarms::{Alarm, Severity};
use crate::delivery::tally::AGES;
use crate::stats::lateness::Run;

/// Everything.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Second {
    pub(super) at: Timestamp,
    pub(super) node: String,
    pub(super) version: &'static str,
    pub(super) started_at: Timestamp,
    pub(super) gauges: Gauges,
    pub(super) history: Lines,
    pub(super) alarms: Vec<Alarm>,
    /// The worst first.
    pub(super) broadcasts: Vec<Broadcast>,
    /// Broadcasts that are on the air and have no room here.
    pub(super) broadcasts_more: usize,
    /// The newest last.
    pub(super) happened: Vec<Happening>,
}

/// Figures of the node.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Gauges {
    pub(super) broadcasts: usize,
    pub(super) viewers: u64,
    pub(super) parts_per_s: u64,
    pub(super) sent_bps: u64,
    pub(super) connections: usize,
    pub(super) cache: CacheGauge,
    pub(super) spool: Spool,
    pub(super) store: StoreGauge,
    pub(super) waiters: Waiters,
    /// By kind, in this second.
    pub(super) requests: Vec<Requests>,
    pub(super) machine: MachineGauge,
}

/// The media cache.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct CacheGauge {
    pub(super) bytes: u64,
    pub(super) bytes_max: u64,
    /// Bytes of live windows, which the cache has no say in.
    pub(super) ring_bytes: u64,
    /// Reads answered from memory and reads that went to the store, in the last minute.
    pub(super) hits: u64,
    pub(super) loads: u64,
}

/// What waits for the store.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Spool {
    pub(super) bytes: u64,
    pub(super) bytes_max: u64,
    pub(super) objects: usize,
    /// Segments given up since the process began.
    pub(super) lost: u64,
    /// When it is full at the rate of the last minute; nothing while it does not grow.
    pub(super) full_in_ms: Option<u64>,
}

/// The object store.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct StoreGauge {
    /// Objects written in the last minute.
    pub(super) puts: u64,
    /// Writes that failed in the last minute.
    pub(super) failures: u64,
    pub(super) p50_ms: Option<u32>,
    pub(super) p95_ms: Option<u32>,
}

/// Requests that wait for media.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Waiters {
    pub(super) now: u64,
    pub(super) max: u64,
    /// Of the holds that ended in this second.
    pub(super) held_avg_ms: Option<u64>,
    pub(super) held_max_ms: u64,
    /// Since the process began.
    pub(super) timed_out: u64,
}

/// Answers of one kind in one second, by how they ended.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Requests {
    pub(super) kind: &'static str,
    pub(super) given: u64,
    pub(super) unchanged: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
}

/// The machine; what the system does not tell is absent.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct MachineGauge {
    pub(super) cores: usize,
    pub(super) busy_permille: Option<u16>,
    pub(super) memory_used_bytes: Option<u64>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) resident_bytes: Option<u64>,
    pub(super) disk_free_bytes: Option<u64>,
    pub(super) disk_bytes: Option<u64>,
}

/// One value a second of the last minute, oldest first.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Lines {
    pub(super) put_p95_ms: Vec<u64>,
    pub(super) waiters: Vec<u64>,
    pub(super) spool_bytes: Vec<u64>,
    /// One row an age, the youngest first.
    pub(super) ages: Vec<Age>,
}

/// Requests for media of one age.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Age {
    /// Nothing is the bound of the oldest.
    pub(super) up_to_s: Option<u64>,
    pub(super) requests: Vec<u64>,
}

impl Age {
    /// The bound of a row.
    pub(super) fn bound(row: usize) -> Option<u64> {
        AGES.get(row).map(std::time::Duration::as_secs)
    }
}

/// A broadcast on the air.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Broadcast {
    pub(super) id: BroadcastId,
    pub(super) channel_id: ChannelId,
    pub(super) channel_slug: String,
    pub(super) state: &'static str,
    pub(super) encoder: Option<String>,
    pub(super) bitrate_bps: u64,
    pub(super) viewers: u64,
    pub(super) waiters: usize,
    /// A second, for the last half minute.
    pub(super) requests: Vec<u64>,
    pub(super) part_ms: u32,
    pub(super) late_p95_ms: Option<u32>,
    /// Whether a crash would lose nothing that players have seen.
    pub(super) has_journal: bool,
    pub(super) renditions: Vec<Rendition>,
}

/// The newest parts of a rendition.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Rendition {
    pub(super) rid: String,
    /// Lines of the picture; sound has none.
    pub(super) height: Option<u32>,
    pub(super) parts: Vec<Run>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Happening {
    pub(crate) at: Timestamp,
    /// `ingest`, `raised` or `cleared`: the last two are about alarms.
    pub(crate) what: &'static str,
    pub(crate) code: &'static str,
    pub(crate) severity: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel_id: Option<ChannelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) broadcast_id: Option<BroadcastId>,
}
