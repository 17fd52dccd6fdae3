//! `audit_log`: who decided what, each row chained to the one before by its hash.

use domain::{id::OrgId, time::Timestamp};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value, prelude::Uuid};
use sha2::{Digest as _, Sha256};

use super::Error;

/// What stands before the first row.
const GENESIS: [u8; 32] = [0; 32];
/// Rows of one step of a proof.
const STEP: i64 = 1_000;

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose affair it is.
    pub org_id: Option<OrgId>,
    /// Who did it: an id, or the name of a program.
    pub actor: String,
    /// What was done, as a dotted word.
    pub action: String,
    /// What it was done to.
    pub target: String,
    /// JSON: before, after, reason.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// A row of `audit_log`.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Model {
    /// Its place: 1, 2, 3, … without a gap.
    pub seq: i64,
    /// Whose affair it is.
    pub org_id: Option<Uuid>,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub target: String,
    /// JSON.
    pub detail: String,
    /// When.
    pub at: i64,
    /// The hash of the row before.
    pub prev_hash: Vec<u8>,
    /// SHA-256 of this row and the hash before it.
    pub hash: Vec<u8>,
}

/// The log was changed behind our back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The first row that does not fit.
    pub seq: i64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Writes an entry at the end. The head row is locked until the transaction ends.
