//! A message: what chunks carry, one layer up.

use bytes::Bytes;

/// One whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The kind: [`VIDEO`], [`COMMAND`] and so on.
    pub kind: u8,
    /// The message stream; 0 is the connection itself.
    pub stream: u32,
    /// Milliseconds, modulo 2³².
    pub timestamp_ms: u32,
    /// Its bytes.
    pub payload: Bytes,
}

/// Sets the chunk size of the sender.
pub const SET_CHUNK_SIZE: u8 = 1;
/// Drops the message under way on a chunk stream.
pub const ABORT: u8 = 2;
/// Says how many bytes the sender has received.
pub const ACKNOWLEDGEMENT: u8 = 3;
/// Stream begin, ping and the like.
pub const USER_CONTROL: u8 = 4;
/// After how many bytes the receiver shall acknowledge.
pub const WINDOW_ACKNOWLEDGEMENT_SIZE: u8 = 5;
/// How much the receiver may have unacknowledged.
pub const SET_PEER_BANDWIDTH: u8 = 6;
/// An audio tag body.
pub const AUDIO: u8 = 8;
/// A video tag body.
pub const VIDEO: u8 = 9;
/// AMF3 data (a leading zero, then AMF0, as every sender does).
pub const DATA_AMF3: u8 = 15;
/// An AMF3 command (a leading zero, then AMF0).
pub const COMMAND_AMF3: u8 = 17;
/// AMF0 data, metadata for one.
pub const DATA: u8 = 18;
/// An AMF0 command.
pub const COMMAND: u8 = 20;
/// FLV tags in one message.
pub const AGGREGATE: u8 = 22;

impl Message {
    /// A message of the connection itself.
    pub(crate) fn control(kind: u8, payload: impl Into<Bytes>) -> Self {
        Self { kind, stream: 0, timestamp_ms: 0, payload: payload.into() }
    }
}
