//! A raw sender for tests: every chunk as one wants it.

use super::Limits;
use super::amf::Value;
use super::chunk::Message;
use super::command::Command;
use super::message;
use super::server::{Event, Session};
use bytes::Bytes;

/// The chunk size that [`begin`] sets.
pub(crate) const CHUNK_SIZE: usize = 4_096;

/// A basic header in its shortest form.
pub(crate) fn basic(form: u8, chunk_stream: u32) -> Vec<u8> {
    let form = form << 6;
    match chunk_stream {
        2..64 => vec![form | u8::try_from(chunk_stream).unwrap()],
        64..320 => vec![form, u8::try_from(chunk_stream - 64).unwrap()],
        _ => {
            let [low, high] = u16::try_from(chunk_stream - 64).unwrap().to_le_bytes();
            vec![form | 1, low, high]
        }
    }
}

fn u24(value: u32) -> [u8; 3] {
    let [_, bytes @ ..] = value.to_be_bytes();
    bytes
}

/// How a message goes over the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) chunk_stream: u32,
    pub(crate) chunk_size: usize,
    /// Type of the first header: 0, 1 or 2.
    pub(crate) form: u8,
    /// Type 3 chunks repeat the extended time.
    pub(crate) repeats: bool,
}

impl Shape {
    pub(crate) fn new(chunk_stream: u32, chunk_size: usize) -> Self {
        Self { chunk_stream, chunk_size, form: 0, repeats: true }
    }

    /// The chunks of a message; `time` is the field: a time in form 0, else a delta.
    pub(crate) fn chunks(self, kind: u8, time: u32, payload: &[u8]) -> Vec<Vec<u8>> {
        let mut chunk = basic(self.form, self.chunk_stream);
        chunk.extend(u24(time.min(0x00ff_ffff)));
        if self.form < 2 {
            chunk.extend(u24(u32::try_from(payload.len()).unwrap()));
            chunk.push(kind);
        }
        if self.form == 0 {
            chunk.extend(1_u32.to_le_bytes());
        }
        let extended = time >= 0x00ff_ffff;
        if extended {
            chunk.extend(time.to_be_bytes());
        }
        let mut chunks = Vec::new();
        for part in payload.chunks(self.chunk_size) {
            chunk.extend(part);
            chunks.push(std::mem::replace(&mut chunk, basic(3, self.chunk_stream)));
            if extended && self.repeats {
                chunk.extend(time.to_be_bytes());
            }
        }
        if payload.is_empty() {
            chunks.push(chunk);
        }
        chunks
    }
}

/// One message in chunks of [`CHUNK_SIZE`] with a full header.
pub(crate) fn message(chunk_stream: u32, kind: u8, time: u32, payload: &[u8]) -> Vec<u8> {
    Shape::new(chunk_stream, CHUNK_SIZE).chunks(kind, time, payload).concat()
}

/// A video message.
pub(crate) fn video(time: u32, payload: &[u8]) -> Vec<u8> {
    message(6, message::VIDEO, time, payload)
}

/// An audio message.
pub(crate) fn audio(time: u32, payload: &[u8]) -> Vec<u8> {
    message(5, message::AUDIO, time, payload)
}

/// A command message.
pub(crate) fn command<const N: usize>(name: &str, transaction: f64, values: [Value; N]) -> Vec<u8> {
    message(3, message::COMMAND, 0, &Command::new(name, transaction, values).message(0).payload)
}

/// Version, block and echo.
pub(crate) fn hello() -> Vec<u8> {
    let mut bytes = vec![3];
    bytes.extend(vec![0; 8]);
    bytes.extend(vec![b'h'; 1_528 + 1_536]);
    bytes
}

/// From the first byte up to `publish`.
pub(crate) fn begin(app: &str, name: &str) -> Vec<u8> {
    let chunk_size = u32::try_from(CHUNK_SIZE).unwrap().to_be_bytes();
    [
        hello(),
        message(2, message::SET_CHUNK_SIZE, 0, &chunk_size),
        command("connect", 1.0, [Value::object([("app", Value::text(app))])]),
        command("createStream", 2.0, [Value::Null]),
        command("publish", 3.0, [Value::Null, Value::text(name), Value::text("live")]),
    ]
    .concat()
}

/// Feeds bytes and accepts every publisher; returns all events but `Publish`.
pub(crate) fn feed(session: &mut Session, bytes: &[u8]) -> Vec<Event> {
    session.receive(bytes).unwrap();
    let mut events = Vec::new();
    while let Some(event) = session.poll() {
        if let Event::Publish { .. } = event {
            session.accept().unwrap();
        } else {
            events.push(event);
        }
    }
    events
}

/// A session whose publisher was accepted.
pub(crate) fn live() -> Session {
    let mut session = Session::new(Limits::default());
    assert_eq!(feed(&mut session, &begin("live", "KEY")), []);
    session.take_output();
    session
}

/// The commands in what a session sent after its handshake (3,073 bytes when `skip` says so).
pub(crate) fn commands(output: &[u8], skip: usize) -> Vec<Command> {
    messages(&output[skip..])
        .iter()
        .filter(|message| message.kind == message::COMMAND)
        .filter_map(Command::read)
        .collect()
}

/// The messages in what a session sent.
pub(crate) fn messages(output: &[u8]) -> Vec<Message> {
    let mut reader = super::chunk::Reader::new(Limits::default());
    let mut messages = Vec::new();
    let mut rest = output;
    loop {
        let (taken, message) = reader.read(rest).unwrap();
        rest = &rest[taken..];
        let Some(message) = message else { return messages };
        if message.kind == message::SET_CHUNK_SIZE {
            reader
                .set_chunk_size(u32::from_be_bytes(message.payload[..].try_into().unwrap()))
                .unwrap();
        }
        messages.push(message);
    }
}

/// A video event.
pub(crate) fn video_event(timestamp_ms: u32, payload: &[u8]) -> Event {
    Event::Video { timestamp_ms, payload: Bytes::copy_from_slice(payload) }
}

/// An audio event.
pub(crate) fn audio_event(timestamp_ms: u32, payload: &[u8]) -> Event {
    Event::Audio { timestamp_ms, payload: Bytes::copy_from_slice(payload) }
}
