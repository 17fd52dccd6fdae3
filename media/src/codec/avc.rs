//! H.264: the decoder configuration record and the shape of an access unit.

use crate::cursor::Cursor;
use crate::unit::FrameRate;
use bytes::Bytes;
use h264_reader::nal::sps::{ChromaFormat, FrameMbsFlags, SeqParameterSet};
use h264_reader::nal::{Nal, RefNal};
use std::num::NonZeroU32;

/// What an `AVCDecoderConfigurationRecord` says about its track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The whole record, as it stands in an `avcC` box.
    pub record: Bytes,
    /// `avc1.PPCCLL`: profile, constraints and level in lower-case hex (RFC 6381).
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
    #[error("the H.264 configuration record ends early")]
    Truncated,
    /// A later version of the format.
    #[error("version {0} of the H.264 configuration record is unknown")]
    Version(u8),
    /// It names no sequence parameter set.
    #[error("the H.264 configuration record holds no sequence parameter set")]
    NoParameters,
    /// Its NAL unit lengths have a size that does not exist.
    #[error("H.264 NAL unit lengths of {0} bytes do not exist")]
    LengthSize(u8),
    /// Its sequence parameter set can't be read.
    #[error("the H.264 sequence parameter set is damaged: {0}")]
    Parameters(String),
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
    /// The largest width or height taken, in pixels: the largest of level 6.2.
    pub const SIDE_MAX: u32 = 16_384;

    /// Reads an `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3.1).
    pub fn parse(record: Bytes) -> Result<Self, ConfigError> {
        let header = Header::read(&record)?;
        let sps = parameters(header.sps)?;
        let (width, height) = sps
            .pixel_dimensions()
            .map_err(|error| ConfigError::Parameters(format!("{error:?}")))?;
        if width == 0 || height == 0 {
            return Err(ConfigError::Parameters("the picture is empty".to_owned()));
        }
        if width > Self::SIDE_MAX || height > Self::SIDE_MAX {
            return Err(ConfigError::TooLarge { width, height, max: Self::SIDE_MAX });
        }
        let [profile, constraints, level] = header.profile;
        Ok(Self {
            codec: format!("avc1.{profile:02x}{constraints:02x}{level:02x}"),
            width,
            height,
            frame_rate: frame_rate(&sps),
            length_size: header.length_size,
            record,
        })
    }
}

/// Why browsers may show nothing of a track that is right in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusual {
    /// Not 4:2:0; what x264 makes of a 4:4:4 source unless told otherwise.
    #[error("the colours are not sampled 4:2:0")]
    Chroma,
    /// More than 8 bits.
    #[error("samples have more than 8 bits")]
    Depth,
    /// Fields or adaptive.
    #[error("the picture is interlaced")]
    Interlaced,
}

impl Unusual {
    /// The name for warnings and the ingest log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chroma => "chroma_unusual",
            Self::Depth => "bit_depth_unusual",
            Self::Interlaced => "interlaced",
        }
    }
}

impl Config {
    /// What players on the web do not decode; `None` for 8-bit 4:2:0 frames. Reads the record
    /// again: ask once per configuration.
    pub fn unusual(&self) -> Option<Unusual> {
        let sps = parameters(Header::read(&self.record).ok()?.sps).ok()?;
        let chroma = &sps.chroma_info;
        if chroma.chroma_format != ChromaFormat::YUV420 {
            Some(Unusual::Chroma)
        } else if chroma.bit_depth_luma_minus8 > 0 || chroma.bit_depth_chroma_minus8 > 0 {
            Some(Unusual::Depth)
        } else if matches!(sps.frame_mbs_flags, FrameMbsFlags::Fields { .. }) {
            Some(Unusual::Interlaced)
        } else {
            None
        }
    }
}

/// The parameter sets of a configuration record, each without its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSets<'a> {
    /// Of sequences: size, profile, level.
    pub sequence: Vec<&'a [u8]>,
    /// Of pictures.
    pub picture: Vec<&'a [u8]>,
}

/// The parameter sets of a record; `None` if it ends early.
pub fn parameter_sets(record: &[u8]) -> Option<ParameterSets<'_>> {
    const HEADER: usize = 5;
    let mut cursor = Cursor::new(record);
    cursor.take(HEADER)?;
    let mut list = |mask: u8| {
        let count = cursor.u8()? & mask;
        let sets = (0..count).map(|_| {
            let length = usize::from(cursor.u16()?);
            cursor.take(length)
        });
        sets.collect::<Option<Vec<_>>>()
    };
    Some(ParameterSets { sequence: list(0b1_1111)?, picture: list(u8::MAX)? })
}

