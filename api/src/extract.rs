//! What handlers take from a request. Every refusal is a problem, never axum's plain text.

pub mod json;
pub mod merge_patch;
pub mod page;
pub mod path;
pub mod query;

pub use json::Json;
pub use merge_patch::{MergePatch, Patch};
pub use page::Limit;
pub use path::Path;
pub use query::Query;
