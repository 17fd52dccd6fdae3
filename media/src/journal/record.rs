//! Records to bytes and back.

use crate::cursor::Cursor;
use crate::hls::{ListedPart, Position};
use crate::packager::{Init, Part, Rid, SegmentOpen};
use crate::time::{Span, Wall};
use crate::unit::Kind;
use bytes::Bytes;

const MAGIC: [u8; 4] = *b"HWJL";
const VERSION: u8 = 1;
/// Longer records are damage: an init section with its parameter sets is the longest.
const RECORD_BYTES_MAX: usize = 1 << 20;

const SHEET: u8 = 1;
const INIT: u8 = 2;
const PART: u8 = 3;
const SEGMENT: u8 = 4;
const LOST: u8 = 5;

const INDEPENDENT: u8 = 1;
const GAP: u8 = 2;
const OPENS: u8 = 4;
const DISCONTINUITY: u8 = 8;
const INTRA: u8 = 16;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// What is known of a rendition, in the form in which the store keeps it.
    Sheet(Bytes),
    /// An init section.
    Init(Init),
    /// The next part of a rendition.
    Part(PartRecord),
    /// A segment is complete.
    Segment(SegmentRecord),
    /// The bytes of a segment were given up before the store took them.
    Lost(Rid, u64),
}

/// A part, its bytes left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartRecord {
    /// Whose it is.
    pub rid: Rid,
    /// Its segment and its number in it.
    pub at: Position,
    /// As the playlist lists it.
    pub listed: ListedPart,
    /// Set on the first part of a segment.
    pub opens: Option<SegmentOpen>,
}

impl From<&Part> for PartRecord {
    fn from(part: &Part) -> Self {
        let listed = ListedPart {
            duration: part.duration,
            bytes: if part.gap { 0 } else { u32::try_from(part.bytes.len()).unwrap_or(u32::MAX) },
            independent: part.independent,
            gap: part.gap,
            intra: part.intra,
        };
        Self { rid: part.rid, at: part.at, listed, opens: part.opens }
    }
}

/// A complete segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentRecord {
    /// Whose it is.
    pub rid: Rid,
    /// Its number.
    pub msn: u64,
    /// It has no media.
    pub gap: bool,
    /// CRC-32C of its bytes.
    pub crc32c: u32,
}

/// The first bytes of a journal.
pub fn write_header(to: &mut Vec<u8>) {
    to.extend_from_slice(&MAGIC);
    to.push(VERSION);
}

/// Adds a record.
pub fn write_record(to: &mut Vec<u8>, record: &Record) {
    let start = to.len();
    to.extend_from_slice(&[0; 8]);
    body(to, record);
    let (head, body) = to.split_at_mut(start + 8);
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let checksum = crc32c::crc32c(body).to_be_bytes();
    for (place, byte) in head.iter_mut().skip(start).zip(length.into_iter().chain(checksum)) {
        *place = byte;
    }
}

fn body(to: &mut Vec<u8>, record: &Record) {
    match record {
        Record::Sheet(json) => {
            to.push(SHEET);
            to.extend_from_slice(json);
        }
        Record::Init(init) => {
            to.push(INIT);
            put_rid(to, init.rid);
            to.extend_from_slice(&init.fence.to_be_bytes());
            to.extend_from_slice(&init.generation.to_be_bytes());
            to.extend_from_slice(&init.bytes);
        }
        Record::Part(part) => put_part(to, part),
        Record::Segment(segment) => {
            to.push(SEGMENT);
            put_rid(to, segment.rid);
            to.extend_from_slice(&segment.msn.to_be_bytes());
            to.push(flag(segment.gap, GAP));
            to.extend_from_slice(&segment.crc32c.to_be_bytes());
        }
        Record::Lost(rid, msn) => {
            to.push(LOST);
            put_rid(to, *rid);
            to.extend_from_slice(&msn.to_be_bytes());
        }
    }
}

