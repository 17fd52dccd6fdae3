//! H.265: the decoder configuration record and the shape of an access unit.

mod sps;

use crate::cursor::Cursor;
use crate::unit::FrameRate;
use bytes::{BufMut as _, Bytes, BytesMut};
use sps::Parameters;
use std::fmt::Write as _;

/// What an `HEVCDecoderConfigurationRecord` says about its track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The whole record, as it stands in an `hvcC` box.
    pub record: Bytes,
    /// `hvc1.PROFILE.COMPATIBILITY.TIERLEVEL.CONSTRAINTS` (ISO/IEC 14496-15, annex E).
    pub codec: String,
    /// Shown width in pixels, after cropping.
    pub width: u32,
    /// Shown height in pixels, after cropping.
    pub height: u32,
    /// From the VUI, if it names one.
    pub frame_rate: Option<FrameRate>,
    /// Bytes of the length in front of each NAL unit: 1, 2 or 4.
    pub length_size: u8,
}

/// Why a configuration record was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It ends before its own lengths say.
    #[error("the H.265 configuration record ends early")]
    Truncated,
    /// A later version of the format.
    #[error("version {0} of the H.265 configuration record is unknown")]
    Version(u8),
    /// A decoder needs one of each: this kind is missing.
    #[error("the H.265 configuration record holds no {0} parameter set")]
    NoParameters(&'static str),
    /// Its NAL unit lengths have a size that does not exist.
    #[error("H.265 NAL unit lengths of {0} bytes do not exist")]
    LengthSize(u8),
    /// Its sequence parameter set can't be read.
    #[error("the H.265 sequence parameter set is damaged")]
    Parameters,
    /// A picture larger than any we take.
    #[error("a picture of {width}×{height} is larger than {max} pixels a side")]
    TooLarge {
        /// Shown width.
        width: u32,
        /// Shown height.
        height: u32,
        /// The bound.
        max: u32,
    },
}

impl Config {
    /// The largest width or height taken, in pixels.
    pub const SIDE_MAX: u32 = 16_384;

    /// Reads an `HEVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 8.3.3.1).
    pub fn parse(record: Bytes) -> Result<Self, ConfigError> {
        let fields = Fields::read(&record)?;
        let first = |wanted| fields.sets.iter().find(|(kind, _)| *kind == wanted);
        for (kind, name) in [(VPS, "video"), (SPS, "sequence"), (PPS, "picture")] {
            first(kind).ok_or(ConfigError::NoParameters(name))?;
        }
        let sps = first(SPS).map_or(&[][..], |(_, set)| set);
        let Parameters { width, height, frame_rate } =
            Parameters::read(sps).ok_or(ConfigError::Parameters)?;
        if width > Self::SIDE_MAX || height > Self::SIDE_MAX {
            return Err(ConfigError::TooLarge { width, height, max: Self::SIDE_MAX });
        }
        let (codec, length_size) = (fields.codec(), fields.length_size);
        Ok(Self { record, codec, width, height, frame_rate, length_size })
    }

    /// The access unit without the parameter sets that stand in the record: a sample entry `hvc1`
    /// promises that samples hold none (ISO/IEC 14496-15, 8.4.1.2). Copies only if there are some.
    pub fn without_parameter_sets(&self, data: &Bytes) -> Bytes {
        let Ok(fields) = Fields::read(&self.record) else { return data.clone() };
        let sets = fields.sets.iter().filter(|(kind, _)| (VPS..=PPS).contains(kind));
        let repeats = |nal: &&[u8]| sets.clone().any(|(_, set)| set == nal);
        let units = Units { cursor: Cursor::new(data), length_size: self.length_size };
        if !units.clone().flatten().any(|nal| repeats(&nal)) {
            return data.clone();
        }
        let mut kept = BytesMut::with_capacity(data.len());
        for nal in units.flatten().filter(|nal| !repeats(nal)) {
            kept.put_uint(nal.len() as u64, usize::from(self.length_size));
            kept.put_slice(nal);
        }
        kept.freeze()
    }
}

const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;

struct Fields<'a> {
    /// Profile space, tier and profile.
    profile: u8,
    compatibility: u32,
    constraints: [u8; 6],
    level: u8,
    length_size: u8,
    /// Kind and bytes of each NAL unit that the record holds.
    sets: Vec<(u8, &'a [u8])>,
}

