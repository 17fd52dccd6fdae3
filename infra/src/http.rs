//! The HTTP floor: one accept loop for every protocol, one body type, one error body.

mod body;
mod date;
mod handover;
pub mod problem;
mod serve;
pub mod tls;

pub(crate) use body::Chunks;
pub use body::{Body, BoxError};
pub use date::date;
pub use handover::{Connections, Handover, Place, Taken};
pub use serve::{Handler, Peer, Settings, serve};
