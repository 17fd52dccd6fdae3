//! Why something about moderation was refused, and as what problem.

use domain::moderation::decide::DraftError;
use http::StatusCode;
use infra::http::problem::Problem;

use crate::refusal;

/// Why something about moderation was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModerationError {
    /// There is no such thing here.
    #[error("no such thing")]
    NotFound,
    /// The claim is over, or someone else has the item.
    #[error("the claim is over: claim the item again")]
    LeaseLost,
    /// Someone decided before.
    #[error("the item is decided already")]
    AlreadyDecided,
    /// The decision was taken back before.
    #[error("the decision is taken back already")]
    AlreadyUndone,
    /// A removal names no policy, and none follows from the item.
    #[error("a removal names the policy that was broken")]
    PolicyRequired,
    /// A policy that does not exist here.
    #[error("no such policy")]
    UnknownPolicy,
    /// The decision breaks a rule of decisions.
    #[error(transparent)]
    Draft(DraftError),
    /// The row changed since it was read.
    #[error("it changed since it was read")]
    Changed,
    /// The name is taken.
    #[error("the name is taken")]
    NameTaken,
    /// A pattern would compile to too much, or to nothing.
    #[error("the rule can't be compiled: {0}")]
    Rule(String),
    /// More than there may be.
    #[error("at most {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// A member of the body is not acceptable.
    #[error("{message}")]
    Invalid {
        /// Where in the body.
        pointer: &'static str,
        /// What is wrong.
        message: String,
    },
}

impl From<DraftError> for ModerationError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::PolicyRequired => Self::PolicyRequired,
            other => Self::Draft(other),
        }
    }
}

impl From<ModerationError> for Problem {
    fn from(error: ModerationError) -> Self {
        let detail = error.to_string();
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            ModerationError::NotFound => refusal::not_found(),
            ModerationError::LeaseLost => refusal::conflict("lease_lost", detail),
            ModerationError::AlreadyDecided => refusal::conflict("already_decided", detail),
            ModerationError::AlreadyUndone => refusal::conflict("already_undone", detail),
            ModerationError::PolicyRequired => {
                refusal::of(unprocessable, "policy_required", detail)
            }
            ModerationError::UnknownPolicy => refusal::of(unprocessable, "unknown_policy", detail),
            ModerationError::Draft(_) => refusal::of(unprocessable, "invalid_decision", detail),
            ModerationError::Changed => {
                refusal::of(StatusCode::PRECONDITION_FAILED, "version_mismatch", detail)
            }
            ModerationError::NameTaken => refusal::conflict("name_taken", detail),
            ModerationError::Rule(_) => refusal::of(unprocessable, "regex_too_large", detail),
            ModerationError::TooMany { .. } => refusal::of(unprocessable, "too_many", detail),
            ModerationError::Invalid { pointer, message } => {
                refusal::invalid(pointer, "invalid", &message)
            }
        }
    }
}
