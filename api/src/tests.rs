//! The API as its callers see it: each file one group of operations.

mod accounts;
mod analytics;
mod comments;
mod conventions;
mod document;
mod feeds;
mod idempotency;
mod publishing;
mod rooms;
pub(crate) mod streams;
