//! AAC: the `AudioSpecificConfig`.

use crate::codec::bits::Bits;
use bytes::Bytes;

/// What an `AudioSpecificConfig` says about its track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The whole `AudioSpecificConfig`.
    pub specific: Bytes,
    /// `mp4a.40.` and the audio object type: 2 for AAC-LC, 5 for HE-AAC, 29 for HE-AAC v2.
    pub codec: String,
    /// Samples per second of the AAC core: the clock of the track. HE-AAC plays at twice this rate.
    pub sample_rate: u32,
    /// Channels of the AAC core: 1 to 8.
    pub channels: u8,
    /// Core samples in one frame: 1 024, or 960.
    pub frame_samples: u32,
}

/// Why an `AudioSpecificConfig` was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It ends before its last field.
    #[error("the AAC configuration ends early")]
    Truncated,
    /// Not a kind of AAC that RTMP carries.
    #[error("audio object type {0} is not AAC")]
    ObjectType(u32),
    /// A reserved rate, or one no decoder takes.
    #[error("the AAC configuration names no valid sample rate")]
    SampleRate,
    /// The channels are given in a program config element, or the number is reserved.
    #[error("AAC channel configuration {0} is not supported")]
    Channels(u32),
}

/// Samples per second by index (ISO/IEC 14496-3, table 1.18).
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

impl Config {
    /// The highest sample rate taken.
    pub const SAMPLE_RATE_MAX: u32 = 96_000;

    /// Reads an `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1).
    pub fn parse(specific: Bytes) -> Result<Self, ConfigError> {
        let fields = Fields::read(&mut Bits::new(&specific)).ok_or(ConfigError::Truncated)?;
        let sample_rate = fields
            .sample_rate
            .filter(|rate| (1..=Self::SAMPLE_RATE_MAX).contains(rate))
            .ok_or(ConfigError::SampleRate)?;
        if !CORE_TYPES.contains(&fields.core_type) {
            return Err(ConfigError::ObjectType(fields.core_type));
        }
        let channels = match fields.channels {
            count @ 1..=6 => u8::try_from(count).unwrap_or(u8::MAX),
            7 | 12 | 14 => 8,
            11 => 7,
            other => return Err(ConfigError::Channels(other)),
        };
        Ok(Self {
            codec: format!("mp4a.40.{}", fields.object_type),
            sample_rate,
            channels,
            frame_samples: if fields.short_frames { 960 } else { 1_024 },
            specific,
        })
    }
}

/// Main, LC, SSR and LTP: the cores that play in frames of 1 024 or 960 samples.
const CORE_TYPES: std::ops::RangeInclusive<u32> = 1..=4;
const SBR: u32 = 5;
const PS: u32 = 29;

struct Fields {
    /// As signalled first: 5 or 29 for explicit SBR.
    object_type: u32,
    core_type: u32,
    sample_rate: Option<u32>,
    channels: u32,
    short_frames: bool,
}

impl Fields {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let object_type = object_type(bits)?;
        let sample_rate = sample_rate(bits)?;
        let channels = bits.take(4)?;
        let core_type = if object_type == SBR || object_type == PS {
            sample_rate_of_extension(bits)?;
            self::object_type(bits)?
        } else {
            object_type
        };
        let short_frames = bits.take(1)? == 1;
        Some(Self { object_type, core_type, sample_rate, channels, short_frames })
    }
}

fn object_type(bits: &mut Bits<'_>) -> Option<u32> {
    const ESCAPE: u32 = 31;
    match bits.take(5)? {
        ESCAPE => Some(32 + bits.take(6)?),
        plain => Some(plain),
    }
}

/// The rate, `Some(None)` for a reserved index.
#[expect(clippy::option_option, reason = "cut short is not the same as reserved")]
fn sample_rate(bits: &mut Bits<'_>) -> Option<Option<u32>> {
    const EXPLICIT: u32 = 15;
    match bits.take(4)? {
        EXPLICIT => bits.take(24).map(Some),
        index => Some(usize::try_from(index).ok().and_then(|index| RATES.get(index).copied())),
    }
}

/// Steps over the rate after spectral band replication: the track's clock is the core's.
fn sample_rate_of_extension(bits: &mut Bits<'_>) -> Option<()> {
    sample_rate(bits).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Ok((codec, core rate, channels))` of a configuration in hex.
    fn read(bytes: &[u8]) -> Result<(String, u32, u8), ConfigError> {
        let config = Config::parse(Bytes::copy_from_slice(bytes))?;
        Ok((config.codec, config.sample_rate, config.channels))
    }

    #[test]
    fn names_codec_core_rate_and_channels() {
        let cases: [(&[u8], &str, u32, u8); 6] = [
            (&[0x11, 0x90], "mp4a.40.2", 48_000, 2),
            (&[0x12, 0x10], "mp4a.40.2", 44_100, 2),
            (&[0x11, 0x88], "mp4a.40.2", 48_000, 1),
            // Explicit SBR: core 24 kHz, output 48 kHz.
            (&[0x2b, 0x11, 0x88, 0x00], "mp4a.40.5", 24_000, 2),
            // Explicit PS on one core channel.
            (&[0xeb, 0x09, 0x88, 0x00], "mp4a.40.29", 24_000, 1),
            // LC with a backward-compatible SBR signal after it stays LC.
            (&[0x13, 0x10, 0x56, 0xe5, 0x98], "mp4a.40.2", 24_000, 2),
        ];
        for (bytes, codec, rate, channels) in cases {
            assert_eq!(read(bytes), Ok((codec.to_owned(), rate, channels)), "{bytes:02x?}");
        }
    }

    #[test]
    fn the_seeds_are_configurations() {
        crate::seeds::each("aac_config", |bytes| assert!(read(bytes).unwrap().1 >= 24_000));
    }

    #[test]
    fn refuses_what_is_no_aac() {
        let cases: [(&[u8], ConfigError); 5] = [
            (&[], ConfigError::Truncated),
            (&[0x11], ConfigError::Truncated),
            (&[0x16, 0x90], ConfigError::SampleRate),
            (&[0x11, 0x80], ConfigError::Channels(0)),
            (&[0x09 << 3, 0x90], ConfigError::ObjectType(9)),
        ];
        for (bytes, error) in cases {
            assert_eq!(read(bytes), Err(error), "{bytes:02x?}");
        }
    }
}
