//! How facts enter a room: with their events, in one transaction, without a hole in the sequence.
//!
//! The numbers come from the room's row inside the transaction, so a refused closure takes none.
//! The room's owner runs the transaction to its end even when the asker goes away, and shows the
//! events once they are durable.

use std::sync::Arc;

use domain::event::{RoomEvent, Topic};
use domain::id::{OrgId, RoomId};
use domain::time::Timestamp;
use futures_util::future::BoxFuture;
use infra::database::{self, DatabaseTransaction, Refused, outbox, room_events, rooms};
use infra::ids::Ids;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::frame::Stamped;
use super::post::Posting;
use super::rooms::Room;

/// What the owner of a room is asked to do.
pub(super) enum Command {
    /// Take a comment into the next batch.
    Post(Box<Posting>),
    /// Run this transaction and show what it committed.
    Run(BoxFuture<'static, Landed>),
}

/// What a transaction left: events to show, and the answer to give after that.
pub(super) struct Landed {
    pub(super) events: Vec<Stamped>,
    pub(super) answer: Box<dyn FnOnce() + Send>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Post(_) => "Post",
            Self::Run(_) => "Run",
        })
    }
}

/// A transaction in a room: the database's transaction, and the room's next numbers.
#[derive(Clone)]
pub struct RoomTx<'t> {
    /// The transaction, for the rows of the fact itself.
    pub tx: &'t DatabaseTransaction,
    /// Which room.
    pub room_id: RoomId,
    /// Whose room it is.
    pub org_id: OrgId,
    /// When it happens.
    pub at: Timestamp,
    /// Fresh ids.
    pub ids: Ids,
    log: Arc<Mutex<Vec<Stamped>>>,
}

impl std::fmt::Debug for RoomTx<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RoomTx").field("room_id", &self.room_id).finish_non_exhaustive()
    }
}

impl RoomTx<'_> {
    /// Shows `event` to the room and tells partners of it; returns its number.
    ///
    /// # Errors
    /// When the database fails; the transaction is to be given up.
    pub async fn publish(&self, event: &RoomEvent) -> Result<u64, database::Error> {
        let seq = self.show(event).await?;
        let Some(topic) = Topic::parse(event.name()) else { return Ok(seq) };
        let mut payload = serde_json::to_value(event).expect("an event is plain data");
        payload["room_id"] = self.room_id.to_string().into();
        let row = outbox::Row {
            id: self.ids.next(),
            org_id: Some(self.org_id),
            topic,
            key: self.room_id.to_string(),
            payload,
            created_at: self.at,
        };
        outbox::append(self.tx, row).await?;
        Ok(seq)
    }

    /// Takes the words of removed comments out of the room's stored history, which streams that come
    /// back read.
    ///
    /// # Errors
    /// When the database fails; the transaction is to be given up.
    pub async fn forget_words(&self, seqs: &[i64]) -> Result<(), database::Error> {
        let Some(room) = rooms::find(self.tx, self.room_id).await? else { return Ok(()) };
        room_events::redact(self.tx, self.room_id, &room.epoch, seqs).await
    }

    /// Shows `event` to the room alone; returns its number.
    ///
    /// # Errors
    /// When the database fails; the transaction is to be given up.
    pub async fn show(&self, event: &RoomEvent) -> Result<u64, database::Error> {
        let place = rooms::take_places(self.tx, self.room_id, 1).await?;
        let stamped = stamp(event, place.first, self.at);
        room_events::insert_many(self.tx, vec![row(self.room_id, &place.epoch, &stamped)]).await?;
        self.log.lock().push(stamped);
        Ok(place.first)
    }
}

impl Room {
    /// Commits what `work` writes together with the room events that it publishes, and returns
    /// what `work` returned once viewers can see them.
    ///
    /// `work` may run more than once (a retried transaction); only what it returns last counts.
    ///
    /// # Errors
    /// What `work` refused, or that the database failed.
    pub async fn commit<T, E, F>(&self, work: F) -> Result<T, Refused<E>>
    where
        F: for<'t> Fn(RoomTx<'t>) -> BoxFuture<'t, Result<T, Refused<E>>> + Send + Sync + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let database = self.around().database.clone();
        let (room_id, org_id) = (self.id, self.org_id);
        let (clock, ids) = (Arc::clone(&self.around().clock), self.around().ids.clone());
        let run = async move {
            let log = Arc::new(Mutex::new(Vec::new()));
            let kept = Arc::clone(&log);
            let result = database
                .write(move |tx| {
                    // A repeated transaction starts over, with numbers of its own.
                    log.lock().clear();
                    let (ids, log) = (ids.clone(), Arc::clone(&log));
                    work(RoomTx { tx, room_id, org_id, at: clock.now(), ids, log })
                })
                .await;
            let events =
                if result.is_ok() { std::mem::take(&mut *kept.lock()) } else { Vec::new() };
            // The asker may be gone; the fact stays.
            let answer = Box::new(move || drop(answer.send(result)));
            Landed { events, answer }
        };
        if self.queue.send(Command::Run(Box::pin(run))).await.is_err() {
            return Err(Refused::Database(database::Error::Overloaded));
        }
        match answered.await {
            Ok(result) => result,
            Err(_) => Err(Refused::Database(database::Error::Overloaded)),
        }
    }
}

/// The event with its place.
pub(super) fn stamp(event: &RoomEvent, seq: u64, at: Timestamp) -> Stamped {
    Stamped {
        seq,
        class: event.class().number(),
        name: event.name().to_owned(),
        lot: lot(event),
        at,
        payload: serde_json::to_string(event).expect("an event is plain data"),
    }
}

/// What decides whether a sample keeps an event: comments draw by their id, the rest always wins.
fn lot(event: &RoomEvent) -> u64 {
    match event {
        RoomEvent::CommentCreated { comment } => draw(comment.id.uuid()),
        _ => 0,
    }
}

/// Spreads an id over the whole range (the low half of a UUIDv7 is chance, but holds the variant).
fn draw(id: uuid::Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// The row of an event.
pub(super) fn row(room: RoomId, epoch: &str, event: &Stamped) -> room_events::Model {
    room_events::Model {
        room_id: room.uuid(),
        epoch: epoch.to_owned(),
        seq: i64::try_from(event.seq).expect("numbers start at 1 and stay far below 2^63"),
        class: i32::from(event.class),
        r#type: event.name.clone(),
        payload: event.payload.clone(),
        created_at: event.at.as_millis(),
    }
}

/// The event of a row.
pub(super) fn stamped(row: room_events::Model) -> Stamped {
    Stamped {
        seq: u64::try_from(row.seq).unwrap_or(0),
        class: u8::try_from(row.class).unwrap_or(0),
        name: row.r#type,
        lot: 0,
        at: Timestamp(row.created_at),
        payload: row.payload,
    }
}
