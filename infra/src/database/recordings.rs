//! `recordings`: what remains of broadcasts to replay.

use domain::{
    id::{BroadcastId, ChannelId, OrgId, RecordingId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use super::Error;

/// A row of `recordings`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recordings")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The channel's organisation.
    pub org_id: Uuid,
    /// The broadcast it is of; none for an import.
    pub broadcast_id: Option<Uuid>,
    /// Its channel.
    pub channel_id: Uuid,
    /// For people.
    pub title: String,
    /// `recording`, `ready`, `failed` or `purged`.
    pub status: String,
    /// The kept stretches of media time; an empty JSON array is the whole.
    pub ranges: Json,
    /// How much later than its media time each comment is shown.
    pub comment_offset_ms: i64,
    /// How long it plays, once it is ready.
    pub duration_ms: Option<i64>,
    /// What it takes in the store, once it is known.
    pub byte_count: Option<i64>,
    /// How much of it is gaps.
    pub missing_ms: i64,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// How long it is kept, by a name.
    pub retention_class: String,
    /// When its objects go.
    pub purge_after: Option<i64>,
    /// Whether the law keeps it.
    pub legal_hold: bool,
    /// Grows with each change.
    pub revision: i64,
    /// When it was begun.
    pub created_at: i64,
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a new recording is made of.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: RecordingId,
    /// The channel's organisation.
    pub org_id: OrgId,
    /// The broadcast it is of; none for an import.
    pub broadcast_id: Option<BroadcastId>,
    /// Its channel.
    pub channel_id: ChannelId,
    /// For people.
    pub title: String,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// When it is begun.
    pub created_at: Timestamp,
}

/// Which recordings a list is of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Only of this organisation.
    pub org_id: Option<OrgId>,
    /// Only of this channel.
    pub channel_id: Option<ChannelId>,
    /// Only of this broadcast.
    pub broadcast_id: Option<BroadcastId>,
    /// Only what everyone may find and play.
    pub public_only: bool,
}

/// Begins a recording.
pub async fn insert(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(new.id.uuid()),
        org_id: Set(new.org_id.uuid()),
        broadcast_id: Set(new.broadcast_id.map(BroadcastId::uuid)),
        channel_id: Set(new.channel_id.uuid()),
        title: Set(new.title),
        status: Set("recording".into()),
        visibility: Set(new.visibility),
        created_at: Set(new.created_at.as_millis()),
        ..Default::default()
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The recording with this id.
pub async fn find(db: &impl ConnectionTrait, id: RecordingId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?)
}

/// The wanted recordings before `before`, newest first.
pub async fn page_before(
    db: &impl ConnectionTrait,
    wanted: Wanted,
    before: Option<RecordingId>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query =
        Entity::find().filter(Column::Status.ne("purged")).order_by_desc(Column::Id).limit(limit);
    if let Some(org_id) = wanted.org_id {
        query = query.filter(Column::OrgId.eq(org_id.uuid()));
    }
    if let Some(channel_id) = wanted.channel_id {
        query = query.filter(Column::ChannelId.eq(channel_id.uuid()));
    }
    if let Some(broadcast_id) = wanted.broadcast_id {
        query = query.filter(Column::BroadcastId.eq(broadcast_id.uuid()));
    }
    if wanted.public_only {
        query = query.filter(Column::Visibility.eq("public")).filter(Column::Status.eq("ready"));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before.uuid()));
    }
    Ok(query.all(db).await?)
}

/// The newest recording of a channel that everyone may find and play.
pub async fn newest_public_of(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
) -> Result<Option<Model>, Error> {
    let wanted = Wanted { channel_id: Some(channel_id), public_only: true, ..Wanted::default() };
    Ok(page_before(db, wanted, None, 1).await?.pop())
}

/// Stores a changed row as it is given.
pub async fn update(db: &impl ConnectionTrait, changed: &Model) -> Result<(), Error> {
    let row = changed.clone().into_active_model().reset_all();
    Entity::update(row).exec(db).await?;
    Ok(())
}

/// The recording is whole: it plays for so long.
pub async fn finish(
    db: &impl ConnectionTrait,
    id: RecordingId,
    duration_ms: i64,
    byte_count: Option<i64>,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value("ready"))
        .col_expr(Column::DurationMs, Expr::value(duration_ms))
        .col_expr(Column::ByteCount, Expr::value(byte_count))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::Status.eq("recording"))
        .exec(db)
        .await?;
    Ok(())
}

/// So much of the recording is missing, by now.
pub async fn miss(
    db: &impl ConnectionTrait,
    id: RecordingId,
    missing_ms: i64,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::MissingMs, Expr::value(missing_ms))
        .filter(Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}

/// The recording came to nothing.
pub async fn fail(db: &impl ConnectionTrait, id: RecordingId) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value("failed"))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::Status.eq("recording"))
        .exec(db)
        .await?;
    Ok(())
}

/// Hides a recording from everyone but its organisation: a decision took its broadcast down.
pub async fn hide(db: &impl ConnectionTrait, id: RecordingId) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Visibility, Expr::value("private"))
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}

/// Deleted recordings whose objects are still to go, the longest due first.
pub async fn purge_due(
    db: &impl ConnectionTrait,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let due = Entity::find()
        .filter(Column::Status.eq("purged"))
        .filter(Column::PurgeAfter.lte(now.as_millis()))
        .filter(Column::LegalHold.eq(false));
    Ok(due.order_by_asc(Column::PurgeAfter).limit(limit).all(db).await?)
}

/// Whether anything that plays is made of the objects of a broadcast.
pub async fn needs_objects_of(
    db: &impl ConnectionTrait,
    broadcast_id: BroadcastId,
) -> Result<bool, Error> {
    let others = Entity::find()
        .filter(Column::BroadcastId.eq(broadcast_id.uuid()))
        .filter(Column::Status.ne("purged"));
    Ok(others.one(db).await?.is_some())
}

/// The objects of a deleted recording are gone.
pub async fn set_purged(db: &impl ConnectionTrait, id: RecordingId) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::PurgeAfter, Expr::value(None::<i64>))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::Status.eq("purged"))
        .exec(db)
        .await?;
    Ok(())
}
