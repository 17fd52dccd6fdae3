//! The catalogue: what can be given. A price change makes a new revision; orders cite the revision.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, QueryOrder as _};

use super::Error;
use super::gift_type_revisions;

/// One kind of gift.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gift_types")]
pub struct Model {
    /// The gift type's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation whose catalogue it stands in.
    pub org_id: Uuid,
    /// What orders name it by; unique in its organisation.
    pub sku: String,
    /// `active` or `retired`.
    pub status: String,
    /// Its newest revision.
    pub revision_id: Option<Uuid>,
    /// The number of its newest revision, from one; also its `ETag`.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A gift type with the revision that is now sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The gift type.
    pub gift_type: Model,
    /// Its newest revision.
    pub revision: gift_type_revisions::Model,
}

/// Adds a gift type and its first revision. False when the sku is taken.
pub async fn insert(tx: &impl ConnectionTrait, offer: Offer) -> Result<bool, Error> {
    let Offer { gift_type, revision } = offer;
    let row = ActiveModel {
        id: Set(gift_type.id),
        org_id: Set(gift_type.org_id),
        sku: Set(gift_type.sku),
        status: Set(gift_type.status),
        revision_id: Set(Some(revision.id)),
        version: Set(gift_type.version),
        created_at: Set(gift_type.created_at),
    };
    let inserted = Entity::insert(row)
        .on_conflict_do_nothing_on([Column::OrgId, Column::Sku])
        .exec_without_returning(tx)
        .await?;
    if !matches!(inserted, sea_orm::TryInsertResult::Inserted(1)) {
        return Ok(false);
    }
    gift_type_revisions::insert(tx, revision).await?;
    Ok(true)
}

/// Puts a new revision in the place of revision `expected`. False when that is no longer the newest.
pub async fn revise(
    tx: &impl ConnectionTrait,
    expected: i64,
    status: &str,
    revision: gift_type_revisions::Model,
) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::Version, Expr::value(revision.revision))
        .col_expr(Column::RevisionId, Expr::value(revision.id))
        .col_expr(Column::Status, Expr::value(status))
        .filter(Column::Id.eq(revision.gift_type_id))
        .filter(Column::Version.eq(expected))
        .exec(tx)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    gift_type_revisions::insert(tx, revision).await?;
    Ok(true)
}

/// The whole catalogue of an organisation, cheapest first; retired gifts only when asked for.
pub async fn list(
    conn: &impl ConnectionTrait,
    org: Uuid,
    with_retired: bool,
) -> Result<Vec<Offer>, Error> {
    let mut query = Entity::find().filter(Column::OrgId.eq(org)).order_by_asc(Column::Id);
    if !with_retired {
        query = query.filter(Column::Status.eq("active"));
    }
    let mut offers = Vec::new();
    for gift_type in query.all(conn).await? {
        offers.extend(offer(conn, gift_type).await?);
    }
    offers.sort_by_key(|offer| offer.revision.price_coins);
    Ok(offers)
}

/// What an organisation sells under this sku now.
pub async fn by_sku(
    conn: &impl ConnectionTrait,
    org: Uuid,
    sku: &str,
) -> Result<Option<Offer>, Error> {
    let found =
        Entity::find().filter(Column::OrgId.eq(org)).filter(Column::Sku.eq(sku)).one(conn).await?;
    match found {
        Some(gift_type) => offer(conn, gift_type).await,
        None => Ok(None),
    }
}

/// A gift type of an organisation by its id, with its newest revision.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Offer>, Error> {
    match Entity::find_by_id(id).filter(Column::OrgId.eq(org)).one(conn).await? {
        Some(gift_type) => offer(conn, gift_type).await,
        None => Ok(None),
    }
}

async fn offer(conn: &impl ConnectionTrait, gift_type: Model) -> Result<Option<Offer>, Error> {
    let revision = match gift_type.revision_id {
        Some(revision) => gift_type_revisions::get(conn, revision).await?,
        None => None,
    };
    Ok(revision.map(|revision| Offer { gift_type, revision }))
}
