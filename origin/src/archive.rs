//! What remains of broadcasts that are over: the same objects, found by their index pages.

use std::sync::{Arc, OnceLock};

use domain::id::{BroadcastId, RecordingId};
use media::hls::index::{Entry, PAGES_MAX, decode, page_of};
use media::hls::sheet::Sheet;
use media::hls::{Rates, iframes, key, multivariant, playlist};
use media::packager::{self, Rid};
use media::time::Span;
use media::unit::Kind;

use crate::Context;
use crate::delivery::{Listing, Text};
use crate::live::Live;
use crate::records::{self, Standing};
use crate::store::index::Index;

mod close;
mod past;
mod restore;

pub(crate) use close::{close, finish};
pub(crate) use restore::{restore, resume};

/// Why there is nothing to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Missing {
    /// Never was, not over yet, or deleted.
    #[error("there is no such recording")]
    Unknown,
    /// Removed by a decision.
    #[error("it was taken down")]
    TakenDown,
    /// The database or the store does not answer.
    #[error("it can't be read now")]
    Unavailable,
}

/// A broadcast that is over.
#[derive(Debug)]
pub(crate) struct Archived {
    pub(crate) broadcast: BroadcastId,
    renditions: Vec<Rendition>,
}

/// One of its renditions.
#[derive(Debug)]
pub(crate) struct Rendition {
    pub(crate) about: packager::Rendition,
    pub(crate) index: Index,
    playlist: OnceLock<Text>,
    iframes: OnceLock<Text>,
}

impl Rendition {
    pub(crate) fn new(about: packager::Rendition, index: Index) -> Self {
        Self { about, index, playlist: OnceLock::new(), iframes: OnceLock::new() }
    }

    /// Measured over all of it.
    fn rates(&self) -> (Rates, Option<Rates>) {
        let segments = self.index.segments();
        let pictures = segments.iter().filter(|entry| !entry.gap);
        (rates(segments), iframes::rates(pictures.map(|entry| (entry.duration, &*entry.parts))))
    }
}

/// Bits per second over segments: of the largest that is not short, and of all.
fn rates(segments: &[Entry]) -> Rates {
    let rate = |bytes: u64, duration: u64| (bytes * 800_000).checked_div(duration).unwrap_or(0);
    let media = || segments.iter().filter(|entry| !entry.gap);
    let longest = media().map(|entry| entry.duration.0).max().unwrap_or(0);
    let peak = media()
        .filter(|entry| entry.duration.0 * 2 >= longest)
        .map(|entry| rate(entry.bytes, entry.duration.0))
        .max()
        .unwrap_or(0);
    let bytes = media().map(|entry| entry.bytes).sum();
    let average = rate(bytes, media().map(|entry| entry.duration.0).sum());
    Rates { peak: peak.max(average), average }
}

impl Archived {
    pub(crate) fn new(broadcast: BroadcastId, renditions: Vec<Rendition>) -> Self {
        Self { broadcast, renditions }
    }

    /// As a broadcast that ended leaves it in memory.
    pub(crate) fn of_live(live: &Live) -> Self {
        let renditions = live
            .renditions()
            .iter()
            .map(|rendition| Rendition::new(rendition.about(), rendition.index()))
            .collect();
        Self { broadcast: live.identity.broadcast, renditions }
    }

    pub(crate) fn rendition(&self, rid: Rid) -> Option<&Rendition> {
        self.renditions.iter().find(|rendition| rendition.about.rid == rid)
    }

    pub(crate) fn renditions(&self) -> &[Rendition] {
        &self.renditions
    }

    /// Its multivariant playlist.
    pub(crate) fn multivariant(&self, prefix: &str) -> String {
        let entries: Vec<_> = self
            .renditions
            .iter()
            .map(|rendition| describe(rendition.about.clone(), rendition.rates()))
            .collect();
        multivariant::render(prefix, &entries)
    }

    /// The media or I-frame playlist of one rendition as a recording; rendered once.
    pub(crate) fn vod_playlist(&self, rid: Rid, listing: Listing) -> Option<Text> {
        let rendition = self.rendition(rid)?;
        let broadcast = self.broadcast.to_string();
        let control = &rendition.about.control;
        let entries = rendition.index.segments();
        let text = match listing {
            Listing::Media => rendition
                .playlist
                .get_or_init(|| Text::new(playlist::vod(&broadcast, rid, control, entries).into())),
            Listing::IFrames if rid.kind == Kind::Audio => return None,
            Listing::IFrames => rendition
                .iframes
                .get_or_init(|| Text::new(iframes::vod(&broadcast, rid, control, entries).into())),
        };
        Some(text.clone())
    }

    /// How much of the leading rendition is gaps.
    pub(crate) fn missing_ms(&self) -> i64 {
        let leading = self.renditions.first();
        let entries = leading.into_iter().flat_map(|rendition| rendition.index.segments());
        let missing: Span = entries.filter(|entry| entry.gap).map(|entry| entry.duration).sum();
        missing.to_ms()
    }

    /// Its length: that of the leading rendition.
    pub(crate) fn duration_ms(&self) -> i64 {
        self.renditions.first().map_or(0, |rendition| rendition.index.duration().to_ms())
    }
}

