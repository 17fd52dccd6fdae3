//! Combos: repeats of one gift by one sender that pages show as one.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _};

use super::Error;

/// One combo.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "combos")]
pub struct Model {
    /// The combo's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The room.
    pub room_id: Uuid,
    /// Who gives.
    pub sender_id: Uuid,
    /// What is given.
    pub gift_type_id: Uuid,
    /// Gifts so far.
    pub count: i64,
    /// Coins so far.
    pub total_coins: i64,
    /// Its first gift, milliseconds since 1970.
    pub first_at: i64,
    /// Its last gift so far, milliseconds since 1970.
    pub last_at: i64,
    /// When it closes unless another gift comes, milliseconds since 1970.
    pub closes_at: i64,
    /// When it was closed; one open for each room, sender and gift type.
    pub closed_at: Option<i64>,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The open combo of a sender and gift type in a room.
pub async fn open_of(
    conn: &impl ConnectionTrait,
    room: Uuid,
    sender: Uuid,
    gift_type: Uuid,
) -> Result<Option<Model>, Error> {
    Entity::find()
        .filter(Column::RoomId.eq(room))
        .filter(Column::SenderId.eq(sender))
        .filter(Column::GiftTypeId.eq(gift_type))
        .filter(Column::ClosedAt.is_null())
        .one(conn)
        .await
        .map_err(Error::from)
}

/// Starts a combo.
///
/// The database's; one sender has one open combo of a gift type in a room.
pub async fn insert(tx: &impl ConnectionTrait, combo: Model) -> Result<(), Error> {
    Entity::insert(combo.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes what changed in an open combo.
pub async fn grow(tx: &impl ConnectionTrait, combo: &Model) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Count, Expr::value(combo.count))
        .col_expr(Column::TotalCoins, Expr::value(combo.total_coins))
        .col_expr(Column::LastAt, Expr::value(combo.last_at))
        .col_expr(Column::ClosesAt, Expr::value(combo.closes_at))
        .filter(Column::Id.eq(combo.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Closes an open combo, whatever its time. `None` when it was closed before.
pub async fn close(tx: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<Option<Model>, Error> {
    let closed = Entity::update_many()
        .col_expr(Column::ClosedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::ClosedAt.is_null())
        .exec_with_returning(tx)
        .await?;
    Ok(closed.into_iter().next())
}

/// Closes a combo whose time is over. `None` when another gift kept it open or it was closed before.
pub async fn close_due(
    tx: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
) -> Result<Option<Model>, Error> {
    let closed = Entity::update_many()
        .col_expr(Column::ClosedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::ClosedAt.is_null())
        .filter(Column::ClosesAt.lte(now))
        .exec_with_returning(tx)
        .await?;
    Ok(closed.into_iter().next())
}

/// Open combos whose time is over, the longest over first.
pub async fn due(conn: &impl ConnectionTrait, now: i64, limit: u64) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::ClosedAt.is_null())
        .filter(Column::ClosesAt.lte(now))
        .order_by_asc(Column::ClosesAt)
        .limit(limit)
        .all(conn)
        .await
        .map_err(Error::from)
}
