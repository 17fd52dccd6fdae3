//! What the system tests share: the program as a process, real servers, and clients.

pub(crate) mod browser;
pub(crate) mod caches;
pub(crate) mod client;
pub(crate) mod desktop;
pub(crate) mod encoder;
pub(crate) mod partner;
pub(crate) mod player;
pub(crate) mod program;
pub(crate) mod servers;
