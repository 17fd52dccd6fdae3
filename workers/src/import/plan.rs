//! Which tracks are kept, and where their segments are cut.

use std::num::NonZeroU32;

use media::{
    fmp4,
    packager::{Control, Rid},
    time::Span,
    unit::{AccessUnit, FrameRate, Kind, TrackConfig},
};

use super::{
    ImportError, Skipped,
    movie::{Edit, Movie, Track, printable},
    samples::{Sample, Samples, expand},
};

/// The wanted length of a segment: a recording has no latency to save.
const SEGMENT_SECONDS: i64 = 6;
/// The longest segment; players promise little beyond.
const SEGMENT_SECONDS_MAX: i64 = 30;

/// A rendition to be written.
#[derive(Debug)]
pub(super) struct Rendition {
    pub(super) rid: Rid,
    pub(super) config: TrackConfig,
    pub(super) frame_rate: Option<FrameRate>,
    /// Each with its place in the file and its unit, whose data is still to be read.
    pub(super) units: Vec<Placed>,
    /// One past the last unit of each segment.
    pub(super) cuts: Vec<usize>,
}

/// A unit and where its bytes lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) offset: u64,
    pub(super) bytes: u32,
    pub(super) decode: i64,
    pub(super) duration: u32,
    pub(super) composition_offset: i32,
    pub(super) is_sync: bool,
}

impl Placed {
    pub(super) fn unit(self, kind: Kind, data: bytes::Bytes) -> AccessUnit {
        AccessUnit {
            kind,
            decode: self.decode,
            composition_offset: self.composition_offset,
            duration: self.duration,
            is_sync: self.is_sync,
            data,
        }
    }
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) renditions: Vec<Rendition>,
    pub(super) control: Control,
    pub(super) skipped: Vec<Skipped>,
}

/// Keeps the first picture and the first sound that can be carried; names the others.
pub(super) fn plan(movie: &Movie<'_>, file_bytes: u64) -> Result<Plan, ImportError> {
    let mut skipped = Vec::new();
    let mut kept: Vec<(Kind, TrackConfig, Timed)> = Vec::new();
    for track in &movie.tracks {
        match keep(track, movie, file_bytes, &kept) {
            Ok(track) => kept.push(track),
            Err(reason) => {
                let codec = printable(track.entry);
                skipped.push(Skipped { track: track.id, codec, reason });
            }
        }
    }
    if let Some(turned) = movie.tracks.iter().find(|t| is_video(t) && t.rotation != Some(0)) {
        return Err(ImportError::Rotated { degrees: turned.rotation });
    }
    if movie.is_fragmented {
        return Err(ImportError::Fragmented);
    }
    // A film without its picture is no import of it.
    let has_video = movie.tracks.iter().any(|track| track.handler == *b"vide" && track.is_enabled);
    let is_blind = has_video && !kept.iter().any(|(kind, ..)| *kind == Kind::Video);
    if kept.is_empty() || is_blind {
        return Err(ImportError::NoTrack { skipped });
    }
    kept.sort_by_key(|(kind, ..)| *kind);
    let earliest = kept.iter().map(|(.., timed)| timed.start()).min().unwrap_or_default();
    let renditions = lay_out(kept, earliest)?;
    let control = control(&renditions);
    Ok(Plan { renditions, control, skipped })
}

fn is_video(track: &Track<'_>) -> bool {
    track.handler == *b"vide" && track.config.is_ok()
}

fn keep(
    track: &Track<'_>,
    movie: &Movie<'_>,
    file_bytes: u64,
    kept: &[(Kind, TrackConfig, Timed)],
) -> Result<(Kind, TrackConfig, Timed), String> {
    let config = track.config.clone()?;
    let kind = config.kind();
    if !track.is_enabled {
        return Err("it is switched off in the file".to_owned());
    }
    if kept.iter().any(|(other, ..)| *other == kind) {
        return Err("one track of each kind is kept".to_owned());
    }
    let samples = expand(track.tables).map_err(|error| error.to_string())?;
    if samples.list.is_empty() {
        return Err("it is empty".to_owned());
    }
    let is_inside = |sample: &Sample| {
        sample.offset.checked_add(u64::from(sample.bytes)).is_some_and(|end| end <= file_bytes)
    };
    if !samples.list.iter().all(is_inside) {
        return Err("its samples lie beyond the end of the file".to_owned());
    }
    let shift = shift(&track.edits, movie.timescale, track.timescale);
    Ok((kind, config, Timed { samples, scale: track.timescale, shift }))
}

/// Samples with the clock that they are timed by.
struct Timed {
    samples: Samples,
    scale: u32,
    /// What the edit list adds to every time, in ticks.
    shift: i64,
}

impl Timed {
    /// When the first unit is decoded, in microseconds.
    fn start(&self) -> i64 {
        let first = self.samples.list.first().map_or(0, |sample| sample.decode);
        rescale(first.saturating_add(self.shift), self.scale, MICROSECONDS)
    }
}

const MICROSECONDS: u32 = 1_000_000;

/// What an edit list adds to a track's times: empty edits delay it, a later start brings it forward.
/// Later edits would cut pieces out; they are rare and left as they are.
pub(super) fn shift(edits: &[Edit], movie_scale: u32, track_scale: u32) -> i64 {
    let empty: u64 = edits.iter().take_while(|e| e.media_time < 0).map(|e| e.duration).sum();
    let start = edits.iter().find(|edit| edit.media_time >= 0).map_or(0, |edit| edit.media_time);
    let delay = rescale(i64::try_from(empty).unwrap_or(0), movie_scale, track_scale);
    delay.saturating_sub(start)
}

fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    let scaled = i128::from(ticks) * i128::from(to);
    let from = i128::from(from.max(1));
    i64::try_from((scaled * 2 + from).div_euclid(from * 2)).unwrap_or(i64::MAX)
}

/// Times in the scale of the init sections, none below zero, all tracks shifted alike; then cuts.
fn lay_out(
    kept: Vec<(Kind, TrackConfig, Timed)>,
    earliest: i64,
) -> Result<Vec<Rendition>, ImportError> {
    let mut renditions = Vec::with_capacity(kept.len());
    let mut leader: Option<(Vec<i64>, u32)> = None;
    for (kind, config, timed) in kept {
        let scale = fmp4::timescale(&config).get();
        let units = units(&timed, scale, earliest)?;
        let cuts = match &leader {
            None => sync_cuts(&units, scale),
            Some((times, leader_scale)) => {
                let times: Vec<i64> =
                    times.iter().map(|&at| rescale(at, *leader_scale, scale)).collect();
                followed_cuts(&units, &times)
            }
        };
        if leader.is_none() {
            let times = cuts.iter().filter_map(|&cut| units.get(cut)).map(|unit| unit.decode);
            leader = Some((times.collect(), scale));
        }
        let frame_rate = (kind == Kind::Video).then(|| even_rate(&timed)).flatten();
        let rid = Rid::first(kind);
        renditions.push(Rendition { rid, config, frame_rate, units, cuts });
    }
    Ok(renditions)
}

fn units(timed: &Timed, scale: u32, earliest: i64) -> Result<Vec<Placed>, ImportError> {
    // Only what lies before zero moves the tracks: a late start of one of them is kept.
    let lift = rescale(earliest.min(0).saturating_neg(), MICROSECONDS, scale);
    let at = |decode: i64| rescale(decode.saturating_add(timed.shift), timed.scale, scale) + lift;
    let list = &timed.samples.list;
    let mut units = Vec::with_capacity(list.len());
    for (index, sample) in list.iter().enumerate() {
        let decode = at(sample.decode).max(0);
        let next = list.get(index + 1).map_or(timed.samples.end, |next| next.decode);
        let duration = u32::try_from(at(next).max(0) - decode).map_err(|_| ImportError::Times)?;
        let offset = rescale(i64::from(sample.composition_offset), timed.scale, scale);
        units.push(Placed {
            offset: sample.offset,
            bytes: sample.bytes,
            decode,
            duration,
            composition_offset: i32::try_from(offset).map_err(|_| ImportError::Times)?,
            is_sync: sample.is_sync,
        });
    }
    Ok(units)
}

/// Cuts at the first sync unit at or past the wanted length; a longer GOP makes a longer segment,
/// up to a bound.
fn sync_cuts(units: &[Placed], scale: u32) -> Vec<usize> {
    let wanted = SEGMENT_SECONDS * i64::from(scale);
    let most = SEGMENT_SECONDS_MAX * i64::from(scale);
    let mut cuts = Vec::new();
    let mut start = units.first().map_or(0, |unit| unit.decode);
    for (index, unit) in units.iter().enumerate().skip(1) {
        let length = unit.decode - start;
        if (length >= wanted && unit.is_sync) || length >= most {
            cuts.push(index);
            start = unit.decode;
        }
    }
    cuts.push(units.len());
    cuts
}

/// Cuts where the leading track is cut; what lasts longer than it is cut by its own length.
fn followed_cuts(units: &[Placed], times: &[i64]) -> Vec<usize> {
    let mut cuts: Vec<usize> =
        times.iter().map(|&at| units.partition_point(|unit| unit.decode < at)).collect();
    cuts.push(units.len());
    // A segment without a unit would be no segment: it becomes part of the next.
    cuts.dedup();
    cuts.retain(|&cut| cut > 0);
    cuts
}

fn even_rate(timed: &Timed) -> Option<FrameRate> {
    let list = &timed.samples.list;
    let first = list.first()?;
    let step = list.get(1)?.decode - first.decode;
    let is_even = list.windows(2).all(|pair| match pair {
        [one, next] => next.decode - one.decode == step,
        _ => true,
    });
    let denominator = NonZeroU32::new(u32::try_from(step).ok()?)?;
    is_even.then_some(FrameRate { numerator: NonZeroU32::new(timed.scale)?, denominator })
}

/// What the playlists promise: the longest segment, rounded as they round.
fn control(renditions: &[Rendition]) -> Control {
    let mut longest = SEGMENT_SECONDS.unsigned_abs();
    let mut starts_at_sync = true;
    for rendition in renditions {
        let scale = fmp4::timescale(&rendition.config);
        for segment in rendition.segments() {
            let ticks: i64 = segment.iter().map(|unit| i64::from(unit.duration)).sum();
            longest = longest.max(Span::from_ticks(ticks, scale).round_seconds());
            starts_at_sync &= segment.first().is_none_or(|unit| unit.is_sync);
        }
    }
    Control {
        target_seconds: u32::try_from(longest).unwrap_or(u32::MAX),
        part_target: None,
        independent_segments: starts_at_sync,
    }
}

impl Rendition {
    pub(super) fn duration_ms(&self) -> i64 {
        let ticks = self.units.iter().map(|unit| i64::from(unit.duration)).sum();
        Span::from_ticks(ticks, fmp4::timescale(&self.config)).to_ms()
    }

    /// The units of each segment.
    pub(super) fn segments(&self) -> impl Iterator<Item = &[Placed]> {
        let starts = std::iter::once(0).chain(self.cuts.iter().copied());
        starts.zip(&self.cuts).filter_map(|(start, &end)| self.units.get(start..end))
    }
}
