//! `ingest_log`: what the origin did with a channel's publishers.

use domain::{
    id::{BroadcastId, ChannelId, OrgId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// A row of `ingest_log`.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Model {
    /// Its id; the newer is the larger.
    pub id: Uuid,
    /// The channel.
    pub channel_id: Uuid,
    /// The broadcast, when there was one.
    pub broadcast_id: Option<Uuid>,
    /// When.
    pub at: i64,
    /// What, as a stable word.
    pub code: String,
    /// What the sentence of the code needs.
    pub args: serde_json::Value,
}

/// What happened.
#[derive(Clone, Debug)]
pub struct New {
    /// A fresh id.
    pub id: Uuid,
    /// The channel's organisation.
    pub org_id: OrgId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The broadcast, when there was one.
    pub broadcast_id: Option<BroadcastId>,
    /// When.
    pub at: Timestamp,
    /// What, as a stable word.
    pub code: String,
    /// What the sentence of the code needs.
    pub args: serde_json::Value,
}

/// Writes a line.
pub async fn append(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let sql = "insert into ingest_log (id, org_id, channel_id, broadcast_id, at, code, args)
        values ($1, $2, $3, $4, $5, $6, $7)";
    let values: [Value; 7] = [
        new.id.into(),
        new.org_id.uuid().into(),
        new.channel_id.uuid().into(),
        new.broadcast_id.map(BroadcastId::uuid).into(),
        new.at.as_millis().into(),
        new.code.into(),
        new.args.into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// The lines of a channel before `before`, newest first.
pub async fn page_before(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let sql = "select id, channel_id, broadcast_id, at, code, args from ingest_log
        where channel_id = $1 and id < $2 order by id desc limit $3";
    let values: [Value; 3] = [
        channel_id.uuid().into(),
        before.unwrap_or(Uuid::max()).into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}

/// Forgets lines older than `before`; tells how many.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, Error> {
    let sql = "delete from ingest_log where id in
        (select id from ingest_log where at < $1 limit 500)";
    let values: [Value; 1] = [before.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
