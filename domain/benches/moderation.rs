//! What one comment costs: `cargo bench -p domain --bench moderation`.

use domain::{
    id::RuleId,
    moderation::{
        normalise::Readings,
        rule::{Action, Mode, Recent, Rule, Ruleset, Test},
        terms::{self, Matcher, Term},
    },
    time::Timestamp,
};

/// 40 Han characters, as people write.
const HAN: &str =
    "主播今天唱得真好听下次直播是什么时候我想听那首很老的歌希望你能多唱几首大家都喜欢你的声音谢谢";
/// About as much English.
const LATIN: &str = "this song is so good, when is the next stream? I would like to hear it again";

fn main() {
    divan::main();
}

fn many_terms() -> Vec<Term> {
    // Made-up words of three letters of both scripts: as many as a big operator imports.
    (0..20_000_u32)
        .map(|number| {
            let letter = |shift: u32| char::from_u32(0x4e00 + (number >> shift) % 97 * 61);
            let word: String = [0, 5, 10, 3].into_iter().filter_map(letter).collect();
            Term::natural(&format!("{word}{number}"))
        })
        .collect()
}

fn own_terms() -> Vec<Term> {
    terms::builtin().into_iter().map(|line| line.term).collect()
}

fn rule(test: Test) -> Rule {
    Rule {
        id: RuleId::from_uuid(uuid::Uuid::from_u128(1)),
        version: 1,
        test,
        action: Action::Hold,
        mode: Mode::Enforce,
        severity: 3,
        policy: None,
    }
}

#[divan::bench(args = [HAN, LATIN])]
fn readings(text: &str) -> Readings {
    Readings::of(text)
}

#[divan::bench(args = [HAN, LATIN])]
fn find_in_20_000_terms(bencher: divan::Bencher<'_, '_>, text: &str) {
    let matcher = Matcher::new(&many_terms()).expect("the list is within its bounds");
    let readings = Readings::of(text);
    bencher.bench(|| matcher.find(&readings));
}

#[divan::bench(args = [HAN, LATIN])]
fn judge_by_the_own_list(bencher: divan::Bencher<'_, '_>, text: &str) {
    let rules = [Test::Terms(own_terms()), Test::Link { allowed_hosts: Vec::new() }].map(rule);
    let rules = Ruleset::new(rules.into()).expect("the rules are within their bounds");
    let recent = Recent::default();
    bencher.bench(|| rules.judge(text, &recent, Timestamp(0)));
}

#[divan::bench]
fn compile_the_own_list(bencher: divan::Bencher<'_, '_>) {
    bencher.with_inputs(own_terms).bench_values(|terms| Matcher::new(&terms));
}
