//! Runs jobs: leased rows, tried again later when they fail, buried when they fail for good.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use infra::database::{
    Error,
    jobs::{self, Claimed},
};

use crate::Parts;

/// How often due jobs are looked for.
const POLL: Duration = Duration::from_secs(1);
/// How often a running job's lease is extended: a third of it.
const EXTEND: Duration = Duration::from_secs(20);
/// Jobs of one kind that one process has at once; the rest waits for it or another process.
const AT_ONCE: i64 = 2;
/// Tries before a job is buried: over a day and a half of growing waits.
const ATTEMPTS_MAX: i32 = 40;
/// Characters of an error that are kept with the job.
const ERROR_CHARS_MAX: usize = 500;

/// A cause whose type does not matter to the runner.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Does the jobs of one kind. A job may run more than once: it must be idempotent.
pub trait Work: Send + Sync + std::fmt::Debug {
    /// Does one job.
    fn run<'a>(&'a self, payload: &'a serde_json::Value) -> BoxFuture<'a, Result<(), BoxError>>;
}

/// Runs the jobs of the kinds that it was given.
#[derive(Clone, Debug)]
pub struct Runner {
    parts: Parts,
    works: BTreeMap<&'static str, Arc<dyn Work>>,
}

impl Runner {
    /// A runner without kinds.
    pub fn new(parts: Parts) -> Self {
        Self { parts, works: BTreeMap::new() }
    }

    /// Takes jobs of one more kind.
    #[must_use]
    pub fn with(mut self, kind: &'static str, work: impl Work + 'static) -> Self {
        self.works.insert(kind, Arc::new(work));
        self
    }

