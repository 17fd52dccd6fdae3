//! Transfers whose lines are not yet in `account_rollups`.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, QuerySelect as _};

use super::Error;

/// One transfer that waits.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unrolled")]
pub struct Model {
    /// The transfer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transfer_id: Uuid,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes a transfer that waits.
pub(super) async fn insert(tx: &impl ConnectionTrait, transfer: Uuid) -> Result<(), Error> {
    Entity::insert(ActiveModel { transfer_id: Set(transfer) }).exec_without_returning(tx).await?;
    Ok(())
}

/// Some that wait.
pub async fn some(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<Uuid>, Error> {
    Ok(Entity::find()
        .limit(limit)
        .all(conn)
        .await?
        .into_iter()
        .map(|row| row.transfer_id)
        .collect())
}

/// Takes one off the list. False when another worker did it before.
pub async fn delete(tx: &impl ConnectionTrait, transfer: Uuid) -> Result<bool, Error> {
    Ok(Entity::delete_by_id(transfer).exec(tx).await?.rows_affected == 1)
}
