//! A live test picture with a clock in it, and a beep, made without any codec library.
//!
//! 1280×720 at 30 frames a second, H.264 baseline, a sync unit every 60 frames; AAC-LC mono at
//! 48 kHz. The picture is lossless: a macroblock is copied from its neighbour or from the frame
//! before, or written as it is.
//!
//! # Reading the clock in a page
//!
//! The wall clock of the frame, in milliseconds since 1970, stands as 48 bits in macroblock row 2:
//! blocks of 16×16 pixels from x = 256, y = 32, the highest bit first; luma 235 is 1, luma 16
//! is 0. In `requestVideoFrameCallback` draw the strip `(256, 32, 768, 16)` (scaled with the video)
//! onto a canvas of 768×16, read one row, and for bit `i` compare the green value of pixel
//! `x = 16 × i + 8` with 128. `Date.now()` less that number is the latency from camera to screen.

pub mod barcode;
mod bits;
mod block;
mod glyph;
mod h264;
mod picture;
mod scene;
pub mod sound;

use crate::codec::{Video, avc};
use crate::unit::{Kind, RawUnit, TrackConfig};
use block::Block;
use scene::Scene;

pub use picture::{HEIGHT, WIDTH};

/// Frames a second.
pub const FRAMES_PER_SECOND: u64 = 30;
/// Frames from one sync unit to the next.
pub const GOP_FRAMES: u64 = 60;

/// Draws and encodes the test picture.
#[derive(Debug)]
pub struct Encoder {
    scene: Scene,
    /// The picture as the decoder has it.
    sent: Vec<Block>,
    /// Frames since the last sync unit; `None` before the first.
    since_sync: Option<u32>,
    sync_units: u32,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder whose first frame is a sync unit, whatever its index.
    pub fn new() -> Self {
        Self { scene: Scene::new(), sent: Vec::new(), since_sync: None, sync_units: 0 }
    }

    /// What a decoder must know before the first frame.
    pub fn config() -> TrackConfig {
        let config = avc::Config::parse(h264::record()).expect("our own record is well formed");
        TrackConfig::Video(Video::Avc(config))
    }

    /// The frame number `index` since the start, showing the clock at `clock_ms` since 1970.
    pub fn frame(&mut self, index: u64, clock_ms: u64) -> RawUnit {
        let changed = self.draw(index, clock_ms);
        let since_sync = self.since_sync.filter(|_| !index.is_multiple_of(GOP_FRAMES));
        let data = if let Some(number) = since_sync {
            h264::predicted(&self.sent, &changed, number)
        } else {
            self.sync_units = self.sync_units.wrapping_add(1);
            h264::sync(&self.sent, self.sync_units)
        };
        self.since_sync = Some(since_sync.map_or(1, |number| number.wrapping_add(1)));
        RawUnit {
            kind: Kind::Video,
            timestamp_ms: wrapped(index.wrapping_mul(1_000) / FRAMES_PER_SECOND),
            composition_offset_ms: 0,
            is_sync: since_sync.is_none(),
            data,
        }
    }

    /// Draws the frame; returns which macroblocks differ from the frame before.
    fn draw(&mut self, index: u64, clock_ms: u64) -> Vec<bool> {
        let drawn = self.scene.draw(index, clock_ms);
        if self.sent.is_empty() {
            self.sent = self.scene.blocks();
            return vec![true; self.sent.len()];
        }
        let mut changed = vec![false; self.sent.len()];
        for at in drawn {
            let block = self.scene.block(at);
            if let Some(sent) = self.sent.get_mut(at)
                && let Some(changed) = changed.get_mut(at)
                && *sent != block
            {
                *sent = block;
                *changed = true;
            }
        }
        changed
    }
}

/// The time field of RTMP: modulo 2³².
fn wrapped(milliseconds: u64) -> u32 {
    u32::try_from(milliseconds & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::FrameRate;
    use proptest::prelude::*;
    use std::num::NonZeroU32;

    /// A row of luma through the barcode, as a decoder would show it.
    fn barcode_row(encoder: &Encoder) -> Vec<u8> {
        let first = barcode::TOP / 16 * picture::COLUMNS;
        let blocks = &encoder.sent[first..first + picture::COLUMNS];
        blocks.iter().flat_map(|block| block.luma[8]).collect()
    }

    #[test]
    fn the_configuration_names_what_is_sent() {
        let TrackConfig::Video(config) = Encoder::config() else { panic!("no video") };
        let thirty = NonZeroU32::new(30).unwrap();
        assert_eq!((config.width(), config.height()), (1_280, 720));
        assert_eq!(config.codec(), "avc1.42c01f");
        let rate = FrameRate { numerator: thirty, denominator: NonZeroU32::MIN };
        assert_eq!(config.frame_rate(), Some(rate));
    }

    #[test]
    fn every_sixtieth_frame_is_a_sync_unit_and_small_ones_follow() {
        let mut encoder = Encoder::new();
        let units: Vec<_> = (0..121).map(|index| encoder.frame(index, index * 33)).collect();
        for (index, unit) in units.iter().enumerate() {
            let contents = avc::inspect(&unit.data, 4).unwrap();
            assert_eq!(unit.is_sync, index % 60 == 0, "frame {index}");
            assert_eq!((contents.is_idr, contents.slices), (unit.is_sync, 1));
            let bound = if unit.is_sync { 256 << 10 } else { 24 << 10 };
            assert!(unit.data.len() < bound, "frame {index}: {} bytes", unit.data.len());
        }
        assert_eq!(units[120].timestamp_ms, 4_000);
    }

    #[test]
    fn a_publisher_that_comes_late_starts_with_a_sync_unit() {
        let mut encoder = Encoder::new();
        assert!(encoder.frame(7, 0).is_sync);
        assert!(!encoder.frame(8, 0).is_sync);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_picture_shows_the_clock_it_was_given(clocks in prop::collection::vec(0..1_u64 << 48, 1..4)) {
            let mut encoder = Encoder::new();
            for (index, clock_ms) in (0..).zip(clocks) {
                encoder.frame(index, clock_ms);
                prop_assert_eq!(barcode::read(&barcode_row(&encoder)), Some(clock_ms));
            }
        }
    }
}
