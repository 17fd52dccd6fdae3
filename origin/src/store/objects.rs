//! Which objects a broadcast has: each is queued here, and nowhere else.

use std::sync::Arc;

use bytes::Bytes;
use domain::id::BroadcastId;
use infra::object::Meta;
use media::hls::index::{encode, page_of};
use media::hls::key;
use media::hls::sheet::{Row, Sheet};
use media::packager::Init;

use super::{Job, Purpose};
use crate::Context;
use crate::live::{ClosedSegment, Live, Rendition};

const INIT_META: Meta = Meta::immutable("video/mp4");
const SEGMENT_META: Meta = Meta::immutable("video/iso.segment");
const PAGE_META: Meta =
    Meta { content_type: "application/octet-stream", cache_control: "no-store" };
const SHEET_META: Meta = Meta { content_type: "application/json", cache_control: "no-store" };
/// Playlists as objects: a trim or a takedown changes them.
const PLAYLIST_META: Meta =
    Meta { content_type: "application/vnd.apple.mpegurl", cache_control: "public, max-age=60" };

impl Context {
    /// Queues an init section.
    pub(crate) fn store_init(&self, broadcast: BroadcastId, init: &Init) {
        let key = key::init(broadcast, init.rid, init.fence, init.generation);
        self.store_support(key, init.bytes.clone(), INIT_META);
    }

    /// Queues a segment.
    pub(crate) fn store_segment(&self, rendition: &Arc<Rendition>, segment: ClosedSegment) {
        let ClosedSegment { msn, fence, chunks } = segment;
        self.writer.put(Job {
            key: key::segment(rendition.broadcast(), rendition.rid(), fence, msn),
            chunks,
            meta: SEGMENT_META,
            purpose: Purpose::Segment(Arc::clone(rendition), msn),
        });
    }

    /// Queues one page of a rendition's index.
    pub(crate) fn store_page(&self, rendition: &Rendition, page: u64) {
        let entries = rendition.page(page);
        if !entries.is_empty() {
            let key = key::page(rendition.broadcast(), rendition.rid(), page);
            self.store_support(key, encode(&entries), PAGE_META);
        }
    }

    /// Queues the pages in which these segments became gaps.
    pub(crate) fn store_gaps(&self, rendition: &Rendition, lost: &[u64]) {
        let mut pages: Vec<u64> = lost.iter().map(|msn| page_of(*msn)).collect();
        pages.dedup();
        for page in pages {
            self.store_page(rendition, page);
        }
    }

    /// Queues the sheet about a broadcast's renditions, and returns it.
    pub(crate) fn store_sheet(&self, live: &Live) -> Bytes {
        let rows = live.renditions().iter().map(|rendition| row(rendition)).collect();
        let sheet = Sheet::new(rows).render();
        self.store_support(key::sheet(live.identity.broadcast), sheet.clone(), SHEET_META);
        sheet
    }

    /// Queues the index of a broadcast as it is now.
    pub(crate) fn store_index(&self, live: &Live) {
        for rendition in live.renditions().iter() {
            if let Some(page) = rendition.newest_page() {
                self.store_page(rendition, page);
            }
        }
        self.store_sheet(live);
    }

    /// Queues a recording's playlist.
    pub(crate) fn store_playlist(&self, key: String, text: Bytes) {
        self.store_support(key, text, PLAYLIST_META);
    }

    fn store_support(&self, key: String, bytes: Bytes, meta: Meta) {
        self.writer.put(Job { key, chunks: vec![bytes].into(), meta, purpose: Purpose::Support });
    }

    /// Drops a rendition's segments from the cache.
    pub(crate) async fn forget(&self, rendition: &Rendition) {
        for entry in rendition.index().segments() {
            let key = key::segment(rendition.broadcast(), rendition.rid(), entry.fence, entry.msn);
            self.media.forget(&key).await;
        }
    }
}

fn row(rendition: &Rendition) -> Row {
    let index = rendition.index();
    Row::new(&rendition.about(), index.segments(), index.inits())
}
