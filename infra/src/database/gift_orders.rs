//! Gift orders: who gave what to whom, and the receipt they got.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel as _, TryInsertResult};

use super::Error;

/// One order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gift_orders")]
pub struct Model {
    /// The order's id, derived from the sender and the idempotency key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation of the room.
    pub org_id: Uuid,
    /// The room it was given in.
    pub room_id: Uuid,
    /// The broadcast that was live, if one was.
    pub broadcast_id: Option<Uuid>,
    /// Who gave.
    pub sender_id: Uuid,
    /// The channel that got it.
    pub recipient_channel_id: Uuid,
    /// The revision of the gift type that was sold.
    pub revision_id: Uuid,
    /// How many.
    pub quantity: i64,
    /// What they cost together.
    pub total_coins: i64,
    /// The sender's words.
    pub message: Option<String>,
    /// The combo it belongs to.
    pub combo_id: Option<Uuid>,
    /// Whether the sender's name is hidden.
    pub is_anonymous: bool,
    /// `pending`, `posted`, `held`, `refunded` or `rejected`.
    pub status: String,
    /// The transfer that paid it.
    pub transfer_id: Option<Uuid>,
    /// The transfer that gave it back.
    pub refund_transfer_id: Option<Uuid>,
    /// The programme time that the sender was watching, milliseconds since 1970.
    pub pdt_at: i64,
    /// SHA-256 of what was asked for, in hex: the same key must ask for the same.
    pub fingerprint: String,
    /// The answer that the sender got; a repeat gets it again.
    pub receipt: Option<Json>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds an order. False when one with this id is there: then nothing was written.
///
/// On `PostgreSQL` this waits for another transaction that inserts the same id.
pub async fn insert(tx: &impl ConnectionTrait, order: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(order.into_active_model().reset_all())
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Marks an order as paid and keeps its receipt.
pub async fn post(
    tx: &impl ConnectionTrait,
    id: Uuid,
    combo: Option<Uuid>,
    transfer: Uuid,
    receipt: Json,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value("posted"))
        .col_expr(Column::ComboId, Expr::value(combo))
        .col_expr(Column::TransferId, Expr::value(transfer))
        .col_expr(Column::Receipt, Expr::value(receipt))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Marks a paid order as refunded. False when it is not one that was paid and not yet refunded.
pub async fn refund(tx: &impl ConnectionTrait, id: Uuid, transfer: Uuid) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::Status, Expr::value("refunded"))
        .col_expr(Column::RefundTransferId, Expr::value(transfer))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq("posted"))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// One order.
pub async fn get(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}
