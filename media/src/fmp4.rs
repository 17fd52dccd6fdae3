//! Fragmented MP4 (CMAF): init sections and chunks.

mod chunk;
mod init;
mod read;

pub use chunk::{chunk, intra};
pub use init::{InitError, init};
pub(crate) use read::boxes;
pub use read::{ReadError, UNITS_MAX, units};

use crate::unit::{Timescale, TrackConfig};

/// The only track of a file.
const TRACK_ID: u32 = 1;

/// Ticks per second of video tracks.
pub const VIDEO_SCALE: Timescale = match Timescale::new(90_000) {
    Some(scale) => scale,
    None => panic!("90 000 is not zero"),
};

/// The timescale of a track: 90 000 for video, the sample rate for audio.
pub fn timescale(config: &TrackConfig) -> Timescale {
    match config {
        TrackConfig::Video(_) => VIDEO_SCALE,
        TrackConfig::Audio(config) => Timescale::new(config.sample_rate()).unwrap_or(VIDEO_SCALE),
    }
}
