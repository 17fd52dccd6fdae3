//! One rendition being written: its open segment, its open part, and what waits for them.

use super::output::{Init, Output, Part, Rendition, Rid, Segment, SegmentOpen};
use super::settings::MediaError;
use crate::fmp4;
use crate::grid::{Cut, Grid, SCALE};
use crate::hls::Position;
use crate::time::{Span, Wall};
use crate::unit::{AccessUnit, Kind, Timescale, TrackConfig};
use bytes::Bytes;
use std::collections::VecDeque;

/// A unit with its place on the broadcast's timeline, in ticks of its track.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) decode: i64,
    /// Expected ticks to the next unit; zero if unknown.
    pub(super) length: i64,
    pub(super) offset: i64,
    pub(super) is_sync: bool,
    pub(super) data: Bytes,
    /// The publisher's clock that it was placed by.
    pub(super) epoch: u32,
    /// The parameters that it needs.
    pub(super) generation: u32,
}

/// The media of a part; empty for a gap.
#[derive(Debug, Default)]
struct Chunk {
    bytes: Bytes,
    independent: bool,
    intra: u32,
}

/// Where a track's parts go, and the grid that they are cut on.
pub(super) struct Stage<'a> {
    pub(super) grid: &'a Grid,
    pub(super) out: &'a mut VecDeque<Output>,
    pub(super) now: Wall,
}

#[derive(Debug)]
pub(super) struct Track {
    pub(super) rid: Rid,
    scale: Timescale,
    /// What the track says of itself; its generation is the current one's.
    rendition: Rendition,
    pub(super) generation: u32,
    fence: u64,
    init: Bytes,
    /// Takes effect at the next discontinuity.
    pub(super) successor: Option<(Rendition, Bytes)>,
    /// The longest part, in ticks; none where segments have no parts.
    cell: Option<i64>,
    sequence: u32,
    pub(super) cut: Cut,
    /// Where the open segment starts.
    start: i64,
    /// Where the listed parts end.
    pub(super) edge: i64,
    /// Where the unit behind them is expected: a publisher's hole shorter than a unit leaves the parts
    /// a little before their pictures, until the next discontinuity.
    expected: i64,
    /// Parts of the open segment that are listed.
    pub(super) parts: u32,
    has_media: bool,
    /// Where the open segment ends, while it is being closed.
    closing: Option<i64>,
    pending: Vec<Unit>,
    pub(super) waiting: VecDeque<Unit>,
    /// When a segment was last listed.
    pub(super) closed_at: Wall,
    /// Nothing came for so long that gaps are listed in its place.
    pub(super) is_silent: bool,
}

impl Track {
    /// Units that wait for the grid at most: over half a minute at 60 a second.
    pub(super) const WAITING_MAX: usize = 2_048;

    pub(super) fn new(
        rendition: Rendition,
        fence: u64,
        cut: Cut,
        now: Wall,
    ) -> Result<Self, MediaError> {
        let scale = fmp4::timescale(&rendition.config);
        let start = rescale(cut.at, SCALE, scale);
        let target = rendition.control.part_target;
        Ok(Self {
            rid: rendition.rid,
            scale,
            init: fmp4::init(&rendition.config)?,
            cell: target.map(|target| ticks_within(target, scale)),
            rendition,
            generation: 0,
            fence,
            successor: None,
            sequence: 0,
            cut,
            start,
            edge: start,
            expected: start,
            parts: 0,
            has_media: false,
            closing: None,
            pending: Vec::new(),
            waiting: VecDeque::new(),
            closed_at: now,
            is_silent: false,
        })
    }

    /// Says what the rendition is, and its init section.
    pub(super) fn announce(&self, out: &mut VecDeque<Output>) {
        out.push_back(Output::Rendition(self.rendition.clone()));
        out.push_back(Output::Init(Init {
            rid: self.rid,
            fence: self.fence,
            generation: self.generation,
            bytes: self.init.clone(),
        }));
    }

    /// Prepares other parameters: they take effect at the next discontinuity.
    pub(super) fn reconfigure(&mut self, config: TrackConfig) -> Result<(), MediaError> {
        if config == self.rendition.config {
            self.successor = None;
            return Ok(());
        }
        let init = fmp4::init(&config)?;
        self.successor = Some((Rendition { config, ..self.rendition.clone() }, init));
        Ok(())
    }

    /// The generation that units pushed now need.
    pub(super) fn newest_generation(&self) -> u32 {
        self.generation + u32::from(self.successor.is_some())
    }

    /// What units pushed now are coded with.
    pub(super) fn newest_config(&self) -> &TrackConfig {
        let successor = self.successor.as_ref().map(|(rendition, _)| rendition);
        &successor.unwrap_or(&self.rendition).config
    }

