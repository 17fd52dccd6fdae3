//! RTMP, for publishing only: a server session that takes a publisher in, and a client session
//! that publishes.
//!
//! Both are state machines over bytes. Feed what the socket gave to `receive`, poll the events,
//! write what `take_output` returns. What grows is bounded by [`Limits`].
//!
//! Source: Adobe's RTMP specification 1.0; Enhanced RTMP v2 for the connect properties.

pub mod amf;
pub mod chunk;
pub mod client;
mod command;
mod control;
mod handshake;
pub mod message;
pub mod metadata;
pub mod server;
pub mod target;
#[cfg(test)]
mod wire;

/// The bounds of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message: a key frame of 8 MiB lasts a second at 64 Mbit/s.
    pub message_bytes_max: usize,
    /// Messages that may be under way at once on different chunk streams.
    pub partial_messages_max: usize,
    /// Bytes of all messages under way together.
    pub partial_bytes_max: usize,
    /// Chunk streams whose headers are remembered.
    pub chunk_streams_max: usize,
    /// Bytes of one command or data message that we parse; longer ones are ignored.
    pub command_bytes_max: usize,
    /// Bytes received and not parsed yet, while a decision about the publisher is awaited.
    pub input_bytes_max: usize,
    /// Bytes to send that the caller has not taken.
    pub output_bytes_max: usize,
    /// Events that the caller has not polled.
    pub events_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes_max: 8 << 20,
            partial_messages_max: 8,
            partial_bytes_max: 16 << 20,
            chunk_streams_max: 64,
            command_bytes_max: 64 << 10,
            input_bytes_max: 4 << 20,
            output_bytes_max: 1 << 20,
            events_max: 65_536,
        }
    }
}

/// Why a session can't go on: the peer does not speak RTMP, or goes past a bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The first byte names another protocol version.
    #[error("the peer asks for RTMP version {0}, not 3")]
    Version(u8),
    /// The chunk stream is broken or too large.
    #[error(transparent)]
    Chunk(#[from] chunk::ChunkError),
    /// More bytes arrived than may wait for a decision.
    #[error("more than {0} bytes wait to be read")]
    InputBacklog(usize),
    /// The peer makes us answer more than it reads.
    #[error("more than {0} bytes wait to be sent")]
    OutputBacklog(usize),
    /// The caller did not poll.
    #[error("more than {0} events wait")]
    EventBacklog(usize),
}
