//! `leases`: who has something until when, and the fence that grows with each new holder.

use std::time::Duration;

use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::Error;

/// How long a lease holds without being renewed.
pub const TIME_TO_LIVE: Duration = Duration::from_secs(10);
/// How often a holder renews.
pub const RENEWAL: Duration = Duration::from_secs(2);

/// What a lease is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Writing the media of one broadcast.
    Broadcast,
    /// Giving places in one room's history.
    Room,
    /// Relaying the outbox.
    Outbox,
    /// A worker's round that only one process makes.
    Round,
}

impl Kind {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broadcast => "broadcast",
            Self::Room => "room",
            Self::Outbox => "outbox",
            Self::Round => "round",
        }
    }
}

/// A row of `leases`.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Model {
    /// What it is for.
    pub kind: String,
    /// Of which thing.
    pub subject_id: String,
    /// The holder.
    pub node: String,
    /// Where the holder answers.
    pub address: String,
    /// Grows with each new holder.
    pub fence: i64,
    /// Until when it holds.
    pub expires_at: i64,
    /// When the holder last said that it works.
    pub heartbeat: i64,
}

/// Who wants a lease.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The process, by a name of its own.
    pub node: &'a str,
    /// Where it answers; may be empty.
    pub address: &'a str,
}

/// The lease as it stands.
pub async fn find(
    db: &impl ConnectionTrait,
    kind: Kind,
    subject: &str,
) -> Result<Option<Model>, Error> {
    let sql = "select kind, subject_id, node, address, fence, expires_at, heartbeat from leases
        where kind = $1 and subject_id = $2";
    let values: [Value; 2] = [kind.as_str().into(), subject.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).one(db).await?)
}

/// Takes a lease from whoever has it. For callers that have the right to: see `broadcasts::open`.
///
/// Returns the new fence.
pub async fn take(
    db: &impl ConnectionTrait,
    kind: Kind,
    subject: &str,
    holder: Holder<'_>,
    now: Timestamp,
) -> Result<i64, Error> {
    let fence = upsert(db, (kind, subject), holder, now, "").await?;
    fence.ok_or(Error::Panicked)
}

/// Takes a lease that is free, over, or the holder's own (then the fence stays).
///
/// Returns the fence, or `None` while someone else has it.
pub async fn acquire(
    db: &impl ConnectionTrait,
    kind: Kind,
    subject: &str,
    holder: Holder<'_>,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let sql = "update leases set expires_at = $4, heartbeat = $5
        where kind = $1 and subject_id = $2 and node = $3 and expires_at > $5 returning fence";
    let values: [Value; 5] = [
        kind.as_str().into(),
        subject.into(),
        holder.node.into(),
        now.plus(TIME_TO_LIVE).as_millis().into(),
        now.as_millis().into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    if let Some(row) = db.query_one_raw(statement).await? {
        return Ok(Some(row.try_get("", "fence")?));
    }
    upsert(db, (kind, subject), holder, now, "where leases.expires_at <= $6").await
}

async fn upsert(
    db: &impl ConnectionTrait,
    (kind, subject): (Kind, &str),
    holder: Holder<'_>,
    now: Timestamp,
    condition: &str,
) -> Result<Option<i64>, Error> {
    let sql = format!(
        "insert into leases (kind, subject_id, node, address, fence, expires_at, heartbeat)
        values ($1, $2, $3, $4, 1, $5, $6)
        on conflict (kind, subject_id) do update set node = excluded.node,
            address = excluded.address, fence = leases.fence + 1,
            expires_at = excluded.expires_at, heartbeat = excluded.heartbeat
        {condition} returning fence"
    );
    let values: [Value; 6] = [
        kind.as_str().into(),
        subject.into(),
        holder.node.into(),
        holder.address.into(),
        now.plus(TIME_TO_LIVE).as_millis().into(),
        now.as_millis().into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "fence")).transpose()?)
}

/// Renews one lease; `false`: someone else has it now, stop.
pub async fn renew(
    db: &impl ConnectionTrait,
    kind: Kind,
    subject: &str,
    fence: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "update leases set expires_at = $4, heartbeat = $5
        where kind = $1 and subject_id = $2 and fence = $3";
    let values: [Value; 5] = [
        kind.as_str().into(),
        subject.into(),
        fence.into(),
        now.plus(TIME_TO_LIVE).as_millis().into(),
        now.as_millis().into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected() == 1)
}

/// Renews every lease of a node with one statement; tells which it still has.
pub async fn renew_all(
    db: &impl ConnectionTrait,
    kind: Kind,
    node: &str,
    now: Timestamp,
) -> Result<Vec<Model>, Error> {
    let sql = "update leases set expires_at = $3, heartbeat = $4 where kind = $1 and node = $2
        and expires_at > $4
        returning kind, subject_id, node, address, fence, expires_at, heartbeat";
    let values: [Value; 4] = [
        kind.as_str().into(),
        node.into(),
        now.plus(TIME_TO_LIVE).as_millis().into(),
        now.as_millis().into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}

/// Gives a lease back early; the fence stays, so the next holder's is higher.
pub async fn release(
    db: &impl ConnectionTrait,
    kind: Kind,
    subject: &str,
    fence: i64,
) -> Result<(), Error> {
    let sql = "update leases set expires_at = 0, heartbeat = 0
        where kind = $1 and subject_id = $2 and fence = $3";
    let values: [Value; 3] = [kind.as_str().into(), subject.into(), fence.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::database::testing::{Fixture, both};

    async fn acquired(fixture: &Fixture, node: &'static str) -> Option<i64> {
        let now = fixture.now();
        let work = fixture.db.write::<_, Infallible, _>(move |tx| {
            let holder = Holder { node, address: "" };
            Box::pin(async move { Ok(acquire(tx, Kind::Outbox, "", holder, now).await?) })
        });
        work.await.unwrap()
    }

    #[tokio::test]
    async fn a_lease_passes_on_only_when_it_is_over_and_the_fence_grows() {
        for fixture in both().await {
            assert_eq!(acquired(&fixture, "a").await, Some(1));
            assert_eq!(acquired(&fixture, "b").await, None);
            fixture.clock.advance(TIME_TO_LIVE / 2);
            assert_eq!(acquired(&fixture, "a").await, Some(1));
            fixture.clock.advance(TIME_TO_LIVE / 2);
            assert_eq!(acquired(&fixture, "b").await, None);
            fixture.clock.advance(TIME_TO_LIVE / 2);
            assert_eq!(acquired(&fixture, "b").await, Some(2));
            assert_eq!(acquired(&fixture, "a").await, None);
        }
    }

    #[tokio::test]
    async fn the_old_holder_of_a_taken_lease_cannot_renew_it() {
        for fixture in both().await {
            let now = fixture.now();
            let work = fixture.db.write::<_, Infallible, _>(move |tx| {
                Box::pin(async move {
                    let (kind, to) = (Kind::Broadcast, |node| Holder { node, address: "" });
                    let first = take(tx, kind, "x", to("a"), now).await?;
                    let second = take(tx, kind, "x", to("b"), now).await?;
                    let old = renew(tx, kind, "x", first, now).await?;
                    let new = renew(tx, kind, "x", second, now).await?;
                    let kept = renew_all(tx, kind, "b", now).await?.len();
                    Ok((first, second, old, new, kept))
                })
            });
            assert_eq!(work.await.unwrap(), (1, 2, false, true, 1));
        }
    }
}
