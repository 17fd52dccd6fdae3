//! What the encoder sends, measured once a second from the units as they come.

use std::collections::VecDeque;
use std::time::Duration;

/// Units kept: ten seconds of 120 frames a second and of short audio frames.
const UNITS_MAX: usize = 2_400;
/// How far back figures look.
const WINDOW: Duration = Duration::from_secs(5);

/// Which track a measured unit belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    Video,
    Audio,
}

/// One unit as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) track: Track,
    pub(crate) bytes: usize,
    pub(crate) timestamp_ms: u32,
    pub(crate) is_sync: bool,
}

/// Figures of the last seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) bitrate_bps: u64,
    pub(crate) audio_bitrate_bps: u64,
    /// Video frames a second, to a tenth.
    pub(crate) frame_rate: f64,
    pub(crate) frame_interval_ms: f64,
    /// From the last sync unit to the one before it, or since the last one if that is longer.
    pub(crate) gop_ms: u32,
    /// Newest audio time less newest video time.
    pub(crate) av_skew_ms: i64,
    pub(crate) has_video: bool,
    pub(crate) has_audio: bool,
}

/// Measures one broadcast's units.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    units: VecDeque<(Duration, Seen)>,
    last_sync_ms: Option<u32>,
    gop_ms: u32,
    last_video_ms: Option<u32>,
    last_audio_ms: Option<u32>,
}

impl Meter {
    /// Takes a unit that came at `now` (monotonic).
    pub(crate) fn push(&mut self, seen: Seen, now: Duration) {
        match seen.track {
            Track::Audio => self.last_audio_ms = Some(seen.timestamp_ms),
            Track::Video => {
                self.last_video_ms = Some(seen.timestamp_ms);
                if seen.is_sync {
                    if let Some(last) = self.last_sync_ms {
                        self.gop_ms = seen.timestamp_ms.wrapping_sub(last);
                    }
                    self.last_sync_ms = Some(seen.timestamp_ms);
                }
            }
        }
        self.units.push_back((now, seen));
        while self.units.len() > UNITS_MAX
            || self.units.front().is_some_and(|(at, _)| *at + WINDOW < now)
        {
            self.units.pop_front();
        }
    }

    /// Forgets the connection's clock: the next one starts another.
    pub(crate) fn restart(&mut self) {
        *self = Self::default();
    }

    /// The figures as of `now`.
    pub(crate) fn figures(&self, now: Duration) -> Figures {
        let recent = || self.units.iter().filter(|(at, _)| *at + WINDOW >= now);
        let bits = |track: Track| -> u64 {
            recent().filter(|(_, s)| s.track == track).map(|(_, s)| s.bytes as u64 * 8).sum()
        };
        let times: Vec<u32> = recent()
            .filter(|(_, seen)| seen.track == Track::Video)
            .map(|(_, seen)| seen.timestamp_ms)
            .collect();
        let span = recent().next().map_or(Duration::ZERO, |(at, _)| now.saturating_sub(*at));
        let rate = |bits: u64| {
            bits.saturating_mul(1_000) / u64::try_from(span.as_millis().max(1_000)).unwrap_or(1_000)
        };
        let interval_ms = match (times.first(), times.last()) {
            (Some(first), Some(last)) if times.len() > 1 => {
                f64::from(last.wrapping_sub(*first))
                    / f64::from(u32::try_from(times.len() - 1).unwrap_or(u32::MAX))
            }
            _ => 0.0,
        };
        let running_gop = match (self.last_sync_ms, self.last_video_ms) {
            (Some(sync), Some(last)) => last.wrapping_sub(sync),
            _ => 0,
        };
        Figures {
            bitrate_bps: rate(bits(Track::Video) + bits(Track::Audio)),
            audio_bitrate_bps: rate(bits(Track::Audio)),
            frame_rate: if interval_ms > 0.0 {
                (10_000.0 / interval_ms).round() / 10.0
            } else {
                0.0
            },
            frame_interval_ms: (interval_ms * 10.0).round() / 10.0,
            gop_ms: self.gop_ms.max(running_gop),
            av_skew_ms: self.skew_ms(),
            has_video: self.last_video_ms.is_some(),
            has_audio: self.last_audio_ms.is_some(),
        }
    }

    fn skew_ms(&self) -> i64 {
        match (self.last_audio_ms, self.last_video_ms) {
            (Some(audio), Some(video)) => i64::from(audio.wrapping_sub(video).cast_signed()),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty frames a second with a sync unit every `gop` frames, and audio 40 ms behind.
    fn fed(seconds: u32, gop: u32) -> (Meter, Duration) {
        let mut meter = Meter::default();
        let mut now = Duration::ZERO;
        for frame in 0..seconds * 30 {
            let timestamp_ms = frame * 1_000 / 30;
            now = Duration::from_millis(u64::from(timestamp_ms));
            let is_sync = frame % gop == 0;
            meter.push(Seen { track: Track::Video, bytes: 12_500, timestamp_ms, is_sync }, now);
            let timestamp_ms = timestamp_ms.saturating_sub(40);
            let audio = Seen { track: Track::Audio, bytes: 500, timestamp_ms, is_sync: true };
            meter.push(audio, now);
        }
        (meter, now)
    }

    #[test]
    fn steady_input_is_measured() {
        let (meter, now) = fed(10, 60);
        let figures = meter.figures(now);
        assert!((figures.frame_rate - 30.0).abs() < 0.2, "{figures:?}");
        assert!((2_900_000..3_400_000).contains(&figures.bitrate_bps), "{figures:?}");
        assert_eq!(figures.gop_ms, 2_000);
        assert_eq!(figures.av_skew_ms, -40);
    }

    #[test]
    fn a_gop_that_does_not_end_is_seen_while_it_runs() {
        let (meter, now) = fed(9, 1_000_000);
        assert!(meter.figures(now).gop_ms > 8_000);
    }

    #[test]
    fn silence_measures_nothing() {
        let (meter, now) = fed(2, 60);
        let later = meter.figures(now + Duration::from_mins(1));
        assert_eq!(later.bitrate_bps, 0);
        assert_eq!(Meter::default().figures(now), Figures::default());
    }

    #[test]
    fn a_wrapping_clock_is_no_skew() {
        let mut meter = Meter::default();
        let seen = |track, timestamp_ms| Seen { track, bytes: 1, timestamp_ms, is_sync: true };
        meter.push(seen(Track::Audio, 10), Duration::ZERO);
        meter.push(seen(Track::Video, u32::MAX - 9), Duration::ZERO);
        assert_eq!(meter.figures(Duration::ZERO).av_skew_ms, 20);
    }
}
