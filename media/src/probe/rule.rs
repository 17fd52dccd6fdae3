//! What a rule is, and what it says.

use super::Capture;

/// How binding a rule is, the most binding first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The HLS drafts say MUST: players may fail.
    Must,
    /// Apple's authoring rules say MUST: Apple's players may refuse.
    AppleMust,
    /// The HLS drafts say SHOULD.
    Should,
    /// Apple's authoring rules say SHOULD.
    AppleShould,
    /// Neither asks for it; a real player or a real cache needs it.
    Practice,
}

impl Level {
    /// All levels, the most binding first.
    pub const ALL: [Self; 5] =
        [Self::Must, Self::AppleMust, Self::Should, Self::AppleShould, Self::Practice];

    /// Its name in JSON and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::AppleMust => "apple_must",
            Self::Should => "should",
            Self::AppleShould => "apple_should",
            Self::Practice => "practice",
        }
    }
}

/// One row of the contract that a client can judge.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What it asks.
    pub sentence: &'static str,
    /// What to change when it is broken.
    pub fix: &'static str,
    /// Looks at everything that it applies to.
    pub judge: fn(&Capture, &mut Verdict),
}

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it was first seen: the URL.
    pub url: String,
    /// What exactly.
    pub detail: String,
    /// In how many cases at this URL.
    pub times: usize,
}

/// What a rule found: nothing that it applies to, only sound cases, or faults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How much was looked at.
    pub cases: usize,
    /// The first fault at each URL.
    pub faults: Vec<Fault>,
}

/// The URLs at which faults of one rule are told apart; further ones count to the last.
const FAULTS_MAX: usize = 16;

impl Verdict {
    /// Whether there was something to judge.
    pub const fn is_judged(&self) -> bool {
        self.cases > 0
    }

    /// Whether something breaks the rule.
    pub const fn is_broken(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Counts a case; keeps its fault unless it `holds`.
    pub(super) fn case(&mut self, url: &str, holds: bool, detail: impl FnOnce() -> String) {
        self.cases += 1;
        if holds {
            return;
        }
        let is_full = self.faults.len() >= FAULTS_MAX;
        let known = self.faults.iter_mut().find(|fault| is_full || fault.url == url);
        match known {
            Some(fault) => fault.times += 1,
            None => self.faults.push(Fault { url: url.to_owned(), detail: detail(), times: 1 }),
        }
    }
}

pub(super) const fn rule(
    level: Level,
    id: &'static str,
    [sentence, fix]: [&'static str; 2],
    judge: fn(&Capture, &mut Verdict),
) -> Rule {
    Rule { id, level, sentence, fix, judge }
}
