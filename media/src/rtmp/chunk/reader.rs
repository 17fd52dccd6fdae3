//! Chunks to messages.

use super::{CHUNK_SIZE_FIRST, ChunkError, Message};
use crate::cursor::Cursor;
use crate::rtmp::Limits;
use bytes::BytesMut;
use std::collections::HashMap;

/// The 24-bit time that says "the real one follows in 32 bits".
pub(crate) const EXTENDED: u32 = 0x00ff_ffff;

/// Bytes reserved for a message when it starts; more only as its bytes come in.
const RESERVED_MAX: usize = 64 << 10;

/// Puts messages together from the chunks of all chunk streams of one direction.
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    chunk_size: usize,
    streams: HashMap<u32, Stream>,
    /// The chunk whose payload is being read.
    open: Option<Open>,
    partials: usize,
    partial_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    chunk_stream: u32,
    remaining: usize,
}

/// What one chunk stream remembers from its last header, and the message under way.
#[derive(Debug, Default)]
struct Stream {
    header: Header,
    /// Bytes of the message under way; `None` between messages.
    partial: Option<BytesMut>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Header {
    kind: u8,
    stream: u32,
    length: usize,
    timestamp_ms: u32,
    /// The time field as it stood in the last header: a time or a delta. A type 3 chunk that
    /// starts a message adds it once more.
    field: u32,
    extended: bool,
}

/// How much of the header a chunk repeats (the `fmt` bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Full,
    SameStream,
    SameLength,
    Same,
}

impl Reader {
    /// A reader at the start of a connection, after the handshake.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            chunk_size: CHUNK_SIZE_FIRST,
            streams: HashMap::new(),
            open: None,
            partials: 0,
            partial_bytes: 0,
        }
    }

    /// Follows a Set Chunk Size message.
    pub fn set_chunk_size(&mut self, size: u32) -> Result<(), ChunkError> {
        // The top bit is reserved; larger than any message means "never cut".
        let size = size & 0x7fff_ffff;
        if size == 0 {
            return Err(ChunkError::ChunkSize(size));
        }
        self.chunk_size = usize::try_from(size).unwrap_or(usize::MAX);
        Ok(())
    }

    /// Follows an Abort message: drops the message under way on a chunk stream.
    pub fn abort(&mut self, chunk_stream: u32) {
        if let Some(partial) =
            self.streams.get_mut(&chunk_stream).and_then(|stream| stream.partial.take())
        {
            self.close(partial.len());
        }
    }

    /// Takes bytes off the front of `input` until a message is whole or the bytes run out.
    /// Returns the message and how many bytes were taken; bytes of a header that is not whole yet
    /// are left.
    pub fn read(&mut self, input: &[u8]) -> Result<(usize, Option<Message>), ChunkError> {
        let mut cursor = Cursor::new(input);
        let mut message = None;
        while message.is_none() {
            let open = match self.open {
                Some(open) => open,
                None => match self.read_header(&mut cursor)? {
                    Some(open) => open,
                    None => break,
                },
            };
            let available = cursor.rest().len().min(open.remaining);
            let payload = cursor.take(available).unwrap_or_default();
            message = self.append(open.chunk_stream, payload)?;
            let remaining = open.remaining - available;
            self.open = (remaining > 0).then_some(Open { remaining, ..open });
            if remaining > 0 {
                break;
            }
        }
        Ok((input.len() - cursor.rest().len(), message))
    }

    /// Reads one chunk header, or takes nothing if it is not whole.
    fn read_header(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<Open>, ChunkError> {
        let mut ahead = *cursor;
        let Some((form, chunk_stream)) = basic_header(&mut ahead) else { return Ok(None) };
        let fresh = Stream::default();
        let stream = match self.streams.get(&chunk_stream) {
            Some(stream) => stream,
            None if self.streams.len() >= self.limits.chunk_streams_max => {
                return Err(ChunkError::TooManyStreams(self.limits.chunk_streams_max));
            }
            // Some senders start a chunk stream with type 1, on message stream 0.
            None if form == Form::Full || form == Form::SameStream => &fresh,
            None => return Err(ChunkError::NoHeader(chunk_stream)),
        };
        let continued = form == Form::Same && stream.partial.is_some();
        let Some(header) = stream.header.followed_by(form, continued, &mut ahead) else {
            return Ok(None);
        };
        let max = self.limits.message_bytes_max;
        if header.length > max {
            return Err(ChunkError::MessageTooLong { length: header.length, max });
        }
        *cursor = ahead;
        self.start(chunk_stream, header, continued).map(Some)
    }

    /// Remembers a header; opens its message unless it continues one.
    fn start(
        &mut self,
        chunk_stream: u32,
        header: Header,
        continued: bool,
    ) -> Result<Open, ChunkError> {
        if !continued {
            // A header in the middle of a message gives that message up.
            self.abort(chunk_stream);
            if self.partials >= self.limits.partial_messages_max {
                return Err(ChunkError::TooManyPartials(self.limits.partial_messages_max));
            }
            self.partials += 1;
        }
        let stream = self.streams.entry(chunk_stream).or_default();
        stream.header = header;
        let reserved = header.length.min(RESERVED_MAX);
        let received =
            stream.partial.get_or_insert_with(|| BytesMut::with_capacity(reserved)).len();
        let remaining = header.length.saturating_sub(received).min(self.chunk_size);
        Ok(Open { chunk_stream, remaining })
    }

    /// Adds payload to the message under way; returns it when it is whole.
    fn append(&mut self, chunk_stream: u32, payload: &[u8]) -> Result<Option<Message>, ChunkError> {
        self.partial_bytes += payload.len();
        if self.partial_bytes > self.limits.partial_bytes_max {
            return Err(ChunkError::PartialsTooLarge(self.limits.partial_bytes_max));
        }
        let Some(stream) = self.streams.get_mut(&chunk_stream) else { return Ok(None) };
        let Some(partial) = &mut stream.partial else { return Ok(None) };
        partial.extend_from_slice(payload);
        if partial.len() < stream.header.length {
            return Ok(None);
        }
        let payload = stream.partial.take().unwrap_or_default().freeze();
        let Header { kind, stream, timestamp_ms, .. } = stream.header;
        self.close(payload.len());
        Ok(Some(Message { kind, stream, timestamp_ms, payload }))
    }

    /// Forgets a message under way of `length` bytes.
    fn close(&mut self, length: usize) {
        self.partials = self.partials.saturating_sub(1);
        self.partial_bytes = self.partial_bytes.saturating_sub(length);
    }
}

