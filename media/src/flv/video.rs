//! Video tag bodies.

use super::{CodecName, Enhanced, Packets};
use crate::codec::VideoCoding;
use crate::cursor::Cursor;

/// What a video body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// A decoder configuration record; can be empty.
    Config {
        /// Of which coding.
        coding: VideoCoding,
        /// Its bytes.
        record: &'a [u8],
    },
    /// One picture, or all that is decoded before the next is shown; can be empty.
    Frame {
        /// Of which coding.
        coding: VideoCoding,
        /// How much later than the tag's time it is shown, in milliseconds.
        composition_offset_ms: i32,
        /// Its bytes.
        data: &'a [u8],
    },
    /// The track ends.
    End,
    /// Nothing to decode: seek markers, colour metadata, kinds to come.
    Other,
    /// A track after the first one of a multitrack sender.
    OtherTrack(u8),
    /// A codec that we do not take.
    Unsupported(CodecName),
    /// Cut short.
    Broken,
}

/// First byte of a body: H.264, decoding can start here.
pub(super) const KEY_FRAME_AVC: u8 = 0x17;
/// First byte of a body: H.264, decoding can't start here.
pub(super) const FRAME_AVC: u8 = 0x27;
/// First byte of a body by Enhanced RTMP: a key frame's place, packet of a configuration.
pub(super) const ENHANCED_CONFIG: u8 = 0x90;
const PACKETS: Packets = Packets { multitrack: 6, extension: 7 };

impl<'a> Body<'a> {
    /// Reads the body of a video tag or message.
    pub fn parse(body: &'a [u8]) -> Self {
        Self::read(body).unwrap_or(Self::Broken)
    }

    fn read(body: &'a [u8]) -> Option<Self> {
        const ENHANCED: u8 = 0b1000_0000;
        const COMMAND_FRAME: u8 = 5;
        let mut cursor = Cursor::new(body);
        let first = cursor.u8()?;
        if first & ENHANCED != 0 {
            return Self::enhanced(&mut cursor, first);
        }
        if first >> 4 == COMMAND_FRAME {
            return Some(Self::Other);
        }
        match first & 0x0f {
            7 => Self::avc(&mut cursor),
            codec => Some(Self::Unsupported(name(codec))),
        }
    }

    fn avc(cursor: &mut Cursor<'a>) -> Option<Self> {
        let coding = VideoCoding::Avc;
        match cursor.u8()? {
            0 => {
                // Some cameras send an empty configuration of two bytes.
                let record = cursor.i24().map_or(&[][..], |_| cursor.rest());
                Some(Self::Config { coding, record })
            }
            1 => {
                let composition_offset_ms = cursor.i24()?;
                Some(Self::Frame { coding, composition_offset_ms, data: cursor.rest() })
            }
            2 => Some(Self::End),
            _ => Some(Self::Other),
        }
    }

    fn enhanced(cursor: &mut Cursor<'a>, first: u8) -> Option<Self> {
        const COMMAND_FRAME: u8 = 5;
        if (first >> 4) & 0b111 == COMMAND_FRAME && first & 0x0f != 4 {
            return Some(Self::Other);
        }
        let enhanced = Enhanced::read(cursor, first & 0x0f, &PACKETS)?;
        if enhanced.track != 0 {
            return Some(Self::OtherTrack(enhanced.track));
        }
        let Some(coding) = VideoCoding::named(&enhanced.codec) else {
            return Some(Self::Unsupported(CodecName::FourCc(enhanced.codec)));
        };
        let mut payload = Cursor::new(enhanced.payload);
        match enhanced.packet {
            0 => Some(Self::Config { coding, record: enhanced.payload }),
            // AV1 hides its reordering inside temporal units: there is no offset.
            1 if coding != VideoCoding::Av1 => {
                let composition_offset_ms = payload.i24()?;
                Some(Self::Frame { coding, composition_offset_ms, data: payload.rest() })
            }
            1 | 3 => Some(Self::Frame { coding, composition_offset_ms: 0, data: enhanced.payload }),
            2 => Some(Self::End),
            _ => Some(Self::Other),
        }
    }
}

fn name(codec: u8) -> CodecName {
    match codec {
        2 => CodecName::Known("Sorenson H.263"),
        3 => CodecName::Known("Screen Video"),
        4 | 5 => CodecName::Known("VP6"),
        6 => CodecName::Known("Screen Video 2"),
        12 => CodecName::Known("H.265"),
        13 => CodecName::Known("AV1"),
        number => CodecName::Number(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bodies_of_both_kinds_are_read() {
        use VideoCoding::{Av1, Avc, Hevc};
        let config = |coding, record| Body::Config { coding, record };
        let coded = |coding, composition_offset_ms, data| Body::Frame {
            coding,
            composition_offset_ms,
            data,
        };
        let frame = |composition_offset_ms, data| coded(Avc, composition_offset_ms, data);
        let cases: [(&[u8], Body<'_>); 26] = [
            (b"\x17\x00\x00\x00\x00rec", config(Avc, b"rec")),
            (b"\x17\x00\x00\x00\x00", config(Avc, b"")),
            (b"\x17\x00", config(Avc, b"")),
            (b"\x17\x01\x00\x00\x22nal", frame(34, b"nal")),
            // R2: the offset is signed.
            (b"\x27\x01\xff\xff\xdenal", frame(-34, b"nal")),
            (b"\x27\x01\x00\x00\x00", frame(0, b"")),
            (b"\x17\x02\x00\x00\x00", Body::End),
            (b"\x17\x03\x00\x00\x00", Body::Other),
            (b"\x57\x00", Body::Other),
            (b"\x22\x00", Body::Unsupported(CodecName::Known("Sorenson H.263"))),
            (b"\x1c\x00", Body::Unsupported(CodecName::Known("H.265"))),
            (b"\x90avc1rec", config(Avc, b"rec")),
            (b"\x90hvc1rec", config(Hevc, b"rec")),
            (b"\x90av01rec", config(Av1, b"rec")),
            (b"\xa1avc1\xff\xff\xdenal", frame(-34, b"nal")),
            (b"\xa3avc1nal", frame(0, b"nal")),
            (b"\xa4avc1colour", Body::Other),
            (b"\x91hvc1\xff\xff\xdenal", coded(Hevc, -34, b"nal")),
            (b"\xa3hvc1nal", coded(Hevc, 0, b"nal")),
            (b"\xa1av01obu", coded(Av1, 0, b"obu")),
            (b"\x91vp09\x00\x00\x00", Body::Unsupported(CodecName::FourCc(*b"vp09"))),
            // R13: one track with a number, several of one codec, several of several.
            (b"\x96\x01avc1\x02\x00\x00\x00nal", Body::OtherTrack(2)),
            (b"\x96\x13avc1\x01\x00\x00\x01x\x00\x00\x00\x02ab", frame(0, b"ab")),
            (b"\x96\x23vp09\x01\x00\x00\x01xavc1\x00\x00\x00\x02ab", frame(0, b"ab")),
            // Nanoseconds in front.
            (b"\xa7\x02\x01\x02\x03\x03avc1nal", frame(0, b"nal")),
            (b"\x17\x01\x00", Body::Broken),
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
