//! The API as its callers see it: each file one group of operations.

mod accounts;
mod analytics;
mod comments;
mod conventions;
mod crowd;
mod document;
mod feeds;
mod gifts;
mod idempotency;
mod moderation;
mod operator;
mod publishing;
mod rooms;
pub(crate) mod streams;
