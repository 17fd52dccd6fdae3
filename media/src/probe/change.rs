//! Rules about two versions of a media playlist.

use super::Fault;
use crate::hls::parse::{Media, Segment};

/// Whether `new` was made before `old`: two answers crossed.
pub(super) fn is_older(old: &Media, new: &Media) -> bool {
    let edge = |media: &Media| (media.next_msn(), media.open.parts.len());
    edge(new) < edge(old) && new.media_sequence <= old.media_sequence && !new.ended && {
        // A restart goes back too, but with other segments under the same numbers.
        let last = new.segments.last();
        last.is_none_or(|last| old.segments.iter().any(|listed| listed.uri == last.uri))
    }
}

pub(super) fn check(old: &Media, new: &Media) -> Vec<Fault> {
    let mut faults = Vec::new();
    if new.media_sequence < old.media_sequence || new.next_msn() < old.next_msn() {
        let (from, to) = (old.next_msn(), new.next_msn());
        faults.push(("L1", format!("the next segment was {from}, now it is {to}")));
    }
    let promises = |media: &Media| (media.target_seconds, media.part_target);
    if promises(old) != promises(new) || (old.control != new.control && !new.ended) {
        faults.push(("P6", "a promised length changed".to_owned()));
    }
    for segment in &new.segments {
        if let Some(listed) = old.segments.iter().find(|listed| listed.msn == segment.msn) {
            check_segment(listed, segment, &mut faults);
        }
    }
    if let Some(fault) = check_parts(old, new) {
        faults.push(fault);
    }
    if let Some(fault) = check_hint(old, new) {
        faults.push(fault);
    }
    faults
}

fn check_segment(old: &Segment, new: &Segment, faults: &mut Vec<Fault>) {
    let msn = new.msn;
    if old.uri != new.uri || old.byte_range != new.byte_range {
        faults.push(("P11", format!("segment {msn} was `{}`, now it is `{}`", old.uri, new.uri)));
    }
    let facts = |segment: &Segment| (segment.duration, segment.discontinuity, segment.gap);
    if facts(old) != facts(new) || old.discontinuity_sequence != new.discontinuity_sequence {
        faults.push(("P13", format!("length, gap or discontinuity of segment {msn} changed")));
    }
    if old.pdt.zip(new.pdt).is_some_and(|(old, new)| old != new) {
        faults.push(("DC1", format!("the date of segment {msn} changed")));
    }
}

/// Parts of the segment that was open only grow, or go all at once.
fn check_parts(old: &Media, new: &Media) -> Option<Fault> {
    let msn = old.next_msn();
    let now = match new.segments.iter().find(|segment| segment.msn == msn) {
        Some(closed) if closed.parts.is_empty() => return None,
        Some(closed) => &closed.parts,
        None if new.next_msn() == msn => &new.open.parts,
        None => return None,
    };
    let kept = now.get(..old.open.parts.len());
    (kept != Some(&old.open.parts[..])).then(|| ("P13", format!("parts of segment {msn} changed")))
}

/// The first part that came after a hint is the hinted one.
fn check_hint(old: &Media, new: &Media) -> Option<Fault> {
    let hinted = &old.hints.iter().find(|hint| hint.kind == "PART")?.uri;
    let msn = old.next_msn();
    let parts_of = |msn: u64| {
        let closed = new.segments.iter().find(|segment| segment.msn == msn);
        closed.or((new.next_msn() == msn).then_some(&new.open)).map(|segment| &segment.parts)
    };
    let same = parts_of(msn).and_then(|parts| parts.get(old.open.parts.len()));
    let came = same.or_else(|| parts_of(msn + 1).and_then(|parts| parts.first()))?;
    (came.uri != *hinted).then(|| ("PH3", format!("hinted `{hinted}`, then came `{}`", came.uri)))
}
