//! What a rule of each kind is told, as JSON at the API and in its row, and what it tests.

use std::time::Duration;

use domain::id::TermListId;
use domain::moderation::rule::Test;
use domain::moderation::terms::{Match, Term};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::ModerationError;

/// Term lists that one rule cites.
const LISTS_MAX: usize = 20;
/// Terms, hosts that stand in a rule itself.
const INLINE_MAX: usize = 500;
/// The longest time that counting rules look back: what an author's memory holds.
const WINDOW_S_MAX: u64 = 3_600;

/// How a term has to stand in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "word")]
pub enum Matching {
    /// It is the whole text.
    Exact,
    /// It is a word of the text.
    Word,
    /// It stands anywhere.
    #[default]
    Substring,
    /// Anywhere, also as what sounds the same in Mandarin; holds, never rejects.
    Homophone,
}

impl From<Matching> for Match {
    fn from(matching: Matching) -> Self {
        match matching {
            Matching::Exact => Self::Exact,
            Matching::Word => Self::Word,
            Matching::Substring => Self::Substring,
            Matching::Homophone => Self::Homophone,
        }
    }
}

/// A term that stands in a rule itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "term": "buy followers", "match": "substring" }))]
pub(crate) struct InlineTerm {
    /// The word or words.
    #[schema(min_length = 1, max_length = 100)]
    pub term: String,
    /// How it has to stand.
    #[serde(default, rename = "match")]
    pub matching: Matching,
}

