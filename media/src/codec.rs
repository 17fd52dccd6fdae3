//! Codec headers: what the first bytes of a track say about it.

pub mod aac;
pub mod avc;
