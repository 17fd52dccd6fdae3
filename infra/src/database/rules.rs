//! Rules: instant tests of comments, by scope.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _, Statement,
};

use super::Error;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rules")]
pub struct Model {
    /// The rule's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// Where it holds: `org`, `channel` or `room`.
    pub scope: String,
    /// Which organisation, channel or room.
    pub scope_id: Uuid,
    /// `terms`, `regex`, `link`, `caps`, `repeat`, `flood` or `length`.
    pub kind: String,
    /// What the kind needs.
    pub config: Json,
    /// `allow`, `hold`, `reject`, `author_only`, `timeout` or `escalate`.
    pub action: String,
    /// The policy that a hit breaks.
    pub policy_id: Option<Uuid>,
    /// The greater is asked first.
    pub priority: i32,
    /// `enforce` or `dry_run`.
    pub mode: String,
    /// Grows with every change; also its `ETag`.
    pub version: i64,
    /// Who wrote it; none for those that came with the program.
    pub author_id: Option<Uuid>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When it was deleted; the row stays, because decisions cite it.
    pub retired_at: Option<i64>,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a rule.
pub async fn insert(tx: &impl ConnectionTrait, rule: Model) -> Result<(), Error> {
    Entity::insert(rule.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes a changed rule over version `expected`. False when that is no longer the newest.
pub async fn update(tx: &impl ConnectionTrait, expected: i64, rule: &Model) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::Config, Expr::value(rule.config.clone()))
        .col_expr(Column::Action, Expr::value(rule.action.clone()))
        .col_expr(Column::PolicyId, Expr::value(rule.policy_id))
        .col_expr(Column::Priority, Expr::value(rule.priority))
        .col_expr(Column::Mode, Expr::value(rule.mode.clone()))
        .col_expr(Column::RetiredAt, Expr::value(rule.retired_at))
        .col_expr(Column::Version, Expr::value(expected + 1))
        .filter(Column::Id.eq(rule.id))
        .filter(Column::Version.eq(expected))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// An active rule of an organisation.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Entity::find_by_id(id)
        .filter(Column::OrgId.eq(org))
        .filter(Column::RetiredAt.is_null())
        .one(conn)
        .await
        .map_err(Error::from)
}

/// Every active rule of one scope, the highest priority first.
pub async fn of_scope(
    conn: &impl ConnectionTrait,
    scope: &str,
    scope_id: Uuid,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::Scope.eq(scope))
        .filter(Column::ScopeId.eq(scope_id))
        .filter(Column::RetiredAt.is_null())
        .order_by_desc(Column::Priority)
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// Every active rule of every scope: what a process compiles at start.
pub async fn all_active(conn: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::RetiredAt.is_null())
        .order_by_desc(Column::Priority)
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// Changes whenever a rule, a term list or a policy does: how many rows there are, and their
/// versions' sum.
pub async fn stamp(conn: &impl ConnectionTrait) -> Result<(i64, i64), Error> {
    let row = conn
        .query_one_raw(Statement::from_string(
            conn.get_database_backend(),
            "SELECT COUNT(*) AS count, CAST(COALESCE(SUM(version), 0) AS BIGINT) AS sum FROM \
             (SELECT version FROM rules UNION ALL SELECT version FROM term_lists \
              UNION ALL SELECT version FROM policies) AS versions",
        ))
        .await?;
    Ok(match row {
        Some(row) => (row.try_get("", "count")?, row.try_get("", "sum")?),
        None => (0, 0),
    })
}

/// An organisation's active rules after `after`, in order of their ids; of one scope when asked.
pub async fn page_after(
    conn: &impl ConnectionTrait,
    org: Uuid,
    scope_id: Option<Uuid>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query =
        Entity::find().filter(Column::OrgId.eq(org)).filter(Column::RetiredAt.is_null());
    if let Some(scope) = scope_id {
        query = query.filter(Column::ScopeId.eq(scope));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(conn).await.map_err(Error::from)
}