struct Header<'a> {
    profile: [u8; 3],
    length_size: u8,
    sps: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(record: &'a [u8]) -> Result<Self, ConfigError> {
        let mut cursor = Cursor::new(record);
        let version = cursor.u8().ok_or(ConfigError::Truncated)?;
        if version != 1 {
            return Err(ConfigError::Version(version));
        }
        Self::after_version(&mut cursor).ok_or(ConfigError::Truncated)?
    }

    fn after_version(cursor: &mut Cursor<'a>) -> Option<Result<Self, ConfigError>> {
        let profile = cursor.array()?;
        let length_size = (cursor.u8()? & 0b11) + 1;
        let sps = sets(cursor, cursor.clone().u8()? & 0b1_1111)?;
        let pictures = cursor.clone().u8()?;
        sets(cursor, pictures)?;
        if length_size == 3 {
            return Some(Err(ConfigError::LengthSize(length_size)));
        }
        Some(sps.ok_or(ConfigError::NoParameters).map(|sps| Self { profile, length_size, sps }))
    }
}

/// Steps over the count byte and `count` length-prefixed sets; returns the first.
#[expect(clippy::option_option, reason = "cut short is not the same as holding none")]
fn sets<'a>(cursor: &mut Cursor<'a>, count: u8) -> Option<Option<&'a [u8]>> {
    cursor.u8()?;
    let mut first = None;
    for _ in 0..count {
        let length = usize::from(cursor.u16()?);
        let set = cursor.take(length)?;
        first = first.or(Some(set));
    }
    Some(first)
}

/// Parses as if at the highest level: encoders understate it, and the bounds that hang on it are
/// the decoder's affair.
fn parameters(sps: &[u8]) -> Result<SeqParameterSet, ConfigError> {
    const LEVEL_AT: usize = 3;
    const LEVEL_6_2: u8 = 62;
    const SPS_TYPE: u8 = 7;
    let mut sps = sps.to_vec();
    if sps.first().is_none_or(|header| header & 0b1001_1111 != SPS_TYPE) {
        return Err(ConfigError::Parameters("its NAL unit type is not 7".to_owned()));
    }
    *sps.get_mut(LEVEL_AT).ok_or(ConfigError::Truncated)? = LEVEL_6_2;
    SeqParameterSet::from_bits(RefNal::new(&sps, &[], true).rbsp_bits())
        .map_err(|error| ConfigError::Parameters(format!("{error:?}")))
}

/// One frame is two ticks of the VUI clock (H.264 E.2.1).
fn frame_rate(sps: &SeqParameterSet) -> Option<FrameRate> {
    let timing = sps.vui_parameters.as_ref()?.timing_info.as_ref()?;
    let denominator = NonZeroU32::new(timing.num_units_in_tick)?;
    let (numerator, denominator) = if timing.time_scale % 2 == 0 {
        (timing.time_scale / 2, denominator)
    } else {
        (timing.time_scale, denominator.checked_mul(NonZeroU32::MIN.checked_add(1)?)?)
    };
    Some(FrameRate { numerator: NonZeroU32::new(numerator)?, denominator })
}

/// What the NAL units of one access unit say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// NAL units with picture data.
    pub slices: u32,
    /// One of them is of an IDR picture.
    pub is_idr: bool,
}

