//! The last steps of a broadcast and of the process: nothing that was sent is lost.

use std::sync::Arc;
use std::time::Duration;

use media::hls::key;

use super::Archived;
use crate::Context;
use crate::delivery::Listing;
use crate::journal::Journal;
use crate::live::pump::Command;
use crate::live::{Live, Stage, duration};
use crate::records;

/// How long an ended broadcast stays in memory: players that come back find it as it was.
const LINGER: Duration = Duration::from_mins(2);
/// After a broadcast ended: all of it is stored, then it leaves memory.
pub(crate) async fn finish(context: Arc<Context>, live: Arc<Live>, journal: Option<Journal>) {
    store(&context, &live).await;
    if let Some(journal) = journal {
        journal.remove();
    }
    live.note_stored();
    let target = live
        .renditions()
        .first()
        .map_or(Duration::from_secs(2), |rendition| duration(rendition.control().target()));
    tokio::select! {
        () = tokio::time::sleep(LINGER.max(target * 6)) => {}
        () = context.tasks.draining() => {}
    }
    context.registry.remove(&live);
    tracing::debug!(broadcast.id = %live.identity.broadcast, "an ended broadcast left memory");
}

/// Its index first, then, once every segment is stored, its playlists.
async fn store(context: &Context, live: &Live) {
    context.store_index(live);
    context.writer.flush().await;
    // Segments that were given up are gaps by now.
    for rendition in live.renditions().iter() {
        context.store_gaps(rendition, &rendition.take_lost());
    }
    context.store_index(live);
    if let Some(recording) = live.identity.recording.filter(|_| live.stage() == Stage::Ended) {
        let archived = Archived::of_live(live);
        records::miss(context, recording, archived.missing_ms()).await;
        for rendition in archived.renditions() {
            let rid = rendition.about.rid;
            for (listing, key) in [
                (Listing::Media, key::playlist(recording, rid)),
                (Listing::IFrames, key::iframes(recording, rid)),
            ] {
                if let Some(text) = archived.vod_playlist(rid, listing) {
                    context.store_playlist(key, text.into_plain());
                }
            }
        }
        let multivariant = archived.multivariant("").into();
        context.store_playlist(key::multivariant(recording), multivariant);
    }
    context.writer.flush().await;
}

/// The process drains: every broadcast closes what is open, then every object is written.
pub(crate) async fn close(context: &Arc<Context>) {
    for live in context.registry.all() {
        if live.commands().send(Command::Drain).await.is_ok() {
            live.over().await;
        }
        if live.stage().is_on_air() {
            context.store_index(&live);
        } else {
            live.stored().await;
        }
    }
    context.writer.close().await;
    tracing::info!("every segment is stored");
}
