//! Revisions of gift types: names, price and rules as they were sold. Rows never change.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel as _};

use super::Error;

/// One revision of a gift type.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gift_type_revisions")]
pub struct Model {
    /// The revision's id, cited by orders.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// The gift type.
    pub gift_type_id: Uuid,
    /// From one, without holes.
    pub revision: i64,
    /// Names by language: `{"en": …, "zh-CN": …}`.
    pub name: Json,
    /// What one costs.
    pub price_coins: i64,
    /// How loudly pages show it, from 1.
    pub tier: i32,
    /// What pages draw: `{"art": id}`.
    pub assets: Json,
    /// How long a combo stays open after its last gift, in seconds; zero for no combos.
    pub combo_window_s: i32,
    /// Bounds of one order: `{"quantity_max": n}`.
    pub limits: Json,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a revision.
pub async fn insert(tx: &impl ConnectionTrait, revision: Model) -> Result<(), Error> {
    Entity::insert(revision.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// One revision by its id.
pub async fn get(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}
