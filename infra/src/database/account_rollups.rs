//! Sums of accounts over all rolled-up transfers. An account holds this and the lines of `unrolled`.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, Statement};

use super::{Error, unrolled};

/// One sum.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_rollups")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    /// Minor units.
    pub sum: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds the lines of at most `limit` waiting transfers to the sums; tells how many it took.
pub async fn roll_up(tx: &impl ConnectionTrait, limit: u64) -> Result<usize, Error> {
    let mut rolled = 0;
    for transfer in unrolled::some(tx, limit).await? {
        if !unrolled::delete(tx, transfer).await? {
            continue;
        }
        tx.execute_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "INSERT INTO account_rollups (account_id, sum) \
             SELECT account_id, CAST(SUM(amount) AS BIGINT) FROM entries \
             WHERE transfer_id = $1 GROUP BY account_id \
             ON CONFLICT (account_id) DO UPDATE SET sum = account_rollups.sum + excluded.sum",
            [transfer.into()],
        ))
        .await?;
        rolled += 1;
    }
    Ok(rolled)
}

/// What an account holds: its sum and the lines that are not yet in it.
pub async fn held(conn: &impl ConnectionTrait, account: Uuid) -> Result<i64, Error> {
    let row = conn
        .query_one_raw(Statement::from_sql_and_values(
            conn.get_database_backend(),
            "SELECT CAST(COALESCE((SELECT sum FROM account_rollups WHERE account_id = $1), 0) \
               + COALESCE((SELECT SUM(e.amount) FROM unrolled u \
                   JOIN entries e ON e.transfer_id = u.transfer_id \
                   WHERE e.account_id = $1), 0) AS BIGINT) AS held",
            [account.into()],
        ))
        .await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "held"))?)
}
