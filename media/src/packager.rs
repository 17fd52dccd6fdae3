//! From raw units to parts and segments on one grid.
//!
//! A packager takes what a publisher sends, with the time it came, and says what to publish. It
//! owns the broadcast's timeline: segment numbers, cuts and wall clock times. It outlives the
//! publisher's connections: when media stops, [`Packager::tick`] goes on with gaps.
//!
//! `now` is one clock that never steps: see [`Wall`].

mod join;
mod live;
mod output;
mod profile;
mod settings;
#[cfg(test)]
pub(crate) mod simulation;
#[cfg(test)]
mod tests;
mod track;

pub use output::{
    Alarm, Control, Init, Output, Part, Rendition, Rid, RidError, Segment, SegmentOpen,
};
pub use profile::{Fraction, Profile, ProfileError};
pub use settings::{MediaError, Resume, Settings};

use crate::grid::{Anchor, Cut, SCALE};
use crate::time::{Span, Wall};
use crate::timeline::{FrameClock, Step, Timeline};
use crate::unit::{FrameRate, Kind, RawUnit, TrackConfig};
use join::{First, Join, Purpose, Queued};
use live::{Fed, Live, Opening};
use std::collections::VecDeque;

/// Packages one broadcast: see the [module](self).
#[derive(Debug)]
pub struct Packager {
    settings: Settings,
    timeline: Timeline,
    video: Option<TrackConfig>,
    audio: Option<TrackConfig>,
    declared_rate: Option<FrameRate>,
    /// Units that wait for a timeline.
    join: Option<Join>,
    live: Option<Live>,
    ended: bool,
    /// The number of the first segment, and the discontinuities before it.
    first: (u64, u64),
    out: VecDeque<Output>,
}

/// What a packager measures of its publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measures {
    /// How far sound is ahead of the picture as they come, in milliseconds.
    pub skew_ms: Option<i64>,
    /// Pictures a second, where they come evenly.
    pub frame_rate: Option<FrameRate>,
    /// Time from one sync unit to the next, the last time.
    pub gop: Option<Span>,
    /// Gaps are listed instead of media.
    pub silent: bool,
}

impl Packager {
    /// The longest time after a restart that is filled with gaps, in milliseconds: half a day. A store
    /// may have been away for hours before the restart, and numbers go on from what it holds.
    pub const FILL_MS_MAX: i64 = 12 * 3_600_000;
    /// The longest target duration, in seconds.
    pub const TARGET_SECONDS_MAX: u64 = 6;

    /// Nothing is packaged yet.
    pub fn new(settings: Settings) -> Self {
        let purpose = if settings.resume.is_some() { Purpose::Resume } else { Purpose::Start };
        Self {
            settings,
            timeline: Timeline::new(),
            video: None,
            audio: None,
            declared_rate: None,
            join: Some(Join::new(purpose)),
            live: None,
            ended: false,
            first: (Settings::FIRST_MSN, 0),
            out: VecDeque::new(),
        }
    }

    /// Takes the next thing to publish; order matters.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Takes a frame rate from the publisher's metadata; believed only if pictures keep to it.
    pub fn declare_frame_rate(&mut self, rate: FrameRate) {
        self.declared_rate = Some(rate);
    }

    /// Takes a track's parameters, as often as the publisher repeats them.
    pub fn configure(&mut self, config: TrackConfig, now: Wall) -> Result<(), MediaError> {
        self.go_on(now)?;
        let kind = config.kind();
        match &mut self.live {
            Some(live) => live.configure(config.clone())?,
            None => drop(crate::fmp4::init(&config)?),
        }
        match kind {
            Kind::Video => self.video = Some(config),
            Kind::Audio => self.audio = Some(config),
        }
        Ok(())
    }

