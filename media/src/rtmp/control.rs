//! What both sides do about each other's control messages.

use super::message::{ACKNOWLEDGEMENT, Message, USER_CONTROL};
use crate::cursor::Cursor;
use bytes::Bytes;

/// The answer to a ping, with the time it came with; `None` to any other user control message.
pub(crate) fn pong(message: &Message) -> Option<Message> {
    const PING: u16 = 6;
    const PONG: u16 = 7;
    let mut cursor = Cursor::new(&message.payload);
    let time = (cursor.u16()? == PING).then(|| cursor.array::<4>())??;
    Some(Message::control(USER_CONTROL, event(PONG, time)))
}

/// Says that a message stream begins.
pub(crate) fn stream_begin(stream: u32) -> Message {
    const STREAM_BEGIN: u16 = 0;
    Message::control(USER_CONTROL, event(STREAM_BEGIN, stream.to_be_bytes()))
}

fn event(kind: u16, value: [u8; 4]) -> Bytes {
    kind.to_be_bytes().into_iter().chain(value).collect()
}

/// A control message that is one number.
pub(crate) fn number(kind: u8, number: u32) -> Message {
    Message::control(kind, number.to_be_bytes().to_vec())
}

/// Counts the bytes that came in, to acknowledge them.
#[derive(Debug)]
pub(crate) struct Received {
    /// Modulo 2³², as the protocol has it.
    total: u32,
    acknowledged: u32,
    window: u32,
}

impl Received {
    pub(crate) fn new(window: u32) -> Self {
        Self { total: 0, acknowledged: 0, window }
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.total = self.total.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }

    /// The peer sends at most this much without an acknowledgement.
    pub(crate) fn set_window(&mut self, window: u32) {
        self.window = window;
    }

    /// An acknowledgement when half a window came since the last, so that the peer never waits.
    pub(crate) fn acknowledge(&mut self) -> Option<Message> {
        let since = self.total.wrapping_sub(self.acknowledged);
        (since >= (self.window / 2).max(1)).then(|| {
            self.acknowledged = self.total;
            number(ACKNOWLEDGEMENT, self.total)
        })
    }
}
