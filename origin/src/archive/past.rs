//! From a journal, or from what the store holds, to renditions that go on or that come to their end.

use std::sync::Arc;

use domain::id::BroadcastId;
use media::hls::index::{Entry, page_of};
use media::journal::{Record, retold};
use tokio::sync::mpsc;

use super::close::finish;
use super::{Archived, Missing};
use crate::Context;
use crate::journal::Recovered;
use crate::live::{ClosedSegment, Identity, Live, Rendition, Stage};
use crate::records::{self, Left, Standing};
use crate::store::index::Index;

/// A broadcast as its journal tells it.
pub(super) fn retold_by(broadcast: BroadcastId, recovered: &Recovered) -> Option<Archived> {
    let renditions = recovered.sheet.renditions.iter().map(|row| {
        let about = row.about().ok()?;
        let trail = recovered.trails.iter().find(|trail| trail.rid == about.rid)?;
        let index = Index::from_pages([trail.segments.clone()], row.inits.clone());
        Some(super::Rendition::new(about, index))
    });
    let renditions: Vec<_> = renditions.collect::<Option<_>>()?;
    let has_media = renditions.iter().any(|known| !known.index.segments().is_empty());
    has_media.then(|| Archived::new(broadcast, renditions))
}

/// The records that tell of what the store holds, up to segment `last_msn`.
pub(super) fn records_of(archived: &Archived, last_msn: u64) -> Vec<Record> {
    let segments = archived.renditions().iter().flat_map(|rendition| {
        let rid = rendition.about.rid;
        let known = rendition.index.segments().iter().filter(move |entry| entry.msn <= last_msn);
        known.flat_map(move |entry| retold(rid, entry))
    });
    segments.collect()
}

/// Its renditions in memory, up to segment `last_msn`.
pub(super) fn again(context: &Context, archived: &Archived, last_msn: u64) -> Vec<Arc<Rendition>> {
    let renditions = archived.renditions().iter().map(|rendition| {
        let dvr_window = context.settings.dvr_window;
        let again = Rendition::new(archived.broadcast, rendition.about.clone(), dvr_window);
        again.restore(&rendition.index, last_msn);
        Arc::new(again)
    });
    renditions.collect()
}

/// Takes the bytes that a former process spooled into memory and queues what may not be stored.
pub(super) fn refill(context: &Context, renditions: &[Arc<Rendition>], recovered: &Recovered) {
    let now = context.clock.monotonic();
    for rendition in renditions {
        let rid = rendition.rid();
        let Some(trail) = recovered.trails.iter().find(|trail| trail.rid == rid) else { continue };
        let bytes = |msn: u64| recovered.spooled.get(&(rid, msn)).cloned();
        rendition.refill(trail, bytes, now);
        for init in &trail.inits {
            context.store_init(rendition.broadcast(), init);
        }
        for Entry { msn, fence, .. } in &trail.segments {
            let Some(bytes) = bytes(*msn) else { continue };
            let segment = ClosedSegment { msn: *msn, fence: *fence, chunks: vec![bytes].into() };
            context.store_segment(rendition, segment);
        }
        let pages = trail.segments.iter().filter(|entry| bytes(entry.msn).is_some());
        let mut pages: Vec<_> = pages.map(|entry| page_of(entry.msn)).collect();
        pages.dedup();
        for page in pages {
            context.store_page(rendition, page);
        }
    }
}

/// Brings a broadcast that is over to its end: what its process still had goes to the store.
pub(super) fn wind_up(
    context: &Arc<Context>,
    (identity, fence): (Identity, i64),
    (archived, recovered): (&Archived, Recovered),
    stage: Stage,
) {
    let (commands, _) = mpsc::channel(1);
    let live = Arc::new(Live::new(identity, fence, commands));
    let renditions = again(context, archived, u64::MAX);
    refill(context, &renditions, &recovered);
    live.put_away(renditions, stage);
    context.registry.insert(&live);
    let (after, journal) = (Arc::clone(context), Some(recovered.journal));
    context.tasks.spawn("end of a broadcast", finish(after, live, journal));
}

/// Journals of broadcasts that are over: their process died before all of it was stored.
pub(super) async fn leftovers(context: &Arc<Context>, left: &[Left]) {
    for broadcast in context.journals.left().await {
        let is_on_air = left.iter().any(|left| left.identity.broadcast == broadcast);
        if is_on_air || context.registry.get(broadcast).is_some() {
            continue;
        }
        match records::ended(context, broadcast).await {
            Ok(Some((identity, standing))) => {
                let stage = match standing {
                    Standing::Ended => Stage::Ended,
                    Standing::TakenDown => Stage::TakenDown,
                };
                let recovered = context.journals.recover(broadcast).await;
                let known =
                    recovered.and_then(|known| Some((retold_by(broadcast, &known)?, known)));
                match known {
                    Some((archived, recovered)) => {
                        tracing::info!(broadcast.id = %broadcast, "the rest of a broadcast is stored");
                        wind_up(context, (identity, 0), (&archived, recovered), stage);
                    }
                    None => context.journals.discard(broadcast),
                }
            }
            Ok(None) => context.journals.discard(broadcast),
            // On the air at another node, or the database is away: it is looked at the next time.
            Err(Missing::Unavailable | Missing::TakenDown | Missing::Unknown) => {}
        }
    }
}