    /// Takes one unit of a configured track; others are ignored.
    pub fn push(&mut self, unit: RawUnit, now: Wall) -> Result<(), MediaError> {
        self.go_on(now)?;
        let config = match unit.kind {
            Kind::Video => &self.video,
            Kind::Audio => &self.audio,
        };
        if self.ended || config.is_none() {
            return Ok(());
        }
        let placed = self.timeline.place(&unit);
        match placed.step {
            Step::Stray => return Ok(()),
            Step::Jump { by_ms } => {
                self.out.push_back(Output::Alarm(Alarm::ClockJump { by_ms }));
                self.wait();
            }
            Step::Even | Step::Repaired | Step::Gap => {}
        }
        let lacks_track = self.live.as_ref().is_some_and(|live| !live.has(unit.kind));
        if self.join.is_none() && lacks_track && unit.kind == Kind::Video {
            self.join = Some(Join::new(Purpose::Resume));
        }
        let queued = Queued { placed, unit, now };
        match &mut self.join {
            Some(join) => {
                let kind = queued.unit.kind;
                if join.push(queued) {
                    self.out.push_back(Output::Alarm(Alarm::Overrun { kind }));
                }
                self.try_start(now)?;
            }
            None => self.feed(queued),
        }
        if let Some(live) = &mut self.live {
            live.tick(now, &mut self.out);
        }
        Ok(())
    }

    /// The publisher connects again: its clock and its units are new, the broadcast goes on.
    pub fn reconnect(&mut self, now: Wall) -> Result<(), MediaError> {
        self.go_on(now)?;
        self.timeline = Timeline::new();
        self.wait();
        Ok(())
    }

    /// Lets time pass: call it a few times a second.
    pub fn tick(&mut self, now: Wall) -> Result<(), MediaError> {
        self.go_on(now)?;
        if self.ended {
            return Ok(());
        }
        self.try_start(now)?;
        if let Some(live) = &mut self.live {
            live.tick(now, &mut self.out);
        }
        Ok(())
    }

    /// Ends the broadcast: closes every open segment.
    pub fn end(&mut self, now: Wall) -> Result<(), MediaError> {
        self.go_on(now)?;
        if self.ended {
            return Ok(());
        }
        // What waits is all there will be.
        if self.live.is_none() {
            self.start_if_ready(now.plus_ms(Self::FILL_MS_MAX), now)?;
        }
        if let Some(live) = &mut self.live {
            live.end(now, &mut self.out);
        }
        self.ended = true;
        self.out.push_back(Output::Ended);
        Ok(())
    }

    /// What is measured of the publisher now.
    pub fn measures(&self) -> Measures {
        let live = self.live.as_ref();
        Measures {
            skew_ms: self.timeline.skew_ms(),
            frame_rate: live.and_then(Live::frame_rate),
            gop: live.and_then(|live| live.grid.gop()),
            silent: live.is_some_and(|live| live.by_clock),
        }
    }

    /// From here on units belong to another timeline.
    fn wait(&mut self) {
        match &mut self.join {
            Some(join) => join.clear(),
            None => self.join = Some(Join::new(Purpose::Resume)),
        }
    }

    fn feed(&mut self, queued: Queued) {
        let Some(live) = &mut self.live else { return };
        match live.feed(queued, &mut self.out) {
            Fed::Taken => {}
            Fed::Hopeless => self.wait(),
        }
    }

    fn try_start(&mut self, now: Wall) -> Result<(), MediaError> {
        self.start_if_ready(now, now)
    }

    /// Starts the timeline that units wait for, if they can at `patience`.
    fn start_if_ready(&mut self, patience: Wall, now: Wall) -> Result<(), MediaError> {
        let expects_video = self.video.is_some();
        let ready = self.join.as_ref().and_then(|join| join.ready(patience, expects_video));
        let Some((first, join)) = ready.zip(self.join.take_if(|_| ready.is_some())) else {
            return Ok(());
        };
        match &mut self.live {
            Some(live) => live.rejoin(&first, now, &mut self.out),
            None => self.live = Some(self.open(&first, &join, now)?),
        }
        for queued in join.into_units(&first) {
            self.feed(queued);
        }
        Ok(())
    }

