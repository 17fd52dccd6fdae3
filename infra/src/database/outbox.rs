//! `outbox`: facts, written in the transaction that makes them true.

use domain::{
    event::Topic,
    id::{EventId, OrgId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, EntityTrait as _, FromQueryResult, Statement, Value,
    entity::prelude::*,
};

use super::Error;

/// Rows of one relayed batch.
pub const BATCH_MAX: i64 = 500;

/// A row of `outbox`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// The event's id: consumers know a repeat by it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose affair it is.
    pub org_id: Option<Uuid>,
    /// The dotted name.
    pub topic: String,
    /// What it is about: rows of one key are relayed in their order.
    pub key: String,
    /// JSON, kept as it was written.
    pub payload: String,
    /// When it happened.
    pub created_at: i64,
    /// The public number, set by the relay.
    pub seq: Option<i64>,
    /// When it was relayed.
    pub relayed_at: Option<i64>,
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A fact to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event's id.
    pub id: EventId,
    /// Whose affair it is.
    pub org_id: Option<OrgId>,
    /// What happened.
    pub topic: Topic,
    /// What it happened to, as an id.
    pub key: String,
    /// The rest.
    pub payload: serde_json::Value,
    /// When.
    pub created_at: Timestamp,
}

/// Writes a fact beside the rows that make it true.
pub async fn append(db: &impl ConnectionTrait, row: Row) -> Result<(), Error> {
    append_many(db, vec![row]).await
}

/// Writes several facts in one statement.
pub async fn append_many(db: &impl ConnectionTrait, rows: Vec<Row>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(|row| ActiveModel {
        id: Set(row.id.uuid()),
        org_id: Set(row.org_id.map(OrgId::uuid)),
        topic: Set(row.topic.as_str().into()),
        key: Set(row.key),
        payload: Set(row.payload.to_string()),
        created_at: Set(row.created_at.as_millis()),
        seq: Set(None),
        relayed_at: Set(None),
    });
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// The oldest facts that are not yet relayed; never "id > last": commits are not in that order.
pub async fn waiting(db: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    let sql = "select id, org_id, topic, key, payload, created_at, seq, relayed_at from outbox
        where relayed_at is null order by created_at, id limit $1";
    let values: [Value; 1] = [BATCH_MAX.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}

/// The last public number that was given; 0 before the first.
pub async fn last_seq(db: &impl ConnectionTrait) -> Result<i64, Error> {
    let sql = "select coalesce(max(seq), 0) from outbox";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}

/// Marks a batch as relayed, in one statement, with the numbers it was told under.
pub async fn mark(
    db: &impl ConnectionTrait,
    batch: &[(Uuid, i64)],
    now: Timestamp,
) -> Result<(), Error> {
    if batch.is_empty() {
        return Ok(());
    }
    let mut values: Vec<Value> = vec![now.as_millis().into()];
    let mut places = Vec::with_capacity(batch.len());
    for (id, seq) in batch {
        values.extend([(*id).into(), (*seq).into()]);
        places.push(format!("(${}, ${})", values.len() - 1, values.len()));
    }
    // Both engines call the columns of a bare `values` so.
    let sql = format!(
        "update outbox set seq = told.column2, relayed_at = $1
            from (values {}) as told where outbox.id = told.column1",
        places.join(", ")
    );
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// The facts told after the public number `after`: the partners' ordered log.
pub async fn told_after(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    after: i64,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let sql = "select id, org_id, topic, key, payload, created_at, seq, relayed_at from outbox
        where seq > $1 and org_id = $2 order by seq limit $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: [Value; 3] = [after.into(), org_id.uuid().into(), limit.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}

/// Forgets at most a batch of what was relayed before `before`; tells how many.
///
/// The newest number stays, so that numbers never begin again.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, Error> {
    let sql = "delete from outbox where id in (select id from outbox
        where relayed_at < $1 and seq < (select max(seq) from outbox) order by seq limit $2)";
    let values: [Value; 2] = [before.as_millis().into(), BATCH_MAX.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