impl<'a> Fields<'a> {
    fn read(record: &'a [u8]) -> Result<Self, ConfigError> {
        let mut cursor = Cursor::new(record);
        let version = cursor.u8().ok_or(ConfigError::Truncated)?;
        // Version 0 is what the first drafts wrote; the layout is the same.
        if version > 1 {
            return Err(ConfigError::Version(version));
        }
        let fields = Self::after_version(&mut cursor).ok_or(ConfigError::Truncated)?;
        if fields.length_size == 3 {
            return Err(ConfigError::LengthSize(fields.length_size));
        }
        Ok(fields)
    }

    fn after_version(cursor: &mut Cursor<'a>) -> Option<Self> {
        /// From the level to the byte with the length size: nothing that the sets do not say too.
        const BETWEEN: usize = 8;
        let profile = cursor.u8()?;
        let compatibility = cursor.u32()?;
        let constraints = cursor.array()?;
        let level = cursor.u8()?;
        cursor.take(BETWEEN)?;
        let length_size = (cursor.u8()? & 0b11) + 1;
        let mut sets = Vec::new();
        for _ in 0..cursor.u8()? {
            let kind = cursor.u8()? & 0b11_1111;
            for _ in 0..cursor.u16()? {
                let length = usize::from(cursor.u16()?);
                sets.push((kind, cursor.take(length)?));
            }
        }
        Some(Self { profile, compatibility, constraints, level, length_size, sets })
    }

    fn codec(&self) -> String {
        let space = ["", "A", "B", "C"].get(usize::from(self.profile >> 6)).copied();
        let tier = if self.profile & 0b10_0000 == 0 { 'L' } else { 'H' };
        let mut codec = format!(
            "hvc1.{}{}.{:X}.{tier}{}",
            space.unwrap_or_default(),
            self.profile & 0b1_1111,
            self.compatibility.reverse_bits(),
            self.level
        );
        let used = self.constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for byte in self.constraints.iter().take(used) {
            write!(codec, ".{byte:X}").expect("writing to a string does not fail");
        }
        codec
    }
}

/// What the NAL units of one access unit say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// NAL units with picture data.
    pub slices: u32,
    /// One of them is of an intra random access picture: IDR, CRA or BLA.
    pub is_random_access: bool,
}

/// Walks the NAL units of an access unit; `None` if their lengths do not fill it exactly.
pub fn inspect(data: &[u8], length_size: u8) -> Option<Contents> {
    const SLICES: std::ops::RangeInclusive<u8> = 0..=31;
    const RANDOM_ACCESS: std::ops::RangeInclusive<u8> = 16..=23;
    let mut contents = Contents::default();
    for nal in (Units { cursor: Cursor::new(data), length_size }) {
        let Some(header) = nal?.first() else { continue };
        let unit_type = (header >> 1) & 0b11_1111;
        contents.slices += u32::from(SLICES.contains(&unit_type));
        contents.is_random_access |= RANDOM_ACCESS.contains(&unit_type);
    }
    Some(contents)
}

/// The NAL units of an access unit; `None` once, where a length does not fit.
#[derive(Clone)]
struct Units<'a> {
    cursor: Cursor<'a>,
    length_size: u8,
}

