//! Bytes to access units to parts, segments and playlists.
//!
//! Everything here is pure: no sockets, no files, no clock, no async. A protocol takes bytes and
//! returns events; whoever owns the socket or the clock feeds it.

#![warn(clippy::indexing_slicing)]

pub mod codec;
mod cursor;
pub mod demux;
pub mod flv;
pub mod fmp4;
pub mod grid;
pub mod hls;
pub mod journal;
pub mod packager;
pub mod probe;
pub mod rtmp;
#[cfg(test)]
mod seeds;
pub mod testcard;
pub mod time;
pub mod timeline;
pub mod unit;
