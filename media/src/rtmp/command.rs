//! Commands: a name, a transaction number, then values.

use super::amf::{self, Value};
use super::message::{COMMAND, COMMAND_AMF3, Message};
use bytes::BytesMut;

/// One command or its answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) transaction: f64,
    /// After the transaction: the command object, then its arguments.
    pub(crate) values: Vec<Value>,
}

impl Command {
    pub(crate) fn new<const N: usize>(name: &str, transaction: f64, values: [Value; N]) -> Self {
        Self { name: name.to_owned(), transaction, values: values.into() }
    }

    /// Reads a command message; `None` if it has no name.
    pub(crate) fn read(message: &Message) -> Option<Self> {
        let body = match message.kind {
            COMMAND_AMF3 => message.payload.strip_prefix(&[0]).unwrap_or(&message.payload),
            _ => &message.payload,
        };
        let mut values = amf::read_all(body).into_iter();
        let name = values.next()?.as_str()?.to_owned();
        let transaction = values.next().and_then(|value| value.as_number()).unwrap_or(0.0);
        Some(Self { name, transaction, values: values.collect() })
    }

    /// The text argument at `index`; 0 is the first after the command object.
    pub(crate) fn argument(&self, index: usize) -> Option<&str> {
        self.values.get(index + 1)?.as_str()
    }

    pub(crate) fn message(&self, stream: u32) -> Message {
        let mut payload = BytesMut::new();
        Value::text(self.name.as_str()).write(&mut payload);
        Value::Number(self.transaction).write(&mut payload);
        for value in &self.values {
            value.write(&mut payload);
        }
        Message { kind: COMMAND, stream, timestamp_ms: 0, payload: payload.freeze() }
    }
}
