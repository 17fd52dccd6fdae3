//! The server's side: takes one publisher in.

use super::chunk::{self, Message};
use super::command::Command;
use super::control::{self, Received};
use super::handshake::Handshake;
use super::metadata::Metadata;
use super::target::Target;
use super::{Limits, SessionError, message};
use crate::codec::{AudioCoding, VideoCoding};
use crate::cursor::Cursor;
use crate::rtmp::amf::Value;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;

/// What a publisher did.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It asks to publish. Nothing more is read until [`Session::accept`] or [`Session::refuse`].
    Publish {
        /// The path before the key.
        app: String,
        /// The stream key as sent; can be empty.
        key: String,
        /// What followed the first `?`, whole.
        parameters: String,
    },
    /// A video tag body.
    Video {
        /// Milliseconds, modulo 2³².
        timestamp_ms: u32,
        /// Its bytes, never empty.
        payload: Bytes,
    },
    /// An audio tag body.
    Audio {
        /// Milliseconds, modulo 2³².
        timestamp_ms: u32,
        /// Its bytes, never empty.
        payload: Bytes,
    },
    /// It describes its stream. Some senders repeat this many times a second.
    Metadata(Metadata),
    /// It ends the broadcast in good order.
    Unpublish,
}

/// Why a publisher is turned away, as the encoder shows it to its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status code.
    pub code: RefusalCode,
    /// A sentence for the person at the encoder. Never holds a secret.
    pub reason: String,
}

/// The status codes of a refusal that encoders know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// The key is unknown, or somebody publishes with it already.
    BadName,
    /// The key is known and may not publish now.
    Denied,
}

impl RefusalCode {
    /// As it stands in the `code` property.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadName => "NetStream.Publish.BadName",
            Self::Denied => "NetStream.Publish.Denied",
        }
    }
}

/// What the session met and passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ignored {
    /// Messages without a byte.
    pub empty: u64,
    /// Commands and data that can't be read, that are too long, or that we do not know.
    pub unknown: u64,
    /// Media before `publish`.
    pub early: u64,
}

/// One connection of a publisher, from the first byte.
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    handshake: Handshake,
    state: State,
    input: BytesMut,
    output: BytesMut,
    events: VecDeque<Event>,
    reader: chunk::Reader,
    writer: chunk::Writer,
    app: String,
    streams: u32,
    received: Received,
    ignored: Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Commands only.
    Idle,
    /// `publish` came on this message stream; the caller decides.
    Deciding { stream: u32 },
    /// Media flows.
    Live { stream: u32 },
    /// Refused; nothing is read any more.
    Finished,
}

impl Session {
    /// Bytes after which we and the peer acknowledge.
    pub const WINDOW_BYTES: u32 = 2_500_000;
    /// How we cut our own messages.
    pub const CHUNK_SIZE: u32 = 4_096;
    const CONTROL_CHUNKS: u8 = 2;
    const COMMAND_CHUNKS: u8 = 3;

