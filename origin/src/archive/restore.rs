//! What a former process left on air: it goes on when its encoder may still come back, otherwise
//! it is ended with what the store holds.

use std::sync::Arc;

use bytes::Bytes;
use domain::time::Timestamp;
use media::hls::Position;
use media::hls::index::Entry;
use media::packager::{Output, Packager, Part, Resume, Rid, Segment, SegmentOpen, Settings};

use super::{Archived, Missing, load};
use crate::Context;
use crate::live::lifecycle::Fact;
use crate::live::{Rendition, launch};
use crate::records::{self, Left};

/// Takes up every broadcast that the database still shows on air and nobody holds.
pub(crate) async fn restore(context: &Arc<Context>) {
    let left = match records::left_behind(context).await {
        Ok(left) => left,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "broadcasts of a former process can't be listed"
            );
            return;
        }
    };
    for broadcast in left {
        take_up(context, broadcast).await;
    }
}

async fn take_up(context: &Arc<Context>, left: Left) {
    let now = context.now();
    let broadcast = left.identity.broadcast;
    let archived = match load(context, broadcast).await {
        Ok(archived) if !archived.renditions().is_empty() => archived,
        Ok(_) | Err(Missing::Unknown | Missing::TakenDown) => {
            return end(context, &left, now.wall, 0).await;
        }
        Err(Missing::Unavailable) => {
            tracing::error!(broadcast.id = %broadcast, "a broadcast of a former process is stuck");
            return;
        }
    };
    let window = context.settings.reconnect_window;
    let in_time = now.wall.since(left.last_seen) < window;
    match resumed(context, &left, &archived).filter(|_| in_time) {
        Some((packager, renditions)) => {
            tracing::info!(
                broadcast.id = %broadcast,
                "a broadcast of a former process waits for its encoder"
            );
            launch(context, (left.identity, left.fence), packager, renditions);
        }
        None => end(context, &left, now.wall, archived.duration_ms()).await,
    }
}

async fn end(context: &Arc<Context>, left: &Left, at: Timestamp, duration_ms: i64) {
    let broadcast = left.identity.broadcast;
    tracing::info!(broadcast.id = %broadcast, "a broadcast of a former process has ended");
    let fact = Fact::Ended { reason: "process_gone", duration_ms };
    if let Err(error) = records::write(context, (broadcast, left.fence), at, &fact).await {
        tracing::error!(
            broadcast.id = %broadcast,
            error = &error as &dyn std::error::Error,
            "its end could not be written"
        );
    }
}

/// A packager that goes on where the former one stopped, and its renditions.
fn resumed(
    context: &Context,
    left: &Left,
    archived: &Archived,
) -> Option<(Packager, Vec<Arc<Rendition>>)> {
    let lead = archived.renditions().first()?;
    // All renditions go on from one segment: the newest that every one of them has.
    let last_msn = archived
        .renditions()
        .iter()
        .map(|rendition| rendition.index.segments().last().map(|entry| entry.msn))
        .min()??;
    let last = lead.index.get(last_msn)?;
    let discontinuities = lead.index.segments().iter().filter(|entry| entry.discontinuity).count();
    let resume = Resume {
        next_msn: last_msn + 1,
        edge: last.pdt.plus(last.duration),
        discontinuity_sequence: u64::try_from(discontinuities).unwrap_or(u64::MAX),
        target_seconds: lead.about.control.target_seconds,
        part_target: lead.about.control.part_target,
        independent_segments: lead.about.control.independent_segments,
        tracks: archived.renditions().iter().map(|r| r.about.config.clone()).collect(),
    };
    let fence = u64::try_from(left.fence).unwrap_or_default();
    let profile = left.profile.unwrap_or(context.settings.profile);
    let settings = Settings { resume: Some(resume), ..Settings::new(profile, fence) };
    let renditions = archived
        .renditions()
        .iter()
        .map(|rendition| {
            let dvr_window = context.settings.dvr_window;
            let again =
                Rendition::new(left.identity.broadcast, rendition.about.clone(), dvr_window);
            again.restore(&rendition.index, last_msn);
            Arc::new(again)
        })
        .collect();
    Some((Packager::new(settings), renditions))
}

/// What a packager said when the segment of this entry was made, its bytes left out.
pub(crate) fn retold(entry: &Entry, rid: Rid) -> Vec<Output> {
    let mut said = Vec::with_capacity(entry.parts.len() + 1);
    for (number, listed) in (0..).zip(&entry.parts) {
        let at = Position { msn: entry.msn, part: number };
        said.push(Output::Part(Part {
            rid,
            at,
            bytes: Bytes::new(),
            duration: listed.duration,
            independent: listed.independent,
            gap: listed.gap,
            opens: (number == 0).then_some(SegmentOpen {
                fence: entry.fence,
                generation: entry.generation,
                pdt: entry.pdt,
                discontinuity: entry.discontinuity,
            }),
            next: at.next_part(),
        }));
    }
    let (msn, duration, gap) = (entry.msn, entry.duration, entry.gap);
    said.push(Output::Segment(Segment { rid, msn, duration, gap }));
    said
}
