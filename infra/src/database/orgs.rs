//! `orgs`: the tenants.

use domain::{id::OrgId, time::Timestamp};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, EntityTrait as _, QueryOrder as _, entity::prelude::*,
};

use super::Error;

/// A row of `orgs`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orgs")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name in commands.
    pub slug: String,
    /// For people.
    pub name: String,
    /// What it pays for.
    pub plan: String,
    /// A JSON object.
    pub settings: Json,
    /// `standard`, `edu` or `medical`.
    pub data_class: String,
    /// When it was made.
    pub created_at: i64,
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Makes an organisation.
pub async fn insert(
    db: &impl ConnectionTrait,
    id: OrgId,
    slug: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(id.uuid()),
        slug: Set(slug.into()),
        name: Set(name.into()),
        created_at: Set(now.as_millis()),
        ..Default::default()
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The organisation with this id.
pub async fn find(db: &impl ConnectionTrait, id: OrgId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?)
}

/// The oldest organisation: the one of an installation that has only one.
pub async fn first(db: &impl ConnectionTrait) -> Result<Option<Model>, Error> {
    Ok(Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).one(db).await?)
}
