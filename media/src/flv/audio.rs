//! Audio tag bodies.

use super::{CodecName, Enhanced, Packets};
use crate::codec::AudioCoding;
use crate::cursor::Cursor;

/// What an audio body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// An `AudioSpecificConfig`, or what Opus has for it; can be empty.
    Config(AudioCoding, &'a [u8]),
    /// One raw frame or packet; can be empty.
    Frame(AudioCoding, &'a [u8]),
    /// The track ends.
    End,
    /// Nothing to decode: channel layouts, kinds to come.
    Other,
    /// A track after the first one of a multitrack sender.
    OtherTrack(u8),
    /// A codec that we do not take.
    Unsupported(CodecName),
    /// Cut short.
    Broken,
}

/// First byte of a body: AAC. The rest of it is the same for every AAC track.
pub(super) const AAC_STEREO: u8 = 0xaf;
/// First byte of a body by Enhanced RTMP: the packet of a configuration.
pub(super) const ENHANCED_CONFIG: u8 = 0x90;
const PACKETS: Packets = Packets { multitrack: 5, extension: 7 };

impl<'a> Body<'a> {
    /// Reads the body of an audio tag or message.
    pub fn parse(body: &'a [u8]) -> Self {
        Self::read(body).unwrap_or(Self::Broken)
    }

    fn read(body: &'a [u8]) -> Option<Self> {
        const AAC: u8 = 10;
        const ENHANCED: u8 = 9;
        let mut cursor = Cursor::new(body);
        let first = cursor.u8()?;
        match first >> 4 {
            AAC => match cursor.u8()? {
                0 => Some(Self::Config(AudioCoding::Aac, cursor.rest())),
                1 => Some(Self::Frame(AudioCoding::Aac, cursor.rest())),
                _ => Some(Self::Other),
            },
            ENHANCED => {
                let enhanced = Enhanced::read(&mut cursor, first & 0x0f, &PACKETS)?;
                Some(Self::enhanced(&enhanced))
            }
            codec => Some(Self::Unsupported(name(codec))),
        }
    }

    fn enhanced(enhanced: &Enhanced<'a>) -> Self {
        if enhanced.track != 0 {
            return Self::OtherTrack(enhanced.track);
        }
        let Some(coding) = AudioCoding::named(&enhanced.codec) else {
            return Self::Unsupported(CodecName::FourCc(enhanced.codec));
        };
        match enhanced.packet {
            0 => Self::Config(coding, enhanced.payload),
            1 => Self::Frame(coding, enhanced.payload),
            2 => Self::End,
            _ => Self::Other,
        }
    }
}

fn name(codec: u8) -> CodecName {
    match codec {
        0 | 3 => CodecName::Known("PCM"),
        1 => CodecName::Known("ADPCM"),
        2 | 14 => CodecName::Known("MP3"),
        4..=6 => CodecName::Known("Nellymoser"),
        7 | 8 => CodecName::Known("G.711"),
        11 => CodecName::Known("Speex"),
        13 => CodecName::Known("Opus"),
        number => CodecName::Number(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bodies_of_both_kinds_are_read() {
        use AudioCoding::{Aac, Opus};
        let cases: [(&[u8], Body<'_>); 15] = [
            (b"\xaf\x00\x11\x90", Body::Config(Aac, b"\x11\x90")),
            (b"\xaf\x00", Body::Config(Aac, b"")),
            (b"\xaf\x01raw", Body::Frame(Aac, b"raw")),
            (b"\xaf\x01", Body::Frame(Aac, b"")),
            (b"\xaf", Body::Broken),
            (b"\x2f\xff", Body::Unsupported(CodecName::Known("MP3"))),
            (b"\xb2", Body::Unsupported(CodecName::Known("Speex"))),
            (b"\x90mp4a\x11\x90", Body::Config(Aac, b"\x11\x90")),
            (b"\x91mp4araw", Body::Frame(Aac, b"raw")),
            (b"\x90OpusOpusHead", Body::Config(Opus, b"OpusHead")),
            (b"\x91Opusraw", Body::Frame(Opus, b"raw")),
            (b"\x92mp4a", Body::End),
            (b"\x94mp4alayout", Body::Other),
            (b"\x91fLaCraw", Body::Unsupported(CodecName::FourCc(*b"fLaC"))),
            // R13: a second track.
            (b"\x95\x01mp4a\x01raw", Body::OtherTrack(1)),
        ];
        for (body, read) in cases {
            assert_eq!(Body::parse(body), read, "{}", body.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(body in prop::collection::vec(any::<u8>(), 0..60)) {
            let _kind = std::mem::discriminant(&Body::parse(&body));
        }
    }
}
