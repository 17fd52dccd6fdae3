//! What may be said in a room: the place where the rules of moderation stand.

use arc_swap::ArcSwap;
use std::sync::Arc;

/// What becomes of words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Everybody sees them.
    Publish,
    /// A moderator reads them first.
    Hold,
    /// Only their author sees them.
    AuthorOnly,
    /// They are refused; the author is told the class of the rule, never the word.
    Refuse {
        /// The kind of the rule: `terms`, `link`, `caps`….
        rule_kind: String,
    },
}

/// Judges words by rules that are swapped as a whole.
pub struct Screening {
    judge: ArcSwap<Judge>,
}

type Judge = Box<dyn Fn(&Said<'_>) -> Verdict + Send + Sync>;

/// Words with who says them where.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Where.
    pub room: &'a super::Room,
    /// Who.
    pub author_id: domain::id::UserId,
    /// The words.
    pub body: &'a str,
}

impl std::fmt::Debug for Screening {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Screening").finish_non_exhaustive()
    }
}

impl Screening {
    /// No rules: everything is published.
    pub fn new() -> Self {
        Self { judge: ArcSwap::from_pointee(Box::new(|_: &Said<'_>| Verdict::Publish) as Judge) }
    }

    /// Puts other rules in force, for every room at once.
    pub fn replace(&self, judge: impl Fn(&Said<'_>) -> Verdict + Send + Sync + 'static) {
        self.judge.store(Arc::new(Box::new(judge)));
    }

    /// What becomes of these words.
    pub fn judge(&self, said: &Said<'_>) -> Verdict {
        (self.judge.load())(said)
    }
}

impl Default for Screening {
    fn default() -> Self {
        Self::new()
    }
}
