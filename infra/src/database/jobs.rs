//! `jobs`: later work, leased by one worker at a time, given up after its budget.

use std::time::Duration;

use domain::{id::JobId, time::Timestamp};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// How long a worker has a job before another may take it.
pub const LEASE: Duration = Duration::from_mins(1);
/// The first wait after a failure; each next one is twice as long.
const BACKOFF_MIN: Duration = Duration::from_secs(5);
/// The longest wait.
const BACKOFF_MAX: Duration = Duration::from_hours(1);

/// A job that a worker has.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Claimed {
    /// Its id.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// What it is to be done with.
    pub payload: serde_json::Value,
    /// How often it was begun, this time included.
    pub attempts: i32,
    /// Proves that the worker still has it.
    pub fence: i64,
}

/// Work to be done later.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// What it is to be done with.
    pub payload: serde_json::Value,
    /// Of jobs with the same key only the first is kept.
    pub dedup_key: Option<String>,
    /// Not before.
    pub run_at: Timestamp,
    /// When it was wanted.
    pub created_at: Timestamp,
}

/// Wants work done, in the transaction of its cause.
pub async fn enqueue(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let sql = "insert into jobs (id, kind, payload, dedup_key, run_at, created_at)
        values ($1, $2, $3, $4, $5, $6) on conflict (dedup_key) do nothing";
    let values: [Value; 6] = [
        new.id.uuid().into(),
        new.kind.into(),
        new.payload.into(),
        new.dedup_key.into(),
        new.run_at.as_millis().into(),
        new.created_at.as_millis().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Whether a claim would find something: asked on a reading connection, so that idle workers write
/// nothing.
pub async fn is_due(db: &impl ConnectionTrait, kind: &str, now: Timestamp) -> Result<bool, Error> {
    let sql = "select 1 from jobs where kind = $1 and run_at <= $2
        and (lease_until is null or lease_until <= $2)
        and buried_at is null and done_at is null limit 1";
    let values: [Value; 2] = [kind.into(), now.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Takes at most `limit` jobs of a kind that are due and that nobody has.
pub async fn claim(
    db: &impl ConnectionTrait,
    kind: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    let backend = db.get_database_backend();
    // On SQLite the one writer is the lock.
    let lock = if backend == DbBackend::Postgres { "for update skip locked" } else { "" };
    let sql = format!(
        "update jobs set attempts = attempts + 1, fence = fence + 1, lease_until = $3
        where id in (select id from jobs where kind = $1 and run_at <= $2
            and (lease_until is null or lease_until <= $2)
            and buried_at is null and done_at is null order by run_at, id limit $4 {lock})
        returning id, kind, payload, attempts, fence"
    );
    let values: [Value; 4] =
        [kind.into(), now.as_millis().into(), now.plus(LEASE).as_millis().into(), limit.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(Claimed::find_by_statement(statement).all(db).await?)
}

/// Keeps a job longer; `false`: another worker has it.
pub async fn extend(
    db: &impl ConnectionTrait,
    job: &Claimed,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "update jobs set lease_until = $3 where id = $1 and fence = $2 and done_at is null";
    change(db, sql, job, [now.plus(LEASE).as_millis().into()]).await
}

/// The work is done; `false`: another worker has it.
pub async fn done(db: &impl ConnectionTrait, job: &Claimed, now: Timestamp) -> Result<bool, Error> {
    let sql = "update jobs set done_at = $3, lease_until = null, error = null
        where id = $1 and fence = $2 and done_at is null";
    change(db, sql, job, [now.as_millis().into()]).await
}

/// The work failed: it waits longer each time, and is buried after `attempts_max`.
pub async fn failed(
    db: &impl ConnectionTrait,
    job: &Claimed,
    error: &str,
    attempts_max: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    if job.attempts >= attempts_max {
        let sql = "update jobs set buried_at = $3, lease_until = null, error = $4
            where id = $1 and fence = $2 and done_at is null";
        return change(db, sql, job, [now.as_millis().into(), error.into()]).await;
    }
    let sql = "update jobs set run_at = $3, lease_until = null, error = $4
        where id = $1 and fence = $2 and done_at is null";
    let again = now.plus(backoff(job.attempts));
    change(db, sql, job, [again.as_millis().into(), error.into()]).await
}

async fn change<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    job: &Claimed,
    more: [Value; N],
) -> Result<bool, Error> {
    let values = [job.id.into(), job.fence.into()].into_iter().chain(more);
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected() == 1)
}

fn backoff(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    (BACKOFF_MIN * 2_u32.pow(doublings)).min(BACKOFF_MAX)
}

/// Forgets at most 500 jobs that were done before `before`; tells how many.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, Error> {
    let sql = "delete from jobs where id in
        (select id from jobs where done_at < $1 limit 500)";
    let values: [Value; 1] = [before.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::database::testing::{Fixture, both};

    async fn enqueued(fixture: &Fixture, dedup_key: Option<&'static str>) {
        let (ids, now) = (fixture.ids.clone(), fixture.now());
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let new = New {
                id: ids.next(),
                kind: "test".into(),
                payload: serde_json::json!({"n": 1}),
                dedup_key: dedup_key.map(Into::into),
                run_at: now,
                created_at: now,
            };
            Box::pin(async move { Ok(enqueue(tx, new).await?) })
        });
        written.await.unwrap();
    }

    async fn claimed(fixture: &Fixture) -> Vec<Claimed> {
        let now = fixture.now();
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            Box::pin(async move { Ok(claim(tx, "test", 10, now).await?) })
        });
        written.await.unwrap()
    }

    async fn fail(fixture: &Fixture, job: Claimed) -> bool {
        let now = fixture.now();
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let job = job.clone();
            Box::pin(async move { Ok(failed(tx, &job, "broken", 3, now).await?) })
        });
        written.await.unwrap()
    }

    #[tokio::test]
    async fn a_job_is_one_workers_until_its_lease_is_over() {
        for fixture in both().await {
            enqueued(&fixture, Some("once")).await;
            enqueued(&fixture, Some("once")).await;
            let first = claimed(&fixture).await;
            assert_eq!(first.len(), 1);
            assert_eq!(claimed(&fixture).await, []);
            fixture.clock.advance(LEASE);
            let second = claimed(&fixture).await;
            assert_eq!((second[0].attempts, second[0].fence), (2, 2));
            let late = first.into_iter().next().unwrap();
            assert!(!fail(&fixture, late).await, "the fence moved on");
        }
    }

    #[tokio::test]
    async fn a_failing_job_waits_longer_each_time_and_is_buried() {
        for fixture in both().await {
            enqueued(&fixture, None).await;
            for wait in [5, 10] {
                let job = claimed(&fixture).await.pop().unwrap();
                assert!(fail(&fixture, job).await);
                fixture.clock.advance(Duration::from_secs(wait - 1));
                assert_eq!(claimed(&fixture).await, []);
                fixture.clock.advance(Duration::from_secs(1));
            }
            let job = claimed(&fixture).await.pop().unwrap();
            assert!(fail(&fixture, job).await);
            fixture.clock.advance(Duration::from_hours(24));
            assert_eq!(claimed(&fixture).await, []);
        }
    }
}
