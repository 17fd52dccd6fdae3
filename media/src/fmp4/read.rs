//! Reads the access units of a segment back: moof and mdat pairs, ours or another packager's.

use crate::cursor::Cursor;
use crate::unit::{AccessUnit, Kind};
use bytes::Bytes;
use mp4_atom::{DecodeAtom as _, Header, Moof, Tfhd, Traf, TrunEntry};

/// Units of one segment: a minute at a thousand frames a second.
pub const UNITS_MAX: usize = 60_000;

/// Why a segment can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A box is longer than the segment, or shorter than its header.
    #[error("the segment is cut off or damaged")]
    Boxes,
    /// A movie fragment contradicts itself.
    #[error("a movie fragment of the segment is damaged")]
    Fragment(#[source] mp4_atom::Error),
    /// A fragment does not say when its first unit is decoded.
    #[error("a movie fragment of the segment names no decode time")]
    NoTime,
    /// A fragment has no track, or more than one.
    #[error("a movie fragment of the segment has {0} tracks instead of one")]
    Tracks(usize),
    /// A unit lies outside the segment.
    #[error("the data of a unit lies outside the segment")]
    Outside,
    /// More units than any real segment has.
    #[error("the segment has more than {UNITS_MAX} units")]
    TooMany,
}

/// The units of a segment's only track, in decode order; their data is shared with the segment.
///
/// Boxes beside moof and mdat are passed over. Data is found by its distance from the moof, as
/// `default-base-is-moof` means it.
pub fn units(kind: Kind, segment: &Bytes) -> Result<Vec<AccessUnit>, ReadError> {
    let mut units = Vec::new();
    let mut at = 0;
    while at < segment.len() {
        let (name, header, end) = next_box(segment, at).ok_or(ReadError::Boxes)?;
        if name == *b"moof" {
            let body = segment.get(at + header..end).ok_or(ReadError::Boxes)?;
            let moof = fragment(body)?;
            let [traf] = &*moof.traf else { return Err(ReadError::Tracks(moof.traf.len())) };
            Run { kind, segment, moof_at: at, tfhd: &traf.tfhd }.read(traf, &mut units)?;
        }
        at = end;
    }
    Ok(units)
}

/// A box at the top of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TopBox {
    pub(crate) name: [u8; 4],
    /// Where its body begins.
    pub(crate) body: usize,
    /// Where it ends.
    pub(crate) end: usize,
}

/// The boxes at the top, in their order; none if one of them is cut off.
pub(crate) fn boxes(bytes: &Bytes) -> Option<Vec<TopBox>> {
    let mut boxes = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (name, header, end) = next_box(bytes, at)?;
        boxes.push(TopBox { name, body: at + header, end });
        at = end;
    }
    Some(boxes)
}

/// Name, length of the header and end of the box that starts at `at`.
fn next_box(segment: &Bytes, at: usize) -> Option<([u8; 4], usize, usize)> {
    let mut cursor = Cursor::new(segment.get(at..)?);
    let (size, name) = (cursor.u32()?, cursor.array()?);
    let (header, size) = match size {
        0 => (8, segment.len() - at),
        1 => (16, usize::try_from(u64::from_be_bytes(cursor.array()?)).ok()?),
        size => (8, usize::try_from(size).ok()?),
    };
    let end = at.checked_add(size).filter(|end| size >= header && *end <= segment.len())?;
    Some((name, header, end))
}

fn fragment(mut body: &[u8]) -> Result<Moof, ReadError> {
    let header = Header { kind: mp4_atom::FourCC::new(b"moof"), size: Some(body.len()) };
    Moof::decode_atom(&header, &mut body).map_err(ReadError::Fragment)
}

/// The track run of one fragment.
struct Run<'a> {
    kind: Kind,
    segment: &'a Bytes,
    moof_at: usize,
    tfhd: &'a Tfhd,
}

