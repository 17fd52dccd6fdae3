//! The API as its callers see it: each file one group of operations.

mod accounts;
mod comments;
mod conventions;
mod document;
mod idempotency;
mod publishing;
mod rooms;
pub(crate) mod streams;
