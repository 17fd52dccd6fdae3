//! The relay: facts leave the outbox once they are committed, numbered, in the order they came.
//!
//! A fact is told at least once: it is published before it is marked, so a crash between the two
//! tells it again under the same id.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    event::Topic,
    id::{EventId, OrgId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    bus::Bus,
    clock::SharedClock,
    database::{
        Database, Error,
        leases::{self, Holder, Kind},
        outbox,
    },
    tasks::Tasks,
};

/// Where relayed facts are published, one message each: the JSON of a [`Relayed`].
pub const SUBJECT: &str = "hw.outbox";

/// How often a shared database is asked, as its other writers do not wake us.
const POLL: Duration = Duration::from_millis(50);
/// How long to wait after the database refused or someone else relays.
const PAUSE: Duration = Duration::from_secs(1);

/// A fact on the bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relayed {
    /// The event's id: a repeat has the same one.
    pub id: EventId,
    /// The public number.
    pub seq: i64,
    /// Whose affair it is.
    pub org_id: Option<OrgId>,
    /// What happened.
    #[serde(with = "topic_name")]
    pub topic: Topic,
    /// What it happened to.
    pub key: String,
    /// The rest.
    pub payload: serde_json::Value,
    /// When.
    pub created_at: Timestamp,
}

mod topic_name {
    //! A topic as its dotted name.

    use domain::event::Topic;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(topic: &Topic, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(topic.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Topic, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Topic::parse(&name).ok_or_else(|| D::Error::custom("an unknown topic"))
    }
}

/// Starts the relay of this process. Among several processes one relays at a time, by a lease.
pub fn start(database: Database, bus: Bus, node: String, clock: SharedClock, tasks: &Tasks) {
    let relay = Relay { database, bus, node, clock, renew_at: Timestamp(0) };
    let stopping = tasks.stopping();
    tasks.spawn_service("outbox relay", async move {
        tokio::select! {
            () = relay.run() => {}
            // Not cancel safe, and need not be: what is told and not marked is told again.
            () = stopping => {}
        }
    });
}

struct Relay {
    database: Database,
    bus: Bus,
    node: String,
    clock: SharedClock,
    /// When the lease is to be asked for again.
    renew_at: Timestamp,
}

impl Relay {
    async fn run(mut self) {
        let mut commits = self.database.commits();
        loop {
            commits.mark_unchanged();
            match self.round().await {
                Ok(Round::More) => {}
                Ok(Round::Empty) if self.database.is_shared() => tokio::time::sleep(POLL).await,
                Ok(Round::Empty) => {
                    if commits.changed().await.is_err() {
                        return;
                    }
                }
                Ok(Round::Elsewhere) => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "relay waits");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn round(&mut self) -> Result<Round, Error> {
        if !self.holds_lease().await? {
            return Ok(Round::Elsewhere);
        }
        let waiting = outbox::waiting(self.database.read()).await?;
        if waiting.is_empty() {
            return Ok(Round::Empty);
        }
        let first = outbox::last_seq(self.database.read()).await? + 1;
        let marks: Arc<[_]> = waiting.iter().map(|row| row.id).zip(first..).collect();
        for (row, (_, seq)) in waiting.into_iter().zip(marks.iter()) {
            self.tell(row, *seq);
        }
        metrics::counter!("headwater_outbox_relayed_total").increment(marks.len() as u64);
        let now = self.clock.now();
        let marked = self.database.write_low::<_, Infallible, _>(move |tx| {
            let marks = Arc::clone(&marks);
            Box::pin(async move { Ok(outbox::mark(tx, &marks, now).await?) })
        });
        marked.await.map_err(Error::from)?;
        Ok(Round::More)
    }

    fn tell(&self, row: outbox::Model, seq: i64) {
        let payload = serde_json::from_str(&row.payload);
        let (Some(topic), Ok(payload)) = (Topic::parse(&row.topic), payload) else {
            tracing::error!(event.topic = row.topic, event.seq = seq, "a fact can't be told");
            return;
        };
        let relayed = Relayed {
            id: EventId::from_uuid(row.id),
            seq,
            org_id: row.org_id.map(OrgId::from_uuid),
            topic,
            key: row.key,
            payload,
            created_at: Timestamp(row.created_at),
        };
        match serde_json::to_vec(&relayed) {
            Ok(text) => self.bus.publish(SUBJECT, Bytes::from(text)),
            Err(error) => tracing::error!(%error, "a fact has no JSON form"),
        }
    }

    /// On SQLite there is one process that serves, so no lease is asked for.
    async fn holds_lease(&mut self) -> Result<bool, Error> {
        let now = self.clock.now();
        if !self.database.is_shared() || now < self.renew_at {
            return Ok(true);
        }
        let node = self.node.clone();
        let asked = self.database.write::<_, Infallible, _>(move |tx| {
            let node = node.clone();
            Box::pin(async move {
                let holder = Holder { node: &node, address: "" };
                Ok(leases::acquire(tx, Kind::Outbox, "", holder, now).await?)
            })
        });
        let is_ours = asked.await.map_err(Error::from)?.is_some();
        if is_ours {
            self.renew_at = now.plus(leases::RENEWAL);
        }
        Ok(is_ours)
    }
}

/// What a round of the relay found.
enum Round {
    More,
    Empty,
    Elsewhere,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bus::Received,
        database::testing::{Fixture, both},
    };

    async fn append(fixture: &Fixture, key: &'static str) {
        let (ids, now) = (fixture.ids.clone(), fixture.now());
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let row = outbox::Row {
                id: ids.next(),
                org_id: None,
                topic: Topic::ChannelCreated,
                key: key.into(),
                payload: serde_json::json!({"n": 1}),
                created_at: now,
            };
            Box::pin(async move { Ok(outbox::append(tx, row).await?) })
        });
        written.await.unwrap();
    }

    #[tokio::test]
    async fn each_committed_fact_is_told_once_with_the_next_number() {
        for fixture in both().await {
            let bus = Bus::memory();
            let mut facts = bus.subscribe(SUBJECT);
            append(&fixture, "before the relay").await;
            let clock = Arc::clone(fixture.db.clock());
            start(fixture.db.clone(), bus.clone(), "node".into(), clock, &fixture.tasks);
            for (seq, key) in (1..).zip(["before the relay", "after it", "again"]) {
                if seq > 1 {
                    append(&fixture, key).await;
                }
                let Some(Received::Message(message)) = facts.recv().await else { panic!("a fact") };
                let told: Relayed = serde_json::from_slice(&message.payload).unwrap();
                assert_eq!((told.seq, told.key.as_str()), (seq, key));
            }
        }
    }
}
