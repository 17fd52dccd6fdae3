//! Term lists: named sets of terms that rules of kind `terms` cite.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _, TryInsertResult,
};

use super::Error;

/// One list.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "term_lists")]
pub struct Model {
    /// The list's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// What people call it; unique in its organisation.
    pub name: String,
    /// Grows with every change of its terms; also its `ETag`.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a list. False when its name is taken.
pub async fn insert(tx: &impl ConnectionTrait, list: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(list.into_active_model().reset_all())
        .on_conflict_do_nothing_on([Column::OrgId, Column::Name])
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Moves a list on from version `expected`. False when that is no longer the newest.
pub async fn touch(tx: &impl ConnectionTrait, id: Uuid, expected: i64) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::Version, Expr::value(expected + 1))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(expected))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Takes an empty list away.
pub async fn delete(tx: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

/// A list of an organisation.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::OrgId.eq(org)).one(conn).await?)
}

/// An organisation's lists after `after`, in order of their ids.
pub async fn page_after(
    conn: &impl ConnectionTrait,
    org: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find().filter(Column::OrgId.eq(org));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(conn).await.map_err(Error::from)
}
