//! Pages of a segment index: what remains to make playlists from once a segment left the window.
//!
//! One page holds 64 segments and lies in the object store as `meta/{brd}/{rid}/{page}`.

use super::{ListedPart, ListedSegment};
use crate::cursor::Cursor;
use crate::packager::SegmentOpen;
use crate::time::{Span, Wall};
use bytes::Bytes;

/// One segment of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its media sequence number.
    pub msn: u64,
    /// The fence in its URI.
    pub fence: u64,
    /// Its init section.
    pub generation: u32,
    /// When its first unit is shown.
    pub pdt: Wall,
    /// As printed.
    pub duration: Span,
    /// Timeline or coding changes before it.
    pub discontinuity: bool,
    /// Its media is missing.
    pub gap: bool,
    /// Bytes of its object.
    pub bytes: u64,
    /// CRC-32C of its object, checked on every read from the store.
    pub crc32c: u32,
    /// Its parts.
    pub parts: Vec<ListedPart>,
}

impl Entry {
    /// The entry of a complete segment whose bytes have the checksum `crc32c`.
    pub fn new(segment: &ListedSegment, crc32c: u32) -> Self {
        let SegmentOpen { fence, generation, pdt, discontinuity } = segment.open;
        Self {
            msn: segment.msn,
            fence,
            generation,
            pdt,
            duration: segment.duration,
            discontinuity,
            gap: segment.gap,
            bytes: segment.bytes,
            crc32c,
            parts: segment.parts.clone(),
        }
    }
}

/// Segments in a full page.
pub const PAGE_SEGMENTS: u64 = 64;
/// Pages of one rendition that are read at most: 24 hours of segments of one second.
pub const PAGES_MAX: u64 = 24 * 3_600 / PAGE_SEGMENTS + 1;
/// Parts that an entry can have: sixty seconds at four a second.
pub const PARTS_MAX: usize = 240;

/// The page that holds a segment.
pub const fn page_of(msn: u64) -> u64 {
    msn / PAGE_SEGMENTS
}

/// Why a page can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// It is no page.
    #[error("not a page of a segment index")]
    Magic,
    /// A later version wrote it.
    #[error("version {0} of the segment index is unknown")]
    Version(u8),
    /// It ends early, or says more than a page can hold.
    #[error("the page of the segment index is damaged")]
    Damaged,
    /// Its bytes are not those that were written.
    #[error("the checksum of the page of the segment index is wrong")]
    Checksum,
}

const MAGIC: [u8; 4] = *b"HWIX";
/// Version 1 had no I-frames.
const VERSION: u8 = 2;
const CHECKSUM_BYTES: usize = 4;

const DISCONTINUITY: u8 = 1;
const GAP: u8 = 2;
const INDEPENDENT: u8 = 4;
const INTRA: u8 = 8;

/// Writes a page: a header with version and count, big-endian fields, CRC-32C of all at the end.
pub fn encode(entries: &[Entry]) -> Bytes {
    let mut page = Vec::with_capacity(16 + entries.len() * 128);
    page.extend_from_slice(&MAGIC);
    page.push(VERSION);
    put_count(&mut page, entries.len());
    for entry in entries {
        page.extend_from_slice(&entry.msn.to_be_bytes());
        page.extend_from_slice(&entry.fence.to_be_bytes());
        page.extend_from_slice(&entry.generation.to_be_bytes());
        page.extend_from_slice(&entry.pdt.0.to_be_bytes());
        page.extend_from_slice(&entry.duration.0.to_be_bytes());
        page.push(flag(entry.discontinuity, DISCONTINUITY) | flag(entry.gap, GAP));
        page.extend_from_slice(&entry.bytes.to_be_bytes());
        page.extend_from_slice(&entry.crc32c.to_be_bytes());
        put_count(&mut page, entry.parts.len());
        for part in entry.parts.iter().take(PARTS_MAX) {
            page.extend_from_slice(&part.duration.0.to_be_bytes());
            page.extend_from_slice(&part.bytes.to_be_bytes());
            page.push(
                flag(part.independent, INDEPENDENT)
                    | flag(part.gap, GAP)
                    | flag(part.intra > 0, INTRA),
            );
            if part.intra > 0 {
                page.extend_from_slice(&part.intra.to_be_bytes());
            }
        }
    }
    let checksum = crc32c::crc32c(&page);
    page.extend_from_slice(&checksum.to_be_bytes());
    Bytes::from(page)
}

