//! Conventions that endpoints share: lists, versions, what was created.

pub mod created;
pub mod cursor;
mod event_stream;
pub mod idempotency;
pub mod list;
pub mod version;

pub use created::Created;
pub(crate) use event_stream::event_stream;
pub use idempotency::IdempotencyKey;
pub use list::{List, Listed};
pub use version::{IfMatch, Versioned};
