//! The last steps of a broadcast and of the process: nothing that was sent is lost.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use infra::object::Meta;
use media::hls::sheet::{Row, Sheet};

use super::Archived;
use crate::Context;
use crate::journal::Journal;
use crate::live::pump::Command;
use crate::live::{Live, Rendition, Stage, duration};
use crate::store::index::sheet_key;
use crate::store::support;

/// How long an ended broadcast stays in memory: players that come back find it as it was.
const LINGER: Duration = Duration::from_mins(2);
/// Playlists as objects: a trim or a takedown changes them.
const PLAYLIST_META: Meta =
    Meta { content_type: "application/vnd.apple.mpegurl", cache_control: "public, max-age=60" };
const SHEET_META: Meta = Meta { content_type: "application/json", cache_control: "no-store" };

impl Context {
    /// Queues the index of a broadcast as it is now.
    pub(crate) fn store_index(&self, live: &Live) {
        for rendition in live.renditions().iter() {
            if let Some(page) = rendition.newest_page() {
                self.store_page(rendition, page);
            }
        }
        self.store_sheet(live);
    }

    /// Queues the sheet about a broadcast's renditions, and returns it.
    pub(crate) fn store_sheet(&self, live: &Live) -> Bytes {
        let rows = live.renditions().iter().map(|rendition| row(rendition)).collect();
        let key = sheet_key(live.identity.broadcast);
        let sheet = Sheet::new(rows).render();
        self.writer.put(support(key, sheet.clone(), SHEET_META));
        sheet
    }
}

fn row(rendition: &Rendition) -> Row {
    let index = rendition.index();
    Row::new(&rendition.about(), index.segments(), index.inits())
}

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
    context.store_index(live);
    if let Some(recording) = live.identity.recording.filter(|_| live.stage() == Stage::Ended) {
        let archived = Archived::of_live(live);
        let put = |name: String, text: bytes::Bytes| {
            context.writer.put(support(format!("media/{recording}/{name}"), text, PLAYLIST_META));
        };
        for rendition in archived.renditions() {
            let rid = rendition.about.rid;
            if let Some(text) = archived.vod_playlist(rid) {
                put(format!("{rid}/media.m3u8"), text.plain);
            }
        }
        put("index.m3u8".to_owned(), archived.multivariant("").into());
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
