//! Transfers: balanced facts about money. Appended and sealed in one transaction, never changed.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel as _, TryInsertResult};

use super::Error;

/// One transfer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfers")]
pub struct Model {
    /// The transfer's id; the same id is never posted twice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// What kind it is: `gift`, `gift_refund` or `grant`.
    pub code: String,
    /// `posted`, `pending`, `voided` or `expired`.
    pub state: String,
    /// The pending transfer that this one completes.
    pub pending_id: Option<Uuid>,
    /// The transfer that this one takes back; one for each.
    pub reverses_id: Option<Uuid>,
    /// When it takes effect, milliseconds since 1970.
    pub effective_at: i64,
    /// Who caused it.
    pub actor_id: Option<Uuid>,
    /// What kind of thing it pays for.
    pub ref_kind: Option<String>,
    /// What it pays for.
    pub ref_id: Option<Uuid>,
    /// What was noted.
    pub memo: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a transfer without lines. False when its id is taken: then nothing was written.
pub(super) async fn insert(tx: &impl ConnectionTrait, transfer: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(transfer.into_active_model().reset_all())
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// One transfer.
pub async fn get(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The transfer that took another one back.
pub async fn reversal_of(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::ReversesId.eq(id)).one(conn).await?)
}