impl Run<'_> {
    fn read(&self, traf: &Traf, units: &mut Vec<AccessUnit>) -> Result<(), ReadError> {
        let tfdt = traf.tfdt.as_ref().ok_or(ReadError::NoTime)?;
        let mut decode =
            i64::try_from(tfdt.base_media_decode_time).map_err(|_| ReadError::NoTime)?;
        let mut data_at = self.moof_at;
        for trun in &traf.trun {
            if let Some(offset) = trun.data_offset {
                data_at = isize::try_from(offset)
                    .ok()
                    .and_then(|offset| self.moof_at.checked_add_signed(offset))
                    .ok_or(ReadError::Outside)?;
            }
            if units.len().saturating_add(trun.samples.len()) > UNITS_MAX {
                return Err(ReadError::TooMany);
            }
            for entry in &trun.samples {
                let unit = self.unit(&entry, decode, data_at)?;
                decode = decode.checked_add(i64::from(unit.duration)).ok_or(ReadError::NoTime)?;
                data_at += unit.data.len();
                units.push(unit);
            }
        }
        Ok(())
    }

    fn unit(&self, entry: &TrunEntry, decode: i64, at: usize) -> Result<AccessUnit, ReadError> {
        const NON_SYNC: u32 = 0x1_0000;
        let size = entry.size.or(self.tfhd.default_sample_size).unwrap_or(0);
        let end = usize::try_from(size).ok().and_then(|size| at.checked_add(size));
        let end = end.filter(|end| *end <= self.segment.len()).ok_or(ReadError::Outside)?;
        let flags = entry.flags.or(self.tfhd.default_sample_flags).unwrap_or(0);
        Ok(AccessUnit {
            kind: self.kind,
            decode,
            composition_offset: i32::try_from(entry.cts.unwrap_or(0))
                .map_err(|_| ReadError::NoTime)?,
            duration: entry.duration.or(self.tfhd.default_sample_duration).unwrap_or(0),
            is_sync: self.kind == Kind::Audio || flags & NON_SYNC == 0,
            data: self.segment.slice(at..end),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fmp4::chunk;
    use proptest::prelude::*;

    fn unit(decode: i64, length: usize) -> AccessUnit {
        AccessUnit {
            kind: Kind::Video,
            decode,
            composition_offset: 40,
            duration: 20,
            is_sync: decode == 0,
            data: Bytes::from(vec![0x11; length]),
        }
    }

    fn segment(chunks: &[&[AccessUnit]]) -> Bytes {
        let chunks = (1_u32..).zip(chunks);
        let written = chunks.map(|(sequence, units)| chunk(sequence, units).unwrap());
        written.collect::<Vec<_>>().concat().into()
    }

    proptest! {
        #[test]
        fn the_parts_of_a_segment_read_back_as_its_units(
            units in prop::collection::vec(
                (any::<i32>(), 0_u32..100_000, any::<bool>(), 0_usize..60),
                1..40,
            ),
            start in 0_i64..1 << 40,
            part in 1_usize..9,
        ) {
            let mut decode = start;
            let units: Vec<AccessUnit> = units
                .into_iter()
                .map(|(composition_offset, duration, is_sync, length)| {
                    let at = decode;
                    decode += i64::from(duration);
                    let data = Bytes::from(vec![0x5a; length]);
                    let kind = Kind::Video;
                    AccessUnit { kind, decode: at, composition_offset, duration, is_sync, data }
                })
                .collect();
            let parts: Vec<&[AccessUnit]> = units.chunks(part).collect();
            prop_assert_eq!(super::units(Kind::Video, &segment(&parts)).unwrap(), units);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            drop(super::units(Kind::Audio, &bytes.into()));
        }

        #[test]
        fn one_wrong_byte_gives_units_or_a_reason(at in 0_usize..150, byte in any::<u8>()) {
            let mut bytes = segment(&[&[unit(0, 9), unit(20, 30)]]).to_vec();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            drop(super::units(Kind::Video, &bytes.into()));
        }
    }

    #[test]
    fn a_segment_that_was_cut_off_is_refused_at_every_byte() {
        let whole = segment(&[&[unit(0, 9)], &[unit(20, 30)]]);
        let first = segment(&[&[unit(0, 9)]]).len();
        for end in (1..whole.len()).filter(|end| *end != first) {
            let cut = super::units(Kind::Video, &whole.slice(..end));
            assert!(cut.is_err(), "{end} of {} bytes", whole.len());
        }
    }

    #[test]
    fn boxes_beside_the_fragments_are_passed_over() {
        let styp = [&16_u32.to_be_bytes()[..], b"stypcmfs\0\0\0\0"].concat();
        let bytes: Bytes = [&styp[..], &segment(&[&[unit(0, 9)]])].concat().into();
        let read = super::units(Kind::Video, &bytes).unwrap();
        assert_eq!(read, [unit(0, 9)]);
    }

    #[test]
    fn a_run_that_claims_more_than_the_segment_holds_is_refused() {
        let mut bytes = segment(&[&[unit(0, 9)]]).to_vec();
        let size_at =
            bytes.windows(4).position(|four| four == b"trun").unwrap() + 4 + 4 + 4 + 4 + 4;
        for (claim, refusal) in [(10_u32, "outside"), (u32::MAX, "outside")] {
            bytes[size_at..size_at + 4].copy_from_slice(&claim.to_be_bytes());
            let read = super::units(Kind::Video, &bytes.clone().into());
            assert!(read.unwrap_err().to_string().contains(refusal), "{claim}");
        }
    }

    #[test]
    fn the_seeds_are_segments() {
        crate::seeds::each("segment", |bytes| {
            let bytes = Bytes::copy_from_slice(bytes);
            assert!(super::units(Kind::Video, &bytes).unwrap().len() > 1);
        });
    }
}
