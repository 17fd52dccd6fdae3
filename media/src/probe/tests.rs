//! A sound stream breaks no rule, and every rule is broken by a stream that is made to.

mod controls;
mod sound;

use super::*;
use proptest::prelude::*;
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

#[test]
fn no_number_makes_the_judge_panic() {
    let max = u64::MAX.to_string();
    let numbers = ["SEQUENCE:", "TARGETDURATION:", "LAST-MSN=", "LAST-PART=", "SKIPPED-SEGMENTS="];
    for number in numbers {
        for kind in [Kind::Live, Kind::Ended] {
            let mut sound = Sound::of(kind);
            for got in sound.exchanges.iter_mut().filter(|got| got.body.starts_with(b"#EXTM3U")) {
                let text = got.text().into_owned();
                let lines = text.lines().map(|line| match line.split_once(number) {
                    Some((head, _)) => format!("{head}{number}{max}"),
                    None => line.to_owned(),
                });
                let lines: Vec<String> = lines.collect();
                got.body = (lines.join("\n") + "\n").into();
            }
            drop(broken(sound.exchanges));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_make_the_judge_panic(
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut sound = Sound::of(Kind::Ended);
        let got = at.get(&sound.exchanges).clone();
        let mut body = got.body.to_vec();
        let place = place.index(body.len() + 1);
        let end = (place + bytes.len()).min(body.len());
        body.splice(place..end, bytes);
        sound.exchanges.push(Exchange { body: body.into(), ..got });
        drop(broken(sound.exchanges));
    }
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
