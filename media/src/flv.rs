//! FLV: tag bodies, which RTMP carries too, and files of tags.
//!
//! Source: Adobe's Video File Format Specification 10.1; Enhanced RTMP v2 for the rest.

pub mod audio;
pub mod file;
pub mod video;

use crate::codec::{AudioCoding, VideoCoding};
use crate::cursor::Cursor;
use crate::unit::{Kind, RawUnit, TrackConfig};
use bytes::{BufMut, Bytes, BytesMut};

/// One tag: header and body, without its back pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// 8 audio, 9 video, 18 script data; RTMP's message kinds are the same numbers.
    pub kind: u8,
    /// Decode time in milliseconds, modulo 2³².
    pub timestamp_ms: u32,
    /// What follows the header.
    pub body: Bytes,
}

impl Tag {
    /// Kind of an audio tag.
    pub const AUDIO: u8 = 8;
    /// Kind of a video tag.
    pub const VIDEO: u8 = 9;
    /// Kind of a script data tag.
    pub const SCRIPT: u8 = 18;
    /// Bytes in front of the body.
    pub const HEADER_BYTES: usize = 11;

    /// The tag that tells a decoder about a track, at time zero.
    pub fn config(config: &TrackConfig) -> Self {
        let (kind, first, record) = match config {
            TrackConfig::Video(config) => {
                let first = match config.coding() {
                    VideoCoding::Avc => vec![video::KEY_FRAME_AVC, 0, 0, 0, 0],
                    coding @ (VideoCoding::Hevc | VideoCoding::Av1) => {
                        [&[video::ENHANCED_CONFIG], coding.name().as_bytes()].concat()
                    }
                };
                (Self::VIDEO, first, config.record())
            }
            TrackConfig::Audio(config) => {
                let first = match config.coding() {
                    AudioCoding::Aac => vec![audio::AAC_STEREO, 0],
                    coding @ AudioCoding::Opus => {
                        [&[audio::ENHANCED_CONFIG], coding.name().as_bytes()].concat()
                    }
                };
                (Self::AUDIO, first, config.record())
            }
        };
        Self { kind, timestamp_ms: 0, body: [&first[..], record].concat().into() }
    }

    /// The tag of one picture of H.264 or frame of AAC.
    pub fn unit(unit: &RawUnit) -> Self {
        let mut body = BytesMut::with_capacity(unit.data.len() + 5);
        let kind = match unit.kind {
            Kind::Video => {
                let [_, offset @ ..] = unit.composition_offset_ms.to_be_bytes();
                body.put_u8(if unit.is_sync { video::KEY_FRAME_AVC } else { video::FRAME_AVC });
                body.put_u8(1);
                body.put_slice(&offset);
                Self::VIDEO
            }
            Kind::Audio => {
                body.put_slice(&[audio::AAC_STEREO, 1]);
                Self::AUDIO
            }
        };
        body.put_slice(&unit.data);
        Self { kind, timestamp_ms: unit.timestamp_ms, body: body.freeze() }
    }

    /// Reads a tag at the cursor, which stands in `owner`; `None` if it is not whole.
    pub(crate) fn read(cursor: &mut Cursor<'_>, owner: &Bytes) -> Option<Self> {
        let header = TagHeader::read(cursor)?;
        let body = cursor.take(header.length)?;
        let body = owner.slice_ref(body);
        Some(Self { kind: header.kind, timestamp_ms: header.timestamp_ms, body })
    }
}

struct TagHeader {
    kind: u8,
    length: usize,
    timestamp_ms: u32,
}

impl TagHeader {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        // The sixth bit says that the body is encrypted; the type is in the five below.
        let kind = cursor.u8()? & 0b1_1111;
        let length = usize::try_from(cursor.u24()?).ok()?;
        let [mid_high, mid_low, low, high] = cursor.array()?;
        cursor.u24()?;
        let timestamp_ms = u32::from_be_bytes([high, mid_high, mid_low, low]);
        Some(Self { kind, length, timestamp_ms })
    }
}

/// A codec that we do not take, as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodecName {
    /// By its FLV number.
    Known(&'static str),
    /// By its `FourCC`.
    FourCc([u8; 4]),
    /// By an FLV number that we do not know.
    Number(u8),
}

impl std::fmt::Display for CodecName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(name) => f.write_str(name),
            Self::FourCc(code) => {
                let known = match code {
                    b"hev1" => "H.265",
                    b"vvc1" => "H.266",
                    b"vp08" => "VP8",
                    b"vp09" => "VP9",
                    b"fLaC" => "FLAC",
                    b"ac-3" => "AC-3",
                    b"ec-3" => "E-AC-3",
                    b".mp3" => "MP3",
                    _ => return write!(f, "{}", code.escape_ascii()),
                };
                write!(f, "{known} ({})", code.escape_ascii())
            }
            Self::Number(number) => write!(f, "FLV codec {number}"),
        }
    }
}

/// What Enhanced RTMP puts between the first byte and the payload.
struct Enhanced<'a> {
    packet: u8,
    codec: [u8; 4],
    /// 0 for the only or first track.
    track: u8,
    payload: &'a [u8],
}

/// The packet numbers that differ between audio and video.
struct Packets {
    multitrack: u8,
    extension: u8,
}

impl<'a> Enhanced<'a> {
    /// Reads on after the first byte, whose low nibble is `packet`. Of several tracks the one with
    /// number 0 is taken, else the first.
    fn read(cursor: &mut Cursor<'a>, mut packet: u8, packets: &Packets) -> Option<Self> {
        while packet == packets.extension {
            packet = skip_extension(cursor)?;
        }
        if packet != packets.multitrack {
            let codec = cursor.array()?;
            return Some(Self { packet, codec, track: 0, payload: cursor.rest() });
        }
        let layout = cursor.u8()?;
        let packet = layout & 0x0f;
        match layout >> 4 {
            0 => {
                let codec = cursor.array()?;
                let track = cursor.u8()?;
                Some(Self { packet, codec, track, payload: cursor.rest() })
            }
            1 => {
                let codec = cursor.array()?;
                Self::first_track(cursor, packet, Some(codec))
            }
            _ => Self::first_track(cursor, packet, None),
        }
    }

    fn first_track(cursor: &mut Cursor<'a>, packet: u8, shared: Option<[u8; 4]>) -> Option<Self> {
        let mut first = None;
        while !cursor.is_empty() {
            let codec = match shared {
                Some(codec) => codec,
                None => cursor.array()?,
            };
            let track = cursor.u8()?;
            let length = usize::try_from(cursor.u24()?).ok()?;
            let payload = cursor.take(length)?;
            let found = Self { packet, codec, track, payload };
            if track == 0 {
                return Some(found);
            }
            first = first.or(Some(found));
        }
        first
    }
}

/// Steps over a `ModEx` block (nanoseconds and the like); returns the packet number after it.
fn skip_extension(cursor: &mut Cursor<'_>) -> Option<u8> {
    let length = match cursor.u8()? {
        u8::MAX => usize::from(cursor.u16()?),
        short => usize::from(short),
    };
    cursor.take(length + 1)?;
    Some(cursor.u8()? & 0x0f)
}
