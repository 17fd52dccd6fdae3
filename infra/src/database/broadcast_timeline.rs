//! `broadcast_timeline`: which programme time each stretch of media shows.

use domain::{id::BroadcastId, time::Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// A row of `broadcast_timeline`: a stretch of media without a break.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Model {
    /// The broadcast.
    pub broadcast_id: Uuid,
    /// 0, 1, 2, …
    pub ordinal: i64,
    /// The programme time of its first frame.
    pub pdt_start: i64,
    /// The media before it.
    pub media_start_ms: i64,
    /// How long it is, once it is over.
    pub duration_ms: Option<i64>,
}

/// Begins a stretch, which ends the one before. The same stretch again changes nothing.
pub async fn mark(
    db: &impl ConnectionTrait,
    id: BroadcastId,
    pdt_start: Timestamp,
    media_start_ms: i64,
) -> Result<(), Error> {
    let rows = of(db, id).await?;
    if rows.iter().any(|row| row.pdt_start == pdt_start.as_millis()) {
        return Ok(());
    }
    end(db, id, media_start_ms).await?;
    let sql = "insert into broadcast_timeline
        (broadcast_id, ordinal, pdt_start, media_start_ms) values ($1, $2, $3, $4)";
    let ordinal = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let values: [Value; 4] =
        [id.uuid().into(), ordinal.into(), pdt_start.as_millis().into(), media_start_ms.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Ends the open stretch where the media has this length in all.
pub async fn end(
    db: &impl ConnectionTrait,
    id: BroadcastId,
    media_end_ms: i64,
) -> Result<(), Error> {
    let sql = "update broadcast_timeline set duration_ms = $2 - media_start_ms
        where broadcast_id = $1 and duration_ms is null";
    let values: [Value; 2] = [id.uuid().into(), media_end_ms.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// The stretches of a broadcast, in their order.
pub async fn of(db: &impl ConnectionTrait, id: BroadcastId) -> Result<Vec<Model>, Error> {
    let sql = "select broadcast_id, ordinal, pdt_start, media_start_ms, duration_ms
        from broadcast_timeline where broadcast_id = $1 order by ordinal";
    let values: [Value; 1] = [id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}
