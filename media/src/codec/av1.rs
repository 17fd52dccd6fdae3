//! AV1: the codec configuration record and the shape of a temporal unit.
//!
//! Source: AV1 Bitstream & Decoding Process Specification, 5.3 to 5.9; AV1 Codec ISO Media File
//! Format Binding; names in comments are those there.

use crate::codec::bits::Bits;
use crate::cursor::Cursor;
use crate::unit::FrameRate;
use bytes::{Bytes, BytesMut};
use std::num::NonZeroU32;

/// What an `AV1CodecConfigurationRecord` says about its track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The whole record, as it stands in an `av1C` box.
    pub record: Bytes,
    /// `av01.P.LLT.DD`: profile, level, tier and bit depth.
    pub codec: String,
    /// The largest width of a frame in pixels.
    pub width: u32,
    /// The largest height of a frame in pixels.
    pub height: u32,
    /// From the sequence header, if all frames are equally long and it says how long.
    pub frame_rate: Option<FrameRate>,
}

/// Why a configuration record was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It ends before its last field.
    #[error("the AV1 configuration record ends early")]
    Truncated,
    /// A later version of the format.
    #[error("version {0} of the AV1 configuration record is unknown")]
    Version(u8),
    /// It holds no sequence header, and so no size.
    #[error("the AV1 configuration record holds no sequence header")]
    NoParameters,
    /// Its sequence header can't be read.
    #[error("the AV1 sequence header is damaged")]
    Parameters,
    /// A picture larger than any we take.
    #[error("a picture of {width}×{height} is larger than {max} pixels a side")]
    TooLarge {
        /// Width of a frame.
        width: u32,
        /// Height of a frame.
        height: u32,
        /// The bound.
        max: u32,
    },
}

impl Config {
    /// The largest width or height taken, in pixels.
    pub const SIDE_MAX: u32 = 16_384;

    /// Reads an `AV1CodecConfigurationRecord`.
    pub fn parse(record: Bytes) -> Result<Self, ConfigError> {
        let mut cursor = Cursor::new(&record);
        let [marker, profile_level, tier_depth, _] =
            cursor.array().ok_or(ConfigError::Truncated)?;
        if marker != 0x81 {
            return Err(ConfigError::Version(marker & 0x7f));
        }
        let units: Option<Vec<_>> = Units(cursor).collect();
        let units = units.ok_or(ConfigError::Parameters)?;
        let header = units.iter().find(|unit| unit.kind == SEQUENCE_HEADER);
        let header = header.ok_or(ConfigError::NoParameters)?;
        let Sequence { width, height, frame_rate } =
            Sequence::read(header.payload).ok_or(ConfigError::Parameters)?;
        if width > Self::SIDE_MAX || height > Self::SIDE_MAX {
            return Err(ConfigError::TooLarge { width, height, max: Self::SIDE_MAX });
        }
        let codec = codec(profile_level, tier_depth);
        Ok(Self { record, codec, width, height, frame_rate })
    }
}

/// The second and third byte of a record as RFC 6381 has them.
fn codec(profile_level: u8, tier_depth: u8) -> String {
    let (profile, level) = (profile_level >> 5, profile_level & 0b1_1111);
    let tier = if tier_depth & 0x80 == 0 { 'M' } else { 'H' };
    let depth = match (tier_depth & 0x40 != 0, tier_depth & 0x20 != 0) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    format!("av01.{profile}.{level:02}{tier}.{depth:02}")
}

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;

/// One open bitstream unit.
#[derive(Debug, Clone, Copy)]
struct Unit<'a> {
    kind: u8,
    /// With its header and size.
    whole: &'a [u8],
    payload: &'a [u8],
}

impl Unit<'_> {
    fn is_delimiter(&self) -> bool {
        self.kind == TEMPORAL_DELIMITER
    }
}

/// The units of a temporal unit; `None` once, where a size does not fit.
#[derive(Clone)]
struct Units<'a>(Cursor<'a>);

impl<'a> Iterator for Units<'a> {
    type Item = Option<Unit<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let unit = read(&mut self.0);
        if unit.is_none() {
            self.0 = Cursor::new(&[]);
        }
        Some(unit)
    }
}

fn read<'a>(cursor: &mut Cursor<'a>) -> Option<Unit<'a>> {
    const FORBIDDEN: u8 = 0b1000_0000;
    const EXTENSION: u8 = 0b100;
    const HAS_SIZE: u8 = 0b10;
    let start = cursor.rest();
    let header = cursor.u8()?;
    if header & FORBIDDEN != 0 {
        return None;
    }
    if header & EXTENSION != 0 {
        cursor.u8()?;
    }
    // The last one of a unit may leave its size out.
    let size = if header & HAS_SIZE != 0 { size(cursor)? } else { cursor.rest().len() };
    let payload = cursor.take(size)?;
    let whole = start.get(..start.len() - cursor.rest().len())?;
    Some(Unit { kind: (header >> 3) & 0b1111, whole, payload })
}

