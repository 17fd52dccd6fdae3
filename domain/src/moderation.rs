//! Moderation: seeing through disguised words, testing them by rules, ordering what people judge.

pub mod decide;
pub mod normalise;
pub mod queue;
pub mod rule;
pub mod terms;