impl Header {
    /// The header after this one on the same chunk stream, or `None` while bytes are missing.
    fn followed_by(self, form: Form, continued: bool, cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut next = self;
        if form == Form::Same {
            if self.extended && repeats(cursor, self.field)? {
                cursor.u32()?;
            }
            if !continued {
                next.timestamp_ms = self.timestamp_ms.wrapping_add(self.field);
            }
            return Some(next);
        }
        let field = cursor.u24()?;
        if form != Form::SameLength {
            next.length = usize::try_from(cursor.u24()?).ok()?;
            next.kind = cursor.u8()?;
        }
        if form == Form::Full {
            next.stream = cursor.array().map(u32::from_le_bytes)?;
        }
        next.extended = field == EXTENDED;
        next.field = if next.extended { cursor.u32()? } else { field };
        next.timestamp_ms = match form {
            Form::Full => next.field,
            _ => self.timestamp_ms.wrapping_add(next.field),
        };
        Some(next)
    }
}

/// Whether a type 3 chunk repeats the extended time: some senders do, some do not, so the next
/// four bytes are compared with it. `None` while the bytes at hand can't decide.
fn repeats(cursor: &Cursor<'_>, field: u32) -> Option<bool> {
    let expected = field.to_be_bytes();
    let ahead = cursor.rest();
    let compared = ahead.len().min(expected.len());
    if ahead.get(..compared) != expected.get(..compared) {
        return Some(false);
    }
    (compared == expected.len()).then_some(true)
}

