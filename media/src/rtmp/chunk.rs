//! Chunks: how messages are cut and interleaved on the wire.

pub(crate) mod reader;
pub(crate) mod writer;

pub use super::message::Message;
pub use reader::Reader;
pub use writer::Writer;

/// The chunk size of both sides until they say otherwise.
pub const CHUNK_SIZE_FIRST: usize = 128;

/// Why a chunk stream can't be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChunkError {
    /// A first chunk that leans on one before it.
    #[error("chunk stream {0} starts without a full header")]
    NoHeader(u32),
    /// A message longer than the bound.
    #[error("a message of {length} bytes is longer than {max}")]
    MessageTooLong {
        /// As announced.
        length: usize,
        /// The bound.
        max: usize,
    },
    /// Too many messages under way.
    #[error("more than {0} messages are under way at once")]
    TooManyPartials(usize),
    /// Messages under way hold too many bytes.
    #[error("messages under way hold more than {0} bytes")]
    PartialsTooLarge(usize),
    /// Too many chunk streams.
    #[error("more than {0} chunk streams are in use")]
    TooManyStreams(usize),
    /// A chunk size of zero.
    #[error("a chunk size of {0} does not exist")]
    ChunkSize(u32),
}
