//! Conventions that endpoints share: lists, versions, what was created.

pub mod created;
pub mod cursor;
pub mod idempotency;
pub mod list;
pub mod version;

pub use created::Created;
pub use idempotency::IdempotencyKey;
pub use list::{List, Listed};
pub use version::{IfMatch, Versioned};
