//! Comments, whatever became of them.

use domain::id::{BroadcastId, CommentId, OrgId, RoomId, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _,
};

use super::Error;

/// One comment.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comments")]
pub struct Model {
    /// The comment's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub org_id: Uuid,
    /// Where it was written.
    pub room_id: Uuid,
    /// The broadcast that ran, if one did.
    pub broadcast_id: Option<Uuid>,
    /// Who wrote it.
    pub author_id: Uuid,
    /// How the author was called then.
    pub author_name: String,
    /// What the author was to the channel then.
    pub author_badges: Json,
    /// `chat`, `danmaku`, `question`, `system` or `announcement`.
    pub kind: String,
    /// The words.
    pub body: String,
    /// Equal for the same words.
    pub body_norm_hash: i64,
    /// BCP 47, when known.
    pub lang: Option<String>,
    /// The comment that it answers.
    pub parent_id: Option<Uuid>,
    /// `held`, `published`, `author_only`, `rejected`, `removed` or `retracted`.
    pub status: String,
    /// When we took it, milliseconds since 1970.
    pub sent_at: i64,
    /// The programme time that the author was watching, milliseconds since 1970.
    pub pdt_at: i64,
    /// Its place in the room's history, once published.
    pub seq: Option<i64>,
    /// The id that the author's page gave.
    pub client_id: Option<String>,
    /// When it was changed, milliseconds since 1970.
    pub edited_at: Option<i64>,
    /// When it was taken away, milliseconds since 1970.
    pub removed_at: Option<i64>,
    /// How likely it breaks a policy, 0 to 1.
    pub risk: f64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which comments of a room a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Only with this status.
    pub status: Option<&'a str>,
    /// Only of this kind.
    pub kind: Option<&'a str>,
    /// Only of this author.
    pub author: Option<UserId>,
}

/// Writes comments in one statement.
///
/// # Errors
/// The database's.
pub async fn insert_many(tx: &impl ConnectionTrait, comments: Vec<Model>) -> Result<(), Error> {
    if comments.is_empty() {
        return Ok(());
    }
    let rows = comments.into_iter().map(|comment| comment.into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The comment, if there is one.
///
/// # Errors
/// The database's.
pub async fn find(conn: &impl ConnectionTrait, id: CommentId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id.uuid()).one(conn).await?)
}

/// The comments that authors wrote under these client ids.
///
/// # Errors
/// The database's.
pub async fn by_client_ids(
    conn: &impl ConnectionTrait,
    room: RoomId,
    keys: &[(UserId, &str)],
) -> Result<Vec<Model>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let any = keys.iter().fold(Condition::any(), |any, (author, client_id)| {
        let one = Condition::all()
            .add(Column::AuthorId.eq(author.uuid()))
            .add(Column::ClientId.eq(*client_id));
        any.add(one)
    });
    Ok(Entity::find().filter(Column::RoomId.eq(room.uuid())).filter(any).all(conn).await?)
}

/// Published comments of a room before a place, newest first.
///
/// # Errors
/// The database's.
pub async fn page_before(
    conn: &impl ConnectionTrait,
    room: RoomId,
    seq: Option<i64>,
    wanted: Wanted<'_>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::RoomId.eq(room.uuid()))
        .filter(Column::Seq.is_not_null())
        .filter(Column::Status.eq(wanted.status.unwrap_or("published")));
    if let Some(seq) = seq {
        query = query.filter(Column::Seq.lt(seq));
    }
    if let Some(kind) = wanted.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    if let Some(author) = wanted.author {
        query = query.filter(Column::AuthorId.eq(author.uuid()));
    }
    Ok(query.order_by_desc(Column::Seq).limit(limit).all(conn).await?)
}

/// Comments of a room that never got a place, newest first: held, rejected, seen by the author alone.
///
/// # Errors
/// The database's.
pub async fn page_unplaced(
    conn: &impl ConnectionTrait,
    room: RoomId,
    before: Option<Uuid>,
    status: &str,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query =
        Entity::find().filter(Column::RoomId.eq(room.uuid())).filter(Column::Status.eq(status));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(conn).await?)
}

