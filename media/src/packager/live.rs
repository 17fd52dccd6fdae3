//! A broadcast under way: the leader cuts, the others follow, the clock fills in.

use super::join::{First, Queued};
use super::output::{Alarm, Control, Output, Rendition, Rid};
use super::settings::MediaError;
use super::track::{Stage, Track, Unit, rescale, ticks_within};
use crate::fmp4;
use crate::grid::{Anchor, Cut, Grid, Lead, SCALE, Verdict};
use crate::time::{Span, Wall};
use crate::timeline::{FrameClock, Placed, SampleClock, Step};
use crate::unit::{FrameRate, Kind, RawUnit, TrackConfig};
use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct Live {
    pub(super) grid: Grid,
    pub(super) tracks: Vec<Track>,
    pub(super) leader: Kind,
    fence: u64,
    control: Control,
    pub(super) frames: FrameClock,
    samples: Option<SampleClock>,
    zero: Zero,
    /// The grid goes on without media.
    pub(super) by_clock: bool,
    /// Where the leader's last unit is.
    last_at: i64,
    late: Late,
    /// How much later than its wall clock time media comes, in milliseconds.
    lag_ms: i64,
    discontinuities: u64,
    /// A track that begins at the next discontinuity.
    newcomer: Option<TrackConfig>,
}

/// How the publisher's clock maps to the broadcast's timeline.
#[derive(Debug, Clone, Copy)]
struct Zero {
    video_ms: i64,
    audio_ms: i64,
    /// How much later than decoded the first picture is shown, in ticks: all pictures are decoded
    /// that much later, so that a segment's first picture is shown where the segment starts.
    shift: i64,
    at: i64,
    epoch: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Late {
    units: u32,
    since: Option<Wall>,
}

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fed {
    Taken,
    /// Media keeps coming for time that is listed as gaps: the clock must be read anew.
    Hopeless,
}

/// How a broadcast starts.
pub(super) struct Opening {
    pub(super) fence: u64,
    pub(super) control: Control,
    pub(super) segment: Span,
    pub(super) first: Cut,
    pub(super) discontinuities: u64,
    pub(super) frames: FrameClock,
}

impl Live {
    pub(super) fn new(
        opening: Opening,
        configs: impl IntoIterator<Item = TrackConfig>,
        now: Wall,
        out: &mut VecDeque<Output>,
    ) -> Result<Self, MediaError> {
        let Opening { fence, control, segment, first, discontinuities, frames } = opening;
        let mut live = Self {
            grid: Grid::new(segment, control.target_seconds, first),
            tracks: Vec::new(),
            leader: Kind::Audio,
            fence,
            control,
            frames,
            samples: None,
            zero: Zero { video_ms: 0, audio_ms: 0, shift: 0, at: first.at, epoch: first.epoch },
            by_clock: false,
            last_at: first.at,
            late: Late::default(),
            lag_ms: 0,
            discontinuities,
            newcomer: None,
        };
        for config in configs {
            live.add(config, first, now, out)?;
        }
        Ok(live)
    }

    fn add(
        &mut self,
        config: TrackConfig,
        cut: Cut,
        now: Wall,
        out: &mut VecDeque<Output>,
    ) -> Result<(), MediaError> {
        let kind = config.kind();
        if kind == Kind::Video {
            self.leader = Kind::Video;
        }
        let rendition = Rendition {
            rid: Rid::first(kind),
            frame_rate: self.frames.rate().filter(|_| kind == Kind::Video),
            control: self.control,
            first_msn: cut.msn,
            discontinuity_sequence: self.discontinuities - u64::from(cut.discontinuity),
            config,
        };
        let track = Track::new(rendition, self.fence, cut, now)?;
        track.announce(out);
        self.tracks.push(track);
        Ok(())
    }

    pub(super) fn has(&self, kind: Kind) -> bool {
        self.tracks.iter().any(|track| track.rid.kind == kind)
    }

    /// Other parameters, or a track more: from the next discontinuity on.
    pub(super) fn configure(&mut self, config: TrackConfig) -> Result<(), MediaError> {
        let same = self.tracks.iter_mut().find(|track| track.rid.kind == config.kind());
        let Some(track) = same else {
            fmp4::init(&config)?;
            self.newcomer = Some(config);
            return Ok(());
        };
        if config.kind() == Kind::Audio && config != *track.newest_config() {
            self.samples = None;
        }
        track.reconfigure(config)
    }

