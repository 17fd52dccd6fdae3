//! The database: SQLite with one writer, or PostgreSQL with many.
//!
//! One file a table, functions named by intent, over `&impl ConnectionTrait`: so the same function
//! reads on [`Database::read`] and inside a write. Rows are locked in the order of this list.

mod error;
mod migrate;
mod migration;
mod open;
mod writer;

pub mod account_rollups;
pub mod accounts;
pub mod analytics_events;
pub mod api_keys;
pub mod audit_log;
pub mod balances;
pub mod broadcast_timeline;
pub mod broadcasts;
pub mod channels;
pub mod combos;
pub mod comments;
pub mod danmaku_attrs;
pub mod entries;
pub mod follows;
pub mod gift_orders;
pub mod gift_totals;
pub mod gift_type_revisions;
pub mod gift_types;
pub mod idempotency_keys;
pub mod ingest_log;
pub mod instance_keys;
pub mod jobs;
pub mod leases;
pub mod ledger;
pub mod ledgers;
pub mod memberships;
pub mod mod_claims;
pub mod mod_decisions;
pub mod mod_items;
pub mod mod_queues;
pub mod orgs;
pub mod outbox;
pub mod policies;
pub mod recordings;
pub mod reports;
pub mod revoked_viewer_tokens;
pub mod room_events;
pub mod rooms;
pub mod rules;
pub mod sanctions;
pub mod seals;
pub mod seeds;
pub mod sessions;
pub mod setup_links;
pub mod stream_keys;
pub mod term_lists;
pub mod terms;
pub mod transfers;
pub mod unrolled;
pub mod users;
pub mod wallets;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sea_orm::{AccessMode, DatabaseConnection, IsolationLevel, TransactionTrait as _};
pub use sea_orm::{ConnectionTrait, DatabaseTransaction};
use tokio::sync::watch;

use crate::clock::SharedClock;
pub use error::{Error, Refused};
use writer::{Urgency, Writer};

/// Runs of one transaction on PostgreSQL, when others get in its way.
const ATTEMPTS_MAX: u32 = 6;

/// The database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    /// SQLite: four `query_only` connections. PostgreSQL: the pool.
    read: DatabaseConnection,
    commits: watch::Sender<u64>,
    write_deadline: Duration,
    clock: SharedClock,
}

#[derive(Debug)]
enum Engine {
    Sqlite { writer: Writer, connection: DatabaseConnection, path: std::path::PathBuf },
    Postgres { url: crate::config::Secret },
}

impl Database {
    /// A connection for reading. Every statement sees what was committed before it.
    pub fn read(&self) -> &DatabaseConnection {
        &self.inner.read
    }

    /// Runs `work` in a transaction that is on disk when this returns. Someone waits for it.
    ///
    /// `work` may run more than once, and only its last run counts: it must do nothing but read
    /// and write rows. An `Err` undoes what it wrote.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, Refused<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, Refused<E>>>
            + Send
            + Sync
            + 'static,
    {
        match &self.inner.engine {
            Engine::Sqlite { writer, .. } => writer.write(Urgency::High, work).await,
            Engine::Postgres { .. } => self.write_postgres(work).await,
        }
    }

    /// The same for what nobody waits for: roll-ups, sweeps, relay marks, in pieces of ≤ 500 rows.
    pub async fn write_low<T, E, F>(&self, work: F) -> Result<T, Refused<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, Refused<E>>>
            + Send
            + Sync
            + 'static,
    {
        match &self.inner.engine {
            Engine::Sqlite { writer, .. } => writer.write(Urgency::Low, work).await,
            Engine::Postgres { .. } => self.write_postgres(work).await,
        }
    }

    /// Changes after each commit of this process and, on SQLite, of others (within 250 ms).
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// Whether other processes write without our seeing it at once: PostgreSQL.
    pub fn is_shared(&self) -> bool {
        matches!(self.inner.engine, Engine::Postgres { .. })
    }

    /// The clock that rows of this database are stamped by.
    pub fn clock(&self) -> &SharedClock {
        &self.inner.clock
    }

    async fn write_postgres<T, E, F>(&self, work: F) -> Result<T, Refused<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, Refused<E>>>
            + Send
            + Sync
            + 'static,
    {
        let deadline = self.inner.write_deadline;
        // Dropping the future drops the transaction, which rolls it back.
        tokio::time::timeout(deadline, self.retry(&work))
            .await
            .unwrap_or(Err(Refused::Database(Error::TimedOut)))
    }

    async fn retry<T, E, F>(&self, work: &F) -> Result<T, Refused<E>>
    where
        T: Send,
        E: Send,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, Refused<E>>> + Sync,
    {
        for attempt in 1.. {
            match self.attempt(work).await {
                Err(Refused::Database(error)) if error.is_conflict() && attempt < ATTEMPTS_MAX => {
                    metrics::counter!("headwater_database_retries_total").increment(1);
                    let most = Duration::from_millis(5 << attempt);
                    tokio::time::sleep(most.mul_f64(rand::random::<f64>())).await;
                }
                result => return result,
            }
        }
        Err(Refused::Database(Error::Overloaded))
    }

    async fn attempt<T, E, F>(&self, work: &F) -> Result<T, Refused<E>>
    where
        T: Send,
        E: Send,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, Refused<E>>> + Sync,
    {
        let transaction = self
            .inner
            .read
            .begin_with_config(Some(IsolationLevel::ReadCommitted), Some(AccessMode::ReadWrite))
            .await?;
        match work(&transaction).await {
            Ok(value) => {
                transaction.commit().await?;
                self.inner.commits.send_modify(|count| *count += 1);
                Ok(value)
            }
            Err(refused) => {
                transaction.rollback().await?;
                Err(refused)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