fn put_part(to: &mut Vec<u8>, part: &PartRecord) {
    let ListedPart { duration, bytes, independent, gap, intra } = part.listed;
    let discontinuity = part.opens.is_some_and(|opens| opens.discontinuity);
    to.push(PART);
    put_rid(to, part.rid);
    to.extend_from_slice(&part.at.msn.to_be_bytes());
    to.extend_from_slice(&part.at.part.to_be_bytes());
    to.extend_from_slice(&duration.0.to_be_bytes());
    to.extend_from_slice(&bytes.to_be_bytes());
    to.push(
        flag(independent, INDEPENDENT)
            | flag(gap, GAP)
            | flag(part.opens.is_some(), OPENS)
            | flag(discontinuity, DISCONTINUITY)
            | flag(intra > 0, INTRA),
    );
    if let Some(opens) = part.opens {
        to.extend_from_slice(&opens.fence.to_be_bytes());
        to.extend_from_slice(&opens.generation.to_be_bytes());
        to.extend_from_slice(&opens.pdt.0.to_be_bytes());
    }
    if intra > 0 {
        to.extend_from_slice(&intra.to_be_bytes());
    }
}

fn put_rid(to: &mut Vec<u8>, rid: Rid) {
    let kind = match rid.kind {
        Kind::Video => 0,
        Kind::Audio => 1,
    };
    to.extend_from_slice(&[kind, rid.index]);
}

fn flag(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

/// Reads a journal up to its end, or to where a crash tore it.
#[derive(Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    length: usize,
}

impl<'a> Reader<'a> {
    /// A reader behind the header; nothing when this is no journal of ours.
    pub fn new(journal: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(journal);
        let is_ours = cursor.array() == Some(MAGIC) && cursor.u8() == Some(VERSION);
        is_ours.then_some(Self { cursor, length: journal.len() })
    }

    /// Bytes of the journal that are good so far: what follows can be cut off.
    pub fn good_bytes(&self) -> usize {
        self.length - self.cursor.rest().len()
    }
}

impl Iterator for Reader<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut ahead = self.cursor;
        let length = usize::try_from(ahead.u32()?).ok().filter(|it| *it <= RECORD_BYTES_MAX)?;
        let checksum = ahead.u32()?;
        let body = ahead.take(length)?;
        if crc32c::crc32c(body) != checksum {
            return None;
        }
        let record = read(&mut Cursor::new(body))?;
        self.cursor = ahead;
        Some(record)
    }
}

fn read(cursor: &mut Cursor<'_>) -> Option<Record> {
    let record = match cursor.u8()? {
        SHEET => return Some(Record::Sheet(Bytes::copy_from_slice(cursor.rest()))),
        INIT => {
            let (rid, fence, generation) = (read_rid(cursor)?, read_u64(cursor)?, cursor.u32()?);
            let bytes = Bytes::copy_from_slice(cursor.rest());
            return Some(Record::Init(Init { rid, fence, generation, bytes }));
        }
        PART => Record::Part(read_part(cursor)?),
        SEGMENT => {
            let (rid, msn, flags) = (read_rid(cursor)?, read_u64(cursor)?, cursor.u8()?);
            let crc32c = cursor.u32()?;
            Record::Segment(SegmentRecord { rid, msn, gap: flags & GAP != 0, crc32c })
        }
        LOST => Record::Lost(read_rid(cursor)?, read_u64(cursor)?),
        _ => return None,
    };
    cursor.is_empty().then_some(record)
}

fn read_part(cursor: &mut Cursor<'_>) -> Option<PartRecord> {
    let rid = read_rid(cursor)?;
    let at = Position { msn: read_u64(cursor)?, part: cursor.u32()? };
    let duration = Span(read_u64(cursor)?);
    let bytes = cursor.u32()?;
    let flags = cursor.u8()?;
    let opens = if flags & OPENS == 0 {
        None
    } else {
        Some(SegmentOpen {
            fence: read_u64(cursor)?,
            generation: cursor.u32()?,
            pdt: Wall(cursor.array().map(i64::from_be_bytes)?),
            discontinuity: flags & DISCONTINUITY != 0,
        })
    };
    let intra = if flags & INTRA == 0 { 0 } else { cursor.u32()? };
    let (independent, gap) = (flags & INDEPENDENT != 0, flags & GAP != 0);
    let listed = ListedPart { duration, bytes, independent, gap, intra };
    Some(PartRecord { rid, at, listed, opens })
}

