//! Moderation: seeing through disguised words, testing them by rules, ordering what people judge.

pub mod normalise;