    /// A grid position in the track's ticks.
    pub(super) fn local(&self, at: i64) -> i64 {
        rescale(at, SCALE, self.scale)
    }

    /// A position in the track's ticks on the grid.
    pub(super) fn global(&self, at: i64) -> i64 {
        rescale(at, self.scale, SCALE)
    }

    /// Adds a unit to the open part; closes parts that end before it or with it.
    pub(super) fn take(&mut self, unit: Unit, stage: &mut Stage<'_>) {
        let length = unit.length;
        let end = unit.decode + length;
        if let Some(cell) = self.cell {
            let is_audio = self.rid.kind == Kind::Audio;
            if is_audio && end - self.edge > cell && !self.pending.is_empty() {
                self.flush(self.natural_end().min(unit.decode), stage);
            }
            while unit.decode - self.edge >= cell {
                self.finish(self.edge + cell, stage);
            }
            // After a hole the frame may not fit behind it.
            if is_audio && end - self.edge > cell && unit.decode > self.edge {
                self.gap(unit.decode, stage);
            }
        }
        self.pending.push(unit);
        let Some(cell) = self.cell.filter(|_| length > 0) else { return };
        match self.rid.kind {
            // The next frame would cross the bound.
            Kind::Audio if end + length - self.edge > cell => self.flush(end, stage),
            // The next picture is expected beyond it.
            Kind::Video if end + length / 4 >= self.edge + cell => {
                self.flush(self.edge + cell, stage);
            }
            Kind::Audio | Kind::Video => {}
        }
    }

    /// Ends the open part at `end`: as media if it has any, else as a gap.
    fn finish(&mut self, end: i64, stage: &mut Stage<'_>) {
        if self.pending.is_empty() {
            self.gap(end, stage);
        } else {
            self.flush(end, stage);
        }
    }

    /// Where the units at hand end by their own lengths, within the part's bound.
    pub(super) fn natural_end(&self) -> i64 {
        let Some(last) = self.pending.last() else { return self.edge };
        let guess = i64::from(self.scale.get()) / 50;
        let length = if last.length > 0 { last.length } else { guess };
        let least = self.edge + i64::try_from(self.pending.len()).unwrap_or(i64::MAX);
        let end = (last.decode + length).max(least);
        self.cell.map_or(end, |cell| end.min(self.edge + cell))
    }

    /// Lists the units at hand as a part that ends at `end`.
    ///
    /// Decode times are moved where they must be for parts to follow each other without a hole;
    /// when a picture is shown never moves.
    pub(super) fn flush(&mut self, end: i64, stage: &mut Stage<'_>) {
        if self.pending.is_empty() {
            return;
        }
        let count = i64::try_from(self.pending.len()).unwrap_or(i64::MAX);
        let end = end.max(self.edge + count);
        self.expected = match self.pending.last() {
            Some(last) if self.rid.kind == Kind::Video && last.length > 0 => {
                last.decode + last.length
            }
            _ => end,
        };
        let mut times = Vec::with_capacity(self.pending.len() + 1);
        let mut least = self.edge;
        for (unit, left) in self.pending.iter().zip((1..=count).rev()) {
            let decode = if times.is_empty() { self.edge } else { unit.decode };
            let decode = decode.max(least).min(end - left);
            times.push(decode);
            least = decode + 1;
        }
        times.push(end);
        let is_video = self.rid.kind == Kind::Video;
        let ends = times.iter().skip(1);
        let units = self.pending.drain(..).zip(times.iter().zip(ends));
        let units: Vec<AccessUnit> = units
            .map(|(unit, (&decode, &end))| AccessUnit {
                kind: self.rid.kind,
                decode,
                composition_offset: if is_video {
                    i32::try_from(unit.decode + unit.offset - decode).unwrap_or(0)
                } else {
                    0
                },
                duration: u32::try_from(end - decode).unwrap_or(u32::MAX),
                is_sync: unit.is_sync,
                data: unit.data,
            })
            .collect();
        let independent = units.iter().any(|unit| unit.is_sync);
        self.sequence = self.sequence.wrapping_add(1);
        match fmp4::chunk(self.sequence, &units) {
            Some(bytes) => {
                self.has_media = true;
                let intra = fmp4::intra(&bytes, &units);
                self.list(end, Chunk { bytes, independent, intra }, stage);
            }
            None => self.gap(end, stage),
        }
    }

    /// Lists a part without media that ends at `end`.
    pub(super) fn gap(&mut self, end: i64, stage: &mut Stage<'_>) {
        self.expected = end;
        self.list(end, Chunk::default(), stage);
    }

