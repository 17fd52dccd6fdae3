//! Entries: the signed lines of a transfer. Inserted once, never changed, never deleted.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult, Statement};

use super::Error;

/// One line of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entries")]
pub struct Model {
    /// The transfer it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transfer_id: Uuid,
    /// Its place in the transfer, from zero.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i32,
    /// The account that it changes.
    pub account_id: Uuid,
    /// That account's ledger.
    pub ledger_id: Uuid,
    /// Minor units, above zero when the account gains. Never zero.
    pub amount: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Writes the lines of a transfer in one statement.
///
/// The database's; it refuses a line of zero and any line of a sealed transfer.
pub async fn insert(tx: &impl ConnectionTrait, lines: Vec<Model>) -> Result<(), Error> {
    let rows = lines.into_iter().map(|line| ActiveModel {
        transfer_id: Set(line.transfer_id),
        ordinal: Set(line.ordinal),
        account_id: Set(line.account_id),
        ledger_id: Set(line.ledger_id),
        amount: Set(line.amount),
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The lines of one transfer in their order.
pub async fn of(conn: &impl ConnectionTrait, transfer: Uuid) -> Result<Vec<Model>, Error> {
    use sea_orm::QueryOrder as _;
    Entity::find()
        .filter(Column::TransferId.eq(transfer))
        .order_by_asc(Column::Ordinal)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// One line of an account's statement.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Line {
    /// The transfer.
    pub transfer_id: Uuid,
    /// What kind of transfer it was.
    pub code: String,
    /// Minor units, above zero when the account gained.
    pub amount: i64,
    /// When it took effect, milliseconds since 1970.
    pub effective_at: i64,
    /// What kind of thing it paid for.
    pub ref_kind: Option<String>,
    /// What it paid for.
    pub ref_id: Option<Uuid>,
    /// What was noted.
    pub memo: String,
}

/// An account's statement before a place in it, newest first.
///
/// The place is the time and transfer of the last line that was read. Transfer ids come from
/// idempotency keys, so they have no order in time of their own.
pub async fn statement_before(
    conn: &impl ConnectionTrait,
    account: Uuid,
    before: Option<(i64, Uuid)>,
    limit: u64,
) -> Result<Vec<Line>, Error> {
    let (at, transfer) = before.unwrap_or((i64::MAX, Uuid::max()));
    Line::find_by_statement(Statement::from_sql_and_values(
        conn.get_database_backend(),
        "SELECT e.transfer_id, t.code, CAST(SUM(e.amount) AS BIGINT) AS amount, t.effective_at, \
                t.ref_kind, t.ref_id, t.memo \
         FROM entries e JOIN transfers t ON t.id = e.transfer_id \
         WHERE e.account_id = $1 \
           AND (t.effective_at < $2 OR (t.effective_at = $2 AND e.transfer_id < $3)) \
         GROUP BY e.transfer_id, t.code, t.effective_at, t.ref_kind, t.ref_id, t.memo \
         ORDER BY t.effective_at DESC, e.transfer_id DESC LIMIT $4",
        [
            account.into(),
            at.into(),
            transfer.into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ],
    ))
    .all(conn)
    .await
    .map_err(Error::from)
}
