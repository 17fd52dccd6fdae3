//! Rules: instant tests of a comment, and the verdict that they come to together.

mod link;
mod shape;

use std::{collections::VecDeque, time::Duration};

use regex::{Regex, RegexBuilder};

use super::{
    normalise::{Readings, Span, Variant, fingerprint},
    terms::{Hit, Matcher, Term, TermsError},
};
use crate::{
    id::{PolicyId, RuleId},
    time::Timestamp,
};

/// What a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// What it covers is fine: other rules do not count there.
    Allow,
    /// A moderator looks before others see it.
    Hold,
    /// It is not taken.
    Reject,
}

impl Action {
    /// Every action, from the mildest.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Hold, Self::Reject];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Hold => "hold",
            Self::Reject => "reject",
        }
    }

    /// The action of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// Whether a rule acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It acts.
    Enforce,
    /// It only counts what it would have done.
    DryRun,
}

impl Mode {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::DryRun => "dry_run",
        }
    }

    /// The mode of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Enforce, Self::DryRun].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Words of a list.
    Terms(Vec<Term>),
    /// A regular expression over the folded text. Linear in time, whatever its author wrote.
    Regex(String),
    /// Addresses, but for these hosts and their subdomains.
    Link {
        /// Hosts that may be named.
        allowed_hosts: Vec<String>,
    },
    /// Shouting.
    Caps {
        /// Texts with fewer letters are not shouting.
        letters_min: u32,
        /// From this share of capitals on.
        percent: u8,
    },
    /// The same again.
    Repeat {
        /// The longest run of one character.
        run_max: u32,
        /// The most equal comments of one author in the window.
        same_max: u32,
        /// How long a comment counts.
        window: Duration,
    },
    /// Too many comments of one author.
    Flood {
        /// The most comments in the window.
        comments_max: u32,
        /// How long a comment counts.
        window: Duration,
    },
}

impl Test {
    /// The stored name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Terms(_) => "terms",
            Self::Regex(_) => "regex",
            Self::Link { .. } => "link",
            Self::Caps { .. } => "caps",
            Self::Repeat { .. } => "repeat",
            Self::Flood { .. } => "flood",
        }
    }
}

/// One rule of a room, channel or organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Grows with each change; hits cite it.
    pub version: u32,
    /// What it looks for.
    pub test: Test,
    /// What it asks for.
    pub action: Action,
    /// Whether it acts.
    pub mode: Mode,
    /// 1 (annoying) to 5 (someone may be harmed).
    pub severity: u8,
    /// What a decision would cite.
    pub policy: Option<PolicyId>,
}

/// What a comment comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Everybody sees it.
    Publish,
    /// A moderator looks first.
    Hold,
    /// It is not taken.
    Reject,
}

/// Where a rule was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Its version.
    pub version: u32,
    /// What kind it is.
    pub kind: &'static str,
    /// What it asks for here: a noisy finding asks for no more than [`Action::Hold`].
    pub action: Action,
    /// Whether it acts.
    pub mode: Mode,
    /// Its severity.
    pub severity: u8,
    /// Its policy.
    pub policy: Option<PolicyId>,
    /// Which term of the rule's list, for rules of terms.
    pub term: Option<usize>,
    /// In which reading; the folded one for rules that know no readings.
    pub variant: Variant,
    /// Where, in characters as written.
    pub span: Span,
    /// Whether an allowing rule covers it, so that it does not count.
    pub is_allowed: bool,
}

impl Finding {
    fn counts(&self) -> bool {
        self.mode == Mode::Enforce && !self.is_allowed && self.action != Action::Allow
    }
}

/// What the rules come to, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of the comment.
    pub outcome: Outcome,
    /// Every place where a rule was met, also those that do not count.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// The gravest finding that counts: the one to name.
    pub fn gravest(&self) -> Option<&Finding> {
        self.findings.iter().filter(|f| f.counts()).max_by_key(|f| (f.action, f.severity))
    }
}

/// Why rules can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A word list that can't be used.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// A regular expression that is wrong.
    #[error("the rule {rule} has no regular expression: {reason}")]
    Regex {
        /// The rule.
        rule: RuleId,
        /// What is wrong with it.
        reason: String,
    },
    /// A regular expression that is too long, or compiles to too much.
    #[error("the regular expression of rule {0} is too large")]
    RegexTooLarge(RuleId),
    /// Too many rules.
    #[error("a rule set has at most {max} rules, not {0}", max = Ruleset::RULES_MAX)]
    TooMany(usize),
}

/// What one author wrote lately, for rules that count.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    comments: VecDeque<(Timestamp, i64)>,
}

impl Recent {
    /// Comments that are remembered; no rule counts further.
    pub const COMMENTS_MAX: usize = 64;

    /// Remembers a comment that was taken.
    pub fn record(&mut self, body: &str, now: Timestamp) {
        if self.comments.len() == Self::COMMENTS_MAX {
            self.comments.pop_front();
        }
        self.comments.push_back((now, fingerprint(body)));
    }

    fn count(&self, window: Duration, now: Timestamp, test: impl Fn(i64) -> bool) -> usize {
        let since = now.minus(window);
        self.comments.iter().filter(|&&(at, print)| at > since && test(print)).count()
    }
}

/// Rules made ready: one automaton for all their words.
#[derive(Debug)]
pub struct Ruleset {
    rules: Vec<Rule>,
    regexes: Vec<(usize, Regex)>,
    matcher: Matcher,
    /// For each term of the automaton: its rule and its place in the rule's list.
    terms: Vec<(usize, usize)>,
}