    fn wants_discontinuity(&self) -> bool {
        self.newcomer.is_some() || self.tracks.iter().any(|track| track.successor.is_some())
    }

    /// Takes the next unit.
    pub(super) fn feed(&mut self, queued: Queued, out: &mut VecDeque<Output>) -> Fed {
        let Queued { placed, unit: raw, now } = queued;
        let kind = raw.kind;
        let Some(unit) = self.locate(placed, raw) else { return Fed::Taken };
        if kind == self.leader {
            let fed = self.lead(unit, now, out);
            self.follow(now, out);
            return fed;
        }
        if let Some(track) = self.tracks.iter_mut().find(|track| track.rid.kind == kind) {
            track.waiting.push_back(unit);
            track.is_silent = false;
            if track.waiting.len() > Track::WAITING_MAX {
                track.waiting.pop_front();
                out.push_back(Output::Alarm(Alarm::Overrun { kind }));
            }
        }
        self.follow(now, out);
        Fed::Taken
    }

    /// Places a unit on the broadcast's timeline; nothing for a unit before it or without track.
    fn locate(&mut self, placed: Placed, raw: RawUnit) -> Option<Unit> {
        let (ms, repaired) = (placed.ms, placed.step == Step::Repaired);
        let track = self.tracks.iter().find(|track| track.rid.kind == raw.kind)?;
        let (config, zero, generation) =
            (track.newest_config(), self.zero, track.newest_generation());
        let scale = fmp4::timescale(config);
        let start = rescale(zero.at, SCALE, scale);
        let (decode, length, offset) = match config {
            TrackConfig::Video(_) => {
                let ticks = self.frames.place(ms - zero.video_ms, repaired);
                let offset = self.frames.offset(i64::from(raw.composition_offset_ms));
                (ticks, self.frames.interval().unwrap_or(0), offset - zero.shift)
            }
            TrackConfig::Audio(config) => {
                let frame = config.frame_samples();
                let clock = self.samples.get_or_insert_with(|| SampleClock::new(scale, frame));
                let since = ms - zero.audio_ms;
                if since < -i64::from(frame) * 1_000 / i64::from(scale.get()) {
                    return None;
                }
                (clock.place(since), clock.frame(), 0)
            }
        };
        let decode = start + decode;
        let (is_sync, data, epoch) = (raw.is_sync || raw.kind == Kind::Audio, raw.data, zero.epoch);
        Some(Unit { decode, length, offset, is_sync, data, epoch, generation })
    }

    fn lead(&mut self, unit: Unit, now: Wall, out: &mut VecDeque<Output>) -> Fed {
        let (at, length) = {
            let leader = leading(&mut self.tracks, self.leader);
            (leader.global(unit.decode), leader.global(unit.length))
        };
        if self.by_clock {
            if !self.is_back(&unit, at, length) {
                return self.too_late(now);
            }
            self.back(out);
        }
        self.measure_lag(at, now);
        while at - self.grid.newest().at >= self.grid.limit() {
            let leader = leading(&mut self.tracks, self.leader);
            let listed = leader.global(leader.natural_end());
            let start = self.grid.newest().at;
            let end = listed.max(start + self.grid.segment()).min(start + self.grid.limit());
            self.cut(end, now, out);
        }
        let length = if length > 0 { length } else { self.guess_length(at) };
        self.last_at = at;
        let verdict = self.grid.judge(Lead { at, length, is_sync: unit.is_sync });
        if let Verdict::Force { gop } = verdict {
            out.push_back(Output::Alarm(Alarm::GopOverTarget { gop }));
        }
        if unit.is_sync && self.wants_discontinuity() {
            self.cut_discontinuity(at, now, out);
        } else if verdict != Verdict::Stay {
            self.cut(at, now, out);
        }
        let leader = leading(&mut self.tracks, self.leader);
        if unit.generation == leader.generation {
            leader.take(unit, &mut Stage { grid: &self.grid, out, now });
        }
        Fed::Taken
    }

    /// What a unit of unknown length may take: as much as the one before, within reason.
    fn guess_length(&self, at: i64) -> i64 {
        let second = i64::from(SCALE.get());
        (at - self.last_at).clamp(second / 60, second / 5)
    }

