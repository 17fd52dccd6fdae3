//! The one writing connection of SQLite: many waiting writes share one commit and one fsync.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait as _,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{Error, Refused};
use crate::{clock::SharedClock, tasks::Tasks};

/// Writes that wait; the next ones wait outside until their deadline.
const QUEUE_MAX: usize = 1_024;
/// Writes that share one commit.
const GROUP_MAX: usize = 500;
/// How long a group goes on taking writes.
const GROUP_TIME_MAX: Duration = Duration::from_millis(10);
/// How often other processes' commits are looked for.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);

/// Work inside a transaction. It may run more than once; only its last run counts.
pub(super) trait Work<T, E>:
    for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, Refused<E>>> + Send + Sync + 'static
{
}

impl<T, E, F> Work<T, E> for F where
    F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, Refused<E>>>
        + Send
        + Sync
        + 'static
{
}

/// How soon a write is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Someone waits for it.
    High,
    /// Roll-ups, sweeps, relay marks: one of them a group while others wait.
    Low,
}

/// The way to the writer's task.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    high: mpsc::Sender<Box<dyn Job>>,
    low: mpsc::Sender<Box<dyn Job>>,
    deadline: Duration,
}

/// A write on its way: runs in a savepoint, answers after the commit.
trait Job: Send + std::fmt::Debug {
    /// Runs the work in its own savepoint of `group`.
    fn run<'a>(&'a mut self, group: &'a DatabaseTransaction) -> BoxFuture<'a, Result<(), DbErr>>;
    /// Whether the caller still waits.
    fn is_wanted(&self) -> bool;
    /// Hands the result over: the work's own, or why the group was not committed.
    fn answer(self: Box<Self>, committed: Result<(), Error>);
}

struct Write<T, E, F> {
    work: F,
    result: Option<Result<T, Refused<E>>>,
    reply: oneshot::Sender<Result<T, Refused<E>>>,
}

impl<T, E, F> std::fmt::Debug for Write<T, E, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Write").finish_non_exhaustive()
    }
}

impl<T: Send, E: Send, F: Work<T, E>> Job for Write<T, E, F> {
    fn run<'a>(&'a mut self, group: &'a DatabaseTransaction) -> BoxFuture<'a, Result<(), DbErr>> {
        async move {
            let savepoint = group.begin().await?;
            let done = AssertUnwindSafe((self.work)(&savepoint)).catch_unwind().await;
            let result = done.unwrap_or(Err(Refused::Database(Error::Panicked)));
            if result.is_ok() {
                savepoint.commit().await?;
            } else {
                savepoint.rollback().await?;
            }
            self.result = Some(result);
            Ok(())
        }
        .boxed()
    }

    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn answer(self: Box<Self>, committed: Result<(), Error>) {
        let answer = match (committed, self.result) {
            // A refusal wrote nothing, so it holds whether or not the others were committed.
            (_, Some(Err(refused))) => Err(refused),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Ok(()), None) => Err(Refused::Database(Error::Panicked)),
            (Err(error), _) => Err(Refused::Database(error)),
        };
        // A caller that has gone away does not want it any more.
        drop(self.reply.send(answer));
    }
}

impl Writer {
    /// Starts the writer's task on its connection.
    pub(super) fn start(
        connection: DatabaseConnection,
        deadline: Duration,
        tasks: &Tasks,
        clock: SharedClock,
        commits: watch::Sender<u64>,
    ) -> Self {
        let (high, high_receiver) = mpsc::channel(QUEUE_MAX);
        let (low, low_receiver) = mpsc::channel(QUEUE_MAX);
        let task = Task {
            connection,
            clock,
            commits,
            high: high_receiver,
            low: low_receiver,
            seen_version: None,
        };
        tasks.spawn_service("database writer", task.run(tasks.stopping()));
        Self { high, low, deadline }
    }

    /// Queues a write and waits for the commit it is part of.
    pub(super) async fn write<T, E, F>(&self, urgency: Urgency, work: F) -> Result<T, Refused<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: Work<T, E>,
    {
        let queue = match urgency {
            Urgency::High => &self.high,
            Urgency::Low => &self.low,
        };
        let place = tokio::time::timeout(self.deadline, queue.reserve())
            .await
            .map_err(|_| Error::Overloaded)?
            .map_err(|_| stopped())?;
        let (reply, answer) = oneshot::channel();
        place.send(Box::new(Write { work, result: None, reply }));
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(stopped().into()),
            Err(_) => Err(Error::TimedOut.into()),
        }
    }
}

