//! `follows`: who wants to hear of a channel.

use domain::{
    id::{ChannelId, OrgId, UserId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// A row of `follows`.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Model {
    /// The channel.
    pub channel_id: Uuid,
    /// The follower.
    pub user_id: Uuid,
    /// Since when.
    pub since: i64,
}

/// Begins to follow; `false` when it was so already.
pub async fn follow(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    channel_id: ChannelId,
    user_id: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "insert into follows (org_id, channel_id, user_id, since) values ($1, $2, $3, $4)
        on conflict (channel_id, user_id) do nothing";
    let values = [
        org_id.uuid().into(),
        channel_id.uuid().into(),
        user_id.uuid().into(),
        now.as_millis().into(),
    ];
    Ok(execute(db, sql, values).await? == 1)
}

/// Ends to follow; `false` when it was so already.
pub async fn unfollow(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    user_id: UserId,
) -> Result<bool, Error> {
    let sql = "delete from follows where channel_id = $1 and user_id = $2";
    Ok(execute(db, sql, [channel_id.uuid().into(), user_id.uuid().into()]).await? == 1)
}

async fn execute<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<u64, Error> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Whether a user follows a channel.
pub async fn exists(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    user_id: UserId,
) -> Result<bool, Error> {
    let sql = "select channel_id, user_id, since from follows
        where channel_id = $1 and user_id = $2";
    let values: [Value; 2] = [channel_id.uuid().into(), user_id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).one(db).await?.is_some())
}

/// How many follow a channel.
pub async fn count_of(db: &impl ConnectionTrait, channel_id: ChannelId) -> Result<i64, Error> {
    let sql = "select count(*) from follows where channel_id = $1";
    let values: [Value; 1] = [channel_id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}

/// The followers of a channel after a place in the list, the earliest first.
pub async fn page_of(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    after: Option<(Timestamp, UserId)>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let sql = "select channel_id, user_id, since from follows
        where channel_id = $1 and (since > $2 or (since = $2 and user_id > $3))
        order by since, user_id limit $4";
    let (since, user) =
        after.map_or((i64::MIN, Uuid::nil()), |(since, user)| (since.as_millis(), user.uuid()));
    let values: [Value; 4] = [
        channel_id.uuid().into(),
        since.into(),
        user.into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}

/// The channels that a user follows, the latest first.
pub async fn channels_of(
    db: &impl ConnectionTrait,
    user_id: UserId,
    limit: u64,
) -> Result<Vec<ChannelId>, Error> {
    let sql = "select channel_id, user_id, since from follows
        where user_id = $1 order by since desc limit $2";
    let values: [Value; 2] =
        [user_id.uuid().into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = Model::find_by_statement(statement).all(db).await?;
    Ok(rows.into_iter().map(|row| ChannelId::from_uuid(row.channel_id)).collect())
}