/// Walks the NAL units of an access unit; `None` if their lengths do not fill it exactly.
pub fn inspect(data: &[u8], length_size: u8) -> Option<Contents> {
    const IDR: u8 = 5;
    let mut cursor = Cursor::new(data);
    let mut contents = Contents::default();
    while !cursor.is_empty() {
        let length = match length_size {
            1 => u32::from(cursor.u8()?),
            2 => u32::from(cursor.u16()?),
            _ => cursor.u32()?,
        };
        let nal = cursor.take(usize::try_from(length).ok()?)?;
        let Some(header) = nal.first() else { continue };
        let unit_type = header & 0b1_1111;
        contents.slices += u32::from((1..=IDR).contains(&unit_type));
        contents.is_idr |= unit_type == IDR;
    }
    Some(contents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testcard;
    use crate::unit::TrackConfig;
    use proptest::prelude::*;

    /// 640×360, main profile, 30 frames a second, with the record's extension bytes left out.
    const MAIN: &[u8] = b"\x01\x4d\x40\x1e\xff\xe1\x00\x18\x67\x4d\x40\x1e\xec\xa0\x50\x17\xfc\xb8\
        \x08\x80\x00\x00\x03\x00\x80\x00\x00\x1e\x07\x8b\x16\xcb\x01\x00\x04\x68\xce\x3c\x80";
    /// 320×180 in macroblocks of 320×192: cropped.
    const CROPPED: &[u8] = b"\x01\x42\xc0\x0d\xff\xe1\x00\x17\x67\x42\xc0\x0d\xda\x05\x06\x7e\x7c\
        \x04\x40\x00\x00\x03\x00\x40\x00\x00\x0f\x03\xc5\x0a\xa8\x01\x00\x04\x68\xce\x0f\xc8";

    fn parse(record: &[u8]) -> Result<Config, ConfigError> {
        Config::parse(Bytes::copy_from_slice(record))
    }

    fn record_of_the_test_picture() -> Bytes {
        match testcard::Encoder::config() {
            TrackConfig::Video(config) => config.record().clone(),
            TrackConfig::Audio(_) => Bytes::new(),
        }
    }

    #[test]
    fn a_record_tells_codec_size_and_rate() {
        let cases = [
            (MAIN, "avc1.4d401e", 640, 360),
            (CROPPED, "avc1.42c00d", 320, 180),
            (&record_of_the_test_picture(), "avc1.42c01f", 1_280, 720),
        ];
        for (record, codec, width, height) in cases {
            let config = parse(record).unwrap();
            assert_eq!((&*config.codec, config.width, config.height), (codec, width, height));
            let rate = config.frame_rate.unwrap();
            assert_eq!(rate.numerator.get(), 30 * rate.denominator.get());
            assert_eq!(config.length_size, 4);
        }
    }

    #[test]
    fn parameter_sets_are_those_of_the_record() {
        let record = [1, 66, 0, 31, 0xff, 0xe2, 0, 2, 0x67, 1, 0, 1, 0x67, 1, 0, 2, 0x68, 9, 7];
        let sets = parameter_sets(&record).unwrap();
        assert_eq!(sets.sequence, [&[0x67, 1][..], &[0x67]]);
        assert_eq!(sets.picture, [&[0x68, 9][..]]);
        for end in 0..record.len() - 1 {
            assert_eq!(parameter_sets(&record[..end]), None, "{end}");
        }
    }

    #[test]
    fn the_seeds_are_records() {
        crate::seeds::each("avc_config", |record| assert!(parse(record).unwrap().width >= 320));
    }

    #[test]
    fn what_browsers_do_not_decode_is_named() {
        let seed = include_bytes!("../../../fuzz/corpus/avc_config/high-444");
        assert_eq!(parse(seed).unwrap().unusual(), Some(Unusual::Chroma));
        for record in [MAIN, CROPPED] {
            assert_eq!(parse(record).unwrap().unusual(), None);
        }
    }

    #[test]
    fn a_level_below_the_picture_is_no_reason_to_refuse() {
        // Level 1 allows 99 macroblocks; this picture has 920.
        let mut record = MAIN.to_vec();
        record[3] = 10;
        record[11] = 10;
        assert_eq!(parse(&record).unwrap().codec, "avc1.4d400a");
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
            (MAIN[..5].to_vec(), ConfigError::Truncated),
            (with(0, 2), ConfigError::Version(2)),
            (with(4, 0xfe), ConfigError::LengthSize(3)),
            (vec![1, 66, 0, 31, 0xff, 0xe0, 0], ConfigError::NoParameters),
            (with(8, 0x68), ConfigError::Parameters("its NAL unit type is not 7".to_owned())),
        ];
        for (record, error) in cases {
            assert_eq!(parse(&record), Err(error));
        }
        for length in 0..MAIN.len() {
            assert!(parse(&MAIN[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn nal_units_must_fill_the_access_unit() {
        let cases: [(&[u8], u8, Option<Contents>); 7] = [
            (&[0, 0, 0, 2, 0x65, 9], 4, Some(Contents { slices: 1, is_idr: true })),
            (&[0, 2, 0x41, 9, 0, 1, 0x41], 2, Some(Contents { slices: 2, is_idr: false })),
            (&[1, 0x06], 1, Some(Contents::default())),
            (&[0, 0, 0, 0], 4, Some(Contents::default())),
            (&[], 4, Some(Contents::default())),
            (&[0, 0, 0, 3, 0x65, 9], 4, None),
            (&[0, 0, 0, 1, 0x65, 9], 4, None),
        ];
        for (data, length_size, contents) in cases {
            assert_eq!(inspect(data, length_size), contents, "{data:02x?}");
        }
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
        }
    }
}
