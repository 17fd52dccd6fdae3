//! Moderation items: what waits for a moderator. One open item for each subject.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Condition, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ConnectionTrait, DbBackend, FromQueryResult, IntoActiveModel as _, QueryOrder as _,
    QuerySelect as _, Statement, TryInsertResult,
};

use super::Error;

/// The states in which an item waits.
pub const WAITING: [&str; 2] = ["open", "claimed"];

/// One item.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mod_items")]
pub struct Model {
    /// The item's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// The room it comes from, if from one.
    pub room_id: Option<Uuid>,
    /// `comment`, `user`, `broadcast` or `channel`.
    pub subject_kind: String,
    /// What is judged.
    pub subject_id: Uuid,
    /// Who made it.
    pub subject_author_id: Option<Uuid>,
    /// What brought it first: `rule`, `model`, `report`, `appeal`, `sample` or `hook`.
    pub source: String,
    /// Why it is here, as codes.
    pub reason_codes: Json,
    /// How likely it breaks a policy, 0 to 1.
    pub risk: f64,
    /// How bad that would be, 1 to 5.
    pub severity: i32,
    /// How many people it may reach.
    pub reach: f64,
    /// Reports so far.
    pub report_count: i64,
    /// Its place in the queue; the greater goes first.
    pub priority: i64,
    /// `open`, `claimed`, `decided` or `expired`.
    pub state: String,
    /// The queue.
    pub queue_id: Uuid,
    /// When a decision is due, milliseconds since 1970.
    pub sla_at: i64,
    /// The item that took it in.
    pub merged_into: Option<Uuid>,
    /// Hash of the normalised words: equal for the same words.
    pub body_norm_hash: Option<i64>,
    /// Rule, version, variant, spans, scores.
    pub evidence: Json,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Opens an item. False when the subject has one that waits: then merge into that one.
pub async fn insert(tx: &impl ConnectionTrait, item: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(item.into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// The waiting item of a subject, locked for this transaction.
pub async fn lock_waiting_of(
    tx: &impl ConnectionTrait,
    subject_kind: &str,
    subject_id: Uuid,
) -> Result<Option<Model>, Error> {
    Entity::find()
        .filter(Column::SubjectKind.eq(subject_kind))
        .filter(Column::SubjectId.eq(subject_id))
        .filter(Column::State.is_in(WAITING))
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(Error::from)
}

/// An item of an organisation, locked for this transaction.
pub async fn lock(tx: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::OrgId.eq(org)).lock_exclusive().one(tx).await?)
}

/// An item of an organisation.
pub async fn get(conn: &impl ConnectionTrait, org: Uuid, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::OrgId.eq(org)).one(conn).await?)
}

/// Writes what another finding or report changed in a waiting item.
pub async fn merge(tx: &impl ConnectionTrait, item: &Model) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::ReasonCodes, Expr::value(item.reason_codes.clone()))
        .col_expr(Column::Risk, Expr::value(item.risk))
        .col_expr(Column::Severity, Expr::value(item.severity))
        .col_expr(Column::Reach, Expr::value(item.reach))
        .col_expr(Column::ReportCount, Expr::value(item.report_count))
        .col_expr(Column::Priority, Expr::value(item.priority))
        .col_expr(Column::SlaAt, Expr::value(item.sla_at))
        .col_expr(Column::Evidence, Expr::value(item.evidence.clone()))
        .col_expr(Column::UpdatedAt, Expr::value(item.updated_at))
        .filter(Column::Id.eq(item.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Moves items to another state.
pub async fn set_state(
    tx: &impl ConnectionTrait,
    ids: &[Uuid],
    state: &str,
    now: i64,
) -> Result<u64, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected)
}

/// Opens an item again and gives it to a queue.
pub async fn reopen(
    tx: &impl ConnectionTrait,
    id: Uuid,
    queue: Uuid,
    now: i64,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value("open"))
        .col_expr(Column::QueueId, Expr::value(queue))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Opens every claimed item of a queue whose lease is over at `now`.
///
/// Items that another claim holds at this moment are passed over, and both rows are read as they are
/// once they are locked: an item that was claimed anew meanwhile stays with its new reviewer.
pub async fn open_lapsed(tx: &impl ConnectionTrait, queue: Uuid, now: i64) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    // SQLite has one writer at a time, so nothing to lock.
    let lock = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let lapsed = tx
        .query_all_raw(Statement::from_sql_and_values(
            backend,
            format!(
                "SELECT i.id FROM mod_items i JOIN mod_claims c ON c.item_id = i.id \
                 WHERE i.queue_id = $1 AND i.state = 'claimed' AND c.lease_until <= $2 \
                 ORDER BY i.id {lock}"
            ),
            [queue.into(), now.into()],
        ))
        .await?;
    let ids: Vec<Uuid> =
        lapsed.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value("open"))
        .filter(Column::Id.is_in(ids))
        .exec(tx)
        .await?;
    Ok(())
}

