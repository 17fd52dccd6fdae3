//! A recording as its sheet and index pages name it, and its segments, checked while they are read.

use bytes::Bytes;
use domain::id::BroadcastId;
use infra::object::{self, Store};
use media::{
    hls::{
        index::{Entry, PAGES_MAX, decode, page_of},
        key,
        sheet::{Init, Sheet},
    },
    packager::{Rendition, Rid},
    time::Span,
};

use super::ExportError;

/// How often an object is read before it counts as damaged.
const TRIES: u32 = 3;

/// One rendition of a recording.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) about: Rendition,
    /// Consecutive segments, oldest first; gaps among them.
    pub(super) entries: Vec<Entry>,
}

impl Track {
    fn entry(&self, msn: u64) -> Option<&Entry> {
        let first = self.entries.first()?.msn;
        self.entries.get(usize::try_from(msn.checked_sub(first)?).ok()?)
    }
}

/// A recording, its leading rendition first.
#[derive(Debug)]
pub(super) struct Recording {
    broadcast: BroadcastId,
    pub(super) tracks: Vec<Track>,
}

impl Recording {
    /// Reads sheet and pages.
    pub(super) async fn read(store: &Store, broadcast: BroadcastId) -> Result<Self, ExportError> {
        let sheet = match store.get(&key::sheet(broadcast), None).await {
            Ok(bytes) => Sheet::parse(&bytes)?,
            Err(object::Error::NotFound(_)) => return Err(ExportError::Empty),
            Err(error) => return Err(ExportError::Store(error)),
        };
        let mut tracks = Vec::with_capacity(sheet.renditions.len());
        for row in sheet.renditions {
            let about = row.about()?;
            let entries = pages(store, broadcast, about.rid, about.first_msn).await?;
            if entries.last().map(|entry| entry.msn) < row.last_msn {
                return Err(ExportError::BeingStored);
            }
            one_configuration(about.rid, &entries, &row.inits)?;
            tracks.push(Track { about, entries });
        }
        tracks.retain(|track| track.entries.iter().any(|entry| !entry.gap));
        tracks.sort_by_key(|track| track.about.rid.kind);
        Ok(Self { broadcast, tracks })
    }

    /// The length of the longest rendition.
    pub(super) fn duration_ms(&self) -> i64 {
        let length = |track: &Track| track.entries.iter().map(|entry| entry.duration).sum();
        self.tracks.iter().map(length).max().unwrap_or(Span::ZERO).to_ms()
    }

    /// Segments with media.
    pub(super) fn media_count(&self) -> usize {
        self.tracks.iter().flat_map(|track| &track.entries).filter(|entry| !entry.gap).count()
    }

    /// What there is of each segment number: a track's place and its entry, the leading one first.
    pub(super) fn steps(&self) -> impl Iterator<Item = Vec<(usize, &Entry)>> {
        let first = self.tracks.iter().filter_map(|track| track.entries.first()).map(|e| e.msn);
        let last = self.tracks.iter().filter_map(|track| track.entries.last()).map(|e| e.msn);
        let numbers = first.min().zip(last.max()).map(|(first, last)| first..=last);
        numbers.into_iter().flatten().map(|msn| {
            let entries = self.tracks.iter().enumerate();
            let entries = entries.filter_map(|(at, track)| Some((at, track.entry(msn)?)));
            entries.filter(|(_, entry)| !entry.gap).collect()
        })
    }

    /// The bytes of a segment, as the index says they are.
    pub(super) async fn segment(
        &self,
        store: &Store,
        track: usize,
        entry: &Entry,
    ) -> Result<Bytes, ExportError> {
        let Entry { msn, fence, bytes: length, crc32c, .. } = *entry;
        let rid = self.tracks.get(track).map_or(Rid::VIDEO, |track| track.about.rid);
        let key = key::segment(self.broadcast, rid, fence, msn);
        for _ in 0..TRIES {
            match store.get(&key, None).await {
                Ok(bytes) if bytes.len() as u64 == length && crc32c::crc32c(&bytes) == crc32c => {
                    return Ok(bytes);
                }
                Ok(_) => {}
                Err(object::Error::NotFound(_)) => return Err(ExportError::Missing(key)),
                Err(error) => return Err(ExportError::Store(error)),
            }
        }
        Err(ExportError::Damaged(key))
    }
}

/// The pages of a rendition from the first on, until one is missing.
async fn pages(
    store: &Store,
    broadcast: BroadcastId,
    rid: Rid,
    first_msn: u64,
) -> Result<Vec<Entry>, ExportError> {
    let first = page_of(first_msn);
    let mut entries: Vec<Entry> = Vec::new();
    for page in first..first + PAGES_MAX {
        let bytes = match store.get(&key::page(broadcast, rid, page), None).await {
            Ok(bytes) => bytes,
            Err(object::Error::NotFound(_)) => break,
            Err(error) => return Err(ExportError::Store(error)),
        };
        for entry in decode(&bytes).map_err(|cause| ExportError::Page(rid, cause))? {
            if entries.last().is_none_or(|last| last.msn + 1 == entry.msn) {
                entries.push(entry);
            }
        }
    }
    Ok(entries)
}

/// One track of the file has one decoder configuration: the init sections of all media are equal.
fn one_configuration(rid: Rid, entries: &[Entry], inits: &[Init]) -> Result<(), ExportError> {
    let init = |entry: &Entry| {
        let known = inits
            .iter()
            .find(|init| init.fence == entry.fence && init.generation == entry.generation);
        known.map(|init| (init.bytes, init.crc32c))
    };
    let mut seals = entries.iter().filter(|entry| !entry.gap).map(init);
    let first = seals.next();
    if seals.all(|seal| Some(seal) == first) {
        Ok(())
    } else {
        Err(ExportError::ParametersChange(rid))
    }
}