/// Published comments of a broadcast in a span of programme time, in its order.
///
/// # Errors
/// The database's.
pub async fn page_of_broadcast(
    conn: &impl ConnectionTrait,
    broadcast: BroadcastId,
    span: std::ops::Range<i64>,
    after: Option<(i64, Uuid)>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::BroadcastId.eq(broadcast.uuid()))
        .filter(Column::Status.eq("published"))
        .filter(Column::PdtAt.gte(span.start))
        .filter(Column::PdtAt.lt(span.end));
    if let Some((pdt_at, id)) = after {
        let same = Condition::all().add(Column::PdtAt.eq(pdt_at)).add(Column::Id.gt(id));
        query = query.filter(Condition::any().add(Column::PdtAt.gt(pdt_at)).add(same));
    }
    let ordered = query.order_by_asc(Column::PdtAt).order_by_asc(Column::Id);
    Ok(ordered.limit(limit).all(conn).await?)
}

/// The published comments of one author in a room: what a ban may take away.
///
/// # Errors
/// The database's.
pub async fn published_of(
    conn: &impl ConnectionTrait,
    room: RoomId,
    author: UserId,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let found = Entity::find()
        .filter(Column::RoomId.eq(room.uuid()))
        .filter(Column::AuthorId.eq(author.uuid()))
        .filter(Column::Status.eq("published"))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(conn);
    Ok(found.await?)
}

/// Whether this author has a published comment in the room.
///
/// # Errors
/// The database's.
pub async fn has_published(
    conn: &impl ConnectionTrait,
    room: RoomId,
    author: UserId,
) -> Result<bool, Error> {
    Ok(!published_of(conn, room, author, 1).await?.is_empty())
}

/// Changes a comment's status when it still is `from`; `removed_at` only when it is taken away.
///
/// # Errors
/// The database's.
pub async fn change_status(
    tx: &impl ConnectionTrait,
    id: CommentId,
    from: &str,
    to: &str,
    removed_at: Option<i64>,
) -> Result<bool, Error> {
    let changed = Entity::update_many()
        .set(ActiveModel {
            status: Set(to.to_owned()),
            removed_at: Set(removed_at),
            ..Default::default()
        })
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::Status.eq(from))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Gives a comment that was held its place in the room's history.
///
/// # Errors
/// The database's.
pub async fn place(tx: &impl ConnectionTrait, id: CommentId, seq: u64) -> Result<(), Error> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    Entity::update_many()
        .set(ActiveModel { seq: Set(Some(seq)), ..Default::default() })
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::Seq.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes away every comment of an author that is shown in a room; tells which they were.
///
/// # Errors
/// The database's.
pub async fn remove_all_of(
    tx: &impl ConnectionTrait,
    room: RoomId,
    author: UserId,
    removed_at: i64,
) -> Result<Vec<Model>, Error> {
    let shown = Condition::all()
        .add(Column::RoomId.eq(room.uuid()))
        .add(Column::AuthorId.eq(author.uuid()))
        .add(Column::Status.eq("published"));
    let removed = Entity::find().filter(shown.clone()).all(tx).await?;
    Entity::update_many()
        .set(ActiveModel {
            status: Set("removed".to_owned()),
            removed_at: Set(Some(removed_at)),
            ..Default::default()
        })
        .filter(shown)
        .exec(tx)
        .await?;
    Ok(removed)
}

/// An author's newest comments in an organisation, or in one room of it, newest first.
///
/// # Errors
/// The database's.
pub async fn latest_of(
    conn: &impl ConnectionTrait,
    org: OrgId,
    author: UserId,
    room: Option<RoomId>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::OrgId.eq(org.uuid()))
        .filter(Column::AuthorId.eq(author.uuid()));
    if let Some(room) = room {
        query = query.filter(Column::RoomId.eq(room.uuid()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(conn).await?)
}

/// What was said in a room up to a comment and right after it, oldest first; at most `limit`, a fifth
/// of them after it. Ids grow with time.
///
/// # Errors
/// The database's.
pub async fn around(
    conn: &impl ConnectionTrait,
    room: RoomId,
    id: CommentId,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let after = limit / 5;
    let in_room = || Entity::find().filter(Column::RoomId.eq(room.uuid()));
    let mut rows = in_room()
        .filter(Column::Id.lte(id.uuid()))
        .order_by_desc(Column::Id)
        .limit(limit - after)
        .all(conn)
        .await?;
    rows.reverse();
    let later = in_room().filter(Column::Id.gt(id.uuid())).order_by_asc(Column::Id).limit(after);
    rows.extend(later.all(conn).await?);
    Ok(rows)
}