/// A rendition as the multivariant playlist describes it.
pub(crate) fn describe(
    about: packager::Rendition,
    (rates, iframes): (Rates, Option<Rates>),
) -> multivariant::Entry {
    let name = match about.rid.kind {
        Kind::Video => "Video".to_owned(),
        Kind::Audio => "Audio".to_owned(),
    };
    multivariant::Entry {
        rid: about.rid,
        config: about.config,
        frame_rate: about.frame_rate,
        rates,
        iframes,
        language: "und".to_owned(),
        name,
    }
}

/// A recording, from the moment its broadcast ended.
pub(crate) async fn recording(
    context: &Context,
    id: RecordingId,
) -> Result<Arc<Archived>, Missing> {
    let broadcast = match context.registry.recording(id) {
        Some(live) if live.stage().is_on_air() => return Err(Missing::Unknown),
        Some(live) => live.identity.broadcast,
        None => records::broadcast_of(context, id).await?,
    };
    self::broadcast(context, broadcast).await
}

/// A broadcast that is over.
pub(crate) async fn broadcast(
    context: &Context,
    id: BroadcastId,
) -> Result<Arc<Archived>, Missing> {
    match standing(context, id).await? {
        Standing::TakenDown => Err(Missing::TakenDown),
        Standing::Ended => {
            let load = context.archives.try_get_with(id, load(context, id));
            load.await.map_err(|missing| *missing)
        }
    }
}

async fn standing(context: &Context, id: BroadcastId) -> Result<Standing, Missing> {
    if let Some(live) = context.registry.get(id) {
        return match live.stage() {
            crate::live::Stage::TakenDown => Ok(Standing::TakenDown),
            crate::live::Stage::Ended => Ok(Standing::Ended),
            _ => Err(Missing::Unknown),
        };
    }
    let ask = context.standings.try_get_with(id, records::standing(context, id));
    ask.await.map_err(|missing| *missing)
}

/// Reads the index of a broadcast from the store.
async fn load(context: &Context, id: BroadcastId) -> Result<Arc<Archived>, Missing> {
    if let Some(live) = context.registry.get(id) {
        return Ok(Arc::new(Archived::of_live(&live)));
    }
    let sheet = read(context, &key::sheet(id)).await?;
    let sheet = Sheet::parse(&sheet).map_err(|error| {
        tracing::error!(broadcast.id = %id, %error, "a recording can't be read");
        Missing::Unavailable
    })?;
    let mut renditions = Vec::with_capacity(sheet.renditions.len());
    for row in sheet.renditions {
        let about = row.about().map_err(|error| {
            tracing::error!(broadcast.id = %id, %error, "a recording can't be read");
            Missing::Unavailable
        })?;
        let pages = pages(context, id, about.rid, about.first_msn).await?;
        renditions.push(Rendition::new(about, Index::from_pages(pages, row.inits)));
    }
    Ok(Arc::new(Archived::new(id, renditions)))
}

/// The pages of a rendition from the first on, until one is missing.
async fn pages(
    context: &Context,
    id: BroadcastId,
    rid: Rid,
    first_msn: u64,
) -> Result<Vec<Vec<Entry>>, Missing> {
    let first = page_of(first_msn);
    let mut pages = Vec::new();
    for page in first..first + PAGES_MAX {
        match read(context, &key::page(id, rid, page)).await {
            Ok(bytes) => match decode(&bytes) {
                Ok(entries) => pages.push(entries),
                Err(error) => {
                    tracing::error!(broadcast.id = %id, page, %error, "an index page is lost");
                }
            },
            Err(Missing::Unknown) => break,
            Err(missing) => return Err(missing),
        }
    }
    Ok(pages)
}

async fn read(context: &Context, key: &str) -> Result<bytes::Bytes, Missing> {
    match context.store.get(key, None).await {
        Ok(bytes) => Ok(bytes),
        Err(infra::object::Error::NotFound(_)) => Err(Missing::Unknown),
        Err(error) => {
            tracing::warn!(object.key = key, %error, "an index could not be read");
            Err(Missing::Unavailable)
        }
    }
}

#[cfg(test)]
mod tests {
    use media::time::{Span, Wall};

    use super::*;

    fn entry(bytes: u64, duration: u64, gap: bool) -> Entry {
        Entry {
            msn: 0,
            fence: 1,
            generation: 0,
            pdt: Wall(0),
            duration: Span(duration),
            discontinuity: false,
            gap,
            bytes,
            crc32c: 0,
            parts: Vec::new(),
        }
    }

    #[test]
    fn rates_are_of_media_and_not_of_short_ends() {
        let segments = [
            entry(0, 200_000, true),
            entry(1_000_000, 200_000, false),
            entry(500_000, 200_000, false),
            entry(400_000, 10_000, false),
        ];
        let rates = rates(&segments);
        assert_eq!(rates.peak, 4_000_000);
        assert_eq!(rates.average, 1_900_000 * 800_000 / 410_000);
    }

    #[test]
    fn nothing_has_no_rate() {
        assert_eq!(rates(&[]), Rates::default());
    }
}
