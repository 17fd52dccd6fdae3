//! What a packager is told when it is made.

use super::Profile;
use crate::time::{Span, Wall};
use crate::unit::TrackConfig;

/// How to package one broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The lengths it promises.
    pub profile: Profile,
    /// The lease's fence: part of every media URI.
    pub fence: u64,
    /// The longest GOP that the channel's last broadcast showed: the target duration covers it.
    pub longest_gop: Option<Span>,
    /// Set when an earlier packager has published some of this broadcast.
    pub resume: Option<Resume>,
}

impl Settings {
    /// The number of a new broadcast's first segment.
    ///
    /// There are no gaps before it to fill a young playlist up to six entries: Chromium's own player
    /// fetches the oldest entry first and gives up on its 404.
    pub const FIRST_MSN: u64 = 0;

    /// A new broadcast.
    pub const fn new(profile: Profile, fence: u64) -> Self {
        Self { profile, fence, longest_gop: None, resume: None }
    }
}

/// Where an earlier packager of the same broadcast stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The next segment's number: beyond any that anybody can have seen.
    pub next_msn: u64,
    /// When the last media listed ends: gaps cover the time from there on.
    pub edge: Wall,
    /// Discontinuities so far. The first segment after a restart makes one more.
    pub discontinuity_sequence: u64,
    /// `EXT-X-TARGETDURATION` as promised.
    pub target_seconds: u32,
    /// `PART-TARGET` as promised.
    pub part_target: Option<Span>,
    /// Whether the playlists say `EXT-X-INDEPENDENT-SEGMENTS`.
    pub independent_segments: bool,
    /// The tracks published so far: their playlists go on, with gaps, until the publisher is back.
    pub tracks: Vec<TrackConfig>,
}

/// Why parameters can't be packaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// No init section can be made of them.
    #[error("no init section can be made of the track's parameters")]
    Init(#[from] crate::fmp4::InitError),
}
