//! Messages to chunks.

use super::{CHUNK_SIZE_FIRST, Message, reader::EXTENDED};
use bytes::{BufMut, BytesMut};

/// Cuts messages into chunks. Every message starts with a full header: eleven bytes a message buy
/// a receiver that needs no history.
#[derive(Debug)]
pub struct Writer {
    chunk_size: usize,
}

impl Default for Writer {
    fn default() -> Self {
        Self { chunk_size: CHUNK_SIZE_FIRST }
    }
}

impl Writer {
    /// Cuts at `size` from the next message on; the peer must have been told.
    pub fn set_chunk_size(&mut self, size: usize) {
        self.chunk_size = size.max(1);
    }

    /// Appends a message to `output` on a chunk stream of 2 to 63.
    pub fn write(&self, chunk_stream: u8, message: &Message, output: &mut BytesMut) {
        let field = message.timestamp_ms.min(EXTENDED);
        let length = u32::try_from(message.payload.len()).unwrap_or(u32::MAX);
        output.reserve(message.payload.len() + 18 + message.payload.len() / self.chunk_size * 5);
        output.put_u8(chunk_stream & 0b11_1111);
        output.put_uint(u64::from(field), 3);
        output.put_uint(u64::from(length), 3);
        output.put_u8(message.kind);
        output.put_u32_le(message.stream);
        let extended = field == EXTENDED;
        if extended {
            output.put_u32(message.timestamp_ms);
        }
        for (index, payload) in message.payload.chunks(self.chunk_size).enumerate() {
            if index > 0 {
                output.put_u8(0b1100_0000 | (chunk_stream & 0b11_1111));
                if extended {
                    output.put_u32(message.timestamp_ms);
                }
            }
            output.put_slice(payload);
        }
    }
}
