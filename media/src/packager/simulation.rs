//! A publisher, a clock and a player of windows for tests: no sockets, no sleep.

use super::{Control, Output, Packager, Part, Profile, Rid, Segment, Settings};
use crate::codec::{Audio, Video, aac, avc};
use crate::hls::{Window, playlist};
use crate::time::{Span, Wall};
use crate::unit::{FrameRate, Kind, RawUnit, TrackConfig};
use bytes::Bytes;
use std::num::NonZeroU32;

/// When simulated publishers start.
pub(crate) const START: Wall = Wall(1_764_000_000_000);

/// What a simulated publisher sends.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) rate: FrameRate,
    pub(crate) gop_frames: u64,
    /// Pictures between two that are not reordered: 0 for none.
    pub(crate) b_frames: u64,
    /// Each picture's clock is off by at most so many milliseconds.
    pub(crate) jitter_ms: u32,
    /// Every so many pictures one is lost.
    pub(crate) lose_every: Option<u64>,
    pub(crate) video: bool,
    pub(crate) audio_rate: Option<u32>,
    /// Clock reading of the first picture.
    pub(crate) clock_ms: u32,
    /// The header names the frame rate.
    pub(crate) declares_rate: bool,
}

impl Source {
    pub(crate) fn new(numerator: u32, denominator: u32) -> Self {
        Self {
            rate: rate(numerator, denominator),
            gop_frames: u64::from((2 * numerator).div_ceil(denominator)),
            b_frames: 0,
            jitter_ms: 0,
            lose_every: None,
            video: true,
            audio_rate: Some(48_000),
            clock_ms: 0,
            declares_rate: true,
        }
    }

    pub(crate) fn video_config(&self, width: u32) -> TrackConfig {
        TrackConfig::Video(Video::Avc(avc::Config {
            record: Bytes::from_static(RECORD),
            codec: "avc1.64001e".to_owned(),
            width,
            height: 360,
            frame_rate: self.declares_rate.then_some(self.rate),
            length_size: 4,
        }))
    }

    pub(crate) fn audio_config(&self) -> Option<TrackConfig> {
        let rate = self.audio_rate?;
        Some(TrackConfig::Audio(Audio::Aac(aac::Config {
            specific: Bytes::from_static(&[0x11, 0x90]),
            codec: "mp4a.40.2".to_owned(),
            sample_rate: rate,
            channels: 2,
            frame_samples: 1_024,
        })))
    }

    /// Units of `seconds`, each with the milliseconds after the start at which it comes.
    pub(crate) fn units(&self, seconds: u64) -> Vec<(u64, RawUnit)> {
        let mut units = Vec::new();
        if self.video {
            units.extend(self.pictures(seconds));
        }
        if let Some(rate) = self.audio_rate {
            let frames = seconds * u64::from(rate) / 1_024;
            units.extend((0..frames).map(|at| {
                let ms = at * 1_024_000 / u64::from(rate);
                (ms, self.unit(Kind::Audio, ms, 0, true))
            }));
        }
        units.sort_by_key(|(ms, _)| *ms);
        units
    }

    fn pictures(&self, seconds: u64) -> impl Iterator<Item = (u64, RawUnit)> {
        let (per_second, denominator) =
            (u64::from(self.rate.numerator.get()), u64::from(self.rate.denominator.get()));
        let ms = move |frames: u64| frames * 1_000 * denominator / per_second;
        let count = seconds * per_second / denominator;
        let mut noise = 0x2545_f491_u32;
        (0..count).filter_map(move |at| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter = u64::from(noise >> 16) % u64::from(2 * self.jitter_ms + 1);
            if self
                .lose_every
                .is_some_and(|every| at % every == every - 1 && at % self.gop_frames != 0)
            {
                return None;
            }
            let in_gop = at % self.gop_frames;
            // I, then P and its B pictures: shown one later than decoded at the least.
            let order = if self.b_frames == 0 || in_gop == 0 {
                0
            } else {
                (in_gop - 1) % (self.b_frames + 1)
            };
            let shown = match (self.b_frames, order) {
                (0, _) => at,
                (b, 0) if in_gop != 0 => at + b + 1,
                (_, 0) => at + 1,
                _ => at,
            };
            let decode = ms(at) + jitter;
            let offset = i32::try_from(ms(shown) - ms(at)).unwrap();
            Some((decode, self.unit(Kind::Video, decode, offset, in_gop == 0)))
        })
    }

    fn unit(&self, kind: Kind, ms: u64, offset: i32, is_sync: bool) -> RawUnit {
        let size = match (kind, is_sync) {
            (Kind::Audio, _) => 100,
            (Kind::Video, true) => 9_000,
            (Kind::Video, false) => 3_000,
        };
        RawUnit {
            kind,
            timestamp_ms: self.clock_ms.wrapping_add(u32::try_from(ms % (1 << 32)).unwrap()),
            composition_offset_ms: offset,
            is_sync,
            data: Bytes::from(vec![u8::from(is_sync); size]),
        }
    }
}

