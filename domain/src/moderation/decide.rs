//! Decisions: which ones can be made, what they change, and how long they can be taken back.

use std::time::Duration;

use crate::{comment::Status, event::SanctionKind, id::PolicyId, time::Timestamp};

/// How long a decision can be taken back; later it takes a reversing one.
pub const UNDO: Duration = Duration::from_secs(10);
/// Actions of one decision.
pub const ACTIONS_MAX: usize = 8;
/// The longest sanction with an end.
pub const SANCTION_MAX: Duration = Duration::from_hours(24 * 366);

/// What a reviewer finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It breaks no policy.
    Approve,
    /// It goes.
    Remove,
    /// Somebody with more say looks at it.
    Escalate,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Approve, Self::Remove, Self::Escalate];

    /// The stored text, the same as at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Remove => "remove",
            Self::Escalate => "escalate",
        }
    }

    /// The outcome of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// What a decision does beside the subject itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The author may not do something, for a while or for good.
    Sanction {
        /// What.
        kind: SanctionKind,
        /// How long; for good when none.
        lasts: Option<Duration>,
    },
    /// Everything that the author wrote in the room goes.
    RemoveAllByAuthor,
    /// The broadcast ends and its address answers 410.
    TakeDownBroadcast,
}

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    /// A comment.
    Comment,
    /// A broadcast.
    Broadcast,
    /// A recording.
    Recording,
    /// A user.
    User,
}

impl SubjectKind {
    /// Every kind of subject.
    pub const ALL: [Self; 4] = [Self::Comment, Self::Broadcast, Self::Recording, Self::User];

    /// The stored text, the same as at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Broadcast => "broadcast",
            Self::Recording => "recording",
            Self::User => "user",
        }
    }

    /// The kind of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A decision as a reviewer gives it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What is judged.
    pub subject: SubjectKind,
    /// What was found.
    pub outcome: Outcome,
    /// What it breaks.
    pub policies: Vec<PolicyId>,
    /// What else happens.
    pub actions: Vec<Action>,
}

/// Why a draft is no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Taking away needs a ground.
    #[error("a removal or a sanction cites at least one policy")]
    PolicyRequired,
    /// Nothing happens to what is fine.
    #[error("an approval has no other actions")]
    ApprovalWithActions,
    /// Too many actions.
    #[error("a decision has at most {max} actions", max = ACTIONS_MAX)]
    TooManyActions,
    /// An action that the subject can't suffer.
    #[error("this action does not fit the subject")]
    WrongSubject,
    /// No time, or too long a time.
    #[error("a sanction with an end lasts between 1 second and 366 days")]
    Length,
}

impl Draft {
    /// Checks the draft against the rules of decisions.
    pub fn check(&self) -> Result<(), DraftError> {
        if self.actions.len() > ACTIONS_MAX {
            return Err(DraftError::TooManyActions);
        }
        match self.outcome {
            Outcome::Approve if !self.actions.is_empty() => {
                return Err(DraftError::ApprovalWithActions);
            }
            Outcome::Remove if self.policies.is_empty() => return Err(DraftError::PolicyRequired),
            Outcome::Escalate if !self.actions.is_empty() && self.policies.is_empty() => {
                return Err(DraftError::PolicyRequired);
            }
            Outcome::Approve | Outcome::Remove | Outcome::Escalate => {}
        }
        self.actions.iter().try_for_each(|&action| self.check_action(action))
    }

    fn check_action(&self, action: Action) -> Result<(), DraftError> {
        match action {
            Action::TakeDownBroadcast if self.subject != SubjectKind::Broadcast => {
                Err(DraftError::WrongSubject)
            }
            Action::Sanction { lasts: Some(lasts), .. }
                if lasts < Duration::from_secs(1) || lasts > SANCTION_MAX =>
            {
                Err(DraftError::Length)
            }
            Action::TakeDownBroadcast | Action::Sanction { .. } | Action::RemoveAllByAuthor => {
                Ok(())
            }
        }
    }
}

