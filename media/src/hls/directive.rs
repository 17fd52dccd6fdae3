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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { advance_parts: 9, msn_only: MsnOnly::Segment };

    /// Segments 10 to 20 complete, the last with six parts; parts 0 to 2 of 21 listed.
    fn edge() -> Edge {
        Edge {
            first_msn: 10,
            complete: Some(20),
            complete_parts: 6,
            last: Some(Position { msn: 21, part: 2 }),
            ended: false,
        }
    }

    /// The same, right after segment 20 closed: nothing of 21 is listed.
    fn turn() -> Edge {
        Edge { last: Some(Position { msn: 20, part: 5 }), ..edge() }
    }

    /// `ready`, `wait 21.3`, `400` for a query against an edge.
    fn answer(edge: &Edge, query: &str) -> String {
        let decision = parse(query).map(|directives| decide(edge, &directives, &LIMITS));
        match decision {
            Ok(Decision::Ready) => "ready".to_owned(),
            Ok(Decision::Wait { until }) => format!("wait {until}"),
            Ok(Decision::Refuse(_)) | Err(_) => "400".to_owned(),
        }
    }

    #[test]
    fn dd1_a_segment_is_waited_for_until_it_is_complete() {
        assert_eq!(answer(&edge(), "_HLS_msn=20"), "ready");
        assert_eq!(answer(&edge(), "_HLS_msn=21"), "wait 22.0");
        assert_eq!(answer(&edge(), "_HLS_msn=22"), "wait 23.0");
        let first_part = Limits { msn_only: MsnOnly::FirstPart, ..LIMITS };
        let directives = parse("_HLS_msn=21").unwrap();
        assert_eq!(decide(&edge(), &directives, &first_part), Decision::Ready);
        assert_eq!(
            decide(&turn(), &directives, &first_part),
            Decision::Wait { until: Position { msn: 21, part: 0 } }
        );
    }

    #[test]
    fn dd2_a_part_is_waited_for_until_it_or_anything_later_is_listed() {
        assert_eq!(answer(&edge(), "_HLS_msn=21&_HLS_part=2"), "ready");
        assert_eq!(answer(&edge(), "_HLS_msn=21&_HLS_part=3"), "wait 21.3");
        assert_eq!(answer(&edge(), "_HLS_msn=22&_HLS_part=0"), "wait 22.0");
        assert_eq!(answer(&edge(), "_HLS_msn=20&_HLS_part=3"), "ready");
    }

    #[test]
    fn dd3_a_part_past_the_end_of_a_finished_segment_is_the_first_of_the_next() {
        assert_eq!(answer(&edge(), "_HLS_msn=20&_HLS_part=6"), "ready");
        assert_eq!(answer(&turn(), "_HLS_msn=20&_HLS_part=6"), "wait 21.0");
        assert_eq!(answer(&turn(), "_HLS_msn=20&_HLS_part=5"), "ready");
        assert_eq!(answer(&turn(), "_HLS_msn=19&_HLS_part=99"), "ready");
    }

    #[test]
    fn dd4_a_segment_older_than_the_window_is_answered_at_once() {
        assert_eq!(answer(&edge(), "_HLS_msn=9"), "ready");
        assert_eq!(answer(&edge(), "_HLS_msn=0&_HLS_part=99999999999"), "ready");
    }

    #[test]
    fn dd5_dd11_the_end_answers_everything() {
        let ended = Edge { ended: true, ..edge() };
        for query in ["_HLS_msn=21", "_HLS_msn=999", "_HLS_msn=21&_HLS_part=7777"] {
            assert_eq!(answer(&ended, query), "ready");
        }
    }

    #[test]
    fn dd6_too_far_ahead_is_refused_at_once() {
        // The open segment counts once it has a part.
        assert_eq!(answer(&edge(), "_HLS_msn=23"), "wait 24.0");
        assert_eq!(answer(&edge(), "_HLS_msn=24"), "400");
        assert_eq!(answer(&turn(), "_HLS_msn=22"), "wait 23.0");
        assert_eq!(answer(&turn(), "_HLS_msn=23"), "400");
        assert_eq!(answer(&edge(), "_HLS_msn=21&_HLS_part=11"), "wait 21.11");
        assert_eq!(answer(&edge(), "_HLS_msn=21&_HLS_part=12"), "400");
        // hls.js asks for the last part of the next segment.
        assert_eq!(answer(&edge(), "_HLS_msn=22&_HLS_part=5"), "wait 22.5");
    }

    #[test]
    fn dd6_parts_of_one_segment_are_never_too_far() {
        let control = |target_seconds, part_target| Control {
            target_seconds,
            part_target,
            independent_segments: true,
        };
        let advance =
            |seconds, part| Limits::new(&control(seconds, part), MsnOnly::Segment).advance_parts;
        assert_eq!(advance(2, Some(Span(33_334))), 9);
        assert_eq!(advance(6, Some(Span(50_000))), 13);
        assert_eq!(advance(4, Some(Span(100_000))), 5);
        assert_eq!(advance(6, None), 3);
    }

    #[test]
    fn dd7_a_part_without_its_segment_is_refused() {
        assert_eq!(parse("_HLS_part=1"), Err(Refusal::PartAlone));
        assert_eq!(parse("_HLS_part=1&_HLS_skip=YES"), Err(Refusal::PartAlone));
    }

    #[test]
    fn dd8_what_is_no_number_is_refused_and_what_is_unknown_is_ignored() {
        for value in ["", "-1", "+1", "1.5", "x", "18446744073709551616", "%31", "1 "] {
            assert_eq!(parse(&format!("_HLS_msn={value}")), Err(Refusal::Number("_HLS_msn")));
        }
        assert_eq!(parse("_HLS_msn=3&_HLS_push=1&token=a%26b&&=&x"), parse("_HLS_msn=3"));
        assert_eq!(parse("_HLS_msn=18446744073709551615").unwrap().wanted.unwrap().msn, u64::MAX);
        assert_eq!(parse("_HLS_skip=NO"), Err(Refusal::Skip));
        assert_eq!(parse("_HLS_msn=1&_HLS_msn=2"), Err(Refusal::Ambiguous("_HLS_msn")));
        assert_eq!(parse(&"x".repeat(QUERY_BYTES_MAX + 1)), Err(Refusal::TooLong));
        assert_eq!(parse(""), Ok(Directives::default()));
    }

    #[test]
    fn dd12_a_playlist_without_parts_takes_a_part_for_its_segment() {
        let classic =
            Edge { last: Some(Position { msn: 20, part: 0 }), complete_parts: 1, ..edge() };
        assert_eq!(answer(&classic, "_HLS_msn=20&_HLS_part=0"), "ready");
        assert_eq!(answer(&classic, "_HLS_msn=21&_HLS_part=0"), "wait 21.0");
    }

    #[test]
    fn the_seeds_are_directives_or_numbers_that_can_not_be() {
        crate::seeds::each("directive", |bytes| {
            let read = parse(std::str::from_utf8(bytes).unwrap());
            assert!(matches!(read, Ok(_) | Err(Refusal::Number(_))), "{read:?}");
        });
    }

    proptest! {
        #[test]
        fn the_order_and_number_of_directives_mean_nothing(
            (msn, part) in (any::<u64>(), any::<u64>()),
            order in Just(vec![0, 1, 2, 3, 1, 0]).prop_shuffle(),
        ) {
            let pairs = [
                format!("_HLS_msn={msn}"),
                format!("_HLS_part={part}"),
                "_HLS_skip=v2".to_owned(),
                "CMCD=bl%3D1".to_owned(),
            ];
            let query: Vec<_> = order.iter().map(|at| pairs[*at].as_str()).collect();
            let wanted = Some(Wanted { msn, part: Some(part) });
            prop_assert_eq!(parse(&query.join("&")), Ok(Directives { wanted, skip: Skip::Segments }));
        }

        #[test]
        fn what_waits_is_never_refused_later(
            msn in 0_u64..30,
            part in prop::option::of(0_u64..20),
            steps in 0_u32..20,
        ) {
            let directives = Directives { wanted: Some(Wanted { msn, part }), skip: Skip::No };
            let mut edge = edge();
            let mut waited = false;
            for _ in 0..steps {
                match decide(&edge, &directives, &LIMITS) {
                    Decision::Ready => break,
                    Decision::Wait { .. } => waited = true,
                    Decision::Refuse(_) => prop_assert!(!waited),
                }
                let last = edge.last.unwrap();
                if last.part == 5 {
                    edge.complete = Some(last.msn);
                    edge.last = Some(Position::start_of(last.msn + 1));
                } else {
                    edge.last = Some(last.next_part());
                }
            }
        }
    }
}
