//! A sound stream breaks no rule, and every rule is broken by a stream that is made to.

mod controls;
mod sound;

use super::*;
use sound::{Kind, Sound};
use std::collections::BTreeSet;

/// The rules that something breaks.
fn broken(exchanges: Vec<Exchange>) -> BTreeSet<&'static str> {
    let rows = judge(&Capture::new(exchanges));
    rows.iter().filter(|row| row.verdict.is_broken()).map(|row| row.rule.id).collect()
}

#[test]
fn a_sound_stream_breaks_no_rule() {
    for kind in Kind::ALL {
        for row in judge(&Capture::new(Sound::of(kind).exchanges)) {
            let (id, verdict) = (row.rule.id, row.verdict);
            assert!(!verdict.is_broken(), "{kind:?} {id}: {verdict:?}");
        }
    }
}

#[test]
fn every_rule_has_something_to_judge_in_a_sound_stream() {
    let mut judged = BTreeSet::new();
    for kind in Kind::ALL {
        let rows = judge(&Capture::new(Sound::of(kind).exchanges));
        let seen = rows.iter().filter(|row| row.verdict.is_judged()).map(|row| row.rule.id);
        judged.extend(seen);
    }
    let missing: Vec<_> = rules().map(|rule| rule.id).filter(|id| !judged.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_rule_catches_a_stream_that_breaks_it() {
    let mut caught = BTreeSet::new();
    let mut silent = Vec::new();
    for (rule, kind, spoil) in controls::CONTROLS.iter().copied().flatten() {
        let mut sound = Sound::of(*kind);
        spoil(&mut sound);
        let found = broken(sound.exchanges);
        if found.contains(rule) {
            caught.insert(*rule);
        } else {
            silent.push(format!("{rule} is not in {found:?}"));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
    let without: Vec<_> = rules().map(|rule| rule.id).filter(|id| !caught.contains(id)).collect();
    assert!(without.is_empty(), "no control for {without:?}");
}

#[test]
fn a_fault_is_said_once_for_each_url() {
    let mut verdict = Verdict::default();
    for url in ["a", "b", "a"] {
        verdict.case(url, false, || "broken".to_owned());
        verdict.case(url, true, String::new);
    }
    assert_eq!(verdict.cases, 6);
    let told: Vec<_> = verdict.faults.iter().map(|f| (f.url.as_str(), f.times)).collect();
    assert_eq!(told, [("a", 2), ("b", 1)]);
}

/// The tables of `docs/CONFORMANCE.md`.
fn tables() -> String {
    let mut lines =
        vec!["| row | level | what it asks |".to_owned(), "| --- | --- | --- |".to_owned()];
    let row = |id: &str, level: Level, text: &str| format!("| {id} | {} | {text} |", level.name());
    lines.extend(rules().map(|rule| row(rule.id, rule.level, rule.sentence)));
    lines.extend(
        ["", "| row | level | not judged, because |", "| --- | --- | --- |"].map(str::to_owned),
    );
    lines.extend(OMITTED.iter().map(|omitted| {
        let why = match omitted.why {
            Why::NotServed => "not served",
            Why::NotVisible => "no client sees it",
        };
        row(omitted.id, omitted.level, &format!("{why}: {}", omitted.reason))
    }));
    lines.join("\n")
}

#[test]
fn the_document_lists_every_row() {
    let document = include_str!("../../../docs/CONFORMANCE.md");
    let tables = tables();
    assert!(document.contains(&tables), "docs/CONFORMANCE.md needs these tables:\n{tables}");
    let count = |levels: &[Level], why: Option<Why>| {
        let omitted = OMITTED.iter().filter(|row| levels.contains(&row.level));
        match why {
            Some(why) => omitted.filter(|row| row.why == why).count(),
            None => rules().filter(|rule| levels.contains(&rule.level)).count(),
        }
    };
    for (name, levels) in [
        ("MUST of the drafts", &[Level::Must][..]),
        ("MUST of Apple's authoring rules", &[Level::AppleMust]),
        ("SHOULD and practice", &[Level::Should, Level::AppleShould, Level::Practice]),
    ] {
        let figures = [None, Some(Why::NotVisible), Some(Why::NotServed)];
        let [judged, unseen, unserved] = figures.map(|why| count(levels, why));
        let line = format!("| {name} | {judged} | {unseen} | {unserved} |");
        assert!(document.contains(&line), "docs/CONFORMANCE.md needs the line\n{line}");
    }
}
