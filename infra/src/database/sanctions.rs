//! Sanctions: what a user may not do, where, until when.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Condition;
use sea_orm::{ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _};

use super::Error;

/// One sanction.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sanctions")]
pub struct Model {
    /// The sanction's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// Whom it binds.
    pub user_id: Uuid,
    /// Where it holds: `org`, `channel` or `room`.
    pub scope: String,
    /// Which organisation, channel or room.
    pub scope_id: Uuid,
    /// `warn`, `timeout`, `ban`, `shadow`, `slow`, `no_links`, `no_gifts` or `stream_suspend`.
    pub kind: String,
    /// What the user reads: `{code, text, lang}`.
    pub reason: Option<Json>,
    /// The policy that was broken.
    pub policy_id: Option<Uuid>,
    /// The decision it comes from.
    pub decision_id: Option<Uuid>,
    /// Who set it.
    pub imposed_by: Option<Uuid>,
    /// Milliseconds since 1970.
    pub starts_at: i64,
    /// Milliseconds since 1970; none for without end.
    pub ends_at: Option<i64>,
    /// Who lifted it.
    pub lifted_by: Option<Uuid>,
    /// When it was lifted, milliseconds since 1970.
    pub lifted_at: Option<i64>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

impl Model {
    /// Whether it binds at `now`.
    pub fn is_active(&self, now: i64) -> bool {
        self.lifted_at.is_none()
            && self.starts_at <= now
            && self.ends_at.is_none_or(|ends_at| ends_at > now)
    }
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Sets a sanction.
pub async fn insert(tx: &impl ConnectionTrait, sanction: Model) -> Result<(), Error> {
    Entity::insert(sanction.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Lifts a sanction of an organisation; `None` when there is none or it was lifted before.
pub async fn lift(
    tx: &impl ConnectionTrait,
    org: Uuid,
    id: Uuid,
    by: Uuid,
    now: i64,
) -> Result<Option<Model>, Error> {
    let lifted = Entity::update_many()
        .col_expr(Column::LiftedBy, Expr::value(by))
        .col_expr(Column::LiftedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::OrgId.eq(org))
        .filter(Column::LiftedAt.is_null())
        .exec_with_returning(tx)
        .await?;
    Ok(lifted.into_iter().next())
}

/// A sanction of an organisation.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::OrgId.eq(org)).one(conn).await?)
}

fn bind_at(now: i64) -> Condition {
    Condition::all()
        .add(Column::LiftedAt.is_null())
        .add(Condition::any().add(Column::EndsAt.is_null()).add(Column::EndsAt.gt(now)))
}

/// What binds a user in any of these scopes at `now`.
pub async fn binding(
    conn: &impl ConnectionTrait,
    user: Uuid,
    scopes: &[Uuid],
    now: i64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::ScopeId.is_in(scopes.iter().copied()))
        .filter(bind_at(now))
        .all(conn)
        .await
        .map_err(Error::from)
}

/// What one decision set and nobody lifted.
pub async fn of_decision(conn: &impl ConnectionTrait, decision: Uuid) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::DecisionId.eq(decision))
        .filter(Column::LiftedAt.is_null())
        .all(conn)
        .await
        .map_err(Error::from)
}

/// All sanctions of a user in an organisation, newest first.
pub async fn page_before(
    conn: &impl ConnectionTrait,
    org: Uuid,
    user: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find().filter(Column::OrgId.eq(org)).filter(Column::UserId.eq(user));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(conn).await.map_err(Error::from)
}