    /// A session that waits for the first byte.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            handshake: Handshake::ServerFirst,
            state: State::Idle,
            input: BytesMut::new(),
            output: BytesMut::new(),
            events: VecDeque::new(),
            reader: chunk::Reader::new(limits),
            writer: chunk::Writer::default(),
            app: String::new(),
            streams: 0,
            received: Received::new(Self::WINDOW_BYTES),
            ignored: Ignored::default(),
        }
    }

    /// Takes bytes from the socket. Poll the events and send the output after each call.
    ///
    /// # Errors
    /// After an error the session is of no use: close the connection.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        if self.state == State::Finished {
            return Ok(());
        }
        self.received.add(bytes);
        self.input.extend_from_slice(bytes);
        self.advance()?;
        if self.input.len() > self.limits.input_bytes_max {
            return Err(SessionError::InputBacklog(self.limits.input_bytes_max));
        }
        if self.handshake == Handshake::Done
            && let Some(message) = self.received.acknowledge()
        {
            self.send_control(&message);
        }
        self.check_output()
    }

    /// The next event, oldest first.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Bytes to send, all since the last call.
    pub fn take_output(&mut self) -> Bytes {
        self.output.split().freeze()
    }

    /// Lets the publisher in, after [`Event::Publish`]; reads on with what has arrived since.
    pub fn accept(&mut self) -> Result<(), SessionError> {
        let State::Deciding { stream } = self.state else { return Ok(()) };
        self.state = State::Live { stream };
        self.send_control(&control::stream_begin(stream));
        self.send_status(stream, "status", "NetStream.Publish.Start", "publishing");
        self.advance()?;
        self.check_output()
    }

    /// Turns the publisher away, at [`Event::Publish`] or at any time later (a takedown, a revoked
    /// key). The session is then finished: send its output, then close.
    pub fn refuse(&mut self, refusal: &Refusal) {
        let stream = match self.state {
            State::Deciding { stream } | State::Live { stream } => stream,
            State::Idle => 0,
            State::Finished => return,
        };
        self.send_status(stream, "error", refusal.code.as_str(), &refusal.reason);
        self.state = State::Finished;
        self.input = BytesMut::new();
    }

    /// Refused: nothing is read any more.
    pub fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    /// What was passed over so far.
    pub fn ignored(&self) -> Ignored {
        self.ignored
    }

    /// Parses what is there, until a decision is needed or the bytes run out.
    fn advance(&mut self) -> Result<(), SessionError> {
        let mut input = std::mem::take(&mut self.input);
        while self.handshake != Handshake::Done {
            let Some(taken) = self.handshake.step(&input, &mut self.output)? else { break };
            input.advance(taken);
        }
        while self.handshake == Handshake::Done
            && matches!(self.state, State::Idle | State::Live { .. })
        {
            let (taken, message) = self.reader.read(&input)?;
            input.advance(taken);
            let Some(message) = message else { break };
            self.take(&message)?;
        }
        self.input = input;
        Ok(())
    }

    fn take(&mut self, message: &Message) -> Result<(), SessionError> {
        match message.kind {
            message::AUDIO | message::VIDEO => {
                self.take_media(message.kind, message.timestamp_ms, &message.payload)
            }
            message::AGGREGATE => self.take_aggregate(message),
            message::SET_CHUNK_SIZE
            | message::ABORT
            | message::WINDOW_ACKNOWLEDGEMENT_SIZE
            | message::USER_CONTROL => self.take_control(message),
            message::COMMAND | message::COMMAND_AMF3 => self.take_command(message),
            message::DATA | message::DATA_AMF3 => self.take_data(message),
            message::ACKNOWLEDGEMENT | message::SET_PEER_BANDWIDTH => Ok(()),
            _ => {
                self.ignored.unknown += 1;
                Ok(())
            }
        }
    }

    fn take_control(&mut self, message: &Message) -> Result<(), SessionError> {
        if message.kind == message::USER_CONTROL {
            if let Some(pong) = control::pong(message) {
                self.send_control(&pong);
            }
            return Ok(());
        }
        let Some(number) = Cursor::new(&message.payload).u32() else {
            self.ignored.unknown += 1;
            return Ok(());
        };
        match message.kind {
            message::SET_CHUNK_SIZE => self.reader.set_chunk_size(number)?,
            message::ABORT => self.reader.abort(number),
            _ => self.received.set_window(number),
        }
        Ok(())
    }

    fn take_media(&mut self, kind: u8, time: u32, payload: &Bytes) -> Result<(), SessionError> {
        if !matches!(self.state, State::Live { .. }) {
            self.ignored.early += 1;
            return Ok(());
        }
        if payload.is_empty() {
            self.ignored.empty += 1;
            return Ok(());
        }
        let payload = payload.clone();
        match kind {
            message::VIDEO => self.push(Event::Video { timestamp_ms: time, payload }),
            message::AUDIO => self.push(Event::Audio { timestamp_ms: time, payload }),
            _ => Ok(()),
        }
    }

    /// FLV tags in one message; the first has the time of the message.
    fn take_aggregate(&mut self, message: &Message) -> Result<(), SessionError> {
        const BACK_POINTER: usize = 4;
        let mut cursor = Cursor::new(&message.payload);
        let mut first = None;
        while let Some(tag) = crate::flv::Tag::read(&mut cursor, &message.payload) {
            cursor.take(BACK_POINTER);
            let first = *first.get_or_insert(tag.timestamp_ms);
            let since = tag.timestamp_ms.wrapping_sub(first);
            self.take_media(tag.kind, message.timestamp_ms.wrapping_add(since), &tag.body)?;
        }
        Ok(())
    }

    fn take_data(&mut self, message: &Message) -> Result<(), SessionError> {
        let readable = message.payload.len() <= self.limits.command_bytes_max;
        match readable.then(|| Metadata::read(message)).flatten() {
            Some(metadata) if matches!(self.state, State::Live { .. }) => {
                self.push(Event::Metadata(metadata))
            }
            Some(_) | None => {
                self.ignored.unknown += 1;
                Ok(())
            }
        }
    }

    fn take_command(&mut self, message: &Message) -> Result<(), SessionError> {
        let readable = message.payload.len() <= self.limits.command_bytes_max;
        let Some(command) = readable.then(|| Command::read(message)).flatten() else {
            self.ignored.unknown += 1;
            return Ok(());
        };
        match command.name.as_str() {
            "connect" => self.connect(&command),
            "createStream" => self.create_stream(command.transaction),
            "releaseStream" | "FCPublish" | "_checkbw" => {
                self.send_result(command.transaction, Value::Null);
            }
            "publish" => return self.publish(message.stream, &command),
            "FCUnpublish" | "deleteStream" | "closeStream" => return self.unpublish(),
            _ => self.ignored.unknown += 1,
        }
        Ok(())
    }

    fn connect(&mut self, command: &Command) {
        /// The peer may keep a smaller window it was told before.
        const DYNAMIC: u8 = 2;
        let properties = command.values.first().unwrap_or(&Value::Null);
        let app = properties.get("app").and_then(Value::as_str).unwrap_or_default();
        app.clone_into(&mut self.app);
        let window = Self::WINDOW_BYTES;
        self.send_control(&control::number(message::WINDOW_ACKNOWLEDGEMENT_SIZE, window));
        let bandwidth = window.to_be_bytes().into_iter().chain([DYNAMIC]).collect::<Bytes>();
        self.send_control(&Message::control(message::SET_PEER_BANDWIDTH, bandwidth));
        self.send_control(&control::number(message::SET_CHUNK_SIZE, Self::CHUNK_SIZE));
        self.writer.set_chunk_size(usize::try_from(Self::CHUNK_SIZE).unwrap_or(usize::MAX));
        let server = Value::object([
            ("fmsVer", Value::text("FMS/3,0,1,123")),
            ("capabilities", Value::Number(31.0)),
        ]);
        let mut status =
            status("status", "NetConnection.Connect.Success", "connection succeeded").to_vec();
        status.push(("objectEncoding".to_owned(), Value::Number(0.0)));
        if properties.get("fourCcList").is_some() {
            let video = VideoCoding::ALL.map(VideoCoding::name);
            let audio = AudioCoding::ALL.map(AudioCoding::name);
            let ours = video.into_iter().chain(audio).map(Value::text).collect();
            status.push(("fourCcList".to_owned(), Value::Array(ours)));
            status.push(("capsEx".to_owned(), Value::Number(0.0)));
        }
        let answer = Command::new("_result", command.transaction, [server, Value::Object(status)]);
        self.send_command(0, &answer);
    }

    fn create_stream(&mut self, transaction: f64) {
        self.streams = self.streams.wrapping_add(1);
        self.send_result(transaction, Value::Number(f64::from(self.streams)));
    }

    fn publish(&mut self, stream: u32, command: &Command) -> Result<(), SessionError> {
        if self.state != State::Idle {
            self.ignored.unknown += 1;
            return Ok(());
        }
        let name = command.argument(0).unwrap_or_default();
        let Target { app, key, parameters } = Target::new(&self.app, name);
        self.state = State::Deciding { stream };
        self.push(Event::Publish { app, key, parameters })
    }

    fn unpublish(&mut self) -> Result<(), SessionError> {
        if !matches!(self.state, State::Live { .. }) {
            return Ok(());
        }
        self.state = State::Idle;
        self.push(Event::Unpublish)
    }

    fn push(&mut self, event: Event) -> Result<(), SessionError> {
        if self.events.len() >= self.limits.events_max {
            return Err(SessionError::EventBacklog(self.limits.events_max));
        }
        self.events.push_back(event);
        Ok(())
    }

    fn check_output(&self) -> Result<(), SessionError> {
        if self.output.len() > self.limits.output_bytes_max {
            return Err(SessionError::OutputBacklog(self.limits.output_bytes_max));
        }
        Ok(())
    }

    fn send_result(&mut self, transaction: f64, value: Value) {
        self.send_command(0, &Command::new("_result", transaction, [Value::Null, value]));
    }

    fn send_status(&mut self, stream: u32, level: &str, code: &str, description: &str) {
        let status = Value::Object(status(level, code, description).into());
        self.send_command(stream, &Command::new("onStatus", 0.0, [Value::Null, status]));
    }

    fn send_command(&mut self, stream: u32, command: &Command) {
        self.writer.write(Self::COMMAND_CHUNKS, &command.message(stream), &mut self.output);
    }

    fn send_control(&mut self, message: &Message) {
        self.writer.write(Self::CONTROL_CHUNKS, message, &mut self.output);
    }
}

fn status(level: &str, code: &str, description: &str) -> [(String, Value); 3] {
    [("level", level), ("code", code), ("description", description)]
        .map(|(name, text)| (name.to_owned(), Value::text(text)))
}

#[cfg(test)]
mod tests;