fn read_rid(cursor: &mut Cursor<'_>) -> Option<Rid> {
    let kind = match cursor.u8()? {
        0 => Kind::Video,
        1 => Kind::Audio,
        _ => return None,
    };
    Some(Rid { kind, index: cursor.u8()? })
}

fn read_u64(cursor: &mut Cursor<'_>) -> Option<u64> {
    cursor.array().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rid() -> impl Strategy<Value = Rid> {
        (any::<bool>(), any::<u8>()).prop_map(|(video, index)| Rid {
            kind: if video { Kind::Video } else { Kind::Audio },
            index,
        })
    }

    fn opens() -> impl Strategy<Value = SegmentOpen> {
        (any::<u64>(), any::<u32>(), any::<i64>(), any::<bool>()).prop_map(
            |(fence, generation, pdt, discontinuity)| SegmentOpen {
                fence,
                generation,
                pdt: Wall(pdt),
                discontinuity,
            },
        )
    }

    fn record() -> impl Strategy<Value = Record> {
        let bytes = prop::collection::vec(any::<u8>(), 0..64).prop_map(Bytes::from);
        let part = (
            rid(),
            (any::<u64>(), any::<u32>()),
            (any::<u64>(), any::<u32>(), any::<bool>(), any::<bool>(), any::<u32>()),
            prop::option::of(opens()),
        );
        prop_oneof![
            bytes.clone().prop_map(Record::Sheet),
            (rid(), any::<u64>(), any::<u32>(), bytes).prop_map(
                |(rid, fence, generation, bytes)| {
                    Record::Init(Init { rid, fence, generation, bytes })
                }
            ),
            part.prop_map(|(rid, (msn, part), listed, opens)| {
                let (duration, bytes, independent, gap, intra) = listed;
                let listed =
                    ListedPart { duration: Span(duration), bytes, independent, gap, intra };
                Record::Part(PartRecord { rid, at: Position { msn, part }, listed, opens })
            }),
            (rid(), any::<u64>(), any::<bool>(), any::<u32>()).prop_map(
                |(rid, msn, gap, crc32c)| Record::Segment(SegmentRecord { rid, msn, gap, crc32c })
            ),
            (rid(), any::<u64>()).prop_map(|(rid, msn)| Record::Lost(rid, msn)),
        ]
    }

    fn journal(records: &[Record]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_header(&mut bytes);
        for record in records {
            write_record(&mut bytes, record);
        }
        bytes
    }

    proptest! {
        #[test]
        fn every_journal_reads_back(records in prop::collection::vec(record(), 0..20)) {
            let bytes = journal(&records);
            let mut reader = Reader::new(&bytes).unwrap();
            prop_assert_eq!(reader.by_ref().collect::<Vec<_>>(), records);
            prop_assert_eq!(reader.good_bytes(), bytes.len());
        }

        #[test]
        fn a_torn_journal_is_good_up_to_its_last_whole_record(
            records in prop::collection::vec(record(), 1..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = journal(&records);
            let torn = &bytes[..5 + cut.index(bytes.len() - 5)];
            let mut reader = Reader::new(torn).unwrap();
            let read: Vec<_> = reader.by_ref().collect();
            prop_assert!(read.len() < records.len());
            prop_assert_eq!(&read[..], &records[..read.len()]);
            prop_assert_eq!(reader.good_bytes(), journal(&read).len());
        }

        #[test]
        fn a_damaged_record_ends_the_journal(
            records in prop::collection::vec(record(), 1..4),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let mut bytes = journal(&records);
            let at = 5 + at.index(bytes.len() - 5);
            bytes[at] ^= 1 << bit;
            let read: Vec<_> = Reader::new(&bytes).unwrap().collect();
            prop_assert!(read.len() < records.len());
            prop_assert_eq!(&read[..], &records[..read.len()]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut journal = journal(&[]);
            journal.extend(bytes);
            prop_assert!(Reader::new(&journal).unwrap().count() <= journal.len());
        }
    }

    #[test]
    fn other_files_are_no_journal() {
        for bytes in [&b""[..], b"HWJ", b"HWJL", b"HWJL\x02", b"HWIX\x01"] {
            assert!(Reader::new(bytes).is_none());
        }
    }
}
