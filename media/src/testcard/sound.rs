//! The sound of the test picture: a beep of a tenth of a second at each full second, a higher one
//! at every eighth.
//!
//! The loop `beep.aac` (ADTS, AAC-LC, 48 kHz, mono) has exactly 375 frames, 8 s. It is made by
//! ffmpeg; of the result, frames 376 to 750 (counted from 0) are the loop:
//!
//! ```sh
//! ffmpeg -f lavfi -i "aevalsrc='if(lt(mod(t,1),0.1), 0.35*sin(2*PI*if(lt(mod(t,8),1),1320,880)*t)
//!   *min(1,min(mod(t,1),0.1-mod(t,1))*200), 0)':s=48000:d=24" -ac 1 -c:a aac -b:a 40k all.aac
//! ```

use super::wrapped;
use crate::codec::{Audio, aac};
use crate::cursor::Cursor;
use crate::unit::{Kind, RawUnit, TrackConfig};
use bytes::Bytes;

/// Samples a second.
pub const SAMPLE_RATE: u64 = 48_000;
/// Samples in a frame.
pub const FRAME_SAMPLES: u64 = 1_024;
/// A frame of silence of this track.
pub const SILENCE: &[u8] = &[0x00, 0xc8, 0x00, 0x80, 0x23, 0x80];
const LOOP: &[u8] = include_bytes!("beep.aac");
const LOOP_MS: u64 = 8_000;
/// AAC-LC, 48 kHz, mono.
const SPECIFIC: [u8; 2] = [0x11, 0x88];

/// Frames of the beep, in step with the wall clock.
#[derive(Debug)]
pub struct Sound {
    frames: Vec<Bytes>,
    /// The frame of the loop that is heard first.
    first: u64,
}

impl Sound {
    /// Sound whose first frame is heard at `clock_ms` since 1970.
    pub fn new(clock_ms: u64) -> Self {
        let frames = frames(LOOP);
        // The nearest frame: 21.3 ms apart.
        let samples = clock_ms % LOOP_MS * SAMPLE_RATE / 1_000;
        Self { frames, first: (samples + FRAME_SAMPLES / 2) / FRAME_SAMPLES }
    }

    /// What a decoder must know before the first frame.
    pub fn config() -> TrackConfig {
        let config = aac::Config::parse(Bytes::from_static(&SPECIFIC));
        TrackConfig::Audio(Audio::Aac(config.expect("our own configuration is well formed")))
    }

    /// The frame number `index` since the start.
    pub fn frame(&self, index: u64) -> RawUnit {
        let count = u64::try_from(self.frames.len()).unwrap_or(1).max(1);
        let at = usize::try_from((self.first + index) % count).unwrap_or_default();
        let data = self.frames.get(at).cloned();
        RawUnit {
            kind: Kind::Audio,
            timestamp_ms: wrapped(index.wrapping_mul(FRAME_SAMPLES * 1_000) / SAMPLE_RATE),
            composition_offset_ms: 0,
            is_sync: true,
            data: data.unwrap_or_else(|| Bytes::from_static(SILENCE)),
        }
    }
}

/// The raw frames of an ADTS stream.
fn frames(adts: &'static [u8]) -> Vec<Bytes> {
    const HEADER: usize = 7;
    let mut cursor = Cursor::new(adts);
    let mut frames = Vec::new();
    while let Some([_, _, _, high, mid, low, _]) = cursor.array::<HEADER>() {
        // Thirteen bits of length, header included, across three bytes.
        let length = u32::from_be_bytes([0, high & 0b11, mid, low]) >> 5;
        let length = usize::try_from(length).unwrap_or_default().saturating_sub(HEADER);
        let Some(frame) = cursor.take(length) else { break };
        frames.push(Bytes::from_static(frame));
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_lasts_exactly_eight_seconds() {
        let frames = frames(LOOP);
        assert_eq!(frames.len(), 375);
        assert!(frames.iter().all(|frame| !frame.is_empty()));
        assert_eq!(375 * FRAME_SAMPLES * 1_000, LOOP_MS * SAMPLE_RATE);
    }

    #[test]
    fn the_sound_keeps_step_with_the_clock() {
        let sounds = [0, 3_000].map(Sound::new);
        // 3 s are 140.6 frames.
        assert_eq!(sounds[0].frame(141).data, sounds[1].frame(0).data);
        assert_eq!(sounds[0].frame(0).data, sounds[0].frame(375).data);
        assert_eq!(sounds[0].frame(375).timestamp_ms, 8_000);
    }
}
