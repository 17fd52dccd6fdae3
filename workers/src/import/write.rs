//! Writes the objects of an imported recording.

use std::{fs::File, io, os::unix::fs::FileExt, sync::Arc};

use bytes::{Bytes, BytesMut};
use domain::{
    id::{BroadcastId, RecordingId},
    time::Timestamp,
};
use infra::object::{Meta, Store};
use media::{
    fmp4,
    hls::{
        ListedPart, Rates, iframes,
        index::{Entry, encode, page_of},
        key, multivariant, playlist,
        sheet::{Init, Row, Sheet},
    },
    packager,
    time::{Span, Wall},
    unit::Kind,
};

use super::{
    ImportError, Source,
    plan::{Placed, Rendition},
};

/// An imported recording has one writer and never another.
const FENCE: u64 = 1;
const GENERATION: u32 = 0;
/// Bytes of one segment: a bound on memory, far above any real one.
const SEGMENT_BYTES_MAX: u64 = 256 << 20;
const PLAYLIST: Meta =
    Meta { content_type: "application/vnd.apple.mpegurl", cache_control: "public, max-age=60" };
const SUPPORT: Meta = Meta { content_type: "application/json", cache_control: "no-store" };

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Segments that are stored.
    pub done: usize,
    /// Segments in all.
    pub of: usize,
}

/// What was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packaged {
    /// The length of the longer track.
    pub duration_ms: i64,
    /// Bytes of all segments.
    pub bytes: u64,
    /// Segments of all renditions.
    pub segments: usize,
}

/// Under which names and from which time on a recording is stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) broadcast: BroadcastId,
    pub(super) recording: RecordingId,
    pub(super) starts_at: Timestamp,
}

/// Stores every object of a recording: init sections, segments, index pages, sheet, playlists.
///
/// Nothing refers to them until the caller writes its rows; a failure leaves objects that a sweep
/// removes.
pub async fn package(
    source: &Source,
    store: &Store,
    (broadcast, recording, starts_at): (BroadcastId, RecordingId, Timestamp),
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Packaged, ImportError> {
    let names = Names { broadcast, recording, starts_at };
    let of = source.plan.renditions.iter().map(|rendition| rendition.cuts.len()).sum();
    let mut packaged = Packaged { duration_ms: 0, bytes: 0, segments: 0 };
    let mut rows = Vec::new();
    let mut listed = Vec::new();
    for rendition in &source.plan.renditions {
        let init = put_init(rendition, store, names).await?;
        let mut entries = Vec::with_capacity(rendition.cuts.len());
        for segment in rendition.segments() {
            let msn = entries.len() as u64;
            let written = Segment { source, rendition, units: segment, msn };
            entries.push(written.put(store, names).await?);
            packaged.segments += 1;
            progress(Progress { done: packaged.segments, of });
        }
        put_pages(rendition, &entries, store, names).await?;
        let length: Span = entries.iter().map(|entry| entry.duration).sum();
        packaged.duration_ms = packaged.duration_ms.max(length.to_ms());
        packaged.bytes += entries.iter().map(|entry| entry.bytes).sum::<u64>();
        rows.push(Row::new(&about(rendition, source), &entries, &[init]));
        listed.push(put_playlist(source, rendition, &entries, store, names).await?);
    }
    store.put(&key::sheet(broadcast), vec![Sheet::new(rows).render()], SUPPORT).await?;
    let text = multivariant::render("", &listed);
    store.put(&key::multivariant(recording), vec![text.into()], PLAYLIST).await?;
    Ok(packaged)
}

/// The rendition as a packager would describe it.
fn about(rendition: &Rendition, source: &Source) -> packager::Rendition {
    packager::Rendition {
        rid: rendition.rid,
        config: rendition.config.clone(),
        frame_rate: rendition.frame_rate,
        control: source.plan.control,
        first_msn: 0,
        discontinuity_sequence: 0,
    }
}

async fn put_init(rendition: &Rendition, store: &Store, names: Names) -> Result<Init, ImportError> {
    let bytes = fmp4::init(&rendition.config)?;
    let key = key::init(names.broadcast, rendition.rid, FENCE, GENERATION);
    let init = Init {
        fence: FENCE,
        generation: GENERATION,
        bytes: bytes.len() as u64,
        crc32c: crc32c::crc32c(&bytes),
    };
    store.put(&key, vec![bytes], Meta::of_key(&key)).await?;
    Ok(init)
}

/// One segment to be read, packaged and stored.
struct Segment<'a> {
    source: &'a Source,
    rendition: &'a Rendition,
    units: &'a [Placed],
    msn: u64,
}

