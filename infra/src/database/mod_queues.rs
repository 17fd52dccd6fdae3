//! Moderation queues: the order of the work.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel as _, QueryOrder as _, TryInsertResult};

use super::Error;

/// The queue that takes every item.
pub const REVIEW: &str = "review";
/// The queue that takes what was escalated.
pub const ESCALATED: &str = "escalated";

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mod_queues")]
pub struct Model {
    /// The queue's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// What people call it; unique in its organisation.
    pub name: String,
    /// Which items come here.
    pub filter: Json,
    /// What its reviewers may do; empty for everything.
    pub allowed_actions: Json,
    /// How soon an item wants a decision, in seconds.
    pub sla_s: i32,
    /// After how many seconds an item expires without a decision; none for never.
    pub auto_expire_s: Option<i32>,
    /// What then becomes of it: `approve` or `remove`.
    pub auto_expire_outcome: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a queue. False when its name is taken.
pub async fn insert(tx: &impl ConnectionTrait, queue: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(queue.into_active_model().reset_all())
        .on_conflict_do_nothing_on([Column::OrgId, Column::Name])
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// The queue of an organisation that takes every item, made when it is missing.
pub async fn review(
    tx: &impl ConnectionTrait,
    fresh: Uuid,
    org: Uuid,
    now: i64,
) -> Result<Model, Error> {
    let find = || Entity::find().filter(Column::OrgId.eq(org)).filter(Column::Name.eq(REVIEW));
    if let Some(queue) = find().one(tx).await? {
        return Ok(queue);
    }
    let queue = Model {
        id: fresh,
        org_id: org,
        name: REVIEW.to_owned(),
        filter: Json::Object(serde_json::Map::new()),
        allowed_actions: Json::Array(Vec::new()),
        sla_s: 300,
        auto_expire_s: None,
        auto_expire_outcome: None,
        created_at: now,
    };
    insert(tx, queue.clone()).await?;
    Ok(find().one(tx).await?.unwrap_or(queue))
}

/// The queues of an organisation, the oldest first; the first one takes what no other wants.
pub async fn of_org(conn: &impl ConnectionTrait, org: Uuid) -> Result<Vec<Model>, Error> {
    Ok(Entity::find().filter(Column::OrgId.eq(org)).order_by_asc(Column::Id).all(conn).await?)
}

/// A queue of an organisation.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::OrgId.eq(org)).one(conn).await?)
}
