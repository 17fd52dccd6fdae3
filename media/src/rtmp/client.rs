//! The client's side: publishes one stream.

use super::amf::Value;
use super::chunk::{self, Message};
use super::command::Command;
use super::control::{self, Received};
use super::handshake::Handshake;
use super::metadata::Metadata;
use super::target::Address;
use super::{Limits, SessionError, message};
use crate::cursor::Cursor;
use crate::flv::Tag;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Media may be sent now.
    Accepted,
    /// The server turns us away, or ends the broadcast; its reason in its own words.
    Refused(Refused),
}

/// A refusal as the server words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server refused: {reason} ({code})")]
pub struct Refused {
    /// Such as `NetStream.Publish.BadName`; the command that failed if the server names no code.
    pub code: String,
    /// The server's sentence; can be empty.
    pub reason: String,
}

/// A publisher's connection, from its first byte.
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    address: Address,
    handshake: Handshake,
    state: State,
    input: BytesMut,
    output: BytesMut,
    events: VecDeque<Event>,
    reader: chunk::Reader,
    writer: chunk::Writer,
    received: Received,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    CreatingStream,
    Asking { stream: u32 },
    Publishing { stream: u32 },
    Finished,
}

const CONNECT: f64 = 1.0;
const RELEASE: f64 = 2.0;
const ANNOUNCE: f64 = 3.0;
const CREATE: f64 = 4.0;
const PUBLISH: f64 = 5.0;

impl Session {
    /// How we cut our messages.
    pub const CHUNK_SIZE: u32 = 65_536;
    const CONTROL_CHUNKS: u8 = 2;
    const COMMAND_CHUNKS: u8 = 3;
    const DATA_CHUNKS: u8 = 4;
    const VIDEO_CHUNKS: u8 = 6;
    const AUDIO_CHUNKS: u8 = 5;

    /// A session whose first bytes wait in [`Session::take_output`].
    pub fn new(limits: Limits, address: Address) -> Self {
        let mut output = BytesMut::new();
        let handshake = Handshake::begin_client(&mut output);
        Self {
            limits,
            address,
            handshake,
            state: State::Connecting,
            input: BytesMut::new(),
            output,
            events: VecDeque::new(),
            reader: chunk::Reader::new(limits),
            writer: chunk::Writer::default(),
            received: Received::new(u32::MAX),
        }
    }