/// Words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    #[serde(default)]
    list_ids: Vec<TermListId>,
    #[serde(default)]
    terms: Vec<InlineTerm>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regex {
    pattern: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    #[serde(default)]
    allowed_hosts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Caps {
    letters_min: u32,
    percent: u8,
}

impl Default for Caps {
    fn default() -> Self {
        Self { letters_min: 8, percent: 70 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Repeat {
    run_max: u32,
    same_max: u32,
    window_s: u64,
}

impl Default for Repeat {
    fn default() -> Self {
        Self { run_max: 12, same_max: 3, window_s: 30 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Flood {
    comments_max: u32,
    window_s: u64,
}

impl Default for Flood {
    fn default() -> Self {
        Self { comments_max: 10, window_s: 10 }
    }
}

/// A rule's kind with what it is told, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Terms(Terms),
    Regex(Regex),
    Link(Link),
    Caps(Caps),
    Repeat(Repeat),
    Flood(Flood),
}

impl Config {
    /// Reads what a rule of `kind` is told.
    pub(crate) fn parse(kind: &str, config: Value) -> Result<Self, ModerationError> {
        let kind = match kind {
            "terms" => Kind::Terms(read(config)?),
            "regex" => Kind::Regex(read(config)?),
            "link" => Kind::Link(read(config)?),
            "caps" => Kind::Caps(read(config)?),
            "repeat" => Kind::Repeat(read(config)?),
            "flood" => Kind::Flood(read(config)?),
            _ => {
                let message = "one of terms, regex, link, caps, repeat, flood".to_owned();
                return Err(ModerationError::Invalid { pointer: "/kind", message });
            }
        };
        let config = Self(kind);
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ModerationError> {
        match &self.0 {
            Kind::Terms(terms) => {
                bound("term lists of a rule", terms.list_ids.len(), LISTS_MAX)?;
                bound("terms in a rule", terms.terms.len(), INLINE_MAX)
            }
            Kind::Link(link) => bound("hosts in a rule", link.allowed_hosts.len(), INLINE_MAX),
            Kind::Caps(caps) if caps.percent > 100 => Err(invalid("percent is 0 to 100")),
            Kind::Repeat(Repeat { window_s, .. }) | Kind::Flood(Flood { window_s, .. })
                if !(1..=WINDOW_S_MAX).contains(window_s) =>
            {
                Err(invalid("window_s is 1 to 3600"))
            }
            Kind::Regex(_) | Kind::Caps(_) | Kind::Repeat(_) | Kind::Flood(_) => Ok(()),
        }
    }

    /// As it is stored and shown, with every default.
    pub(crate) fn to_value(&self) -> Value {
        let value = match &self.0 {
            Kind::Terms(terms) => serde_json::to_value(terms),
            Kind::Regex(regex) => serde_json::to_value(regex),
            Kind::Link(link) => serde_json::to_value(link),
            Kind::Caps(caps) => serde_json::to_value(caps),
            Kind::Repeat(repeat) => serde_json::to_value(repeat),
            Kind::Flood(flood) => serde_json::to_value(flood),
        };
        value.expect("a config is plain data")
    }

    /// The term lists that it cites.
    pub(crate) fn lists(&self) -> Vec<Uuid> {
        match &self.0 {
            Kind::Terms(terms) => terms.list_ids.iter().map(|list| list.uuid()).collect(),
            Kind::Regex(_) | Kind::Link(_) | Kind::Caps(_) | Kind::Repeat(_) | Kind::Flood(_) => {
                Vec::new()
            }
        }
    }

    /// What it tests; `listed` are the terms of the lists that it cites.
    pub(crate) fn test(self, listed: impl IntoIterator<Item = Term>) -> Test {
        match self.0 {
            Kind::Terms(terms) => {
                let inline = terms
                    .terms
                    .into_iter()
                    .map(|term| Term { text: term.term, how: term.matching.into() });
                Test::Terms(inline.chain(listed).collect())
            }
            Kind::Regex(regex) => Test::Regex(regex.pattern),
            Kind::Link(link) => Test::Link { allowed_hosts: link.allowed_hosts },
            Kind::Caps(caps) => Test::Caps { letters_min: caps.letters_min, percent: caps.percent },
            Kind::Repeat(repeat) => Test::Repeat {
                run_max: repeat.run_max,
                same_max: repeat.same_max,
                window: Duration::from_secs(repeat.window_s),
            },
            Kind::Flood(flood) => Test::Flood {
                comments_max: flood.comments_max,
                window: Duration::from_secs(flood.window_s),
            },
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(config: Value) -> Result<T, ModerationError> {
    serde_json::from_value(config).map_err(|error| invalid(&error.to_string()))
}

fn invalid(message: &str) -> ModerationError {
    ModerationError::Invalid { pointer: "/config", message: message.to_owned() }
}

fn bound(what: &'static str, count: usize, max: usize) -> Result<(), ModerationError> {
    if count > max { Err(ModerationError::TooMany { what, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_is_read_with_its_defaults() {
        for (kind, config, stored) in [
            (
                "terms",
                json!({ "terms": [{ "term": "a" }] }),
                json!({ "list_ids": [], "terms": [{ "term": "a", "match": "substring" }] }),
            ),
            ("regex", json!({ "pattern": "a+" }), json!({ "pattern": "a+" })),
            ("link", json!({}), json!({ "allowed_hosts": [] })),
            ("caps", json!({ "percent": 80 }), json!({ "letters_min": 8, "percent": 80 })),
            ("repeat", json!({}), json!({ "run_max": 12, "same_max": 3, "window_s": 30 })),
            ("flood", json!({}), json!({ "comments_max": 10, "window_s": 10 })),
        ] {
            let read = Config::parse(kind, config).unwrap();
            assert_eq!(read.to_value(), stored);
            assert_eq!(Config::parse(kind, read.to_value()).unwrap(), read);
            assert_eq!(read.test([]).kind(), kind);
        }
    }

    #[test]
    fn what_no_kind_knows_is_refused() {
        for (kind, config) in [
            ("weather", json!({})),
            ("regex", json!({})),
            ("regex", json!({ "pattern": "a", "flags": "i" })),
            ("caps", json!({ "percent": 101 })),
            ("flood", json!({ "window_s": 0 })),
            ("terms", json!({ "terms": vec![json!({ "term": "a" }); 501] })),
        ] {
            assert!(Config::parse(kind, config.clone()).is_err(), "{kind} {config}");
        }
    }
}
