//! Decisions: what a moderator judged. Appended, never changed; a wrong one gets a reversing one.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _, Statement,
};

use super::Error;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mod_decisions")]
pub struct Model {
    /// The decision's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// The item that was judged.
    pub item_id: Option<Uuid>,
    /// What kind of thing was judged.
    pub subject_kind: String,
    /// What was judged.
    pub subject_id: Uuid,
    /// Who judged; none for a rule.
    pub reviewer_id: Option<Uuid>,
    /// The rule or worker that judged, if no person did.
    pub automaton: Option<String>,
    /// The fence of the claim it was made under.
    pub fence: i64,
    /// `approve`, `remove` or `escalate`.
    pub outcome: String,
    /// What was done, in order.
    pub actions: Json,
    /// The policies that were broken.
    pub policy_ids: Json,
    /// The statement of reasons: `{facts, automated, ground, note}`.
    pub statement: Json,
    /// What the author reads: `{code, text, lang}`.
    pub visible_reason: Option<Json>,
    /// From claim to decision.
    pub took_ms: Option<i64>,
    /// The decision that this one takes back.
    pub reverses_id: Option<Uuid>,
    /// Until when it can be undone, milliseconds since 1970.
    pub undo_until: Option<i64>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Appends a decision.
///
/// The database's; a decision is reversed once.
pub async fn insert(tx: &impl ConnectionTrait, decision: Model) -> Result<(), Error> {
    Entity::insert(decision.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// A decision of an organisation.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::OrgId.eq(org)).one(conn).await?)
}

/// The decision that took another one back.
pub async fn reversal_of(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::ReversesId.eq(id)).one(conn).await?)
}

/// The decisions on an item, newest first.
pub async fn on(conn: &impl ConnectionTrait, item: Uuid, limit: u64) -> Result<Vec<Model>, Error> {
    let found = Entity::find()
        .filter(Column::ItemId.eq(item))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(conn);
    Ok(found.await?)
}

/// The newest decisions about what one author made.
pub async fn about_author(
    conn: &impl ConnectionTrait,
    org: Uuid,
    author: Uuid,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .from_raw_sql(Statement::from_sql_and_values(
            conn.get_database_backend(),
            "SELECT d.* FROM mod_decisions d JOIN mod_items i ON i.id = d.item_id \
             WHERE d.org_id = $1 AND i.subject_author_id = $2 \
             ORDER BY d.created_at DESC, d.id DESC LIMIT $3",
            [org.into(), author.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()],
        ))
        .all(conn)
        .await
        .map_err(Error::from)
}

/// Decisions of an organisation after a place in them, newest first.
pub async fn page_before(
    conn: &impl ConnectionTrait,
    org: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find().filter(Column::OrgId.eq(org));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(conn).await.map_err(Error::from)
}
