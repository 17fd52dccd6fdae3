//! Stream tickets: what an `EventSource` carries in its address instead of a token.
//!
//! A ticket is a signed text, so it outlives a restart: first use within a minute, after that it is
//! good for that stream's reconnects until the viewer's token ends. One connection at a time: the
//! newest wins, because the older one may be half dead.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::{RoomId, UserId};
use domain::time::Timestamp;
use infra::clock::SharedClock;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::convention::cursor::Cursors;

/// Time to the first use.
const FIRST_USE: Duration = Duration::from_mins(1);
/// Tickets remembered before those that ended are forgotten.
const KNOWN_MAX: usize = 100_000;
/// What a ticket's signature is made for.
const PURPOSE: &str = "stream-ticket";

/// What a ticket allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Tells tickets apart.
    #[serde(rename = "n")]
    pub number: u64,
    /// Which room.
    #[serde(rename = "r")]
    pub room_id: RoomId,
    /// Whose stream.
    #[serde(rename = "u")]
    pub user_id: Option<UserId>,
    /// Whether the stream is never sampled.
    #[serde(rename = "w")]
    pub whole: bool,
    /// The viewer token's id, when it may be revoked.
    #[serde(rename = "j")]
    pub token_id: Option<String>,
    /// When it was made.
    #[serde(rename = "m")]
    pub made_at: i64,
    /// When the viewer's token ends.
    #[serde(rename = "e")]
    pub expires_at: i64,
}

/// Why a ticket opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// It was not made by this server, or for another room.
    #[error("the ticket is not for this room")]
    Invalid,
    /// It was not used within a minute.
    #[error("the ticket was not used within a minute")]
    Unused,
    /// The viewer's token has ended.
    #[error("the ticket has ended")]
    Expired,
}

/// Makes and takes tickets.
#[derive(Debug, Clone)]
pub struct Tickets {
    signer: Cursors,
    clock: SharedClock,
    known: Arc<Mutex<HashMap<u64, Known>>>,
}

#[derive(Debug)]
struct Known {
    expires_at: i64,
    connections: watch::Sender<u64>,
}

impl Tickets {
    /// Tickets signed with `signer`.
    pub fn new(signer: Cursors, clock: SharedClock) -> Self {
        Self { signer, clock, known: Arc::default() }
    }

    /// The text of a ticket.
    pub fn seal(&self, ticket: &Ticket) -> String {
        self.signer.seal(PURPOSE, ticket)
    }

    /// Takes a ticket for `room`: the first time, or again by its own stream.
    ///
    /// Returns the ticket and what changes when a newer connection takes over.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn take(
        &self,
        room: RoomId,
        text: &str,
        reconnects: bool,
    ) -> Result<(Ticket, watch::Receiver<u64>), TicketError> {
        let ticket: Ticket = self.signer.open(PURPOSE, text).map_err(|_| TicketError::Invalid)?;
        if ticket.room_id != room {
            return Err(TicketError::Invalid);
        }
        let now = self.clock.now();
        if ticket.expires_at <= now.as_millis() {
            return Err(TicketError::Expired);
        }
        let mut known = self.known.lock();
        let used = reconnects || known.contains_key(&ticket.number);
        if !used && now.since(Timestamp(ticket.made_at)) > FIRST_USE {
            return Err(TicketError::Unused);
        }
        if known.len() >= KNOWN_MAX {
            known.retain(|_, known| known.expires_at > now.as_millis());
        }
        let entry = known.entry(ticket.number).or_insert_with(|| Known {
            expires_at: ticket.expires_at,
            connections: watch::Sender::new(0),
        });
        entry.connections.send_modify(|count| *count += 1);
        let receiver = entry.connections.subscribe();
        Ok((ticket, receiver))
    }
}

#[cfg(test)]
mod tests {
    use domain::id::Id;
    use infra::clock::ManualClock;
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = Id::from_uuid(Uuid::from_u128(1));
    const OTHER: RoomId = Id::from_uuid(Uuid::from_u128(2));

    fn tickets(clock: &Arc<ManualClock>) -> (Tickets, String) {
        let tickets = Tickets::new(Cursors::new([1; 32]), Arc::<ManualClock>::clone(clock));
        let text = tickets.seal(&Ticket {
            number: 1,
            room_id: ROOM,
            user_id: None,
            whole: false,
            token_id: None,
            made_at: 0,
            expires_at: 600_000,
        });
        (tickets, text)
    }

    #[test]
    fn a_ticket_is_used_within_a_minute_and_then_until_its_token_ends() {
        let clock = ManualClock::new(Timestamp(0));
        let (tickets, text) = tickets(&clock);
        assert_eq!(tickets.take(OTHER, &text, false).unwrap_err(), TicketError::Invalid);
        assert_eq!(tickets.take(ROOM, "x", false).unwrap_err(), TicketError::Invalid);
        tickets.take(ROOM, &text, false).unwrap();
        clock.advance(Duration::from_mins(5));
        tickets.take(ROOM, &text, false).unwrap();
        clock.advance(Duration::from_mins(5));
        assert_eq!(tickets.take(ROOM, &text, true).unwrap_err(), TicketError::Expired);
    }

    #[test]
    fn an_unused_ticket_fades_but_a_reconnect_after_a_restart_is_taken() {
        let clock = ManualClock::new(Timestamp(0));
        let (tickets, text) = tickets(&clock);
        clock.advance(Duration::from_secs(61));
        assert_eq!(tickets.take(ROOM, &text, false).unwrap_err(), TicketError::Unused);
        tickets.take(ROOM, &text, true).unwrap();
    }

    #[test]
    fn the_newest_connection_replaces_the_older_one() {
        let clock = ManualClock::new(Timestamp(0));
        let (tickets, text) = tickets(&clock);
        let (_, older) = tickets.take(ROOM, &text, false).unwrap();
        assert!(!older.has_changed().unwrap());
        let (_, newer) = tickets.take(ROOM, &text, true).unwrap();
        assert!(older.has_changed().unwrap());
        assert!(!newer.has_changed().unwrap());
    }
}
