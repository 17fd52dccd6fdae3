//! What a packager says: the vocabulary between it, the window and whoever keeps the bytes.

use crate::hls::Position;
use crate::time::{Span, Wall};
use crate::unit::{FrameRate, Kind, TrackConfig};
use bytes::Bytes;
use std::fmt;
use std::str::FromStr;

/// Names one rendition of a broadcast, as its URIs do: `v0`, `a0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rid {
    /// What it carries.
    pub kind: Kind,
    /// Counts from zero within its kind.
    pub index: u8,
}

impl Rid {
    /// The first video rendition.
    pub const VIDEO: Self = Self { kind: Kind::Video, index: 0 };
    /// The first audio rendition.
    pub const AUDIO: Self = Self { kind: Kind::Audio, index: 0 };

    /// The first rendition of a kind.
    pub const fn first(kind: Kind) -> Self {
        Self { kind, index: 0 }
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.kind {
            Kind::Video => 'v',
            Kind::Audio => 'a',
        };
        write!(formatter, "{letter}{}", self.index)
    }
}

/// Text that names no rendition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no rendition")]
pub struct RidError(pub String);

impl FromStr for Rid {
    type Err = RidError;

    fn from_str(text: &str) -> Result<Self, RidError> {
        let refuse = || RidError(text.to_owned());
        let (kind, digits) = match text.split_at_checked(1) {
            Some(("v", digits)) => (Kind::Video, digits),
            Some(("a", digits)) => (Kind::Audio, digits),
            _ => return Err(refuse()),
        };
        let rid = Self { kind, index: digits.parse().map_err(|_| refuse())? };
        // One spelling only: `v00` and `v+0` are other URIs.
        if rid.to_string() == text { Ok(rid) } else { Err(refuse()) }
    }
}

/// Values that stand in every playlist of a broadcast and never change while it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    /// `EXT-X-TARGETDURATION`, in seconds.
    pub target_seconds: u32,
    /// `PART-TARGET`; none where the profile has no parts.
    pub part_target: Option<Span>,
    /// Print `EXT-X-INDEPENDENT-SEGMENTS`: every segment is expected to start at a sync unit.
    pub independent_segments: bool,
}

impl Control {
    /// The target duration.
    pub fn target(&self) -> Span {
        Span::from_seconds(u64::from(self.target_seconds))
    }

    /// `HOLD-BACK`: three target durations.
    pub fn hold_back(&self) -> Span {
        self.target().times(3)
    }

    /// `PART-HOLD-BACK`: three part targets.
    pub fn part_hold_back(&self) -> Option<Span> {
        self.part_target.map(|target| target.times(3))
    }

    /// `CAN-SKIP-UNTIL`: six target durations.
    pub fn skip_until(&self) -> Span {
        self.target().times(6)
    }
}

/// What a packager has to say, in the order in which it must be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A rendition begins, or goes on with other parameters.
    Rendition(Rendition),
    /// An init section; comes before the first part that needs it.
    Init(Init),
    /// The next part of a rendition.
    Part(Part),
    /// The open segment of a rendition is complete: it is its parts.
    Segment(Segment),
    /// Nothing follows.
    Ended,
    /// Something is wrong with what the publisher sends.
    Alarm(Alarm),
}

/// A rendition and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    /// Its name.
    pub rid: Rid,
    /// What its track carries.
    pub config: TrackConfig,
    /// Pictures per second, if they come evenly.
    pub frame_rate: Option<FrameRate>,
    /// The same for all renditions of the broadcast.
    pub control: Control,
    /// The first segment it can have.
    pub first_msn: u64,
    /// Discontinuities that the broadcast had before that segment.
    pub discontinuity_sequence: u64,
}

/// What a decoder needs before the segments of one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    /// Whose it is.
    pub rid: Rid,
    /// The fence in its URI.
    pub fence: u64,
    /// Counts from zero; a change of parameters makes a new one.
    pub generation: u32,
    /// ftyp and moov.
    pub bytes: Bytes,
}

/// One part of the open segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whose it is.
    pub rid: Rid,
    /// Its segment and its number in it.
    pub at: Position,
    /// moof and mdat; empty for a gap.
    pub bytes: Bytes,
    /// As printed.
    pub duration: Span,
    /// It holds a sync unit.
    pub independent: bool,
    /// Its media is missing.
    pub gap: bool,
    /// Bytes from its start to the end of its first picture, if that is an I-frame; else zero.
    pub intra: u32,
    /// Set on the first part of a segment.
    pub opens: Option<SegmentOpen>,
    /// Where the next part is expected: the preload hint.
    pub next: Position,
}

/// What is known of a segment when its first part comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentOpen {
    /// The fence in its URI.
    pub fence: u64,
    /// Its init section.
    pub generation: u32,
    /// When its first unit is shown.
    pub pdt: Wall,
    /// Timeline or coding changes before it.
    pub discontinuity: bool,
}

/// A segment is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Whose it is.
    pub rid: Rid,
    /// Its number.
    pub msn: u64,
    /// As printed: the sum of its parts.
    pub duration: Span,
    /// All its parts are gaps.
    pub gap: bool,
}

/// What is wrong with the media, in the publisher's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// No sync unit came in time: a segment starts where no decoder can.
    GopOverTarget {
        /// Time since the last sync unit.
        gop: Span,
    },
    /// Media came too late and its time is listed as a gap.
    LateMedia {
        /// Whose media.
        kind: Kind,
        /// Units dropped at once.
        units: u32,
    },
    /// The publisher's clock jumped; a discontinuity follows.
    ClockJump {
        /// How far, in milliseconds.
        by_ms: i64,
    },
    /// No media came; gaps are listed in its place.
    Silent {
        /// Whose media.
        kind: Kind,
    },
    /// More units wait for the broadcast to start than are kept; the oldest were dropped.
    Overrun {
        /// Whose media.
        kind: Kind,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendition_name_has_one_spelling() {
        for text in ["v0", "a0", "v12"] {
            assert_eq!(text.parse::<Rid>().unwrap().to_string(), text);
        }
        for text in ["", "v", "x0", "v00", "v+1", "v256", "é0", "a0-en"] {
            assert!(text.parse::<Rid>().is_err(), "{text}");
        }
    }
}