impl<'a> Iterator for Units<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let cursor = &mut self.cursor;
        let length = match self.length_size {
            1 => cursor.u8().map(u32::from),
            2 => cursor.u16().map(u32::from),
            _ => cursor.u32(),
        };
        let nal = length.and_then(|length| cursor.take(usize::try_from(length).ok()?));
        if nal.is_none() {
            *cursor = Cursor::new(&[]);
        }
        Some(nal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 640×360, Main, 30 frames a second.
    const MAIN: &[u8] = include_bytes!("../../../fuzz/corpus/hevc_config/main");
    /// 426×240 in coding blocks of 432×240: cropped; Main 10, 29.97 frames a second.
    const MAIN_10: &[u8] = include_bytes!("../../../fuzz/corpus/hevc_config/main-10");

    fn parse(record: &[u8]) -> Result<Config, ConfigError> {
        Config::parse(Bytes::copy_from_slice(record))
    }

    #[test]
    fn a_record_tells_codec_size_and_rate() {
        let cases = [
            (MAIN, "hvc1.1.6.L63.90", 640, 360, (30, 1)),
            (MAIN_10, "hvc1.2.4.L60.90", 426, 240, (30_000, 1_001)),
        ];
        for (record, codec, width, height, rate) in cases {
            let config = parse(record).unwrap();
            assert_eq!((&*config.codec, config.width, config.height), (codec, width, height));
            let found = config.frame_rate.unwrap();
            assert_eq!((found.numerator.get(), found.denominator.get()), rate);
            assert_eq!(config.length_size, 4);
        }
    }

    #[test]
    fn tier_space_and_constraints_are_part_of_the_codec() {
        let with = |changes: &[(usize, u8)]| {
            let mut record = MAIN.to_vec();
            for (at, byte) in changes {
                record[*at] = *byte;
            }
            parse(&record).unwrap().codec
        };
        assert_eq!(with(&[(1, 0x21), (12, 93)]), "hvc1.1.6.H93.90");
        assert_eq!(with(&[(1, 0x41), (6, 0)]), "hvc1.A1.6.L63");
        assert_eq!(with(&[(6, 0xb0), (8, 0x23)]), "hvc1.1.6.L63.B0.0.23");
    }

    #[test]
    fn the_seeds_are_records() {
        crate::seeds::each("hevc_config", |record| assert!(parse(record).unwrap().width >= 320));
    }

    #[test]
    fn damaged_records_are_refused_by_name() {
        let with = |at: usize, byte: u8| {
            let mut record = MAIN.to_vec();
            record[at] = byte;
            record
        };
        let cases = [
            (vec![], ConfigError::Truncated),
            (with(0, 2), ConfigError::Version(2)),
            (with(21, 0x0e), ConfigError::LengthSize(3)),
            (with(22, 0), ConfigError::NoParameters("video")),
            (with(22, 1), ConfigError::NoParameters("sequence")),
            (with(22, 2), ConfigError::NoParameters("picture")),
            (with(22, 4), ConfigError::Truncated),
        ];
        for (record, error) in cases {
            assert_eq!(parse(&record), Err(error));
        }
        for length in 0..MAIN.len() {
            assert!(parse(&MAIN[..length]).is_err(), "cut at {length}");
        }
    }

    /// NAL units behind lengths of four bytes.
    fn unit(nals: &[&[u8]]) -> Bytes {
        let pieces = nals.iter().map(|nal| {
            let length = u32::try_from(nal.len()).unwrap().to_be_bytes();
            [&length[..], nal].concat()
        });
        pieces.collect::<Vec<_>>().concat().into()
    }

    #[test]
    fn intra_random_access_pictures_are_where_decoding_can_start() {
        // The header of a NAL unit: its type in bits 1 to 6.
        let cases: [(&[u8], u32, bool); 7] = [
            (&[19], 1, true),
            (&[21, 9], 2, true),
            (&[16, 35], 1, true),
            (&[1, 1], 2, false),
            (&[9], 1, false),
            (&[32, 33, 34, 39], 0, false),
            (&[], 0, false),
        ];
        for (types, slices, is_random_access) in cases {
            let nals: Vec<_> = types.iter().map(|kind| [kind << 1, 1, 0xaf]).collect();
            let nals: Vec<_> = nals.iter().map(|nal| &nal[..]).collect();
            let contents = inspect(&unit(&nals), 4);
            assert_eq!(contents, Some(Contents { slices, is_random_access }), "{types:?}");
        }
        assert_eq!(inspect(&[0, 0, 0, 3, 0x26, 9], 4), None);
        assert_eq!(inspect(&[0, 2, 0x26, 1], 2).map(|contents| contents.slices), Some(1));
    }

    #[test]
    fn parameter_sets_of_the_record_are_taken_out_of_samples_and_others_stay() {
        let config = parse(MAIN).unwrap();
        let fields = Fields::read(MAIN).unwrap();
        let (vps, sps, pps) = (fields.sets[0].1, fields.sets[1].1, fields.sets[2].1);
        let (slice, other) = (&[38, 1, 0xaf][..], &[68, 1, 7][..]);
        let plain = unit(&[slice]);
        let kept = config.without_parameter_sets(&plain);
        assert_eq!(kept.as_ptr(), plain.as_ptr(), "nothing is copied");
        let repeated = unit(&[vps, sps, pps, other, slice]);
        assert_eq!(config.without_parameter_sets(&repeated), unit(&[other, slice]));
    }

    proptest! {
        #[test]
        fn changed_records_never_panic(
            changes in prop::collection::vec((0..MAIN.len(), any::<u8>()), 1..6),
        ) {
            let mut record = MAIN.to_vec();
            for (at, byte) in changes {
                record[at] = byte;
            }
            let _config = parse(&record).is_ok();
        }

        #[test]
        fn random_units_never_panic(
            data in prop::collection::vec(any::<u8>(), 0..100),
            length_size in 1..=4_u8,
        ) {
            let _contents = inspect(&data, length_size).is_some();
            let config = Config { length_size, ..parse(MAIN).unwrap() };
            config.without_parameter_sets(&data.into());
        }
    }
}
