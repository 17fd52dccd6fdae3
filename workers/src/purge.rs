//! Deletes the objects of a deleted recording.

use std::convert::Infallible;

use domain::{
    id::{BroadcastId, RecordingId},
    time::Timestamp,
};
use futures_util::future::BoxFuture;
use infra::{
    database::{self, Database, jobs, recordings},
    ids::Ids,
    object::{self, LIST_MAX, Store},
};
use media::hls::key;
use serde::{Deserialize, Serialize};

use crate::{
    Parts,
    jobs::{BoxError, Work},
};

/// The kind of these jobs.
pub(crate) const KIND: &str = "recording.purge";

/// What is to go.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Order {
    recording_id: RecordingId,
    broadcast_id: Option<BroadcastId>,
}

/// The job that deletes what a row leaves; a second one for the same row is none.
pub(crate) fn job(ids: &Ids, row: &recordings::Model, now: Timestamp) -> jobs::New {
    let order = Order {
        recording_id: RecordingId::from_uuid(row.id),
        broadcast_id: row.broadcast_id.map(BroadcastId::from_uuid),
    };
    jobs::New {
        id: ids.next(),
        kind: KIND.to_owned(),
        payload: serde_json::to_value(order).expect("ids have a JSON form"),
        dedup_key: Some(format!("{KIND} {}", order.recording_id)),
        run_at: now,
        created_at: now,
    }
}

/// Deletes objects.
#[derive(Debug)]
pub(crate) struct Purge {
    database: Database,
    store: Store,
}

impl Purge {
    pub(crate) fn new(parts: &Parts) -> Self {
        Self { database: parts.database.clone(), store: Store::clone(&parts.store) }
    }

    async fn purge(&self, order: Order) -> Result<(), PurgeError> {
        self.delete(&key::media(order.recording_id)).await?;
        if let Some(broadcast) = order.broadcast_id
            && !recordings::needs_objects_of(self.database.read(), broadcast).await?
        {
            self.delete(&key::media(broadcast)).await?;
            self.delete(&key::meta(broadcast)).await?;
        }
        let id = order.recording_id;
        let written = self.database.write_low::<_, Infallible, _>(move |tx| {
            Box::pin(async move { Ok(recordings::set_purged(tx, id).await?) })
        });
        written.await.map_err(database::Error::from)?;
        tracing::info!(recording.id = %id, "the objects of a deleted recording are gone");
        Ok(())
    }

    async fn delete(&self, prefix: &str) -> Result<(), object::Error> {
        loop {
            let listed = self.store.list(prefix, None, LIST_MAX).await?;
            let keys: Vec<String> = listed.into_iter().map(|object| object.key).collect();
            if keys.is_empty() {
                return Ok(());
            }
            self.store.delete_many(&keys).await?;
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PurgeError {
    #[error("the objects can't be deleted")]
    Store(#[from] object::Error),
    #[error("the rows can't be read or written")]
    Database(#[from] database::Error),
}

impl Work for Purge {
    fn run<'a>(&'a self, payload: &'a serde_json::Value) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            let order = Order::deserialize(payload)?;
            Ok(self.purge(order).await?)
        })
    }
}