/// `leb128`, which ends with its eighth byte.
fn size(cursor: &mut Cursor<'_>) -> Option<usize> {
    let mut value = 0_u64;
    for at in 0..8 {
        let byte = cursor.u8()?;
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok().and_then(|value| usize::try_from(value).ok());
        }
    }
    None
}

/// What a sequence header says of its frames.
struct Sequence {
    width: u32,
    height: u32,
    frame_rate: Option<FrameRate>,
}

impl Sequence {
    /// `sequence_header_obu` (5.5.1) up to the size.
    fn read(payload: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(payload);
        bits.skip(4)?;
        let mut frame_rate = None;
        if bits.flag()? {
            bits.skip(5)?;
        } else {
            frame_rate = operating_points(&mut bits)?;
        }
        let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
        let (width, height) = (bits.take(width_bits)? + 1, bits.take(height_bits)? + 1);
        Some(Self { width, height, frame_rate })
    }
}

/// From `timing_info_present_flag` to the last operating point; the rate, if there is one.
#[expect(clippy::option_option, reason = "cut short is not the same as unknown")]
fn operating_points(bits: &mut Bits<'_>) -> Option<Option<FrameRate>> {
    let mut frame_rate = None;
    let mut delay_bits = None;
    if bits.flag()? {
        frame_rate = timing(bits)?;
        if bits.flag()? {
            delay_bits = Some(usize::try_from(bits.take(5)?).ok()? + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.take(5)? {
        bits.skip(12)?;
        let has_tier = bits.take(5)? > 7;
        bits.skip(usize::from(has_tier))?;
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(frame_rate)
}

/// `timing_info` (5.5.3): a rate only where every picture lasts equally many ticks.
#[expect(clippy::option_option, reason = "cut short is not the same as unknown")]
fn timing(bits: &mut Bits<'_>) -> Option<Option<FrameRate>> {
    let (tick, scale) = (bits.take(32)?, bits.take(32)?);
    if !bits.flag()? {
        return Some(None);
    }
    let ticks = bits.golomb()?.checked_add(1)?;
    let denominator = tick.checked_mul(ticks).and_then(NonZeroU32::new);
    let rate = NonZeroU32::new(scale).zip(denominator);
    Some(rate.map(|(numerator, denominator)| FrameRate { numerator, denominator }))
}

/// What the units of one temporal unit say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// Frames, and frames shown again.
    pub frames: u32,
    /// The first of them is a key frame that is shown.
    pub is_key: bool,
    /// There is a delimiter, which samples of a file do not have.
    pub has_delimiter: bool,
}

/// Walks the units of a temporal unit; `None` if their sizes do not fill it exactly.
pub fn inspect(data: &[u8]) -> Option<Contents> {
    let mut contents = Contents::default();
    for unit in Units(Cursor::new(data)) {
        let unit = unit?;
        contents.has_delimiter |= unit.is_delimiter();
        if unit.kind == FRAME_HEADER || unit.kind == FRAME {
            contents.is_key |= contents.frames == 0 && is_shown_key(unit.payload);
            contents.frames += 1;
        }
    }
    Some(contents)
}

/// The first bits of a frame header: not an older frame again, of type key, shown.
fn is_shown_key(payload: &[u8]) -> bool {
    const KEY_SHOWN: u8 = 0b0001_0000;
    payload.first().is_some_and(|first| first & 0b1111_0000 == KEY_SHOWN)
}

/// The temporal unit without its delimiters: samples of a file have none. Copies only where one
/// stands elsewhere than in front.
pub fn without_delimiters(data: &Bytes) -> Bytes {
    let mut rest = data.clone();
    while let Some(unit) = read(&mut Cursor::new(&rest)).filter(Unit::is_delimiter) {
        rest = rest.slice(unit.whole.len()..);
    }
    let units = || Units(Cursor::new(&rest)).flatten();
    if !units().any(|unit| unit.is_delimiter()) {
        return rest;
    }
    let mut kept = BytesMut::with_capacity(rest.len());
    for unit in units().filter(|unit| !unit.is_delimiter()) {
        kept.extend_from_slice(unit.whole);
    }
    kept.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 640×360 at 30 frames a second, as SVT-AV1 writes it: without a rate.
    const SVT: &[u8] = include_bytes!("../../../fuzz/corpus/av1_config/svt");
    /// 426×240, as libaom writes it.
    const AOM: &[u8] = include_bytes!("../../../fuzz/corpus/av1_config/aom");

    fn parse(record: &[u8]) -> Result<Config, ConfigError> {
        Config::parse(Bytes::copy_from_slice(record))
    }

    #[test]
    fn a_record_tells_codec_and_size() {
        let cases = [(SVT, "av01.0.01M.08", 640, 360), (AOM, "av01.0.00M.08", 426, 240)];
        for (record, codec, width, height) in cases {
            let config = parse(record).unwrap();
            assert_eq!((&*config.codec, config.width, config.height), (codec, width, height));
        }
        let cases = [
            (0x0d, 0x0c, "av01.0.13M.08"),
            (0x28, 0xcc, "av01.1.08H.10"),
            (0x52, 0x6c, "av01.2.18M.12"),
        ];
        for (profile_level, tier_depth, name) in cases {
            assert_eq!(codec(profile_level, tier_depth), name);
        }
    }

    #[test]
    fn a_rate_is_known_where_all_pictures_last_equally_long() {
        // Profile 0, no still picture, full header, timing: 1 tick of 30, equal, 1 tick each;
        // no model, no delay, one point: level 4, then 7 bits each for 64×32.
        let text = [
            "000",
            "0",
            "0",
            "1",
            &format!("{:032b}", 1),
            &format!("{:032b}", 30),
            "1",
            "1",
            "0",
            "0",
            "00000",
            "000000000000",
            "00100",
            "0110",
            "0110",
            "0111111",
            "0011111",
        ]
        .concat();
        let bits: Vec<u8> = text.bytes().collect();
        let payload: Vec<u8> = bits
            .chunks(8)
            .map(|byte| byte.iter().enumerate().map(|(at, bit)| (bit - b'0') << (7 - at)).sum())
            .collect();
        let sequence = Sequence::read(&payload).unwrap();
        assert_eq!((sequence.width, sequence.height), (64, 32));
        let rate = sequence.frame_rate.unwrap();
        assert_eq!((rate.numerator.get(), rate.denominator.get()), (30, 1));
        assert!(Sequence::read(&payload[..10]).is_none());
    }

    #[test]
    fn the_seeds_are_records() {
        crate::seeds::each("av1_config", |record| assert!(parse(record).unwrap().width >= 320));
    }

    #[test]
    fn damaged_records_are_refused_by_name() {
        let cases = [
            (&[][..], ConfigError::Truncated),
            (&[0x82, 0, 0x0c, 0], ConfigError::Version(2)),
            (&[0x81, 0, 0x0c, 0], ConfigError::NoParameters),
            (&[0x81, 0, 0x0c, 0, 0x0a, 9], ConfigError::Parameters),
            (&[0x81, 0, 0x0c, 0, 0x0a, 1, 0], ConfigError::Parameters),
        ];
        for (record, error) in cases {
            assert_eq!(parse(record), Err(error));
        }
        for length in 0..SVT.len() {
            assert!(parse(&SVT[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn the_first_frame_decides_where_decoding_can_start() {
        let contents =
            |frames, is_key, has_delimiter| Some(Contents { frames, is_key, has_delimiter });
        let cases: [(&[u8], Option<Contents>); 7] = [
            // Sequence header, then a frame of type key that is shown.
            (&[0x0a, 1, 0, 0x32, 2, 0x10, 0], contents(1, true, false)),
            (&[0x12, 0, 0x32, 2, 0x10, 0], contents(1, true, true)),
            // A key frame that is shown later; an inter frame; an old frame shown again.
            (&[0x32, 2, 0x00, 0], contents(1, false, false)),
            (&[0x32, 2, 0x30, 0, 0x32, 1, 0x10], contents(2, false, false)),
            (&[0x1a, 1, 0xe8], contents(1, false, false)),
            // Without a size the last one goes to the end.
            (&[0x30, 0x10, 9, 9], contents(1, true, false)),
            (&[0x32, 3, 0x10, 0], None),
        ];
        for (data, expected) in cases {
            assert_eq!(inspect(data), expected, "{data:02x?}");
        }
    }

    #[test]
    fn delimiters_are_taken_out_wherever_they_stand() {
        let frame = [0x32, 2, 0x10, 0];
        let cases: [(&[u8], &[u8]); 4] = [
            (&frame, &frame),
            (&[0x12, 0, 0x32, 2, 0x10, 0], &frame),
            (
                &[0x12, 0, 0x32, 2, 0x10, 0, 0x12, 0, 0x1a, 1, 0xe8],
                &[0x32, 2, 0x10, 0, 0x1a, 1, 0xe8],
            ),
            (&[0x12, 0], &[]),
        ];
        for (data, kept) in cases {
            assert_eq!(without_delimiters(&Bytes::copy_from_slice(data)), kept, "{data:02x?}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(data in prop::collection::vec(any::<u8>(), 0..60)) {
            let _contents = inspect(&data).is_some();
            let _config = parse(&[&[0x81, 0, 0, 0], &data[..]].concat()).is_ok();
            let kept = without_delimiters(&data.into());
            prop_assert!(inspect(&kept).is_none_or(|contents| !contents.has_delimiter));
        }
    }
}
