//! Policies: what the rules of a place forbid, cited by every removal. Versioned rows.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel as _, QueryOrder as _, TryInsertResult};

use super::Error;

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policies")]
pub struct Model {
    /// The policy's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// Its name in rules and reports: `spam`, `abuse`; unique in its organisation.
    pub key: String,
    /// The broader policy that it refines.
    pub parent_id: Option<Uuid>,
    /// Titles by language.
    pub title: Json,
    /// From 1, a nuisance, to 5, a danger.
    pub severity: i32,
    /// The laws it follows.
    pub statutory_refs: Json,
    /// Grows with every change; also its `ETag`.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a policy. False when its key is taken.
pub async fn insert(tx: &impl ConnectionTrait, policy: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(policy.into_active_model().reset_all())
        .on_conflict_do_nothing_on([Column::OrgId, Column::Key])
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Writes a changed policy over version `expected`. False when that is no longer the newest.
pub async fn update(
    tx: &impl ConnectionTrait,
    expected: i64,
    policy: &Model,
) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::Title, Expr::value(policy.title.clone()))
        .col_expr(Column::Severity, Expr::value(policy.severity))
        .col_expr(Column::StatutoryRefs, Expr::value(policy.statutory_refs.clone()))
        .col_expr(Column::Version, Expr::value(expected + 1))
        .filter(Column::Id.eq(policy.id))
        .filter(Column::Version.eq(expected))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// All policies of an organisation, the gravest first. Tens of rows, so the list has no cursor here.
pub async fn of_org(conn: &impl ConnectionTrait, org: Uuid) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::OrgId.eq(org))
        .order_by_desc(Column::Severity)
        .order_by_asc(Column::Key)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// A policy of an organisation.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::OrgId.eq(org)).one(conn).await?)
}
