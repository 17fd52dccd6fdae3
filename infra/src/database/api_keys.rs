//! `api_keys`: what partners' programs open the API with.

use domain::{
    id::{ApiKeyId, OrgId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use super::Error;

/// A row of `api_keys`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation it opens.
    pub org_id: Uuid,
    /// For people.
    pub name: String,
    /// The start of the secret, to recognise it by.
    pub prefix: String,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// A JSON array of scopes; `*` is everything.
    pub scopes: Json,
    /// A JSON array of origins that browsers may send it from.
    pub allowed_origins: Json,
    /// A JSON array of networks that it may come from.
    pub allowed_cidrs: Json,
    /// When it was made.
    pub created_at: i64,
    /// When it ends, if it ends.
    pub expires_at: Option<i64>,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<i64>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<i64>,
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a new key is made of.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: ApiKeyId,
    /// The organisation it opens.
    pub org_id: OrgId,
    /// For people.
    pub name: String,
    /// The start of the secret.
    pub prefix: String,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it is made.
    pub created_at: Timestamp,
    /// When it ends, if it ends.
    pub expires_at: Option<Timestamp>,
}

/// Makes a key.
pub async fn insert(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(new.id.uuid()),
        org_id: Set(new.org_id.uuid()),
        name: Set(new.name),
        prefix: Set(new.prefix),
        hash: Set(new.hash.to_vec()),
        scopes: Set(new.scopes.into()),
        created_at: Set(new.created_at.as_millis()),
        expires_at: Set(new.expires_at.map(Timestamp::as_millis)),
        ..Default::default()
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The key whose secret has this hash, good or not.
pub async fn find_by_hash(db: &impl ConnectionTrait, hash: &[u8]) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::Hash.eq(hash)).one(db).await?)
}

/// The keys of an organisation after `after`, oldest first.
pub async fn page_after(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    after: Option<ApiKeyId>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::OrgId.eq(org_id.uuid()))
        .order_by_asc(Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after.uuid()));
    }
    Ok(query.all(db).await?)
}

/// Takes a key back; `false` when the organisation has no such key that is good.
pub async fn revoke(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_millis()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::OrgId.eq(org_id.uuid()))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// Remembers that a key was used, at most once a minute for each.
pub async fn touch(db: &impl ConnectionTrait, id: ApiKeyId, now: Timestamp) -> Result<(), Error> {
    let stale = Column::LastUsedAt
        .is_null()
        .or(Column::LastUsedAt.lt(now.as_millis().saturating_sub(60_000)));
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.as_millis()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(stale)
        .exec(db)
        .await?;
    Ok(())
}