    /// Looks for due jobs until the process drains; a job that runs then is finished.
    pub fn start(self) {
        let tasks = self.parts.tasks.clone();
        tasks.spawn("jobs", async move {
            let mut draining = std::pin::pin!(self.parts.tasks.draining());
            loop {
                if let Err(error) = self.round().await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "jobs wait");
                }
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    () = &mut draining => return,
                }
            }
        });
    }

    /// Does every job that is due now; tells how many were tried.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn round(&self) -> Result<usize, Error> {
        let mut tried = 0;
        for (&kind, work) in &self.works {
            let claimed = self.claim(kind).await?;
            tried += claimed.len();
            let runs = claimed.into_iter().map(|job| self.run(work.as_ref(), job));
            futures_util::future::try_join_all(runs).await?;
        }
        Ok(tried)
    }

    async fn claim(&self, kind: &'static str) -> Result<Vec<Claimed>, Error> {
        let now = self.parts.clock.now();
        if !jobs::is_due(self.parts.database.read(), kind, now).await? {
            return Ok(Vec::new());
        }
        let claimed = self.parts.database.write_low::<_, Infallible, _>(move |tx| {
            Box::pin(async move { Ok(jobs::claim(tx, kind, AT_ONCE, now).await?) })
        });
        claimed.await.map_err(Error::from)
    }

    async fn run(&self, work: &dyn Work, job: Claimed) -> Result<(), Error> {
        let mut running = work.run(&job.payload);
        let outcome = loop {
            tokio::select! {
                outcome = &mut running => break outcome,
                () = tokio::time::sleep(EXTEND) => {
                    if !self.extend(&job).await? {
                        // Another worker has it by now; its outcome counts.
                        return Ok(());
                    }
                }
            }
        };
        drop(running);
        match outcome {
            Ok(()) => self.settle(job, None).await,
            Err(error) => {
                tracing::warn!(
                    job.kind = job.kind,
                    job.attempts = job.attempts,
                    error = &*error as &dyn std::error::Error,
                    "a job failed"
                );
                let text = error.to_string().chars().take(ERROR_CHARS_MAX).collect();
                self.settle(job, Some(text)).await
            }
        }
    }

    async fn extend(&self, job: &Claimed) -> Result<bool, Error> {
        let (job, now) = (job.clone(), self.parts.clock.now());
        let extended = self.parts.database.write_low::<_, Infallible, _>(move |tx| {
            let job = job.clone();
            Box::pin(async move { Ok(jobs::extend(tx, &job, now).await?) })
        });
        extended.await.map_err(Error::from)
    }

    async fn settle(&self, job: Claimed, error: Option<String>) -> Result<(), Error> {
        let now = self.parts.clock.now();
        if error.is_some() && job.attempts >= ATTEMPTS_MAX {
            metrics::counter!("headwater_jobs_buried_total", "kind" => job.kind.clone())
                .increment(1);
            tracing::error!(job.kind = job.kind, "a job is given up");
        }
        let settled = self.parts.database.write_low::<_, Infallible, _>(move |tx| {
            let (job, error) = (job.clone(), error.clone());
            Box::pin(async move {
                Ok(match error {
                    None => jobs::done(tx, &job, now).await?,
                    Some(error) => jobs::failed(tx, &job, &error, ATTEMPTS_MAX, now).await?,
                })
            })
        });
        settled.await.map_err(Error::from)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use infra::database::jobs::New;
    use parking_lot::Mutex;

    use super::*;
    use crate::testing::World;

    /// Fails as often as it is told, then succeeds; remembers what it was asked.
    #[derive(Clone, Debug, Default)]
    struct Stubborn {
        failures: u64,
        asked: Arc<Mutex<Vec<u64>>>,
    }

    impl Work for Stubborn {
        fn run<'a>(
            &'a self,
            payload: &'a serde_json::Value,
        ) -> BoxFuture<'a, Result<(), BoxError>> {
            Box::pin(async move {
                let mut asked = self.asked.lock();
                asked.push(payload["n"].as_u64().unwrap_or_default());
                if (asked.len() as u64) <= self.failures { Err("not yet".into()) } else { Ok(()) }
            })
        }
    }

    async fn enqueue(world: &World, n: u64) {
        let (ids, now) = (world.parts.ids.clone(), world.parts.clock.now());
        let written = world.parts.database.write::<_, Infallible, _>(move |tx| {
            let new = New {
                id: ids.next(),
                kind: "stubborn".into(),
                payload: serde_json::json!({ "n": n }),
                dedup_key: None,
                run_at: now,
                created_at: now,
            };
            Box::pin(async move { Ok(jobs::enqueue(tx, new).await?) })
        });
        written.await.unwrap();
    }

    #[tokio::test]
    async fn a_job_is_done_once() {
        let world = World::new().await;
        let work = Stubborn::default();
        let runner = Runner::new(world.parts.clone()).with("stubborn", work.clone());
        enqueue(&world, 7).await;
        assert_eq!(runner.round().await.unwrap(), 1);
        assert_eq!(runner.round().await.unwrap(), 0);
        assert_eq!(*work.asked.lock(), [7]);
    }

    #[tokio::test]
    async fn a_job_that_fails_is_tried_again_after_a_wait() {
        let world = World::new().await;
        let work = Stubborn { failures: 1, ..Stubborn::default() };
        let runner = Runner::new(world.parts.clone()).with("stubborn", work.clone());
        enqueue(&world, 7).await;
        assert_eq!(runner.round().await.unwrap(), 1);
        assert_eq!(runner.round().await.unwrap(), 0, "its wait is not over");
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(runner.round().await.unwrap(), 1);
        assert_eq!(*work.asked.lock(), [7, 7]);
        world.clock.advance(Duration::from_hours(24));
        assert_eq!(runner.round().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn jobs_of_other_kinds_are_left_to_other_processes() {
        let world = World::new().await;
        enqueue(&world, 7).await;
        let runner = Runner::new(world.parts.clone()).with("other", Stubborn::default());
        assert_eq!(runner.round().await.unwrap(), 0);
    }
}
