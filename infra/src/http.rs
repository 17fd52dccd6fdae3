//! The HTTP floor: one accept loop for every protocol, one body type, one error body.

mod body;
pub mod problem;
mod serve;
pub mod tls;

pub(crate) use body::Chunks;
pub use body::{Body, BoxError};
pub use serve::{Handler, Peer, Settings, serve};