/// In which order a claim looks at the open items of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order<'a> {
    /// The greatest priority first.
    Priority,
    /// The longest past its due time first; none that is not past it.
    Overdue {
        /// Milliseconds since 1970.
        now: i64,
    },
    /// Like this item: of the same author or room, the greatest priority first.
    Like(&'a Model),
}

/// Where a claim looks for items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// In this queue.
    pub queue: Uuid,
    /// Only of this room: a room's moderator sees no other.
    pub room: Option<Uuid>,
}

/// Open items of a pool, locked for this transaction; those that another claim holds are passed over.
pub async fn lock_open(
    tx: &impl ConnectionTrait,
    pool: Pool,
    order: Order<'_>,
    taken: &[Uuid],
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::QueueId.eq(pool.queue))
        .filter(Column::State.eq("open"))
        .limit(limit);
    if let Some(room) = pool.room {
        query = query.filter(Column::RoomId.eq(room));
    }
    if !taken.is_empty() {
        query = query.filter(Column::Id.is_not_in(taken.iter().copied()));
    }
    query = match order {
        Order::Priority => query.order_by_desc(Column::Priority),
        Order::Overdue { now } => query.filter(Column::SlaAt.lte(now)).order_by_asc(Column::SlaAt),
        Order::Like(item) => {
            let mut like = Condition::any();
            if let Some(author) = item.subject_author_id {
                like = like.add(Column::SubjectAuthorId.eq(author));
            }
            if let Some(room) = item.room_id {
                like = like.add(Column::RoomId.eq(room));
            }
            if like.is_empty() {
                return Ok(Vec::new());
            }
            query.filter(like).order_by_desc(Column::Priority)
        }
    };
    query
        .order_by_asc(Column::Id)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(Error::from)
}

/// Which items of an organisation to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only in one of these states.
    pub states: Vec<&'static str>,
    /// Only in this queue.
    pub queue: Option<Uuid>,
    /// Only of this author.
    pub author: Option<Uuid>,
    /// Only of this room.
    pub room: Option<Uuid>,
}

/// Items after a place in the order of the queue (priority, id).
pub async fn page_after(
    conn: &impl ConnectionTrait,
    org: Uuid,
    filter: &Filter,
    after: Option<(i64, Uuid)>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::OrgId.eq(org))
        .filter(Column::State.is_in(filter.states.iter().copied()));
    if let Some(queue) = filter.queue {
        query = query.filter(Column::QueueId.eq(queue));
    }
    if let Some(author) = filter.author {
        query = query.filter(Column::SubjectAuthorId.eq(author));
    }
    if let Some(room) = filter.room {
        query = query.filter(Column::RoomId.eq(room));
    }
    if let Some((priority, id)) = after {
        query = query.filter(
            Condition::any()
                .add(Column::Priority.lt(priority))
                .add(Condition::all().add(Column::Priority.eq(priority)).add(Column::Id.gt(id))),
        );
    }
    query
        .order_by_desc(Column::Priority)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// Waiting items of an organisation with the same words.
pub async fn same_words(
    conn: &impl ConnectionTrait,
    org: Uuid,
    body_norm_hash: i64,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::OrgId.eq(org))
        .filter(Column::BodyNormHash.eq(body_norm_hash))
        .filter(Column::State.is_in(WAITING))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// How many items of an organisation wait with the same words.
pub async fn count_same_words(
    conn: &impl ConnectionTrait,
    org: Uuid,
    body_norm_hash: i64,
) -> Result<usize, Error> {
    use sea_orm::PaginatorTrait as _;
    let count = Entity::find()
        .filter(Column::OrgId.eq(org))
        .filter(Column::BodyNormHash.eq(body_norm_hash))
        .filter(Column::State.is_in(WAITING))
        .count(conn)
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// How much waits in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Depth {
    /// Items that nobody has.
    pub open: i64,
    /// Items that someone has.
    pub claimed: i64,
    /// Those of both that are past their due time.
    pub overdue: i64,
    /// When the oldest came in, milliseconds since 1970.
    pub oldest_at: Option<i64>,
}

/// How much waits in a queue at `now`.
pub async fn depth(conn: &impl ConnectionTrait, queue: Uuid, now: i64) -> Result<Depth, Error> {
    let depth = Depth::find_by_statement(Statement::from_sql_and_values(
        conn.get_database_backend(),
        "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END), 0) AS BIGINT) AS open, \
                CAST(COALESCE(SUM(CASE WHEN state = 'claimed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS claimed, \
                CAST(COALESCE(SUM(CASE WHEN sla_at <= $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS overdue, \
                MIN(created_at) AS oldest_at \
         FROM mod_items WHERE queue_id = $1 AND state IN ('open', 'claimed')",
        [queue.into(), now.into()],
    ))
    .one(conn)
    .await?;
    Ok(depth.unwrap_or_default())
}