fn flag(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

/// Entries of a page and parts of an entry fit two bytes.
fn put_count(page: &mut Vec<u8>, count: usize) {
    let count = u16::try_from(count.min(PARTS_MAX)).unwrap_or(u16::MAX);
    page.extend_from_slice(&count.to_be_bytes());
}

/// Reads a page.
pub fn decode(page: &[u8]) -> Result<Vec<Entry>, PageError> {
    let (body, checksum) = page.split_last_chunk::<CHECKSUM_BYTES>().ok_or(PageError::Magic)?;
    let mut cursor = Cursor::new(body);
    if cursor.array() != Some(MAGIC) {
        return Err(PageError::Magic);
    }
    match cursor.u8().ok_or(PageError::Damaged)? {
        1..=VERSION => {}
        other => return Err(PageError::Version(other)),
    }
    if crc32c::crc32c(body) != u32::from_be_bytes(*checksum) {
        return Err(PageError::Checksum);
    }
    read_entries(&mut cursor).filter(|_| cursor.is_empty()).ok_or(PageError::Damaged)
}

fn read_entries(cursor: &mut Cursor<'_>) -> Option<Vec<Entry>> {
    let count = usize::from(cursor.u16()?);
    if count > usize::try_from(PAGE_SEGMENTS).ok()? {
        return None;
    }
    (0..count).map(|_| read_entry(cursor)).collect()
}

fn read_entry(cursor: &mut Cursor<'_>) -> Option<Entry> {
    let msn = read_u64(cursor)?;
    let fence = read_u64(cursor)?;
    let generation = cursor.u32()?;
    let pdt = Wall(cursor.array().map(i64::from_be_bytes)?);
    let duration = Span(read_u64(cursor)?);
    let flags = cursor.u8()?;
    let bytes = read_u64(cursor)?;
    let crc32c = cursor.u32()?;
    let parts = usize::from(cursor.u16()?);
    if parts > PARTS_MAX {
        return None;
    }
    let parts = (0..parts).map(|_| read_part(cursor)).collect::<Option<_>>()?;
    let (discontinuity, gap) = (flags & DISCONTINUITY != 0, flags & GAP != 0);
    Some(Entry { msn, fence, generation, pdt, duration, discontinuity, gap, bytes, crc32c, parts })
}

fn read_part(cursor: &mut Cursor<'_>) -> Option<ListedPart> {
    let duration = Span(read_u64(cursor)?);
    let bytes = cursor.u32()?;
    let flags = cursor.u8()?;
    let (independent, gap) = (flags & INDEPENDENT != 0, flags & GAP != 0);
    let intra = if flags & INTRA == 0 { 0 } else { cursor.u32()? };
    Some(ListedPart { duration, bytes, independent, gap, intra })
}

fn read_u64(cursor: &mut Cursor<'_>) -> Option<u64> {
    cursor.array().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part() -> impl Strategy<Value = ListedPart> {
        (0_u64..100_000, any::<u32>(), any::<bool>(), any::<bool>(), any::<u32>()).prop_map(
            |(duration, bytes, independent, gap, intra)| ListedPart {
                duration: Span(duration),
                bytes,
                independent,
                gap,
                intra,
            },
        )
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let numbers = (any::<u64>(), any::<u64>(), any::<u32>(), any::<i64>(), any::<u64>());
        let rest = (any::<bool>(), any::<bool>(), any::<u64>(), any::<u32>());
        (numbers, rest, prop::collection::vec(part(), 0..20)).prop_map(|(numbers, rest, parts)| {
            let (msn, fence, generation, pdt, duration) = numbers;
            let (discontinuity, gap, bytes, crc32c) = rest;
            let (pdt, duration) = (Wall(pdt), Span(duration));
            #[rustfmt::skip]
            let entry = Entry {
                msn, fence, generation, pdt, duration, discontinuity, gap, bytes, crc32c, parts,
            };
            entry
        })
    }

    proptest! {
        #[test]
        fn every_page_reads_back(entries in prop::collection::vec(entry(), 0..=64)) {
            prop_assert_eq!(decode(&encode(&entries)), Ok(entries));
        }

        #[test]
        fn a_damaged_page_is_refused(
            entries in prop::collection::vec(entry(), 1..4),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let mut page = encode(&entries).to_vec();
            let at = at.index(page.len());
            page[at] ^= 1 << bit;
            prop_assert!(decode(&page).is_err());
            prop_assert!(decode(&page[..at]).is_err());
        }
    }

    #[test]
    fn a_page_holds_64_segments() {
        assert_eq!([0, 63, 64, 6_400].map(page_of), [0, 0, 1, 100]);
    }
}