    /// Media came back at a place that is not listed as a gap.
    fn is_back(&mut self, unit: &Unit, at: i64, length: i64) -> bool {
        let leader = leading(&mut self.tracks, self.leader);
        let tolerance = (length / 2).max(i64::from(SCALE.get()) / 100);
        unit.is_sync && at + tolerance >= leader.global(leader.edge)
    }

    fn too_late(&mut self, now: Wall) -> Fed {
        self.late.units += 1;
        let since = *self.late.since.get_or_insert(now);
        // For two target durations all media came too late: it will not catch up.
        let patience = self.control.target().times(2).to_ms();
        if now.since(since) > patience { Fed::Hopeless } else { Fed::Taken }
    }

    fn back(&mut self, out: &mut VecDeque<Output>) {
        self.by_clock = false;
        let late = std::mem::take(&mut self.late);
        if late.units > 0 {
            let alarm = Alarm::LateMedia { kind: self.leader, units: late.units };
            out.push_back(Output::Alarm(alarm));
        }
    }

    fn measure_lag(&mut self, at: i64, now: Wall) {
        let shown = self.grid.newest().anchor.wall_at(Span::from_ticks(at, SCALE));
        let lag = now.since(shown);
        // The least of late, forgotten slowly: what the network holds up now and then is no lag.
        self.lag_ms = if lag < self.lag_ms { lag } else { self.lag_ms + (lag - self.lag_ms) / 64 };
    }

    /// Cuts at a grid position: the leader's segment ends there, the next one starts.
    fn cut(&mut self, at: i64, now: Wall, out: &mut VecDeque<Output>) {
        let newest = self.grid.newest();
        self.cut_with(at, Cut { discontinuity: false, ..newest }, now, out);
    }

    fn cut_discontinuity(&mut self, at: i64, now: Wall, out: &mut VecDeque<Output>) {
        let newest = self.grid.newest();
        self.cut_with(at, Cut { discontinuity: true, ..newest }, now, out);
    }

    /// Ends the leader's segment at `at`; the next one is `next` with its number and place set.
    fn cut_with(&mut self, at: i64, next: Cut, now: Wall, out: &mut VecDeque<Output>) {
        let leader = leading(&mut self.tracks, self.leader);
        let local = leader.local(at);
        leader.close(local, &mut Stage { grid: &self.grid, out, now });
        let next = Cut { msn: self.grid.newest().msn + 1, at: leader.global(leader.edge), ..next };
        self.grid.cut(next);
        leader.begin(next, out);
        self.begun(next, now, out);
    }

    fn begun(&mut self, cut: Cut, now: Wall, out: &mut VecDeque<Output>) {
        if cut.discontinuity {
            self.discontinuities += 1;
            if let Some(config) = self.newcomer.take() {
                // Its init section was made once: it can be made again.
                self.add(config, cut, now, out).unwrap_or_default();
            }
        }
        let oldest = self.tracks.iter().map(|track| track.cut.msn).min();
        self.grid.forget_before(oldest.unwrap_or(0));
    }

    /// Lets the other tracks go as far as the grid is known.
    fn follow(&mut self, now: Wall, out: &mut VecDeque<Output>) {
        let leader = leading(&mut self.tracks, self.leader);
        let known = leader.global(leader.edge.max(leader.natural_end()));
        let (grid, kind) = (&self.grid, self.leader);
        for track in self.tracks.iter_mut().filter(|track| track.rid.kind != kind) {
            let mut stage = Stage { grid, out: &mut *out, now };
            while let Some(unit) = track.waiting.pop_front() {
                if let Some(unit) = follow_one(track, unit, known, &mut stage) {
                    track.waiting.push_front(unit);
                    break;
                }
            }
        }
    }

    /// The position that media of `now` has on the timeline.
    fn position(&self, now: Wall) -> i64 {
        self.grid.newest().anchor.position_at(now.plus_ms(-self.lag_ms.max(0)))
    }

    /// Says when the newest media was listed, by a packager before this one.
    pub(super) fn last_listed_at(&mut self, at: Wall) {
        for track in &mut self.tracks {
            track.closed_at = at;
        }
    }