/// The form and the chunk stream: one, two or three bytes.
fn basic_header(cursor: &mut Cursor<'_>) -> Option<(Form, u32)> {
    let first = cursor.u8()?;
    let form = match first >> 6 {
        0 => Form::Full,
        1 => Form::SameStream,
        2 => Form::SameLength,
        _ => Form::Same,
    };
    let chunk_stream = match first & 0b11_1111 {
        0 => 64 + u32::from(cursor.u8()?),
        1 => 64 + cursor.array().map(u16::from_le_bytes).map(u32::from)?,
        id => u32::from(id),
    };
    Some((form, chunk_stream))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtmp::chunk::Writer;
    use crate::rtmp::wire::{Shape, basic};
    use proptest::prelude::*;

    /// Reads everything, given in pieces that end at `cuts`.
    fn read(limits: Limits, bytes: &[u8], cuts: &[usize]) -> Result<Vec<Message>, ChunkError> {
        let mut reader = Reader::new(limits);
        let mut messages = Vec::new();
        let mut waiting = Vec::new();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            waiting.extend_from_slice(&bytes[pair[0]..pair[1]]);
            loop {
                let (taken, message) = reader.read(&waiting)?;
                waiting.drain(..taken);
                let Some(message) = message else { break };
                messages.push(message);
            }
        }
        Ok(messages)
    }

    fn message() -> impl Strategy<Value = Message> {
        let time = prop_oneof![0..100_000_u32, 0x00ff_fff0..0x0100_0010_u32, any::<u32>()];
        let payload = prop::collection::vec(any::<u8>(), 0..700);
        (1..23_u8, time, payload).prop_map(|(kind, timestamp_ms, payload)| Message {
            kind,
            stream: 1,
            timestamp_ms,
            payload: payload.into(),
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_wherever_it_is_cut(
            messages in prop::collection::vec((2..8_u8, message()), 0..8),
            cuts in prop::collection::vec(any::<usize>(), 0..20),
        ) {
            let mut bytes = BytesMut::new();
            for (chunk_stream, message) in &messages {
                Writer::default().write(*chunk_stream, message, &mut bytes);
            }
            let expected: Vec<_> = messages.into_iter().map(|(_, message)| message).collect();
            prop_assert_eq!(read(Limits::default(), &bytes, &cuts), Ok(expected));
        }

        #[test]
        fn cuts_never_change_what_is_read(
            mut bytes in prop::collection::vec(any::<u8>(), 0..600),
            cuts in prop::collection::vec(any::<usize>(), 0..20),
        ) {
            // Small fields, so that random bytes make messages.
            for byte in bytes.iter_mut().step_by(3) {
                *byte &= 0b1100_0111;
            }
            let whole = read(Limits::default(), &bytes, &[]);
            prop_assert_eq!(read(Limits::default(), &bytes, &cuts), whole);
        }

        #[test]
        fn interleaved_messages_keep_their_bytes(
            left in prop::collection::vec(any::<u8>(), 1..900),
            right in prop::collection::vec(any::<u8>(), 1..900),
            order in prop::collection::vec(any::<bool>(), 20),
            repeats: bool,
        ) {
            let time = 0x0200_0000;
            let shape = |chunk_stream| Shape { repeats, ..Shape::new(chunk_stream, 128) };
            let mut lanes = [
                shape(70).chunks(9, time, &left).into_iter(),
                shape(400).chunks(8, time, &right).into_iter(),
            ];
            let mut bytes = Vec::new();
            for first in order {
                bytes.extend(lanes[usize::from(first)].next().into_iter().flatten());
            }
            bytes.extend(lanes.into_iter().flatten().flatten());
            let mut read = read(Limits::default(), &bytes, &[]).unwrap();
            read.sort_by_key(|message| std::cmp::Reverse(message.kind));
            prop_assert_eq!(&read[0].payload[..], &left[..]);
            prop_assert_eq!(&read[1].payload[..], &right[..]);
            prop_assert!(read.iter().all(|message| message.timestamp_ms == time));
        }
    }

    #[test]
    fn headers_that_say_less_take_over_what_was_said() {
        let full = |time, payload: &[u8]| Shape::new(3, 128).chunks(9, time, payload).concat();
        let form = |form, time, payload: &[u8]| {
            Shape { form, ..Shape::new(3, 128) }.chunks(9, time, payload).concat()
        };
        let same = |payload: &[u8]| [basic(3, 3), payload.to_vec()].concat();
        let cases = [
            (vec![full(100, b"ab"), form(1, 20, b"abc")], vec![100, 120]),
            (vec![full(100, b"ab"), form(2, 20, b"cd"), same(b"ef")], vec![100, 120, 140]),
            // After a full header its time counts as the delta (5.3.1.2.4).
            (vec![full(100, b"ab"), same(b"cd")], vec![100, 200]),
            (vec![form(1, 20, b"ab")], vec![20]),
            (vec![full(u32::MAX, b"ab"), form(1, 41, b"ab")], vec![u32::MAX, 40]),
        ];
        for (bytes, times) in cases {
            let messages = read(Limits::default(), &bytes.concat(), &[]).unwrap();
            let read: Vec<_> = messages.iter().map(|message| message.timestamp_ms).collect();
            assert_eq!(read, times);
        }
    }

    #[test]
    fn every_bound_is_an_error_that_names_it() {
        let limits = Limits {
            message_bytes_max: 1_000,
            partial_messages_max: 2,
            partial_bytes_max: 1_500,
            chunk_streams_max: 3,
            ..Limits::default()
        };
        let begin = |chunk_stream, length: usize| {
            Shape::new(chunk_stream, 128).chunks(9, 0, &vec![0; length])[0].clone()
        };
        let most = |chunk_stream| {
            let chunks = Shape::new(chunk_stream, 128).chunks(9, 0, &[0; 1_000]);
            chunks[..7].concat()
        };
        let cases = [
            (begin(3, 1_001), ChunkError::MessageTooLong { length: 1_001, max: 1_000 }),
            (
                [begin(3, 500), begin(4, 500), begin(5, 500)].concat(),
                ChunkError::TooManyPartials(2),
            ),
            ([most(3), most(4)].concat(), ChunkError::PartialsTooLarge(1_500)),
            (
                [begin(3, 9), begin(4, 9), begin(5, 9), begin(6, 9)].concat(),
                ChunkError::TooManyStreams(3),
            ),
            (basic(3, 9), ChunkError::NoHeader(9)),
            (basic(2, 65), ChunkError::NoHeader(65)),
        ];
        for (bytes, error) in cases {
            assert_eq!(read(limits, &bytes, &[]), Err(error));
        }
        assert_eq!(Reader::new(limits).set_chunk_size(0), Err(ChunkError::ChunkSize(0)));
        assert_eq!(Reader::new(limits).set_chunk_size(1 << 31), Err(ChunkError::ChunkSize(0)));
    }

    #[test]
    fn a_new_header_gives_the_message_under_way_up() {
        let cut = Shape::new(3, 128).chunks(9, 0, &[1; 200])[0].clone();
        let bytes = [cut, Shape::new(3, 128).chunks(9, 40, &[2; 150]).concat()].concat();
        let messages = read(Limits::default(), &bytes, &[]).unwrap();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].payload[..], [2; 150]);
    }
}
