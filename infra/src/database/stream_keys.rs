//! `stream_keys`: what publishers open a channel with.

use domain::{
    id::{ChannelId, OrgId, StreamKeyId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, entity::prelude::*, sea_query::Expr,
};

use super::Error;

/// A row of `stream_keys`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stream_keys")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The channel's organisation.
    pub org_id: Uuid,
    /// The channel it opens.
    pub channel_id: Uuid,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// For people.
    pub label: String,
    /// When it was made.
    pub created_at: i64,
    /// When a publisher last came with it.
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
    pub id: StreamKeyId,
    /// The channel's organisation.
    pub org_id: OrgId,
    /// The channel it opens.
    pub channel_id: ChannelId,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// For people.
    pub label: String,
    /// When it is made.
    pub created_at: Timestamp,
}

/// Makes a key.
pub async fn insert(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(new.id.uuid()),
        org_id: Set(new.org_id.uuid()),
        channel_id: Set(new.channel_id.uuid()),
        hash: Set(new.hash.to_vec()),
        label: Set(new.label),
        created_at: Set(new.created_at.as_millis()),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The key whose secret has this hash, good or not.
pub async fn find_by_hash(db: &impl ConnectionTrait, hash: &[u8]) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::Hash.eq(hash)).one(db).await?)
}

/// The keys of a channel after `after`, oldest first.
pub async fn page_after(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    after: Option<StreamKeyId>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::ChannelId.eq(channel_id.uuid()))
        .order_by_asc(Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after.uuid()));
    }
    Ok(query.all(db).await?)
}

/// Takes a key back; `false` when the channel has no such key that is good.
pub async fn revoke(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    id: StreamKeyId,
    now: Timestamp,
) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_millis()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::ChannelId.eq(channel_id.uuid()))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// Remembers that a publisher came with a key.
pub async fn touch(
    db: &impl ConnectionTrait,
    id: StreamKeyId,
    now: Timestamp,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.as_millis()))
        .filter(Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}
