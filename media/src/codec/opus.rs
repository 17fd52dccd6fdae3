//! Opus: the identification header, and how long a packet plays.

use bytes::Bytes;

use crate::cursor::Cursor;

/// What an identification header and a first packet say about their track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The identification header from its magic on (RFC 7845, 5.1).
    pub head: Bytes,
    /// `Opus`, as the registry of sample entries writes it.
    pub codec: String,
    /// Channels as they are heard.
    pub channels: u8,
    /// Samples at the start that a decoder makes and nobody shall hear.
    pub pre_skip: u16,
    /// The rate of the sound before it was encoded: a decoder's clock is [`Self::SAMPLE_RATE`].
    pub input_sample_rate: u32,
    /// In 256ths of a decibel.
    pub output_gain: i16,
    /// What the streams of a packet are to the channels; none for mono and stereo.
    pub mapping: Option<Mapping>,
    /// Samples in one packet.
    pub frame_samples: u32,
}

/// How channels are made of a packet's streams (RFC 7845, 5.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Which set of meanings the channels have; never zero.
    pub family: u8,
    /// Streams in a packet.
    pub streams: u8,
    /// How many of them hold two channels.
    pub coupled: u8,
    /// For each channel which decoded one it is; 255 is silence.
    pub channels: Bytes,
}

/// Why an identification header was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Other bytes.
    #[error("the Opus header does not begin with OpusHead")]
    Magic,
    /// It ends before its last field.
    #[error("the Opus header ends early")]
    Truncated,
    /// A version that old decoders can't read.
    #[error("version {0} of the Opus header is unknown")]
    Version(u8),
    /// No channel, or streams that do not make so many.
    #[error("the Opus header names no valid channels")]
    Channels,
}

impl Config {
    /// The clock of every Opus track.
    pub const SAMPLE_RATE: u32 = 48_000;

    /// Reads an identification header; `frame_samples` are those of the first packet.
    pub fn parse(head: Bytes, frame_samples: u32) -> Result<Self, ConfigError> {
        const MAGIC: &[u8] = b"OpusHead";
        /// Higher versions keep the layout as long as these bits are zero.
        const MAJOR: u8 = 0xf0;
        let body = head.strip_prefix(MAGIC).ok_or(ConfigError::Magic)?;
        let fields = Fields::read(body).ok_or(ConfigError::Truncated)?;
        if fields.version & MAJOR != 0 {
            return Err(ConfigError::Version(fields.version));
        }
        let mapping = fields.mapping.map(|(family, streams, coupled, channels)| Mapping {
            family,
            streams,
            coupled,
            channels: Bytes::copy_from_slice(channels),
        });
        let are_valid = match &mapping {
            None => (1..=2).contains(&fields.channels),
            Some(mapping) => mapping.is_valid(),
        };
        if !are_valid {
            return Err(ConfigError::Channels);
        }
        Ok(Self {
            codec: "Opus".to_owned(),
            channels: fields.channels,
            pre_skip: fields.pre_skip,
            input_sample_rate: fields.input_sample_rate,
            output_gain: fields.output_gain,
            mapping,
            frame_samples,
            head,
        })
    }
}

impl Mapping {
    fn is_valid(&self) -> bool {
        const SILENCE: u8 = 255;
        let decoded = u16::from(self.streams) + u16::from(self.coupled);
        let known = |channel: &u8| u16::from(*channel) < decoded || *channel == SILENCE;
        self.streams > 0
            && self.coupled <= self.streams
            && !self.channels.is_empty()
            && self.channels.iter().all(known)
    }
}

struct Fields<'a> {
    version: u8,
    channels: u8,
    pre_skip: u16,
    input_sample_rate: u32,
    output_gain: i16,
    /// Family, streams, coupled streams and the table.
    mapping: Option<(u8, u8, u8, &'a [u8])>,
}

impl<'a> Fields<'a> {
    /// Numbers are little-endian here.
    fn read(body: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(body);
        let (version, channels) = (cursor.u8()?, cursor.u8()?);
        let pre_skip = cursor.array().map(u16::from_le_bytes)?;
        let input_sample_rate = cursor.array().map(u32::from_le_bytes)?;
        let output_gain = cursor.array().map(i16::from_le_bytes)?;
        let mapping = match cursor.u8()? {
            0 => None,
            family => {
                let (streams, coupled) = (cursor.u8()?, cursor.u8()?);
                Some((family, streams, coupled, cursor.take(usize::from(channels))?))
            }
        };
        Some(Self { version, channels, pre_skip, input_sample_rate, output_gain, mapping })
    }
}

