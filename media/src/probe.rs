//! Judges a stream by what it answers: the conformance suite that `headwater probe` and the tests
//! share.
//!
//! A [`Capture`] is what a client saw: playlists over time, media bytes, answers to the requests
//! that some rows need. Each row of the contract (draft-pantos-hls-rfc8216bis, Apple's authoring
//! rules, and what real players need) is a pure function over it; `docs/CONFORMANCE.md` lists them.

mod cache;
mod capture;
mod catalogue;
mod delta;
mod directives;
mod ended;
mod format;
mod hints;
mod iframes;
mod live;
mod multivariant;
mod parts;
mod playlist;
mod reports;
mod resolve;
mod rule;
mod timeline;
mod track;
mod transport;

pub use capture::{Ask, Capture, Exchange, Version};
pub use catalogue::{OMITTED, Omitted, Why, rules};
pub use resolve::resolve;
pub use rule::{Fault, Level, Rule, Verdict};

/// A rule and what it found in a capture.
#[derive(Debug, Clone)]
pub struct Row {
    /// The rule.
    pub rule: &'static Rule,
    /// What it looked at, and what breaks it.
    pub verdict: Verdict,
}

/// Judges everything that was seen by every rule, in the order of the contract.
pub fn judge(capture: &Capture) -> Vec<Row> {
    let judged = rules().map(|rule| {
        let mut verdict = Verdict::default();
        (rule.judge)(capture, &mut verdict);
        Row { rule, verdict }
    });
    judged.collect()
}

#[cfg(test)]
mod tests;