    fn list(&mut self, end: i64, chunk: Chunk, stage: &mut Stage<'_>) {
        let Chunk { bytes, independent, intra } = chunk;
        let opens = (self.parts == 0).then(|| SegmentOpen {
            fence: self.fence,
            generation: self.generation,
            pdt: self.cut.anchor.wall_at(self.printed(self.start)),
            discontinuity: self.cut.discontinuity,
        });
        let at = Position { msn: self.cut.msn, part: self.parts };
        let duration = self.printed(end).minus(self.printed(self.edge));
        self.edge = end;
        self.parts += 1;
        let next = match self.closing {
            Some(close) if self.cell.is_none_or(|cell| close - end < cell) => {
                Position::start_of(at.msn + 1)
            }
            Some(_) => at.next_part(),
            None => stage.grid.next(at, self.global(self.expected), self.global(self.unit())),
        };
        let gap = bytes.is_empty();
        stage.out.push_back(Output::Part(Part {
            rid: self.rid,
            at,
            bytes,
            duration,
            independent,
            gap,
            intra,
            opens,
            next,
        }));
    }

    /// About the length of a unit: segments end within half of one of the cut.
    fn unit(&self) -> i64 {
        match &self.rendition.config {
            TrackConfig::Video(_) => i64::from(self.scale.get()) / 50,
            TrackConfig::Audio(config) => i64::from(config.frame_samples()) + 8,
        }
    }

    /// Positions are printed, and lengths are differences of printed positions: so parts add up to
    /// segments, and segments to hours, without an error that grows.
    fn printed(&self, at: i64) -> Span {
        Span::from_ticks(at, self.scale)
    }

    /// Ends the open segment at `at`, in the track's ticks, or within a unit of it.
    pub(super) fn close(&mut self, at: i64, stage: &mut Stage<'_>) {
        self.closing = Some(at);
        if !self.pending.is_empty() {
            let end = match self.rid.kind {
                Kind::Video => self.cell.map_or(at, |cell| at.min(self.edge + cell)),
                Kind::Audio => self.natural_end(),
            };
            self.flush(end, stage);
        }
        if let Some(cell) = self.cell {
            while at - self.edge >= cell {
                self.gap(self.edge + cell, stage);
            }
        }
        // What is left is shorter than a part and holds nothing. A picture's segment leaves it to
        // the next one, as the cut is where it ends; others end where it does.
        let is_short = self.rid.kind == Kind::Audio && at - self.edge > self.unit();
        if self.parts == 0 || is_short {
            let least = self.edge + i64::from(self.scale.get()) / 1_000;
            self.gap(at.max(least), stage);
        }
        let duration = self.printed(self.edge).minus(self.printed(self.start));
        stage.out.push_back(Output::Segment(Segment {
            rid: self.rid,
            msn: self.cut.msn,
            duration,
            gap: !self.has_media,
        }));
        self.closed_at = stage.now;
        self.closing = None;
    }

    /// Starts the segment at `cut`, right where the last one ended.
    pub(super) fn begin(&mut self, cut: Cut, out: &mut VecDeque<Output>) {
        (self.cut, self.start, self.parts, self.has_media) = (cut, self.edge, 0, false);
        if cut.discontinuity {
            self.succeed(out);
        }
    }

    /// Lets the open segment, of which nothing is listed, start anew.
    pub(super) fn restart(&mut self, cut: Cut, out: &mut VecDeque<Output>) {
        debug_assert_eq!(self.parts, 0, "a listed segment does not change");
        self.begin(cut, out);
    }

    fn succeed(&mut self, out: &mut VecDeque<Output>) {
        if let Some((rendition, init)) = self.successor.take() {
            (self.rendition, self.init) = (rendition, init);
            self.generation += 1;
            let scale = fmp4::timescale(&self.rendition.config);
            self.start = rescale(self.start, self.scale, scale);
            self.edge = self.start;
            self.scale = scale;
            let target = self.rendition.control.part_target;
            self.cell = target.map(|target| ticks_within(target, scale));
            self.announce(out);
        }
    }

    /// The longest part, in the track's ticks.
    pub(super) fn cell(&self) -> Option<i64> {
        self.cell
    }

    /// Has units that are not listed.
    pub(super) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }
}

/// The most ticks whose printed length does not pass `target`.
pub(super) fn ticks_within(target: Span, scale: Timescale) -> i64 {
    let ticks = u128::from(target.0) * u128::from(scale.get()) / 100_000;
    i64::try_from(ticks).unwrap_or(i64::MAX).max(1)
}

/// A position on another timescale, to the nearest tick.
pub(super) fn rescale(at: i64, from: Timescale, to: Timescale) -> i64 {
    if from == to {
        return at;
    }
    let (from, to) = (i128::from(from.get()), i128::from(to.get()));
    i64::try_from((2 * i128::from(at) * to + from).div_euclid(2 * from)).unwrap_or(i64::MAX)
}