fn stopped() -> Error {
    Error::Unavailable(DbErr::Custom("the writer has stopped".into()))
}

struct Task {
    connection: DatabaseConnection,
    clock: SharedClock,
    commits: watch::Sender<u64>,
    high: mpsc::Receiver<Box<dyn Job>>,
    low: mpsc::Receiver<Box<dyn Job>>,
    /// `PRAGMA data_version`: changes when another connection has committed.
    seen_version: Option<i64>,
}

impl Task {
    async fn run(mut self, stopping: impl Future<Output = ()> + Send) {
        tokio::pin!(stopping);
        let mut watch_due = self.clock.monotonic();
        loop {
            let now = self.clock.monotonic();
            if now >= watch_due {
                self.look_for_others().await;
                watch_due = now + WATCH_INTERVAL;
            }
            // Receiving is cancel safe: what is not received stays in its queue.
            let first = tokio::select! {
                biased;
                job = self.high.recv() => job,
                job = self.low.recv() => job,
                () = tokio::time::sleep(watch_due.saturating_sub(now)) => continue,
                () = &mut stopping => None,
            };
            let Some(first) = first else { return };
            self.group(first).await;
        }
    }

    /// Runs what waits in one transaction; when the commit fails, each job again in its own.
    async fn group(&mut self, first: Box<dyn Job>) {
        let mut jobs = Vec::new();
        match self.run_together(first, &mut jobs).await {
            Ok(()) => {
                metrics::counter!("headwater_database_commits_total").increment(1);
                for job in jobs {
                    job.answer(Ok(()));
                }
                self.commits.send_modify(|count| *count += 1);
            }
            Err(error) if jobs.len() == 1 => {
                for job in jobs {
                    job.answer(Err(error.clone().into()));
                }
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "group taken apart");
                self.run_apart(jobs).await;
            }
        }
    }

    async fn run_together(
        &mut self,
        first: Box<dyn Job>,
        jobs: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), DbErr> {
        jobs.push(first);
        let group = begin(&self.connection).await?;
        let until = self.clock.monotonic() + GROUP_TIME_MAX;
        run(jobs, &group).await?;
        let mut low_left = 1;
        while jobs.len() < GROUP_MAX && self.clock.monotonic() < until {
            let next = match self.high.try_recv() {
                Ok(job) => job,
                Err(_) => match self.low.try_recv() {
                    Ok(job) => job,
                    Err(_) => break,
                },
            };
            jobs.push(next);
            run(jobs, &group).await?;
        }
        // Under a constant load the low queue still moves: one a group.
        while low_left > 0
            && let Ok(job) = self.low.try_recv()
        {
            low_left -= 1;
            jobs.push(job);
            run(jobs, &group).await?;
        }
        group.commit().await
    }

    async fn run_apart(&mut self, jobs: Vec<Box<dyn Job>>) {
        for job in jobs {
            let mut alone = vec![job];
            let result = match begin(&self.connection).await {
                Ok(group) => match run(&mut alone, &group).await {
                    Ok(()) => group.commit().await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            let committed = result.is_ok();
            for job in alone {
                job.answer(result.clone().map_err(Error::from));
            }
            if committed {
                self.commits.send_modify(|count| *count += 1);
            }
        }
    }

    /// Our own commits do not change the version on our own connection, those of others do.
    async fn look_for_others(&mut self) {
        let statement =
            Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA data_version".to_owned());
        let found = match self.connection.query_one_raw(statement).await {
            Ok(row) => row.and_then(|row| row.try_get_by_index::<i64>(0).ok()),
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "can't see the version");
                return;
            }
        };
        if self.seen_version.is_some() && found != self.seen_version {
            self.commits.send_modify(|count| *count += 1);
        }
        self.seen_version = found;
    }
}

async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(options).await
}

/// Runs the newest job, unless its caller has given up.
async fn run(jobs: &mut Vec<Box<dyn Job>>, group: &DatabaseTransaction) -> Result<(), DbErr> {
    match jobs.last_mut() {
        Some(job) if job.is_wanted() => job.run(group).await,
        _ => {
            jobs.pop();
            Ok(())
        }
    }
}
