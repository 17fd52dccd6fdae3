//! 1.9: rendition reports.

use super::rule::{Rule, Verdict, rule};
use super::{Capture, Level, Version};
use crate::hls::parse::{Media, Report};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "RR1", ["there is a report for every other playlist", "print EXT-X-RENDITION-REPORT for each sibling"], rr1),
    rule(Level::Must, "RR2", ["a report says the newest part of its playlist, and none that is not there", "print LAST-MSN and LAST-PART of the newest part"], rr2),
    rule(Level::Should, "RR3", ["a report is as fresh as the playlist that holds it", "read the siblings' newest parts when the playlist is made"], rr3),
    rule(Level::Practice, "RR4", ["a report says both numbers, also where they are those of the playlist itself", "print LAST-MSN and LAST-PART always"], rr4),
];

/// Live versions that list parts.
fn low_latency(capture: &Capture) -> impl Iterator<Item = &Version> {
    capture.versions().filter(|version| version.media.part_target.is_some() && !version.media.ended)
}

fn rr1(capture: &Capture, verdict: &mut Verdict) {
    let Some((base, _, playlist)) = &capture.multivariant else { return };
    let all: Vec<_> = playlist.uris().iter().map(|uri| super::resolve(base, uri)).collect();
    for version in low_latency(capture) {
        let reported: Vec<_> =
            version.media.reports.iter().map(|report| version.resolve(&report.uri)).collect();
        for other in all.iter().filter(|other| **other != version.url) {
            let is_there = reported.contains(other);
            verdict.case(&version.url, is_there, || format!("none for {other}"));
        }
    }
}

/// The part that a report names, as a count: that part and those before it.
fn told(report: &Report) -> Option<(u64, usize)> {
    let part = usize::try_from(report.last_part?).ok()?;
    Some((report.last_msn?, part))
}

/// The newest part that a playlist lists.
fn newest(media: &Media) -> Option<(u64, usize)> {
    if let Some(part) = media.open.parts.len().checked_sub(1) {
        return Some((media.next_msn(), part));
    }
    let last = media.segments.last()?;
    Some((last.msn, last.parts.len().checked_sub(1)?))
}

/// Each report with a version of the playlist that it is about.
fn with_versions<'a>(
    capture: &'a Capture,
    is_near: impl Fn(&Version, &Version) -> bool + 'a,
) -> impl Iterator<Item = (&'a Version, (u64, usize), (u64, usize))> {
    low_latency(capture).flat_map(move |version| {
        let found = version.media.reports.iter().filter_map(|report| {
            let url = version.resolve(&report.uri);
            let about = low_latency(capture).filter(|about| about.url == url);
            let mut near = about.filter(|about| is_near(version, about));
            Some((version, told(report)?, newest(&near.next()?.media)?))
        });
        found.collect::<Vec<_>>()
    })
}

fn rr2(capture: &Capture, verdict: &mut Verdict) {
    for version in low_latency(capture) {
        for report in &version.media.reports {
            let is_told = report.last_msn.is_some();
            verdict.case(&version.url, is_told, || format!("none on `{}`", report.uri));
        }
    }
    // A version that was asked for after the report came lists at least what the report says.
    let after = |version: &Version, about: &Version| about.asked_at >= version.at;
    for (version, told, listed) in with_versions(capture, after) {
        verdict.case(&version.url, told <= listed, || {
            format!("it says {told:?}, later the newest part was {listed:?}")
        });
    }
}

fn rr3(capture: &Capture, verdict: &mut Verdict) {
    for version in low_latency(capture) {
        for report in &version.media.reports {
            let url = version.resolve(&report.uri);
            let before = low_latency(capture)
                .filter(|about| about.url == url && about.at <= version.asked_at);
            let (Some(known), Some(told)) =
                (before.filter_map(|about| newest(&about.media)).max(), told(report))
            else {
                continue;
            };
            verdict.case(&version.url, told >= known, || {
                format!("it says {told:?}, and {known:?} was listed before")
            });
        }
    }
}

fn rr4(capture: &Capture, verdict: &mut Verdict) {
    for version in low_latency(capture) {
        for report in &version.media.reports {
            let is_told = report.last_msn.is_some() && report.last_part.is_some();
            verdict.case(&version.url, is_told, || {
                format!("the report on `{}` leaves a number out", report.uri)
            });
        }
    }
}
