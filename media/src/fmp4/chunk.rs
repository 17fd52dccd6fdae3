//! One chunk: moof and mdat of consecutive access units, written once into one buffer.

use super::TRACK_ID;
use crate::unit::{AccessUnit, Kind};
use bytes::{BufMut as _, Bytes, BytesMut};

const TFHD_DEFAULT_FLAGS: u32 = 0x20;
const TFHD_BASE_IS_MOOF: u32 = 0x02_0000;
const TRUN_DATA_OFFSET: u32 = 0x1;
const TRUN_DURATION: u32 = 0x100;
const TRUN_SIZE: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;
const TRUN_COMPOSITION: u32 = 0x800;

/// Depends on no other sample.
const FLAGS_SYNC: u32 = 0x0200_0000;
/// Depends on others, and is no sync sample.
const FLAGS_OTHER: u32 = 0x0101_0000;

const BOX: u32 = 8;
const FULL_BOX: u32 = 12;

struct Layout {
    entry: u32,
    trun_flags: u32,
}

impl Layout {
    /// Audio samples are all sync samples shown when decoded: two fields say everything.
    const fn of(kind: Kind) -> Self {
        let base = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE;
        match kind {
            Kind::Audio => Self { entry: 8, trun_flags: base },
            Kind::Video => Self { entry: 16, trun_flags: base | TRUN_FLAGS | TRUN_COMPOSITION },
        }
    }
}

/// Writes units of one track, in decode order; their times must be those of the track.
///
/// `sequence` counts the track's chunks. Returns nothing for no units, or for more bytes than a
/// box can hold. One allocation of the exact size.
pub fn chunk(sequence: u32, units: &[AccessUnit]) -> Option<Bytes> {
    let first = units.first()?;
    let layout = Layout::of(first.kind);
    let count = u32::try_from(units.len()).ok()?;
    let payload: usize = units.iter().map(|unit| unit.data.len()).sum();
    let payload = u32::try_from(payload).ok()?;
    let (tfhd, tfdt, mfhd) = (FULL_BOX + 8, FULL_BOX + 8, FULL_BOX + 4);
    let trun = count.checked_mul(layout.entry)?.checked_add(FULL_BOX + 8)?;
    let traf = trun.checked_add(BOX + tfhd + tfdt)?;
    let moof = traf.checked_add(BOX + mfhd)?;
    let mdat = payload.checked_add(BOX)?;
    let total = usize::try_from(moof.checked_add(mdat)?).ok()?;

    let mut buffer = BytesMut::with_capacity(total);
    open(&mut buffer, moof, *b"moof");
    open_full(&mut buffer, mfhd, *b"mfhd", 0);
    buffer.put_u32(sequence);
    open(&mut buffer, traf, *b"traf");
    open_full(&mut buffer, tfhd, *b"tfhd", TFHD_DEFAULT_FLAGS | TFHD_BASE_IS_MOOF);
    buffer.put_u32(TRACK_ID);
    buffer.put_u32(FLAGS_SYNC);
    open_full(&mut buffer, tfdt, *b"tfdt", VERSION_1);
    buffer.put_i64(first.decode);
    open_full(&mut buffer, trun, *b"trun", VERSION_1 | layout.trun_flags);
    buffer.put_u32(count);
    buffer.put_u32(moof + BOX);
    for unit in units {
        entry(&mut buffer, unit);
    }
    open(&mut buffer, mdat, *b"mdat");
    for unit in units {
        buffer.extend_from_slice(&unit.data);
    }
    debug_assert_eq!(buffer.len(), total, "the size is known before the first byte");
    Some(buffer.freeze())
}

/// Bytes of a chunk up to the end of its first picture, if that is an I-frame; else zero.
///
/// They are a range that a player can show alone: an I-frame playlist lists it.
pub fn intra(chunk: &Bytes, units: &[AccessUnit]) -> u32 {
    let Some((first, rest)) = units.split_first() else { return 0 };
    if first.kind != Kind::Video || !first.is_sync {
        return 0;
    }
    let behind: usize = rest.iter().map(|unit| unit.data.len()).sum();
    u32::try_from(chunk.len().saturating_sub(behind)).unwrap_or(0)
}