    /// Takes bytes from the socket. Poll the events and send the output after each call.
    ///
    /// # Errors
    /// After an error the session is of no use: close the connection.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        self.received.add(bytes);
        self.input.extend_from_slice(bytes);
        let mut input = std::mem::take(&mut self.input);
        while self.handshake != Handshake::Done {
            let Some(taken) = self.handshake.step(&input, &mut self.output)? else { break };
            input.advance(taken);
            if self.handshake == Handshake::Done {
                self.connect();
            }
        }
        while self.handshake == Handshake::Done {
            let (taken, message) = self.reader.read(&input)?;
            input.advance(taken);
            let Some(message) = message else { break };
            self.take(&message)?;
        }
        self.input = input;
        if let Some(message) = self.received.acknowledge() {
            self.send_control(&message);
        }
        if self.output.len() > self.limits.output_bytes_max {
            return Err(SessionError::OutputBacklog(self.limits.output_bytes_max));
        }
        Ok(())
    }

    /// The next event, oldest first.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Bytes to send, all since the last call.
    pub fn take_output(&mut self) -> Bytes {
        self.output.split().freeze()
    }

    /// Media may be sent: the server accepted and has not taken it back.
    pub fn is_publishing(&self) -> bool {
        matches!(self.state, State::Publishing { .. })
    }

    /// Describes the stream. Before [`Event::Accepted`] this and the media are dropped.
    pub fn send_metadata(&mut self, metadata: &Metadata) {
        let State::Publishing { stream } = self.state else { return };
        self.writer.write(Self::DATA_CHUNKS, &metadata.message(stream), &mut self.output);
    }

    /// Sends a tag, of an FLV file for one.
    pub fn send(&mut self, tag: &Tag) {
        let chunks = match tag.kind {
            message::VIDEO => Self::VIDEO_CHUNKS,
            message::AUDIO => Self::AUDIO_CHUNKS,
            _ => Self::DATA_CHUNKS,
        };
        self.send_media(chunks, tag.kind, tag.timestamp_ms, tag.body.clone());
    }

    /// Sends a video tag body.
    pub fn send_video(&mut self, timestamp_ms: u32, body: Bytes) {
        self.send_media(Self::VIDEO_CHUNKS, message::VIDEO, timestamp_ms, body);
    }

    /// Sends an audio tag body.
    pub fn send_audio(&mut self, timestamp_ms: u32, body: Bytes) {
        self.send_media(Self::AUDIO_CHUNKS, message::AUDIO, timestamp_ms, body);
    }

    /// Ends the broadcast in good order; send the output, then close.
    pub fn close(&mut self) {
        let State::Publishing { stream } = self.state else { return };
        let name = Value::text(self.address.name.as_str());
        self.send_command(0, &Command::new("FCUnpublish", 6.0, [Value::Null, name]));
        let delete = [Value::Null, Value::Number(f64::from(stream))];
        self.send_command(0, &Command::new("deleteStream", 7.0, delete));
        self.state = State::Finished;
    }

    fn connect(&mut self) {
        self.send_control(&control::number(message::SET_CHUNK_SIZE, Self::CHUNK_SIZE));
        self.writer.set_chunk_size(usize::try_from(Self::CHUNK_SIZE).unwrap_or(usize::MAX));
        let properties = Value::object([
            ("app", Value::text(self.address.app.as_str())),
            ("type", Value::text("nonprivate")),
            ("flashVer", Value::text("FMLE/3.0 (compatible; Headwater)")),
            ("tcUrl", Value::text(self.address.base.as_str())),
        ]);
        self.send_command(0, &Command::new("connect", CONNECT, [properties]));
    }

    fn take(&mut self, message: &Message) -> Result<(), SessionError> {
        let number = Cursor::new(&message.payload).u32();
        match (message.kind, number) {
            (message::SET_CHUNK_SIZE, Some(size)) => self.reader.set_chunk_size(size)?,
            (message::ABORT, Some(chunk_stream)) => self.reader.abort(chunk_stream),
            (message::WINDOW_ACKNOWLEDGEMENT_SIZE, Some(window)) => {
                self.received.set_window(window);
            }
            (message::USER_CONTROL, _) => {
                if let Some(pong) = control::pong(message) {
                    self.send_control(&pong);
                }
            }
            (message::COMMAND | message::COMMAND_AMF3, _) => {
                if let Some(command) = Command::read(message) {
                    self.take_command(&command);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_command(&mut self, command: &Command) {
        let is = |name: &str, transaction: f64| {
            command.name == name && (command.transaction - transaction).abs() < 0.5
        };
        if is("_result", CONNECT) && self.state == State::Connecting {
            self.create_stream();
        } else if is("_result", CREATE) && self.state == State::CreatingStream {
            let id = command.values.get(1).and_then(Value::as_number);
            self.publish(id.map_or(1, whole));
        } else if [CONNECT, CREATE, PUBLISH].into_iter().any(|asked| is("_error", asked)) {
            self.refused(command, "_error");
        } else if command.name == "onStatus" {
            self.take_status(command);
        } else if command.name == "close" {
            self.refused(command, "close");
        }
    }

    fn take_status(&mut self, command: &Command) {
        let property = |name| {
            let status = command.values.iter().find(|value| matches!(value, Value::Object(_)))?;
            status.get(name)?.as_str()
        };
        let code = property("code").unwrap_or_default();
        if property("level") == Some("error") || code.ends_with(".Failed") {
            self.refused(command, "onStatus");
        } else if code == "NetStream.Publish.Start"
            && let State::Asking { stream } = self.state
        {
            self.state = State::Publishing { stream };
            self.push(Event::Accepted);
        }
    }

    fn create_stream(&mut self) {
        self.state = State::CreatingStream;
        for (name, transaction) in [("releaseStream", RELEASE), ("FCPublish", ANNOUNCE)] {
            let key = Value::text(self.address.name.as_str());
            self.send_command(0, &Command::new(name, transaction, [Value::Null, key]));
        }
        self.send_command(0, &Command::new("createStream", CREATE, [Value::Null]));
    }

    fn publish(&mut self, stream: u32) {
        self.state = State::Asking { stream };
        let name = Value::text(self.address.name.as_str());
        let publish = Command::new("publish", PUBLISH, [Value::Null, name, Value::text("live")]);
        self.send_command(stream, &publish);
    }

    fn refused(&mut self, command: &Command, fallback: &str) {
        let text = |name| {
            let found = command.values.iter().find_map(|value| value.get(name)?.as_str());
            found.map(ToOwned::to_owned)
        };
        self.state = State::Finished;
        self.push(Event::Refused(Refused {
            code: text("code").unwrap_or_else(|| fallback.to_owned()),
            reason: text("description").unwrap_or_default(),
        }));
    }

    /// The caller polls after each call, so few events wait; a server that floods us is cut off.
    fn push(&mut self, event: Event) {
        if self.events.len() < self.limits.events_max {
            self.events.push_back(event);
        }
    }

    fn send_media(&mut self, chunks: u8, kind: u8, timestamp_ms: u32, payload: Bytes) {
        let State::Publishing { stream } = self.state else { return };
        let message = Message { kind, stream, timestamp_ms, payload };
        self.writer.write(chunks, &message, &mut self.output);
    }

    fn send_command(&mut self, stream: u32, command: &Command) {
        self.writer.write(Self::COMMAND_CHUNKS, &command.message(stream), &mut self.output);
    }

    fn send_control(&mut self, message: &Message) {
        self.writer.write(Self::CONTROL_CHUNKS, message, &mut self.output);
    }
}

/// A stream number out of an AMF float; 1, which every server uses, if it is none.
fn whole(number: f64) -> u32 {
    (1..=64).find(|whole| (f64::from(*whole) - number).abs() < 0.5).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtmp::server;
    use proptest::prelude::*;

    /// Both sides, and pieces in which bytes travel.
    struct Loop {
        client: Session,
        server: server::Session,
        pieces: Vec<usize>,
        turn: usize,
        heard: Vec<Event>,
        met: Vec<server::Event>,
        refusal: Option<server::Refusal>,
    }

    impl Loop {
        fn new(pieces: Vec<usize>, refusal: Option<server::Refusal>) -> Self {
            let address = Address::parse("rtmp://h/live/KEY?token=a").unwrap();
            Self {
                client: Session::new(Limits::default(), address),
                server: server::Session::new(Limits::default()),
                pieces,
                turn: 0,
                heard: Vec::new(),
                met: Vec::new(),
                refusal,
            }
        }

        /// The next bytes in their pieces.
        fn cut(&mut self, mut bytes: Bytes) -> Vec<Bytes> {
            let mut cut = Vec::new();
            while !bytes.is_empty() {
                let piece = self.pieces[self.turn % self.pieces.len()].min(bytes.len());
                self.turn += 1;
                cut.push(bytes.split_to(piece));
            }
            cut
        }

        /// Carries bytes until neither side has anything to say.
        fn run(&mut self) {
            loop {
                let up = self.client.take_output();
                let quiet = up.is_empty();
                for piece in self.cut(up) {
                    self.server.receive(&piece).unwrap();
                    while let Some(event) = self.server.poll() {
                        let asks = matches!(event, server::Event::Publish { .. });
                        self.met.push(event);
                        match &self.refusal {
                            Some(refusal) if asks => self.server.refuse(refusal),
                            None if asks => self.server.accept().unwrap(),
                            _ => {}
                        }
                    }
                }
                let down = self.server.take_output();
                if quiet && down.is_empty() {
                    return;
                }
                for piece in self.cut(down) {
                    self.client.receive(&piece).unwrap();
                }
                self.heard.extend(std::iter::from_fn(|| self.client.poll()));
            }
        }
    }

    fn publish() -> server::Event {
        server::Event::Publish {
            app: "live".to_owned(),
            key: "KEY".to_owned(),
            parameters: "token=a".to_owned(),
        }
    }

    #[test]
    fn a_refusal_reaches_the_user_in_the_words_of_the_server() {
        let refusal = server::Refusal {
            code: server::RefusalCode::BadName,
            reason: "somebody publishes with this key".to_owned(),
        };
        let mut both = Loop::new(vec![1_000], Some(refusal));
        both.run();
        let [Event::Refused(refused)] = &both.heard[..] else { panic!("{:?}", both.heard) };
        let expected =
            "the server refused: somebody publishes with this key (NetStream.Publish.BadName)";
        assert_eq!(refused.to_string(), expected);
        assert!(!both.client.is_publishing());
        both.client.send_video(0, Bytes::from_static(b"\x17\x00"));
        assert!(both.client.take_output().is_empty());
    }

    #[test]
    fn the_seeds_end_in_an_answer() {
        crate::seeds::each("rtmp_client", |bytes| {
            let address = Address::parse("rtmp://h/live/KEY").unwrap();
            let mut client = Session::new(Limits::default(), address);
            client.receive(bytes).unwrap();
            assert!(client.poll().is_some());
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_the_client_sends_the_server_meets(
            pieces in prop::collection::vec(1..5_000_usize, 1..20),
            media in prop::collection::vec(
                (any::<bool>(), any::<u32>(), 1..200_000_usize, any::<u8>()), 0..6),
        ) {
            let mut both = Loop::new(pieces, None);
            both.run();
            prop_assert_eq!(&both.heard[..], &[Event::Accepted]);
            let metadata = Metadata { width: Some(1_280.0), ..Metadata::default() };
            both.client.send_metadata(&metadata);
            let mut expected = vec![publish(), server::Event::Metadata(metadata)];
            for (is_video, timestamp_ms, length, fill) in media {
                let payload = Bytes::from(vec![fill; length]);
                expected.push(if is_video {
                    both.client.send_video(timestamp_ms, payload.clone());
                    server::Event::Video { timestamp_ms, payload }
                } else {
                    both.client.send_audio(timestamp_ms, payload.clone());
                    server::Event::Audio { timestamp_ms, payload }
                });
            }
            both.run();
            both.client.close();
            both.run();
            expected.push(server::Event::Unpublish);
            prop_assert_eq!(both.met, expected);
        }

        #[test]
        fn random_answers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
            let mut both = Loop::new(vec![1_000], None);
            both.run();
            let _outcome = both.client.receive(&bytes).is_ok();
        }
    }
}
