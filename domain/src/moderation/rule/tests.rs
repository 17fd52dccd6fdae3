//! Tests of what rules come to together.

use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn rule(number: u128, action: Action, test: Test) -> Rule {
    Rule {
        id: RuleId::from_uuid(Uuid::from_u128(number)),
        version: 7,
        test,
        action,
        mode: Mode::Enforce,
        severity: 3,
        policy: None,
    }
}

fn terms(words: &[&str]) -> Test {
    Test::Terms(words.iter().map(|word| Term::natural(word)).collect())
}

fn judge(rules: &[Rule], body: &str) -> Verdict {
    Ruleset::new(rules.to_vec()).unwrap().judge(body, &Recent::default(), NOW)
}

#[test]
fn the_gravest_rule_decides() {
    let rules =
        [rule(1, Action::Hold, terms(&["damn"])), rule(2, Action::Reject, terms(&["fuck"]))];
    assert_eq!(judge(&rules, "hello").outcome, Outcome::Publish);
    assert_eq!(judge(&rules, "damn").outcome, Outcome::Hold);
    let verdict = judge(&rules, "damn, f.u.c.k");
    assert_eq!(verdict.outcome, Outcome::Reject);
    let finding = verdict.gravest().unwrap();
    assert_eq!((finding.rule, finding.version, finding.term), (rules[1].id, 7, Some(0)));
    assert_eq!((finding.variant, finding.span), (Variant::Squashed, Span { start: 6, end: 13 }));
}

#[test]
fn a_dry_run_counts_and_does_not_act() {
    let dry = Rule { mode: Mode::DryRun, ..rule(1, Action::Reject, terms(&["damn"])) };
    let verdict = judge(&[dry], "damn");
    assert_eq!((verdict.outcome, verdict.findings.len()), (Outcome::Publish, 1));
    assert!(verdict.gravest().is_none());
}

#[test]
fn what_is_allowed_covers_only_itself() {
    let rules = [
        rule(
            1,
            Action::Reject,
            Test::Terms(vec![Term {
                text: "cunt".to_owned(),
                how: crate::moderation::terms::Match::Substring,
            }]),
        ),
        rule(2, Action::Allow, terms(&["Scunthorpe"])),
    ];
    assert_eq!(judge(&rules, "Scunthorpe").outcome, Outcome::Publish);
    assert_eq!(judge(&rules, "Scunthorpe, you cunt").outcome, Outcome::Reject);
}

#[test]
fn what_only_sounds_alike_is_held_never_rejected() {
    let homophone =
        Term { text: "微信".to_owned(), how: crate::moderation::terms::Match::Homophone };
    let rules = [rule(1, Action::Reject, Test::Terms(vec![homophone]))];
    assert_eq!(judge(&rules, "微信").outcome, Outcome::Reject);
    assert_eq!(judge(&rules, "薇信").outcome, Outcome::Hold);
}

#[test]
fn a_regular_expression_sees_the_folded_text() {
    let rules = [rule(1, Action::Hold, Test::Regex(r"\bqq\s*\d{5,}".to_owned()))];
    let verdict = judge(&rules, "加 ＱＱ １２３４５６ 哦");
    assert_eq!(verdict.outcome, Outcome::Hold);
    assert_eq!(verdict.findings[0].span, Span { start: 2, end: 11 });
}

#[test]
fn a_regular_expression_has_a_size() {
    let check = |pattern: &str, expected: fn(&RuleError) -> bool| {
        let rules = vec![rule(1, Action::Hold, Test::Regex(pattern.to_owned()))];
        assert!(expected(&Ruleset::new(rules).unwrap_err()), "{pattern}");
    };
    check("(", |error| matches!(error, RuleError::Regex { .. }));
    check(r"(\w{1000}){1000}", |error| matches!(error, RuleError::RegexTooLarge(_)));
    check(&"a".repeat(1_001), |error| matches!(error, RuleError::RegexTooLarge(_)));
}

#[test]
fn the_same_again_and_too_much_are_counted_in_their_window() {
    let window = Duration::from_secs(30);
    let repeat = Test::Repeat { run_max: 20, same_max: 2, window };
    let flood = Test::Flood { comments_max: 5, window };
    let rules = vec![rule(1, Action::Reject, repeat), rule(2, Action::Hold, flood)];
    let rules = Ruleset::new(rules).unwrap();
    let mut recent = Recent::default();
    let judge = |recent: &Recent, body: &str, after_ms: i64| {
        rules.judge(body, recent, Timestamp(NOW.0 + after_ms)).outcome
    };
    recent.record("buy now", NOW);
    assert_eq!(judge(&recent, "BUY  NOW!", 1), Outcome::Publish);
    recent.record("Buy now!", NOW);
    assert_eq!(judge(&recent, "b-u-y now", 1), Outcome::Reject);
    assert_eq!(judge(&recent, "b-u-y now", 30_000), Outcome::Publish);
    for body in ["a", "b", "c"] {
        recent.record(body, NOW);
    }
    assert_eq!(judge(&recent, "d", 1), Outcome::Hold);
    assert_eq!(judge(&recent, &"哈".repeat(21), 60_000), Outcome::Reject);
}

#[test]
fn memory_of_one_author_is_bounded() {
    let mut recent = Recent::default();
    for number in 0..1_000 {
        recent.record(&number.to_string(), NOW);
    }
    assert_eq!(recent.comments.len(), Recent::COMMENTS_MAX);
}
