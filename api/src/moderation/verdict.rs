//! A moderator's judgement as it comes in, checked.

use std::time::Duration;

use domain::event::{SanctionKind, VisibleReason};
use domain::moderation::decide;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ModerationError;

/// Characters of a note or a visible reason.
const TEXT_CHARS_MAX: usize = 2_000;

/// What becomes of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DecisionOutcome, example = "remove")]
pub enum OutcomeName {
    /// It stays, or is published when it was held.
    Approve,
    /// It goes.
    Remove,
    /// Someone else judges: the item moves to the queue for escalated ones.
    Escalate,
}

impl From<OutcomeName> for decide::Outcome {
    fn from(name: OutcomeName) -> Self {
        match name {
            OutcomeName::Approve => Self::Approve,
            OutcomeName::Remove => Self::Remove,
            OutcomeName::Escalate => Self::Escalate,
        }
    }
}

/// Something that a decision does, beside its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = ModerationAction, example = json!({ "kind": "timeout", "seconds": 600 }))]
pub enum Action {
    /// Takes the subject away; follows from the outcome `remove` too.
    Remove {},
    /// The author may not write for a while.
    Timeout {
        /// How long, at most 366 days.
        #[schema(minimum = 1, maximum = 31_622_400)]
        seconds: u64,
        /// Whether everything that the author wrote in the room goes as well.
        #[serde(default)]
        remove_comments: bool,
    },
    /// The author may not write or enter any more.
    Ban {
        /// Whether everything that the author wrote in the room goes as well.
        #[serde(default)]
        remove_comments: bool,
    },
    /// The author is told.
    Warn {},
}

impl Action {
    /// What the rules of decisions make of it; a removal follows from the outcome.
    pub(crate) fn effects(self) -> impl Iterator<Item = decide::Action> {
        let (kind, lasts, all) = match self {
            Self::Remove {} => return None.into_iter().chain(None),
            Self::Timeout { seconds, remove_comments } => {
                (SanctionKind::Timeout, Some(Duration::from_secs(seconds)), remove_comments)
            }
            Self::Ban { remove_comments } => (SanctionKind::Ban, None, remove_comments),
            Self::Warn {} => (SanctionKind::Warn, None, false),
        };
        let all = all.then_some(decide::Action::RemoveAllByAuthor);
        Some(decide::Action::Sanction { kind, lasts }).into_iter().chain(all)
    }
}

/// What the author reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisibleReason, example = json!({ "code": "abuse", "text": "Insults are not allowed here.", "lang": "en" }))]
pub struct Reason {
    /// A stable word, usually a policy's key.
    #[schema(max_length = 64)]
    pub code: String,
    /// One sentence.
    #[serde(default)]
    #[schema(max_length = 2_000)]
    pub text: String,
    /// The language of the sentence, BCP 47.
    #[serde(default = "english")]
    #[schema(max_length = 35, default = "en")]
    pub lang: String,
}

fn english() -> String {
    "en".to_owned()
}

impl Reason {
    /// Refuses what is too long.
    pub(crate) fn check(&self) -> Result<(), ModerationError> {
        let fits = self.code.chars().count() <= 64
            && self.text.chars().count() <= TEXT_CHARS_MAX
            && self.lang.len() <= 35;
        if fits { Ok(()) } else { Err(too_long("/visible_reason")) }
    }
}

impl From<Reason> for VisibleReason {
    fn from(reason: Reason) -> Self {
        Self { code: reason.code, text: reason.text, lang: reason.lang }
    }
}

/// Refuses a note that is too long.
pub(crate) fn check_note(note: Option<&str>) -> Result<(), ModerationError> {
    match note {
        Some(note) if note.chars().count() > TEXT_CHARS_MAX => Err(too_long("/note")),
        _ => Ok(()),
    }
}

fn too_long(pointer: &'static str) -> ModerationError {
    let message = format!("at most {TEXT_CHARS_MAX} characters");
    ModerationError::Invalid { pointer, message }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn actions_are_read_by_their_kind() {
        let read = |value| serde_json::from_value::<Action>(value);
        assert_eq!(read(json!({ "kind": "remove" })).unwrap(), Action::Remove {});
        let timeout = Action::Timeout { seconds: 600, remove_comments: false };
        assert_eq!(read(json!({ "kind": "timeout", "seconds": 600 })).unwrap(), timeout);
        let ban = Action::Ban { remove_comments: true };
        assert_eq!(read(json!({ "kind": "ban", "remove_comments": true })).unwrap(), ban);
        assert!(read(json!({ "kind": "timeout" })).is_err());
        assert!(read(json!({ "kind": "banish" })).is_err());
    }

    #[test]
    fn a_ban_with_removal_has_two_effects() {
        let ban = decide::Action::Sanction { kind: SanctionKind::Ban, lasts: None };
        let effects: Vec<_> = Action::Ban { remove_comments: true }.effects().collect();
        assert_eq!(effects, [ban, decide::Action::RemoveAllByAuthor]);
        assert_eq!(Action::Remove {}.effects().count(), 0);
    }
}
