//! A broadcast's line on the board.

use std::sync::atomic::Ordering;

use media::unit::TrackConfig;

use super::line::Line;
use super::second::{Broadcast, Rendition};
use crate::live::{Live, Stage};

/// Seconds of requests that a row shows.
const REQUESTS_SECONDS: usize = 30;

/// What is remembered of a broadcast from one second to the next.
#[derive(Debug)]
pub(super) struct Memory {
    asked: u64,
    published: u64,
    requests: Line,
}

impl Default for Memory {
    fn default() -> Self {
        Self { asked: 0, published: 0, requests: Line::of(REQUESTS_SECONDS) }
    }
}

impl Memory {
    /// The row of this second, and how many parts came in it.
    pub(super) fn row(&mut self, live: &Live) -> (Broadcast, u64) {
        let asked = live.viewers.requests();
        self.requests.push(asked - std::mem::replace(&mut self.asked, asked));
        let renditions = live.renditions();
        let (runs, published, late_p95_ms) = {
            let lateness = live.lateness.lock();
            (lateness.runs(), lateness.published(), lateness.p95_ms())
        };
        let parts = published - std::mem::replace(&mut self.published, published);
        let height = |rid| match live.rendition(rid)?.about().config {
            TrackConfig::Video(config) => Some(config.height()),
            TrackConfig::Audio(_) => None,
        };
        let pulse = live.pulse.lock().clone();
        let stage = live.stage();
        let row = Broadcast {
            id: live.identity.broadcast,
            channel_id: live.identity.channel,
            channel_slug: live.identity.slug.clone(),
            state: stage.as_str(),
            encoder: pulse.encoder,
            bitrate_bps: if stage == Stage::Interrupted { 0 } else { pulse.bitrate_bps },
            viewers: live.viewers.count(),
            waiters: renditions.iter().map(|rendition| rendition.waiters()).sum(),
            requests: self.requests.values(),
            part_ms: u32::try_from(pulse.part.as_millis()).unwrap_or(u32::MAX),
            late_p95_ms,
            has_journal: !live.journal_lost.load(Ordering::Relaxed),
            renditions: runs
                .into_iter()
                .map(|(rid, parts)| Rendition { rid: rid.to_string(), height: height(rid), parts })
                .collect(),
        };
        // A process that takes a broadcast up begins with what it took up.
        (row, parts.min(1_000))
    }
}

/// The lower, the sooner it is looked at. Coarse, so that rows do not jump.
pub(super) fn urgency(row: &Broadcast, stage: Stage) -> u8 {
    let runs = row.renditions.iter().flat_map(|rendition| &rendition.parts);
    let has_gap = runs.flat_map(|run| &run.late_ms).any(Option::is_none);
    match row.late_p95_ms {
        _ if stage == Stage::Interrupted => 0,
        Some(late) if late >= row.part_ms => 1,
        _ if has_gap => 2,
        Some(late) if late >= 100 => 3,
        _ => 4,
    }
}