impl Ruleset {
    /// Rules of one set.
    pub const RULES_MAX: usize = 1_000;
    /// Bytes that one regular expression may compile to.
    pub const REGEX_BYTES_MAX: usize = 1 << 20;
    /// Characters of one regular expression.
    pub const REGEX_CHARS_MAX: usize = 1_000;

    /// Compiles rules. Do it when they change, not for each comment.
    pub fn new(rules: Vec<Rule>) -> Result<Self, RuleError> {
        if rules.len() > Self::RULES_MAX {
            return Err(RuleError::TooMany(rules.len()));
        }
        let (mut list, mut terms, mut regexes) = (Vec::new(), Vec::new(), Vec::new());
        for (index, rule) in rules.iter().enumerate() {
            match &rule.test {
                Test::Terms(words) => {
                    terms.extend((0..words.len()).map(|place| (index, place)));
                    list.extend_from_slice(words);
                }
                Test::Regex(pattern) => regexes.push((index, compile_regex(rule.id, pattern)?)),
                Test::Link { .. }
                | Test::Caps { .. }
                | Test::Repeat { .. }
                | Test::Flood { .. } => {}
            }
        }
        let matcher = Matcher::new(&list)?;
        Ok(Self { rules, regexes, matcher, terms })
    }

    /// Judges a comment by all rules at once.
    pub fn judge(&self, body: &str, recent: &Recent, now: Timestamp) -> Verdict {
        let readings = Readings::of(body);
        let mut findings = self.find_terms(&readings);
        for (index, regex) in &self.regexes {
            let folded = readings.folded();
            let spans = regex.find_iter(folded.text()).filter_map(|m| folded.span_of(m.range()));
            findings.extend(spans.filter_map(|span| self.finding(*index, span)));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let spans = spans_by_shape(&rule.test, body, &readings, (recent, now));
            findings.extend(spans.into_iter().filter_map(|span| self.finding(index, span)));
        }
        allow(&mut findings);
        Verdict { outcome: outcome(&findings), findings }
    }

    fn find_terms(&self, readings: &Readings) -> Vec<Finding> {
        let finding = |hit: Hit| {
            let &(rule, place) = self.terms.get(hit.term)?;
            let finding = self.finding(rule, hit.span)?;
            let action =
                if hit.is_noisy { finding.action.min(Action::Hold) } else { finding.action };
            Some(Finding { term: Some(place), variant: hit.variant, action, ..finding })
        };
        self.matcher.find(readings).into_iter().filter_map(finding).collect()
    }

    fn finding(&self, rule: usize, span: Span) -> Option<Finding> {
        let rule = self.rules.get(rule)?;
        Some(Finding {
            rule: rule.id,
            version: rule.version,
            kind: rule.test.kind(),
            action: rule.action,
            mode: rule.mode,
            severity: rule.severity,
            policy: rule.policy,
            term: None,
            variant: Variant::Folded,
            span,
            is_allowed: false,
        })
    }
}

fn compile_regex(rule: RuleId, pattern: &str) -> Result<Regex, RuleError> {
    if pattern.chars().count() > Ruleset::REGEX_CHARS_MAX {
        return Err(RuleError::RegexTooLarge(rule));
    }
    RegexBuilder::new(pattern)
        .size_limit(Ruleset::REGEX_BYTES_MAX)
        .case_insensitive(true)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => RuleError::RegexTooLarge(rule),
            other => RuleError::Regex { rule, reason: other.to_string() },
        })
}

fn spans_by_shape(
    test: &Test,
    body: &str,
    readings: &Readings,
    (recent, now): (&Recent, Timestamp),
) -> Vec<Span> {
    let whole = || Span { start: 0, end: u32::try_from(body.chars().count()).unwrap_or(u32::MAX) };
    let too_many = |count: usize, max: u32| count >= max as usize;
    match test {
        Test::Terms(_) | Test::Regex(_) => Vec::new(),
        Test::Link { allowed_hosts } => link::find(readings.folded(), allowed_hosts),
        Test::Caps { letters_min, percent } => {
            let shouts = shape::is_shouting(body, *letters_min, *percent);
            shouts.then(whole).into_iter().collect()
        }
        Test::Repeat { run_max, same_max, window } => {
            let print = fingerprint(body);
            let same = recent.count(*window, now, |other| other == print);
            if too_many(same, *same_max) { vec![whole()] } else { shape::runs(body, *run_max) }
        }
        Test::Flood { comments_max, window } => {
            let floods = too_many(recent.count(*window, now, |_| true), *comments_max);
            floods.then(whole).into_iter().collect()
        }
    }
}

/// An allowing rule that acts takes the weight from whatever it covers.
fn allow(findings: &mut [Finding]) {
    let allowed: Vec<Span> = findings
        .iter()
        .filter(|finding| finding.action == Action::Allow && finding.mode == Mode::Enforce)
        .map(|finding| finding.span)
        .collect();
    for finding in findings.iter_mut().filter(|finding| finding.action != Action::Allow) {
        finding.is_allowed = allowed.iter().any(|span| span.covers(finding.span));
    }
}

fn outcome(findings: &[Finding]) -> Outcome {
    let gravest = findings.iter().filter(|f| f.counts()).map(|finding| finding.action).max();
    match gravest {
        None | Some(Action::Allow) => Outcome::Publish,
        Some(Action::Hold) => Outcome::Hold,
        Some(Action::Reject) => Outcome::Reject,
    }
}

#[cfg(test)]
mod tests;