/// How many samples a packet makes, by its first bytes (RFC 6716, 3.1); `None` for no packet.
pub fn packet_samples(packet: &[u8]) -> Option<u32> {
    /// 120 milliseconds.
    const SAMPLES_MAX: u32 = 5_760;
    const SILK: [u32; 4] = [480, 960, 1_920, 2_880];
    const HYBRID: [u32; 2] = [480, 960];
    const CELT: [u32; 4] = [120, 240, 480, 960];
    let mut cursor = Cursor::new(packet);
    let toc = cursor.u8()?;
    let coding = usize::from(toc >> 3);
    let frame = match coding {
        0..12 => SILK.get(coding % 4),
        12..16 => HYBRID.get(coding % 2),
        _ => CELT.get(coding % 4),
    }?;
    let frames = match toc & 0b11 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(cursor.u8()? & 0b11_1111),
    };
    Some(frame * frames).filter(|samples| (1..=SAMPLES_MAX).contains(samples))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MONO: &[u8] = include_bytes!("../../../fuzz/corpus/opus_config/mono");
    const SURROUND: &[u8] = include_bytes!("../../../fuzz/corpus/opus_config/surround");

    fn parse(head: &[u8]) -> Result<Config, ConfigError> {
        Config::parse(Bytes::copy_from_slice(head), 960)
    }

    #[test]
    fn a_header_tells_channels_and_what_to_skip() {
        let mono = parse(MONO).unwrap();
        assert_eq!((mono.channels, mono.pre_skip, mono.input_sample_rate), (1, 312, 48_000));
        assert_eq!((&*mono.codec, mono.mapping), ("Opus", None));
        let surround = parse(SURROUND).unwrap();
        let mapping = surround.mapping.unwrap();
        assert_eq!((surround.channels, mapping.streams, mapping.coupled), (6, 4, 2));
    }

    #[test]
    fn the_seeds_are_headers() {
        crate::seeds::each("opus_config", |head| assert!(parse(head).unwrap().channels > 0));
    }

    #[test]
    fn damaged_headers_are_refused_by_name() {
        let with = |at: usize, byte: u8| {
            let mut head = SURROUND.to_vec();
            head[at] = byte;
            head
        };
        let cases = [
            (b"OpusTags".to_vec(), ConfigError::Magic),
            (with(8, 0x11), ConfigError::Version(0x11)),
            (with(9, 0), ConfigError::Channels),
            (with(9, 7), ConfigError::Truncated),
            (with(18, 0), ConfigError::Channels),
            (with(19, 0), ConfigError::Channels),
            (with(20, 5), ConfigError::Channels),
            (with(21, 6), ConfigError::Channels),
        ];
        for (head, error) in cases {
            assert_eq!(parse(&head), Err(error), "{head:?}");
        }
        for length in 0..SURROUND.len() {
            assert!(parse(&SURROUND[..length]).is_err(), "cut at {length}");
        }
        assert!(parse(&with(8, 0x0f)).is_ok(), "a later minor version");
    }

    #[test]
    fn a_packet_says_how_long_it_plays() {
        let cases: [(&[u8], Option<u32>); 9] = [
            // CELT 20 ms, one frame: what ffmpeg sends.
            (&[0xf8, 0x72], Some(960)),
            (&[0xe0], Some(120)),
            // SILK 60 ms, two of them.
            (&[0x19], Some(5_760)),
            // Hybrid 10 ms.
            (&[0x60], Some(480)),
            // Six of 20 ms, then seven.
            (&[0xfb, 6], Some(5_760)),
            (&[0xfb, 7], None),
            (&[0xfb, 0], None),
            (&[0xfb], None),
            (&[], None),
        ];
        for (packet, samples) in cases {
            assert_eq!(packet_samples(packet), samples, "{packet:02x?}");
        }
    }

    proptest! {
        #[test]
        fn random_headers_never_panic(tail in prop::collection::vec(any::<u8>(), 0..40)) {
            let _config = parse(&[b"OpusHead", &tail[..]].concat()).is_ok();
            let _samples = packet_samples(&tail);
        }
    }
}