pub async fn append(db: &impl ConnectionTrait, entry: Entry) -> Result<(), Error> {
    let backend = db.get_database_backend();
    let make_head = "insert into audit_heads (id, seq, hash) values (1, 0, $1)
        on conflict (id) do nothing";
    let genesis: [Value; 1] = [GENESIS.to_vec().into()];
    db.execute_raw(Statement::from_sql_and_values(backend, make_head, genesis)).await?;
    let take = "update audit_heads set seq = seq + 1 where id = 1 returning seq, hash";
    let head = db.query_one_raw(Statement::from_string(backend, take)).await?;
    let head = head.ok_or_else(|| DbErr::RecordNotFound("audit head".into()))?;
    let (seq, before): (i64, Vec<u8>) = (head.try_get("", "seq")?, head.try_get("", "hash")?);
    let org_id = entry.org_id.map(OrgId::uuid);
    let hash = chain(&before, seq, org_id, &entry);
    let insert = "insert into audit_log
        (seq, org_id, actor, action, target, detail, at, prev_hash, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values: [Value; 9] = [
        seq.into(),
        org_id.into(),
        entry.actor.into(),
        entry.action.into(),
        entry.target.into(),
        entry.detail.into(),
        entry.at.as_millis().into(),
        before.into(),
        hash.to_vec().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await?;
    let move_head = "update audit_heads set hash = $1 where id = 1";
    let values: [Value; 1] = [hash.to_vec().into()];
    db.execute_raw(Statement::from_sql_and_values(backend, move_head, values)).await?;
    Ok(())
}

/// The rows after `after`, oldest first.
pub async fn page_after(
    db: &impl ConnectionTrait,
    after: i64,
    limit: i64,
) -> Result<Vec<Model>, Error> {
    let sql = "select seq, org_id, actor, action, target, detail, at, prev_hash, hash
        from audit_log where seq > $1 order by seq limit $2";
    let values: [Value; 2] = [after.into(), limit.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}

/// Proves the whole log: no row is missing, changed or put between, and the head is the last row.
///
/// Tells how many rows there are, or where it breaks.
pub async fn verify(db: &impl ConnectionTrait) -> Result<Result<i64, Broken>, Error> {
    let (mut last, mut before) = (0, GENESIS.to_vec());
    loop {
        let page = page_after(db, last, STEP).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            if let Err(broken) = check(&row, last, &before) {
                return Ok(Err(broken));
            }
            (last, before) = (row.seq, row.hash);
        }
    }
    let sql = "select seq, hash from audit_heads where id = 1";
    let head = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let head: (i64, Vec<u8>) = match head {
        Some(row) => (row.try_get("", "seq")?, row.try_get("", "hash")?),
        None => (0, GENESIS.to_vec()),
    };
    let is_whole = head == (last, before);
    Ok(if is_whole { Ok(last) } else { Err(Broken { seq: last + 1, what: "rows are missing" }) })
}

fn check(row: &Model, last: i64, before: &[u8]) -> Result<(), Broken> {
    let broken = |what| Err(Broken { seq: row.seq.min(last + 1), what });
    if row.seq != last + 1 {
        return broken("rows are missing");
    }
    if row.prev_hash != before {
        return broken("it does not follow the row before it");
    }
    let entry = Entry {
        org_id: row.org_id.map(OrgId::from_uuid),
        actor: row.actor.clone(),
        action: row.action.clone(),
        target: row.target.clone(),
        detail: row.detail.clone(),
        at: Timestamp(row.at),
    };
    if chain(before, row.seq, row.org_id, &entry) != *row.hash {
        return broken("it was changed");
    }
    Ok(())
}

/// Each field with its length before it, so that no two rows have one text.
fn chain(before: &[u8], seq: i64, org_id: Option<Uuid>, entry: &Entry) -> [u8; 32] {
    let (seq, at) = (seq.to_be_bytes(), entry.at.as_millis().to_be_bytes());
    let org = org_id.map(Uuid::into_bytes);
    let fields: [&[u8]; 8] = [
        before,
        &seq,
        org.as_ref().map_or(&[], |org| org.as_slice()),
        entry.actor.as_bytes(),
        entry.action.as_bytes(),
        entry.target.as_bytes(),
        entry.detail.as_bytes(),
        &at,
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::database::testing::{Fixture, both};

    async fn append_one(fixture: &Fixture, target: &'static str) {
        let at = fixture.now();
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let entry = Entry {
                org_id: None,
                actor: "test".into(),
                action: "thing.done".into(),
                target: target.into(),
                detail: "{}".into(),
                at,
            };
            Box::pin(async move { Ok(append(tx, entry).await?) })
        });
        written.await.unwrap();
    }

    async fn tamper(fixture: &Fixture, sql: &'static str) -> Result<(), Error> {
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            Box::pin(async move {
                tx.execute_unprepared(sql).await?;
                Ok(())
            })
        });
        written.await.map_err(Error::from)
    }

    #[tokio::test]
    async fn rows_written_at_once_make_one_chain_and_none_can_be_changed() {
        for fixture in both().await {
            assert_eq!(verify(fixture.db.read()).await.unwrap(), Ok(0));
            let many = (0..20).map(|_| append_one(&fixture, "x"));
            futures_util::future::join_all(many).await;
            assert_eq!(verify(fixture.db.read()).await.unwrap(), Ok(20));
            for sql in ["update audit_log set actor = 'other'", "delete from audit_log"] {
                let refused = tamper(&fixture, sql).await.unwrap_err();
                assert!(!refused.is_unavailable(), "{refused:?}");
            }
            assert_eq!(verify(fixture.db.read()).await.unwrap(), Ok(20));
        }
    }

    #[tokio::test]
    async fn whoever_goes_round_the_triggers_is_found_out() {
        for (sql, seq, what) in [
            ("update audit_log set target = 'y' where seq = 2", 2, "it was changed"),
            ("delete from audit_log where seq = 2", 2, "rows are missing"),
            ("delete from audit_log where seq = 3", 3, "rows are missing"),
        ] {
            let fixture = crate::database::testing::sqlite().await;
            for _ in 0..3 {
                append_one(&fixture, "x").await;
            }
            tamper(&fixture, "drop trigger audit_log_fixed").await.unwrap();
            tamper(&fixture, "drop trigger audit_log_kept").await.unwrap();
            tamper(&fixture, sql).await.unwrap();
            let broken = verify(fixture.db.read()).await.unwrap();
            assert_eq!(broken, Err(Broken { seq, what }), "{sql}");
        }
    }
}