    /// The timeline of a new broadcast.
    fn open(&mut self, first: &First, join: &Join, now: Wall) -> Result<Live, MediaError> {
        let header_rate = match &self.video {
            Some(TrackConfig::Video(config)) => config.frame_rate(),
            Some(TrackConfig::Audio(_)) | None => None,
        };
        let mut frames = FrameClock::new(header_rate.or(self.declared_rate));
        let times: Vec<_> = join.times(first).iter().map(|ms| ms - first.decode_ms).collect();
        frames.learn(&times);
        let anchor = Anchor { at: 0, wall: first.wall };
        let (msn, discontinuities) = self.first;
        let opening = Opening {
            fence: self.settings.fence,
            control: self.control(first.kind, &frames, &times),
            segment: self.settings.profile.segment(),
            first: Cut { msn, at: 0, discontinuity: false, anchor, epoch: 0 },
            discontinuities,
            frames,
        };
        let video = self.video.clone().filter(|_| first.kind == Kind::Video);
        let configs = video.into_iter().chain(self.audio.clone());
        let mut live = Live::new(opening, configs, now, &mut self.out)?;
        live.start_at(first);
        Ok(live)
    }

    /// Freezes what the playlists promise.
    fn control(&self, leader: Kind, frames: &FrameClock, times: &[i64]) -> Control {
        let profile = self.settings.profile;
        let gop = self.settings.longest_gop.unwrap_or_default();
        let target = profile.segment().max(gop).round_seconds();
        let least = profile.segment().round_seconds();
        let target = target.min(Self::TARGET_SECONDS_MAX).max(least);
        let part_target = profile.part().map(|part| {
            let ticks = self.part_ticks(leader, part, frames, times);
            Span::from_ticks_up(ticks, SCALE)
        });
        let over = Span::from_seconds(target) + crate::grid::Grid::OVER;
        Control {
            target_seconds: u32::try_from(target).unwrap_or(u32::MAX),
            part_target,
            independent_segments: gop <= over,
        }
    }

    /// A part in ticks of the grid: whole units of an even track, else the profile's length or
    /// the longest unit seen.
    fn part_ticks(&self, leader: Kind, part: Fraction, frames: &FrameClock, times: &[i64]) -> i64 {
        let per_second = i64::from(SCALE.get());
        let wanted = per_second * i64::from(part.numerator) / i64::from(part.denominator);
        let rate = match (leader, &self.audio) {
            (Kind::Video, _) => frames.rate(),
            (Kind::Audio, Some(TrackConfig::Audio(config))) => {
                let numerator = std::num::NonZeroU32::new(config.sample_rate());
                let denominator = std::num::NonZeroU32::new(config.frame_samples());
                numerator
                    .zip(denominator)
                    .map(|(numerator, denominator)| FrameRate { numerator, denominator })
            }
            (Kind::Audio, _) => None,
        };
        let most = self.settings.profile.segment().to_ticks(SCALE) / 2;
        let even = rate.map(|rate| live::units_to_ticks(live::part_of_units(part, rate), rate));
        even.filter(|ticks| *ticks <= most).unwrap_or_else(|| {
            let steps = times.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?));
            let longest = steps.max().unwrap_or(0) * per_second / 1_000;
            wanted.max(longest).min(most.max(wanted))
        })
    }

    /// Goes on where an earlier packager stopped: at the first sign of time.
    fn go_on(&mut self, now: Wall) -> Result<(), MediaError> {
        let Some(resume) = self.settings.resume.take() else { return Ok(()) };
        if resume.tracks.is_empty() {
            self.first = (resume.next_msn, resume.discontinuity_sequence);
            return Ok(());
        }
        let oldest = now.plus_ms(-Self::FILL_MS_MAX);
        let anchor = Anchor { at: 0, wall: resume.edge.max(oldest) };
        let opening = Opening {
            fence: self.settings.fence,
            control: Control {
                target_seconds: resume.target_seconds,
                part_target: resume.part_target,
                independent_segments: resume.independent_segments,
            },
            segment: self.settings.profile.segment(),
            first: Cut { msn: resume.next_msn, at: 0, discontinuity: true, anchor, epoch: 0 },
            discontinuities: resume.discontinuity_sequence + 1,
            frames: FrameClock::new(self.declared_rate),
        };
        let mut live = Live::new(opening, resume.tracks, now, &mut self.out)?;
        // What was listed last was listed then: gaps follow when a player would give up waiting.
        live.last_listed_at(anchor.wall.min(now));
        self.live = Some(live);
        Ok(())
    }
}