/// What becomes of a comment by this outcome; `None` when it stays as it is.
pub fn comment_becomes(status: Status, outcome: Outcome) -> Option<Status> {
    let next = match (outcome, status) {
        (
            Outcome::Approve,
            Status::Held | Status::AuthorOnly | Status::Rejected | Status::Removed,
        ) => Status::Published,
        (Outcome::Remove, Status::Held) => Status::Rejected,
        (Outcome::Remove, Status::Published | Status::AuthorOnly) => Status::Removed,
        (Outcome::Approve, Status::Published | Status::Retracted)
        | (Outcome::Remove, Status::Rejected | Status::Removed | Status::Retracted)
        | (Outcome::Escalate, _) => return None,
    };
    status.can_become(next).then_some(next)
}

/// Until when a decision can be taken back.
pub fn undo_until(decided_at: Timestamp) -> Timestamp {
    decided_at.plus(UNDO)
}

/// Whether it can still be taken back.
pub fn can_undo(decided_at: Timestamp, now: Timestamp) -> bool {
    now < undo_until(decided_at)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn draft(outcome: Outcome, policies: usize, actions: &[Action]) -> Draft {
        Draft {
            subject: SubjectKind::Comment,
            outcome,
            policies: vec![PolicyId::from_uuid(Uuid::from_u128(1)); policies],
            actions: actions.to_vec(),
        }
    }

    fn timeout(seconds: u64) -> Action {
        Action::Sanction { kind: SanctionKind::Timeout, lasts: Some(Duration::from_secs(seconds)) }
    }

    #[test]
    fn what_takes_away_cites_a_policy() {
        for (outcome, policies, actions, expected) in [
            (Outcome::Approve, 0, vec![], Ok(())),
            (Outcome::Approve, 1, vec![timeout(60)], Err(DraftError::ApprovalWithActions)),
            (Outcome::Remove, 0, vec![], Err(DraftError::PolicyRequired)),
            (Outcome::Remove, 1, vec![], Ok(())),
            (Outcome::Remove, 1, vec![timeout(60), Action::RemoveAllByAuthor], Ok(())),
            (Outcome::Remove, 1, vec![timeout(0)], Err(DraftError::Length)),
            (Outcome::Remove, 1, vec![timeout(u64::MAX)], Err(DraftError::Length)),
            (Outcome::Remove, 1, vec![Action::TakeDownBroadcast], Err(DraftError::WrongSubject)),
            (Outcome::Remove, 1, vec![timeout(60); 9], Err(DraftError::TooManyActions)),
            (Outcome::Escalate, 0, vec![], Ok(())),
            (Outcome::Escalate, 0, vec![timeout(60)], Err(DraftError::PolicyRequired)),
        ] {
            let draft = draft(outcome, policies, &actions);
            assert_eq!(draft.check(), expected, "{draft:?}");
        }
    }

    #[test]
    fn a_decision_only_takes_steps_that_a_comment_takes() {
        for outcome in Outcome::ALL {
            for status in Status::ALL {
                if let Some(next) = comment_becomes(status, outcome) {
                    assert!(status.can_become(next), "{status:?} {outcome:?}");
                }
            }
        }
        assert_eq!(comment_becomes(Status::Held, Outcome::Approve), Some(Status::Published));
        assert_eq!(comment_becomes(Status::Held, Outcome::Remove), Some(Status::Rejected));
        assert_eq!(comment_becomes(Status::Published, Outcome::Remove), Some(Status::Removed));
        assert_eq!(comment_becomes(Status::Retracted, Outcome::Approve), None);
    }

    #[test]
    fn a_decision_can_be_taken_back_for_ten_seconds() {
        assert!(can_undo(Timestamp(0), Timestamp(9_999)));
        assert!(!can_undo(Timestamp(0), Timestamp(10_000)));
    }
}