/// The version stands in the highest byte of the flags.
const VERSION_1: u32 = 0x0100_0000;

fn open(buffer: &mut BytesMut, size: u32, name: [u8; 4]) {
    buffer.put_u32(size);
    buffer.put_slice(&name);
}

fn open_full(buffer: &mut BytesMut, size: u32, name: [u8; 4], version_and_flags: u32) {
    open(buffer, size, name);
    buffer.put_u32(version_and_flags);
}

fn entry(buffer: &mut BytesMut, unit: &AccessUnit) {
    buffer.put_u32(unit.duration);
    buffer.put_u32(u32::try_from(unit.data.len()).unwrap_or(u32::MAX));
    if unit.kind == Kind::Video {
        buffer.put_u32(if unit.is_sync { FLAGS_SYNC } else { FLAGS_OTHER });
        buffer.put_i32(unit.composition_offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mp4_atom::{Decode as _, Moof, Trun};
    use proptest::prelude::*;

    fn units(kind: Kind) -> impl Strategy<Value = Vec<AccessUnit>> {
        let unit = (any::<i32>(), 0_u32..1_000_000, any::<bool>(), 0_usize..200);
        (0_i64..1 << 60, prop::collection::vec(unit, 1..40)).prop_map(move |(start, units)| {
            let mut decode = start;
            let unit = |(offset, duration, is_sync, length): (i32, u32, bool, usize)| {
                let video = kind == Kind::Video;
                let at = decode;
                decode += i64::from(duration);
                AccessUnit {
                    kind,
                    decode: at,
                    composition_offset: if video { offset } else { 0 },
                    duration,
                    is_sync: is_sync || !video,
                    data: Bytes::from(vec![0x5a; length]),
                }
            };
            units.into_iter().map(unit).collect()
        })
    }

    /// Reads a chunk back with mp4-atom: the units again, and the sequence number.
    fn read(kind: Kind, chunk: &Bytes) -> (u32, Vec<AccessUnit>) {
        let mut rest = chunk.clone();
        let moof = Moof::decode(&mut rest).unwrap();
        let payload_at = chunk.len() - rest.len() + 8;
        assert_eq!(&rest[4..8], b"mdat");
        let traf = &moof.traf[0];
        assert!(traf.tfhd.default_base_is_moof);
        let trun: &Trun = &traf.trun[0];
        assert_eq!(trun.data_offset.unwrap(), i32::try_from(payload_at).unwrap());
        let mut decode = i64::try_from(traf.tfdt.as_ref().unwrap().base_media_decode_time).unwrap();
        let mut at = payload_at;
        let units = trun.samples.iter().map(|sample| {
            let length = sample.size.unwrap() as usize;
            let flags = sample.flags.or(traf.tfhd.default_sample_flags).unwrap();
            let unit = AccessUnit {
                kind,
                decode,
                composition_offset: i32::try_from(sample.cts.unwrap_or(0)).unwrap(),
                duration: sample.duration.unwrap(),
                is_sync: flags & 0x1_0000 == 0,
                data: chunk.slice(at..at + length),
            };
            decode += i64::from(unit.duration);
            at += length;
            unit
        });
        let units = units.collect();
        assert_eq!(at, chunk.len());
        (moof.mfhd.sequence_number, units)
    }

    proptest! {
        #[test]
        fn every_chunk_reads_back(
            (kind, units) in prop_oneof![
                units(Kind::Video).prop_map(|units| (Kind::Video, units)),
                units(Kind::Audio).prop_map(|units| (Kind::Audio, units)),
            ],
            sequence in any::<u32>(),
        ) {
            let written = chunk(sequence, &units).unwrap();
            prop_assert_eq!(read(kind, &written), (sequence, units));
        }
    }

    #[test]
    fn no_units_make_no_chunk() {
        assert_eq!(chunk(1, &[]), None);
    }
}