    /// Goes on by the clock where media is missing.
    pub(super) fn tick(&mut self, now: Wall, out: &mut VecDeque<Output>) {
        let patience = self.control.target().to_ms() * 5 / 4;
        let leader = leading(&mut self.tracks, self.leader);
        if !self.by_clock && now.since(leader.closed_at) >= patience {
            out.push_back(Output::Alarm(Alarm::Silent { kind: self.leader }));
            self.stop_waiting(now, out);
        }
        if self.by_clock {
            let until = self.position(now) - self.step();
            self.fill(until, now, out);
        }
        self.follow(now, out);
        self.fill_followers(patience, now, out);
    }

    /// The length of one step of the grid without media.
    fn step(&self) -> i64 {
        self.control.part_target.map_or(self.grid.segment(), |target| ticks_within(target, SCALE))
    }

    /// Lists what is at hand and ends the segment there.
    fn stop_waiting(&mut self, now: Wall, out: &mut VecDeque<Output>) {
        if !self.by_clock {
            let leader = leading(&mut self.tracks, self.leader);
            if leader.has_pending() && self.control.part_target.is_some() {
                let end = leader.natural_end();
                leader.flush(end, &mut Stage { grid: &self.grid, out, now });
            }
            if leader.parts > 0 || leader.has_pending() {
                let end = leader.global(leader.natural_end());
                self.cut(end, now, out);
            }
            self.by_clock = true;
        }
    }

    /// Lists gaps on the leader until `until`.
    fn fill(&mut self, until: i64, now: Wall, out: &mut VecDeque<Output>) {
        let (step, segment) = (self.step(), self.grid.segment());
        loop {
            let start = self.grid.newest().at;
            let leader = leading(&mut self.tracks, self.leader);
            let edge = leader.global(leader.edge);
            let end = (edge + step).min(start + segment);
            if end > until {
                return;
            }
            let local = leader.local(end);
            leader.gap(local, &mut Stage { grid: &self.grid, out, now });
            if end - start >= segment {
                self.cut(end, now, out);
            }
        }
    }

    /// Lists gaps where another track has sent nothing for too long.
    fn fill_followers(&mut self, patience: i64, now: Wall, out: &mut VecDeque<Output>) {
        let (grid, kind) = (&self.grid, self.leader);
        let leader = leading(&mut self.tracks, kind);
        let edge = leader.global(leader.edge);
        for track in self.tracks.iter_mut().filter(|track| track.rid.kind != kind) {
            if !track.is_silent && now.since(track.closed_at) < patience {
                continue;
            }
            track.is_silent = true;
            if track.cut.msn < grid.newest().msn {
                out.push_back(Output::Alarm(Alarm::Silent { kind: track.rid.kind }));
            }
            let mut stage = Stage { grid, out: &mut *out, now };
            while let Some(cut) = grid.end_of(track.cut.msn) {
                let at = track.local(cut.at);
                track.close(at, &mut stage);
                track.begin(cut, stage.out);
            }
            let Some(cell) = track.cell() else { continue };
            while self.by_clock && track.local(edge) - track.edge >= cell {
                let end = track.edge + cell;
                track.gap(end, &mut stage);
            }
        }
    }

    /// Starts another timeline with `first`. Where gaps are listed they go on until it; a short
    /// absence is a jump of the clock at the discontinuity, which no player has to skip.
    pub(super) fn rejoin(&mut self, first: &First, now: Wall, out: &mut VecDeque<Output>) {
        let is_listed_as_gap = self.by_clock;
        self.stop_waiting(first.wall, out);
        self.follow(now, out);
        if is_listed_as_gap {
            let target = self.position(first.wall);
            self.fill(target, now, out);
        }
        self.back(out);
        let old = self.grid.newest();
        let leader = leading(&mut self.tracks, self.leader);
        let edge = leader.global(leader.edge);
        let shown = old.anchor.wall_at(Span::from_ticks(edge, SCALE));
        let anchor = Anchor { at: edge, wall: shown.max(first.wall) };
        let next = Cut { discontinuity: true, anchor, epoch: old.epoch + 1, ..old };
        let listed = self.tracks.iter().any(|track| track.cut.msn == old.msn && track.parts > 0);
        if listed {
            self.cut_with(edge, next, now, out);
        } else {
            let next = Cut { at: edge, ..next };
            self.grid.restart(next);
            for track in self.tracks.iter_mut().filter(|track| track.cut.msn == old.msn) {
                track.restart(next, out);
            }
            self.discontinuities -= u64::from(old.discontinuity);
            self.begun(next, now, out);
        }
        self.lag_ms = 0;
        self.start_at(first);
    }

