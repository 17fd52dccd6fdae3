//! The bus inside one process: a bounded ring for each prefix that someone listens to.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::RwLock;
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Message, QUEUE_MAX, Received};

/// The rings, by prefix.
#[derive(Debug, Default)]
pub(super) struct Memory {
    rings: RwLock<HashMap<Box<str>, broadcast::Sender<Message>>>,
}

impl Memory {
    pub(super) fn publish(&self, message: &Message) {
        let subject = &*message.subject;
        let ends = subject.match_indices('.').map(|(at, _)| at).chain([subject.len()]);
        let rings = self.rings.read();
        for ring in ends.filter_map(|end| rings.get(subject.get(..end)?)) {
            // An error means that the last listener has just gone: nobody misses the message.
            drop(ring.send(message.clone()));
        }
    }

    pub(super) fn subscribe(this: &Arc<Self>, prefix: &str) -> Receiver {
        let mut rings = this.rings.write();
        let ring = rings.entry(prefix.into()).or_insert_with(|| broadcast::Sender::new(QUEUE_MAX));
        Receiver {
            messages: Some(ring.subscribe()),
            prefix: prefix.into(),
            memory: Arc::downgrade(this),
        }
    }
}

/// One listener's place in a ring.
#[derive(Debug)]
pub(super) struct Receiver {
    /// Taken only by `drop`.
    messages: Option<broadcast::Receiver<Message>>,
    prefix: Box<str>,
    memory: Weak<Memory>,
}

impl Receiver {
    pub(super) async fn recv(&mut self) -> Option<Received> {
        match self.messages.as_mut()?.recv().await {
            Ok(message) => Some(Received::Message(message)),
            Err(RecvError::Lagged(count)) => Some(Received::Lagged(count)),
            Err(RecvError::Closed) => None,
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let Some(memory) = self.memory.upgrade() else { return };
        let mut rings = memory.rings.write();
        drop(self.messages.take());
        if rings.get(&self.prefix).is_some_and(|ring| ring.receiver_count() == 0) {
            rings.remove(&self.prefix);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::bus::Bus;

    async fn heard(prefix: &str, subjects: &[&str]) -> Vec<String> {
        let bus = Bus::memory();
        let mut subscription = bus.subscribe(prefix);
        for subject in subjects {
            bus.publish(*subject, Bytes::new());
        }
        drop(bus);
        let mut heard = Vec::new();
        while let Some(Received::Message(message)) = subscription.recv().await {
            heard.push(message.subject.to_string());
        }
        heard
    }

    #[tokio::test]
    async fn a_prefix_hears_whole_words_only() {
        let subjects = ["hw.room.a.frame", "hw.room.ab.frame", "hw.room.a", "hw.room", "hw.outbox"];
        assert_eq!(heard("hw.room.a", &subjects).await, ["hw.room.a.frame", "hw.room.a"]);
        assert_eq!(heard("hw.room.a.frame", &subjects).await, ["hw.room.a.frame"]);
        assert_eq!(heard("hw", &subjects).await, subjects);
        assert_eq!(heard("hw.roo", &subjects).await, [""; 0]);
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_much_it_lost() {
        let bus = Bus::memory();
        let mut slow = bus.subscribe("hw");
        for n in 0..QUEUE_MAX + 3 {
            bus.publish("hw.n", Bytes::from(n.to_string()));
        }
        assert_eq!(slow.recv().await, Some(Received::Lagged(3)));
        let Some(Received::Message(next)) = slow.recv().await else { panic!("a message follows") };
        assert_eq!(next.payload, "3");
    }

    #[test]
    fn the_last_listener_takes_its_ring_away() {
        let memory = Arc::new(Memory::default());
        let (first, second) = (Memory::subscribe(&memory, "a"), Memory::subscribe(&memory, "a"));
        drop(first);
        assert_eq!(memory.rings.read().len(), 1);
        drop(second);
        assert_eq!(memory.rings.read().len(), 0);
    }
}
