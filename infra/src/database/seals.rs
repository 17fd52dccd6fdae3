//! Seals: a transfer's row here says that its lines are complete and sum to zero.
//!
//! The insert trigger refuses an unbalanced transfer; a transfer without a seal can't be committed;
//! a sealed one takes no more lines.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait};

use super::Error;

/// One seal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seals")]
pub struct Model {
    /// The sealed transfer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transfer_id: Uuid,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Seals a transfer.
///
/// The database's, when the lines do not sum to zero in each ledger or are fewer than two.
pub(super) async fn insert(tx: &impl ConnectionTrait, transfer: Uuid) -> Result<(), Error> {
    Entity::insert(ActiveModel { transfer_id: Set(transfer) }).exec_without_returning(tx).await?;
    Ok(())
}