impl Segment<'_> {
    async fn put(&self, store: &Store, names: Names) -> Result<Entry, ImportError> {
        let bytes = self.read().await?;
        let key = key::segment(names.broadcast, self.rendition.rid, FENCE, self.msn);
        let entry = self.entry(&bytes, names);
        store.put(&key, vec![bytes], Meta::of_key(&key)).await?;
        Ok(entry)
    }

    /// Reads the units and writes one chunk of them, off the executor.
    async fn read(&self) -> Result<Bytes, ImportError> {
        let file = Arc::clone(&self.source.file);
        let (units, kind) = (self.units.to_vec(), self.rendition.rid.kind);
        let sequence = u32::try_from(self.msn + 1).unwrap_or(u32::MAX);
        let read = tokio::task::spawn_blocking(move || read_chunk(&file, &units, kind, sequence));
        let chunk = read.await.map_err(|_| ImportError::Stopped)?;
        let path = || self.source.path.clone();
        chunk.map_err(|cause| ImportError::Read { path: path(), cause })?.ok_or(ImportError::Times)
    }

    /// The segment as the one part that it is.
    fn listed(&self, bytes: &Bytes, duration: Span) -> ListedPart {
        let rest: u64 = self.units.iter().skip(1).map(|unit| u64::from(unit.bytes)).sum();
        let is_sync = self.units.first().is_some_and(|unit| unit.is_sync);
        let is_picture = self.rendition.rid.kind == Kind::Video && is_sync;
        let to_small = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        let length = bytes.len() as u64;
        ListedPart {
            duration,
            bytes: to_small(length),
            independent: is_sync,
            gap: false,
            intra: if is_picture { to_small(length.saturating_sub(rest)) } else { 0 },
        }
    }

    fn entry(&self, bytes: &Bytes, names: Names) -> Entry {
        let scale = fmp4::timescale(&self.rendition.config);
        let ticks = self.units.iter().map(|unit| i64::from(unit.duration)).sum();
        let duration = Span::from_ticks(ticks, scale);
        let first = self.units.first();
        let shown = first.map_or(0, |u| u.decode + i64::from(u.composition_offset)).max(0);
        Entry {
            msn: self.msn,
            fence: FENCE,
            generation: GENERATION,
            pdt: Wall(names.starts_at.as_millis()).plus(Span::from_ticks(shown, scale)),
            duration,
            discontinuity: false,
            gap: false,
            bytes: bytes.len() as u64,
            crc32c: crc32c::crc32c(bytes),
            parts: vec![self.listed(bytes, duration)],
        }
    }
}

/// Reads neighbouring units at once, then writes them as one chunk.
fn read_chunk(
    file: &File,
    units: &[Placed],
    kind: Kind,
    sequence: u32,
) -> io::Result<Option<Bytes>> {
    let total: u64 = units.iter().map(|unit| u64::from(unit.bytes)).sum();
    if total > SEGMENT_BYTES_MAX {
        return Err(io::Error::other("a segment would be larger than 256 MiB"));
    }
    let mut with_data = Vec::with_capacity(units.len());
    for run in units.chunk_by(|one, next| one.offset + u64::from(one.bytes) == next.offset) {
        let length: usize = run.iter().map(|unit| unit.bytes as usize).sum();
        let mut bytes = BytesMut::zeroed(length);
        file.read_exact_at(&mut bytes, run.first().map_or(0, |unit| unit.offset))?;
        let mut bytes = bytes.freeze();
        for unit in run {
            let data = bytes.split_to(unit.bytes as usize);
            with_data.push(unit.unit(kind, data));
        }
    }
    Ok(fmp4::chunk(sequence, &with_data))
}

async fn put_pages(
    rendition: &Rendition,
    entries: &[Entry],
    store: &Store,
    names: Names,
) -> Result<(), ImportError> {
    let (broadcast, rid) = (names.broadcast, rendition.rid);
    for page in entries.chunk_by(|one, next| page_of(one.msn) == page_of(next.msn)) {
        let number = page.first().map_or(0, |entry| page_of(entry.msn));
        let key = key::page(broadcast, rid, number);
        store.put(&key, vec![encode(page)], SUPPORT).await?;
    }
    Ok(())
}

async fn put_playlist(
    source: &Source,
    rendition: &Rendition,
    entries: &[Entry],
    store: &Store,
    names: Names,
) -> Result<multivariant::Entry, ImportError> {
    let rid = rendition.rid;
    let broadcast = names.broadcast.to_string();
    let text = playlist::vod(&broadcast, rid, &source.plan.control, entries);
    let key = key::playlist(names.recording, rid);
    store.put(&key, vec![text.into()], PLAYLIST).await?;
    let is_video = rid.kind == Kind::Video;
    if is_video {
        let text = iframes::vod(&broadcast, rid, &source.plan.control, entries);
        store.put(&key::iframes(names.recording, rid), vec![text.into()], PLAYLIST).await?;
    }
    let pictures = entries.iter().map(|entry| (entry.duration, &*entry.parts));
    Ok(multivariant::Entry {
        rid,
        config: rendition.config.clone(),
        frame_rate: rendition.frame_rate,
        rates: rates(entries),
        iframes: if is_video { iframes::rates(pictures) } else { None },
        language: "und".to_owned(),
        name: match rid.kind {
            Kind::Video => "Video".to_owned(),
            Kind::Audio => "Audio".to_owned(),
        },
    })
}

/// Bits per second: of the largest segment that is not a short end, and of all.
fn rates(entries: &[Entry]) -> Rates {
    let rate = |bytes: u64, span: Span| (bytes * 800_000).checked_div(span.0).unwrap_or(0);
    let longest = entries.iter().map(|entry| entry.duration.0).max().unwrap_or(0);
    let full = entries.iter().filter(|entry| entry.duration.0 * 2 >= longest);
    let peak = full.map(|entry| rate(entry.bytes, entry.duration)).max().unwrap_or(0);
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    let average = rate(bytes, entries.iter().map(|entry| entry.duration).sum());
    Rates { peak: peak.max(average), average }
}