    /// Maps the publisher's clock to the newest segment's start.
    pub(super) fn start_at(&mut self, first: &First) {
        let newest = self.grid.newest();
        let shift = self.frames.offset(first.offset_ms);
        self.zero = Zero {
            video_ms: first.decode_ms,
            audio_ms: first.decode_ms + first.offset_ms,
            shift,
            at: newest.at,
            epoch: newest.epoch,
        };
        self.frames.restart();
        if let Some(samples) = &mut self.samples {
            samples.reset();
        }
        self.leader = if first.kind == Kind::Video && self.has(Kind::Video) {
            Kind::Video
        } else {
            self.leader
        };
    }

    /// Lists what is at hand and ends every segment.
    pub(super) fn end(&mut self, now: Wall, out: &mut VecDeque<Output>) {
        let leader = leading(&mut self.tracks, self.leader);
        let end = leader.global(leader.natural_end());
        let is_open = leader.parts > 0 || leader.has_pending();
        self.follow(now, out);
        let (grid, kind) = (&self.grid, self.leader);
        for track in &mut self.tracks {
            let mut stage = Stage { grid, out: &mut *out, now };
            while let Some(unit) = track.waiting.pop_front() {
                follow_one(track, unit, end, &mut stage);
            }
            while let Some(cut) = grid.end_of(track.cut.msn).filter(|_| track.rid.kind != kind) {
                let at = track.local(cut.at);
                track.close(at, &mut stage);
                track.begin(cut, stage.out);
            }
            if is_open {
                let at = track.local(end);
                track.close(at, &mut stage);
            } else if track.parts > 0 || track.has_pending() {
                let at = track.natural_end();
                track.close(at, &mut stage);
            }
        }
    }

    /// Pictures a second, where they come evenly.
    pub(super) fn frame_rate(&self) -> Option<FrameRate> {
        self.frames.rate().filter(|_| self.has(Kind::Video))
    }
}

fn leading(tracks: &mut [Track], kind: Kind) -> &mut Track {
    tracks.iter_mut().find(|track| track.rid.kind == kind).expect("the leader is one of the tracks")
}

/// Gives a unit to its segment; gives it back while that is not known.
fn follow_one(track: &mut Track, unit: Unit, known: i64, stage: &mut Stage<'_>) -> Option<Unit> {
    loop {
        if unit.epoch < track.cut.epoch || unit.generation < track.generation {
            return None;
        }
        let is_next = unit.epoch > track.cut.epoch || unit.generation > track.generation;
        let middle = unit.decode + unit.length / 2;
        let end = stage.grid.end_of(track.cut.msn);
        let at = track.local(end.map_or(known, |cut| cut.at));
        if !is_next && middle < at {
            break;
        }
        let Some(cut) = end else { return Some(unit) };
        track.close(at, stage);
        track.begin(cut, stage.out);
    }
    // Its time is listed already: as a gap, or by the unit before it.
    if unit.decode + unit.length / 2 >= track.edge {
        track.take(unit, stage);
    }
    None
}

/// What a profile's part is at a frame rate: a whole number of units, halves down, at least one.
pub(super) fn part_of_units(part: super::Fraction, rate: FrameRate) -> u64 {
    let (per_second, seconds) =
        (u64::from(rate.numerator.get()), u64::from(rate.denominator.get()));
    let numerator = u64::from(part.numerator) * per_second;
    let denominator = u64::from(part.denominator) * seconds;
    // Halves down: one less than half of the divisor is added.
    ((2 * numerator + denominator - 1) / (2 * denominator)).max(1)
}

/// Ticks of the grid that a number of units takes, rounded up.
pub(super) fn units_to_ticks(units: u64, rate: FrameRate) -> i64 {
    let (per_second, seconds) =
        (u64::from(rate.numerator.get()), u64::from(rate.denominator.get()));
    let ticks = (units * seconds * u64::from(SCALE.get())).div_ceil(per_second);
    i64::try_from(ticks).unwrap_or(i64::MAX)
}
