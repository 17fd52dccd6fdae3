//! Delivery directives: what a playlist request asks for, and whether it can have it now.
//!
//! Source: draft-pantos-hls-rfc8216bis, "Delivery Directives Interface".

use super::{Edge, Position};
use crate::packager::Control;
use crate::time::Span;

/// The directives of one request, in the one form that is used as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Directives {
    /// Answer with a playlist that lists this segment, or this part, or anything later.
    pub wanted: Option<Wanted>,
    /// A delta update will do.
    pub skip: Skip,
}

/// What a blocking request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// `_HLS_msn`.
    pub msn: u64,
    /// `_HLS_part`.
    pub part: Option<u64>,
}

/// `_HLS_skip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Skip {
    /// Absent.
    #[default]
    No,
    /// Older segments may be left out: `YES`, or `v2`, which asks for no more while a playlist
    /// has no date ranges.
    Segments,
}

/// What a lone `_HLS_msn` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MsnOnly {
    /// The whole segment, as the draft says.
    #[default]
    Segment,
    /// Its first part, as some players expect.
    FirstPart,
}

/// Why a request is refused with status 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A value that is no number of 64 bits.
    #[error("`{0}` is not a whole number below 2^64")]
    Number(&'static str),
    /// The same directive twice with different values.
    #[error("`{0}` stands twice with different values")]
    Ambiguous(&'static str),
    /// `_HLS_part` needs `_HLS_msn`.
    #[error("`_HLS_part` without `_HLS_msn`")]
    PartAlone,
    /// `_HLS_skip` takes `YES` and `v2`.
    #[error("`_HLS_skip` is neither `YES` nor `v2`")]
    Skip,
    /// The query is longer than any request needs.
    #[error("the query is longer than {} bytes", QUERY_BYTES_MAX)]
    TooLong,
    /// The segment is more than two beyond the newest.
    #[error("segment {asked} is too far beyond {newest}, the newest")]
    SegmentTooFar {
        /// The segment asked for.
        asked: u64,
        /// The newest segment listed.
        newest: u64,
    },
    /// The part is further beyond the newest than a player may ask.
    #[error("part {asked} is too far beyond the newest")]
    PartTooFar {
        /// The part asked for.
        asked: u64,
    },
}

/// The longest query read.
pub const QUERY_BYTES_MAX: usize = 4_096;

/// Reads the directives of a query (without its `?`), in any order; unknown parameters and
/// unknown directives mean nothing.
pub fn parse(query: &str) -> Result<Directives, Refusal> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let (mut msn, mut part, mut skip) = (None, None, None);
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "_HLS_msn" => once(&mut msn, number(value, "_HLS_msn")?, "_HLS_msn")?,
            "_HLS_part" => once(&mut part, number(value, "_HLS_part")?, "_HLS_part")?,
            "_HLS_skip" => once(&mut skip, skip_value(value)?, "_HLS_skip")?,
            _ => {}
        }
    }
    let wanted = match (msn, part) {
        (None, Some(_)) => return Err(Refusal::PartAlone),
        (msn, part) => msn.map(|msn| Wanted { msn, part }),
    };
    Ok(Directives { wanted, skip: skip.unwrap_or_default() })
}

fn once<T: PartialEq>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), Refusal> {
    if slot.as_ref().is_some_and(|earlier| *earlier != value) {
        return Err(Refusal::Ambiguous(name));
    }
    *slot = Some(value);
    Ok(())
}

/// Decimal digits and nothing else: `parse` alone would take a plus sign.
fn number(value: &str, name: &'static str) -> Result<u64, Refusal> {
    let digits_only = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| digits_only).ok_or(Refusal::Number(name))
}

fn skip_value(value: &str) -> Result<Skip, Refusal> {
    match value {
        "YES" | "v2" => Ok(Skip::Segments),
        _ => Err(Refusal::Skip),
    }
}

/// What to do with a request now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Answer with the current playlist.
    Ready,
    /// Hold it and decide again when the playlist has changed; until about there.
    Wait {
        /// The first part that can satisfy it.
        until: Position,
    },
    /// Answer 400.
    Refuse(Refusal),
}

/// Limits that hang on the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How far beyond the newest part a request may ask.
    pub advance_parts: u64,
    /// What a lone `_HLS_msn` waits for.
    pub msn_only: MsnOnly,
}

impl Limits {
    /// The draft's advance part limit, or a segment's worth of parts where that is more: with
    /// low latency off, hls.js asks for the last part of the next segment.
    pub fn new(control: &Control, msn_only: MsnOnly) -> Self {
        let advance_parts = control.part_target.map_or(3, |target| {
            let per = |length: Span| length.0.div_ceil(target.0.max(1));
            per(Span::from_seconds(3)).max(3).max(per(control.target()) + 1)
        });
        Self { advance_parts, msn_only }
    }
}

/// Whether a playlist that ends at `edge` satisfies the directives.
///
/// A held request is decided again at each change: what was `Wait` never becomes `Refuse`, as the
/// edge only moves on.
pub fn decide(edge: &Edge, directives: &Directives, limits: &Limits) -> Decision {
    let Some(wanted) = directives.wanted else { return Decision::Ready };
    if edge.ended || wanted.msn < edge.first_msn {
        return Decision::Ready;
    }
    let newest = edge.last.map(|last| last.msn).max(edge.complete).unwrap_or(edge.first_msn);
    if wanted.msn > newest.saturating_add(2) {
        return Decision::Refuse(Refusal::SegmentTooFar { asked: wanted.msn, newest });
    }
    match (wanted.part, limits.msn_only) {
        (None, MsnOnly::Segment) => decide_segment(edge, wanted.msn),
        (None, MsnOnly::FirstPart) => decide_part(edge, Position::start_of(wanted.msn)),
        (Some(part), _) => decide_listed(edge, wanted.msn, part, limits),
    }
}

fn decide_segment(edge: &Edge, msn: u64) -> Decision {
    if edge.complete.is_some_and(|complete| complete >= msn) {
        return Decision::Ready;
    }
    Decision::Wait { until: Position::start_of(msn.saturating_add(1)) }
}

/// Part `part` of `msn`, where a number past the end of a finished segment means the next one.
fn decide_listed(edge: &Edge, msn: u64, part: u64, limits: &Limits) -> Decision {
    let is_finished = edge.complete.is_some_and(|complete| msn <= complete);
    if is_finished {
        let is_last = edge.complete == Some(msn);
        if !is_last || part < u64::from(edge.complete_parts) {
            return Decision::Ready;
        }
        return decide_part(edge, Position::start_of(msn.saturating_add(1)));
    }
    let newest_here = edge.last.filter(|last| last.msn == msn).map_or(0, |last| last.part);
    let furthest = u64::from(newest_here).saturating_add(limits.advance_parts);
    match u32::try_from(part) {
        Ok(part) if u64::from(part) <= furthest => decide_part(edge, Position { msn, part }),
        _ => Decision::Refuse(Refusal::PartTooFar { asked: part }),
    }
}

fn decide_part(edge: &Edge, wanted: Position) -> Decision {
    if edge.last.is_some_and(|last| last >= wanted) {
        return Decision::Ready;
    }
    Decision::Wait { until: wanted }
}
