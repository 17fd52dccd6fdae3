//! Claims: an item leased to one moderator. The fence grows with each claim of the item.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::Error;

/// One claim; the row stays when the claim is over, so that the fence never goes back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mod_claims")]
pub struct Model {
    /// The item.
    #[sea_orm(primary_key, auto_increment = false)]
    pub item_id: Uuid,
    /// Who has it.
    pub reviewer_id: Uuid,
    /// The number of this claim among the item's.
    pub fence: i64,
    /// Milliseconds since 1970.
    pub claimed_at: i64,
    /// When it ends unless it is extended, milliseconds since 1970.
    pub lease_until: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Gives an item, locked by this transaction, to a reviewer; tells the new fence.
pub async fn take(tx: &impl ConnectionTrait, claim: &Model) -> Result<i64, Error> {
    let row = tx
        .query_one_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "INSERT INTO mod_claims (item_id, reviewer_id, fence, claimed_at, lease_until) \
             VALUES ($1, $2, 1, $3, $4) \
             ON CONFLICT (item_id) DO UPDATE SET reviewer_id = excluded.reviewer_id, \
               fence = mod_claims.fence + 1, claimed_at = excluded.claimed_at, \
               lease_until = excluded.lease_until \
             RETURNING fence",
            [
                claim.item_id.into(),
                claim.reviewer_id.into(),
                claim.claimed_at.into(),
                claim.lease_until.into(),
            ],
        ))
        .await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(format!("claim of {}", claim.item_id)))?;
    Ok(row.try_get("", "fence")?)
}

/// Moves the end of a claim. False when the fence is not the item's newest or the lease is over.
pub async fn extend(
    tx: &impl ConnectionTrait,
    item: Uuid,
    fence: i64,
    now: i64,
    lease_until: i64,
) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(lease_until))
        .filter(Column::ItemId.eq(item))
        .filter(Column::Fence.eq(fence))
        .filter(Column::LeaseUntil.gt(now))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Ends a claim; its fence is then worth nothing. False when it was not the newest.
pub async fn release(
    tx: &impl ConnectionTrait,
    item: Uuid,
    fence: i64,
    now: i64,
) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::Fence, Expr::value(fence + 1))
        .col_expr(Column::LeaseUntil, Expr::value(now))
        .filter(Column::ItemId.eq(item))
        .filter(Column::Fence.eq(fence))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// The newest claim of an item.
pub async fn get(conn: &impl ConnectionTrait, item: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(item).one(conn).await?)
}

/// The newest claims of these items.
pub async fn of(conn: &impl ConnectionTrait, items: &[Uuid]) -> Result<Vec<Model>, Error> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::ItemId.is_in(items.iter().copied())).all(conn).await?)
}
