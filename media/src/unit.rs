//! Tracks and their access units: what every parser makes and every writer takes.

use crate::codec::{Audio, Video};
use bytes::Bytes;
use std::num::NonZeroU32;

/// Ticks per second of a track: 90 000 for MPEG-TS video, 1 000 for RTMP. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timescale(pub NonZeroU32);

impl Timescale {
    /// The scale, or nothing for zero.
    pub const fn new(ticks_per_second: u32) -> Option<Self> {
        match NonZeroU32::new(ticks_per_second) {
            Some(ticks) => Some(Self(ticks)),
            None => None,
        }
    }

    /// Ticks per second.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// Frames per second as a fraction: 30000/1001 stays exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameRate {
    /// Frames in `denominator` seconds.
    pub numerator: NonZeroU32,
    /// Seconds in which `numerator` frames are shown.
    pub denominator: NonZeroU32,
}

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// One coded picture or audio frame as a publisher sent it: its time is not yet unwrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawUnit {
    /// Which track it belongs to.
    pub kind: Kind,
    /// Decode time in milliseconds, modulo 2³².
    pub timestamp_ms: u32,
    /// How much later than its decode time it is shown; can be negative.
    pub composition_offset_ms: i32,
    /// Decoding can start here (a random access picture; any audio frame).
    pub is_sync: bool,
    /// As a sample of a file: length-prefixed NAL units, a temporal unit without its delimiter, or
    /// one raw frame or packet of sound.
    pub data: Bytes,
}

/// One coded picture or audio frame in decode order, in ticks of its track's timescale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessUnit {
    /// Which track it belongs to.
    pub kind: Kind,
    /// When to decode it, in ticks since the track's start.
    pub decode: i64,
    /// How much later than `decode` it is shown, in ticks; can be negative.
    pub composition_offset: i32,
    /// Ticks until the next unit of the track.
    pub duration: u32,
    /// Decoding can start here (a random access picture; any audio frame).
    pub is_sync: bool,
    /// As a sample of a file: length-prefixed NAL units, a temporal unit without its delimiter, or
    /// one raw frame or packet of sound.
    pub data: Bytes,
}

/// What a decoder must know before the first unit of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackConfig {
    /// Pictures.
    Video(Video),
    /// Sound.
    Audio(Audio),
}

impl TrackConfig {
    /// Which kind of track it describes.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Video(_) => Kind::Video,
            Self::Audio(_) => Kind::Audio,
        }
    }

    /// The codec as RFC 6381 names it: `avc1.64001f`, `mp4a.40.2`.
    pub fn codec(&self) -> &str {
        match self {
            Self::Video(config) => config.codec(),
            Self::Audio(config) => config.codec(),
        }
    }
}
