//! Judges a stream by what it answers: playlists and their headers in, findings out.
//!
//! The rules are rows of the HLS contract (draft-pantos-hls-rfc8216bis, Apple's authoring rules);
//! a finding names the row, says what is wrong there and what to change.

mod change;
mod exchange;
mod media_playlist;
mod multivariant;
mod rules;

pub use rules::{Level, RULES, Rule};

use crate::hls::parse::{self, Media, Multivariant, Playlist};
use crate::time::Wall;
use std::collections::{BTreeMap, BTreeSet};

/// One answer to a playlist request.
#[derive(Debug, Clone)]
pub struct Exchange<'a> {
    /// The URL that was asked, without its query.
    pub url: &'a str,
    /// Its query, without `?`; empty if none.
    pub query: &'a str,
    /// When the answer was complete.
    pub at: Wall,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a [(String, String)],
    /// Its body, with any content coding undone.
    pub body: &'a str,
}

impl Exchange<'_> {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }
}

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Where: the playlist's URL.
    pub url: String,
    /// What exactly.
    pub detail: String,
}

/// What a check says before it is known where: the rule's id and the detail.
type Fault = (&'static str, String);

/// Judges a stream answer by answer; says each thing once for each playlist.
#[derive(Debug, Default)]
pub struct Checker {
    playlists: BTreeMap<String, Followed>,
    multivariant: Option<Multivariant>,
    said: BTreeSet<(&'static str, String)>,
}

/// One media playlist over time.
#[derive(Debug, Default)]
struct Followed {
    last: Option<(Media, Wall)>,
    /// When the newest segment, and the newest part, was first seen.
    segment_at: Option<Wall>,
    part_at: Option<Wall>,
}

impl Checker {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an answer; returns what is newly found.
    pub fn see(&mut self, exchange: &Exchange<'_>) -> Vec<Finding> {
        let mut faults = exchange::check(exchange);
        if exchange.status == 200 {
            match parse::parse(exchange.body) {
                Ok(Playlist::Multivariant(playlist)) => {
                    faults.extend(multivariant::check(&playlist));
                    self.multivariant = Some(playlist);
                }
                Ok(Playlist::Media(playlist)) => self.see_media(exchange, *playlist, &mut faults),
                Err(error) => faults.push(("P1", error.to_string())),
            }
        }
        self.report(exchange.url, faults)
    }

    fn see_media(&mut self, exchange: &Exchange<'_>, mut new: Media, faults: &mut Vec<Fault>) {
        faults.extend(media_playlist::check(exchange.body, &new));
        faults.extend(self.check_siblings(exchange.url, &new));
        let followed = self.playlists.entry(exchange.url.to_owned()).or_default();
        if new.skipped.is_some() {
            let Some(merged) = followed.last.as_ref().and_then(|(old, _)| old.merge(&new)) else {
                return;
            };
            new = merged;
        }
        if let Some((old, _)) = &followed.last {
            // Two answers may cross on their way: the older one says nothing new.
            if change::is_older(old, &new) {
                return;
            }
            faults.extend(change::check(old, &new));
        }
        faults.extend(followed.check_pace(&new, exchange.at));
        followed.last = Some((new, exchange.at));
    }

    /// Rules over all playlists of a presentation.
    fn check_siblings(&self, url: &str, new: &Media) -> Vec<Fault> {
        let mut faults = Vec::new();
        let others = self.playlists.iter().filter(|(other, _)| *other != url);
        for (other, followed) in others {
            let Some((media, _)) = &followed.last else { continue };
            if media.control != new.control && media.ended == new.ended {
                faults.push(("P7", format!("EXT-X-SERVER-CONTROL differs from that of {other}")));
            }
            if media.target_seconds != new.target_seconds {
                faults.push(("MV9", format!("the target duration differs from that of {other}")));
            }
        }
        let playlists = self.multivariant.as_ref().map_or(0, |playlist| playlist.uris().len());
        let wanted = playlists.saturating_sub(1);
        if new.part_target.is_some() && !new.ended && new.reports.len() < wanted {
            let count = new.reports.len();
            faults.push(("RR1", format!("{count} rendition reports for {wanted} other playlists")));
        }
        faults
    }

    fn report(&mut self, url: &str, faults: Vec<Fault>) -> Vec<Finding> {
        let new = faults.into_iter().filter_map(|(id, detail)| {
            let rule = RULES.iter().find(|rule| rule.id == id)?;
            let is_new = self.said.insert((rule.id, url.to_owned()));
            is_new.then(|| Finding { rule, url: url.to_owned(), detail })
        });
        new.collect()
    }
}

impl Followed {
    /// L2, L3: a live playlist goes on in time.
    fn check_pace(&mut self, new: &Media, at: Wall) -> Vec<Fault> {
        let mut faults = Vec::new();
        let old = self.last.as_ref().map(|(media, _)| media);
        let has_segment = old.is_none_or(|old| new.next_msn() > old.next_msn());
        let edge = |media: &Media| (media.next_msn(), media.open.parts.len());
        let has_part = old.is_none_or(|old| edge(new) > edge(old));
        if let (Some(since), Some(target)) = (self.segment_at, new.target_seconds) {
            let waited = at.since(since);
            let bound = i64::try_from(target).unwrap_or(i64::MAX).saturating_mul(1_500);
            if waited > bound + NETWORK_MS && !new.ended {
                faults.push(("L2", format!("{waited} ms without a new segment")));
            }
        }
        if let (Some(since), Some(target)) = (self.part_at, new.part_target) {
            let waited = at.since(since);
            // Twice the target: a part is cut on whole frames and travels a network.
            if waited > 2 * target.to_ms() + NETWORK_MS && !new.ended {
                faults.push(("L3", format!("{waited} ms without a new part")));
            }
        }
        if has_segment {
            self.segment_at = Some(at);
        }
        if has_part {
            self.part_at = Some(at);
        }
        faults
    }
}

/// What a request and its answer may take beyond what the playlist promises.
const NETWORK_MS: i64 = 500;

#[cfg(test)]
mod tests;
