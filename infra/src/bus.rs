//! Hints between parts of the system: at most once, never a fact. Facts are rows.

mod memory;

use std::sync::Arc;

use bytes::Bytes;

/// Messages that one subscription holds before the oldest are dropped and the loss is told.
pub const QUEUE_MAX: usize = 1_024;

/// A hint on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Dotted words, for example `hw.room.<id>.frame`.
    pub subject: Arc<str>,
    /// What is said; shared, never copied.
    pub payload: Bytes,
}

/// What a subscription hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The next message.
    Message(Message),
    /// This many messages were lost here, because the reader was slow: read the rows again.
    Lagged(u64),
}

/// Carries hints. Clones share one carrier.
#[derive(Clone, Debug)]
pub struct Bus(Carrier);

/// What carries the hints: in process today, a broker beside it later.
#[derive(Clone, Debug)]
enum Carrier {
    Memory(Arc<memory::Memory>),
}

impl Bus {
    /// A bus inside this process.
    pub fn memory() -> Self {
        Self(Carrier::Memory(Arc::default()))
    }

    /// Sends a hint to whoever listens now; never waits.
    pub fn publish(&self, subject: impl Into<Arc<str>>, payload: Bytes) {
        let message = Message { subject: subject.into(), payload };
        match &self.0 {
            Carrier::Memory(memory) => memory.publish(&message),
        }
    }

    /// Listens to `prefix` itself and to every subject that goes on after it with a dot.
    pub fn subscribe(&self, prefix: &str) -> Subscription {
        match &self.0 {
            Carrier::Memory(memory) => Subscription(memory::Memory::subscribe(memory, prefix)),
        }
    }
}

/// One listener. Dropping it ends the listening.
#[derive(Debug)]
pub struct Subscription(memory::Receiver);

impl Subscription {
    /// Waits for the next message, or for the news that some were lost. Cancel safe.
    ///
    /// `None` once the bus is gone.
    pub async fn recv(&mut self) -> Option<Received> {
        self.0.recv().await
    }
}
