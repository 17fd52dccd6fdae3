//! Balances of the accounts that must not overdraw: the only rows that a transfer locks.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, Statement};

use super::Error;

/// What one account holds.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "balances")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    /// The sum of its entries, in minor units.
    pub posted: i64,
    /// What pending transfers hold back of it.
    pub pending: i64,
    /// Grows with every change.
    pub version: i64,
}

impl Model {
    /// What may still be spent.
    pub const fn available(&self) -> i64 {
        self.posted.saturating_sub(self.pending)
    }
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Starts an account's balance at zero; does nothing when it has one.
pub async fn open(tx: &impl ConnectionTrait, account: Uuid) -> Result<(), Error> {
    let row =
        ActiveModel { account_id: Set(account), posted: Set(0), pending: Set(0), version: Set(0) };
    Entity::insert(row).on_conflict_do_nothing().exec_without_returning(tx).await?;
    Ok(())
}

/// What an account holds; `None` for an account that may overdraw.
pub async fn get(conn: &impl ConnectionTrait, account: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(account).one(conn).await?)
}

/// Adds `amount` when the result is not below zero, and tells what is then available.
///
/// One statement that checks and writes, so two payers of one wallet can't both pass the check:
/// `PostgreSQL` locks the row and looks again, `SQLite` has one writer.
pub async fn add(
    tx: &impl ConnectionTrait,
    account: Uuid,
    amount: i64,
) -> Result<Option<i64>, Error> {
    let changed = tx
        .query_one_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "UPDATE balances SET posted = posted + $1, version = version + 1 \
             WHERE account_id = $2 AND posted - pending + $1 >= 0 \
             RETURNING posted - pending AS available",
            [amount.into(), account.into()],
        ))
        .await?;
    Ok(changed.map(|row| row.try_get("", "available")).transpose()?)
}
