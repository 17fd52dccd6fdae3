//! Every row of the contract: the rules, and the rows without one, each with its reason.

use super::rule::Rule;
use super::{
    Level, cache, delta, directives, ended, format, hints, iframes, live, multivariant, parts,
    playlist, reports, timeline, transport,
};

/// Every rule, in the order of the contract.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let sections = [
        transport::RULES,
        cache::RULES,
        playlist::RULES,
        live::RULES,
        parts::RULES,
        directives::RULES,
        delta::RULES,
        hints::RULES,
        reports::RULES,
        timeline::RULES,
        multivariant::RULES,
        format::RULES,
        ended::RULES,
        iframes::RULES,
    ];
    sections.into_iter().flatten()
}

/// Why a row has no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Headwater does not serve what it is about.
    NotServed,
    /// A client can't see it.
    NotVisible,
}

/// A row of the contract without a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Omitted {
    /// Its id.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// Why it has no rule.
    pub why: Why,
    /// The reason in words.
    pub reason: &'static str,
}

const fn not_served(level: Level, id: &'static str, reason: &'static str) -> Omitted {
    Omitted { id, level, why: Why::NotServed, reason }
}

const fn not_visible(level: Level, id: &'static str, reason: &'static str) -> Omitted {
    Omitted { id, level, why: Why::NotVisible, reason }
}

/// The rows without a rule.
#[rustfmt::skip]
pub const OMITTED: &[Omitted] = &[
    not_visible(Level::Must, "T14", "TCP options of the server: `sysctl` shows them, no client does"),
    not_served(Level::Practice, "C10", "keys: nothing is encrypted"),
    not_visible(Level::Should, "C11", "when a segment will be deleted is known to the server alone"),
    not_visible(Level::Must, "L10", "shows only while a presentation is being taken away"),
    not_visible(Level::Should, "DD9", "shows only on a stream whose media stops without gaps"),
    not_visible(Level::Practice, "DD10", "what a server keeps for a client that left"),
    not_served(Level::Must, "SK4", "date ranges"),
    not_served(Level::Must, "PH4", "hinted byte ranges: every part has a URI of its own"),
    not_visible(Level::Practice, "PH9", "shows only on a stream whose media stops without gaps"),
    not_served(Level::Must, "DC9", "date ranges"),
    not_served(Level::Must, "DC10", "date ranges"),
    not_served(Level::Must, "DC11", "date ranges: no SCTE-35 comes with RTMP"),
    not_served(Level::Must, "DC12", "date ranges: no interstitials"),
    not_visible(Level::Should, "MV12", "needs every variant's audio decoded and compared"),
    not_served(Level::Must, "MV13", "session data"),
    not_served(Level::Must, "MV14", "session keys: nothing is encrypted"),
    not_served(Level::Must, "MV15", "content steering"),
    not_served(Level::Must, "MV16", "variables"),
    not_served(Level::Must, "MF7", "WebVTT"),
    not_served(Level::Must, "MF8", "packed audio: all media is fMP4"),
    not_served(Level::Must, "MF9", "transport streams: all media is fMP4"),
    not_served(Level::Must, "EN1", "nothing is encrypted"),
    not_served(Level::Must, "EN2", "nothing is encrypted"),
    not_served(Level::Must, "EN3", "nothing is encrypted"),
    not_served(Level::AppleMust, "EN4", "nothing is encrypted"),
    not_served(Level::Must, "EN5", "nothing is encrypted"),
    not_served(Level::Must, "EN6", "nothing is encrypted"),
    not_served(Level::Should, "EN7", "nothing is encrypted"),
    not_served(Level::Should, "VD6", "EXT-X-START"),
    not_served(Level::Should, "VD7", "EXT-X-BITRATE"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_stands_once_and_reads_as_a_sentence() {
        let mut ids = BTreeSet::new();
        for rule in rules() {
            assert!(ids.insert(rule.id), "{} stands twice", rule.id);
            for text in [rule.sentence, rule.fix] {
                assert!(!text.ends_with('.') && text.len() > 10, "{}", rule.id);
            }
        }
        for omitted in OMITTED {
            assert!(ids.insert(omitted.id), "{} stands twice", omitted.id);
        }
    }
}