pub(crate) fn rate(numerator: u32, denominator: u32) -> FrameRate {
    FrameRate {
        numerator: NonZeroU32::new(numerator).unwrap(),
        denominator: NonZeroU32::new(denominator).unwrap(),
    }
}

/// A packager, the windows of its renditions, and everything that was ever said.
pub(crate) struct Stand {
    pub(crate) packager: Packager,
    pub(crate) windows: Vec<Window>,
    pub(crate) outputs: Vec<(Wall, Output)>,
    /// Every version of every playlist.
    pub(crate) playlists: Vec<(Rid, Wall, String)>,
    pub(crate) dvr: Span,
    /// Keep the text of each version.
    pub(crate) renders: bool,
}

impl Stand {
    pub(crate) fn new(profile: Profile) -> Self {
        Self::with(Settings::new(profile, 1))
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self {
            packager: Packager::new(settings),
            windows: Vec::new(),
            outputs: Vec::new(),
            playlists: Vec::new(),
            dvr: Span::from_seconds(60),
            renders: false,
        }
    }

    pub(crate) fn configure(&mut self, source: &Source, now: Wall) {
        if source.video {
            self.packager.configure(source.video_config(640), now).unwrap();
        }
        if let Some(config) = source.audio_config() {
            self.packager.configure(config, now).unwrap();
        }
        self.drain(now);
    }

    /// Publishes `seconds` of a source, in real time from `now`; returns when it is over.
    pub(crate) fn publish(&mut self, source: &Source, seconds: u64, now: Wall) -> Wall {
        self.configure(source, now);
        for (ms, unit) in source.units(seconds) {
            self.push(unit, now.plus_ms(i64::try_from(ms).unwrap()));
        }
        now.plus_ms(i64::try_from(seconds * 1_000).unwrap())
    }

    pub(crate) fn push(&mut self, unit: RawUnit, now: Wall) {
        self.packager.push(unit, now).unwrap();
        self.drain(now);
    }

    /// Lets `seconds` pass without media.
    pub(crate) fn wait(&mut self, seconds: u64, now: Wall) -> Wall {
        for tenth in 1..=i64::try_from(seconds * 10).unwrap() {
            let at = now.plus_ms(tenth * 100);
            self.packager.tick(at).unwrap();
            self.drain(at);
        }
        now.plus_ms(i64::try_from(seconds * 1_000).unwrap())
    }

    pub(crate) fn end(&mut self, now: Wall) {
        self.packager.end(now).unwrap();
        self.drain(now);
    }

    fn drain(&mut self, now: Wall) {
        let mut changed = false;
        while let Some(output) = self.packager.poll() {
            if let Output::Rendition(rendition) = &output
                && self.windows.iter().all(|window| window.rid() != rendition.rid)
            {
                let dsn = rendition.discontinuity_sequence;
                self.windows.push(Window::new(rendition.rid, rendition.control, self.dvr, dsn));
            }
            for window in &mut self.windows {
                changed |= window.apply(&output);
            }
            self.outputs.push((now, output));
        }
        if changed && self.renders {
            for window in &self.windows {
                let text = playlist::full(window, &self.reports());
                self.playlists.push((window.rid(), now, text));
            }
        }
    }

    pub(crate) fn reports(&self) -> Vec<playlist::Report> {
        self.windows.iter().filter_map(playlist::Report::of).collect()
    }

    pub(crate) fn window(&self, rid: Rid) -> &Window {
        self.windows.iter().find(|window| window.rid() == rid).unwrap()
    }

    pub(crate) fn control(&self) -> Control {
        *self.windows[0].control()
    }

    pub(crate) fn parts(&self, rid: Rid) -> Vec<&Part> {
        let parts = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::Part(part) if part.rid == rid => Some(part),
            _ => None,
        });
        parts.collect()
    }

    pub(crate) fn segments(&self, rid: Rid) -> Vec<&Segment> {
        let segments = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::Segment(segment) if segment.rid == rid => Some(segment),
            _ => None,
        });
        segments.collect()
    }
}

/// 640×360, High, 30 pictures a second.
const RECORD: &[u8] = &[
    0x01, 0x64, 0x00, 0x1e, 0xff, 0xe1, 0x00, 0x1a, 0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0,
    0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16,
    0x2d, 0x96, 0x01, 0x00, 0x06, 0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0, 0xfd, 0xf8, 0xf8, 0x00,
];
