//! Video tag bodies.

use super::{CodecName, Enhanced, Packets};
use crate::cursor::Cursor;

/// What a video body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// An `AVCDecoderConfigurationRecord`; can be empty.
    Config(&'a [u8]),
    /// Length-prefixed NAL units of one picture; can be empty.
    Frame {
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
        // Some cameras send an empty configuration of two bytes.
        match cursor.u8()? {
            0 => Some(Self::Config(cursor.i24().map_or(&[][..], |_| cursor.rest()))),
            1 => Some(Self::Frame { composition_offset_ms: cursor.i24()?, data: cursor.rest() }),
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
        if &enhanced.codec != b"avc1" {
            return Some(Self::Unsupported(CodecName::FourCc(enhanced.codec)));
        }
        let mut payload = Cursor::new(enhanced.payload);
        match enhanced.packet {
            0 => Some(Self::Config(enhanced.payload)),
            1 => Some(Self::Frame { composition_offset_ms: payload.i24()?, data: payload.rest() }),
            2 => Some(Self::End),
            3 => Some(Self::Frame { composition_offset_ms: 0, data: enhanced.payload }),
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
        let frame = |composition_offset_ms, data| Body::Frame { composition_offset_ms, data };
        let cases: [(&[u8], Body<'_>); 21] = [
            (b"\x17\x00\x00\x00\x00rec", Body::Config(b"rec")),
            (b"\x17\x00\x00\x00\x00", Body::Config(b"")),
            (b"\x17\x00", Body::Config(b"")),
            (b"\x17\x01\x00\x00\x22nal", frame(34, b"nal")),
            // R2: the offset is signed.
            (b"\x27\x01\xff\xff\xdenal", frame(-34, b"nal")),
            (b"\x27\x01\x00\x00\x00", frame(0, b"")),
            (b"\x17\x02\x00\x00\x00", Body::End),
            (b"\x17\x03\x00\x00\x00", Body::Other),
            (b"\x57\x00", Body::Other),
            (b"\x22\x00", Body::Unsupported(CodecName::Known("Sorenson H.263"))),
            (b"\x1c\x00", Body::Unsupported(CodecName::Known("H.265"))),
            (b"\x90avc1rec", Body::Config(b"rec")),
            (b"\xa1avc1\xff\xff\xdenal", frame(-34, b"nal")),
            (b"\xa3avc1nal", frame(0, b"nal")),
            (b"\xa4avc1colour", Body::Other),
            (b"\x91hvc1\x00\x00\x00nal", Body::Unsupported(CodecName::FourCc(*b"hvc1"))),
            // R13: one track with a number, several of one codec, several of several.
            (b"\x96\x01avc1\x02\x00\x00\x00nal", Body::OtherTrack(2)),
            (b"\x96\x13avc1\x01\x00\x00\x01x\x00\x00\x00\x02ab", frame(0, b"ab")),
            (b"\x96\x23av01\x01\x00\x00\x01xavc1\x00\x00\x00\x02ab", frame(0, b"ab")),
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
