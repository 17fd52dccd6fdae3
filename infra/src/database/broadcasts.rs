//! `broadcasts`: the live sessions of channels. How one opens and what befalls it: the modules.

mod imported;
mod open;
mod step;

use domain::{
    broadcast::Status,
    id::{BroadcastId, ChannelId, OrgId, RoomId},
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

pub use imported::{Imported, import};
pub use open::{HEARTBEAT_MAX, OpenError, Opened, Opening, open};
pub use step::{Held, Left, Mark, Step, hold, left_behind, step};

/// A row of `broadcasts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broadcasts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The channel's organisation.
    pub org_id: Uuid,
    /// Its channel.
    pub channel_id: Uuid,
    /// For people.
    pub title: String,
    /// Where it stands: a [`Status`].
    pub status: String,
    /// When it is planned for.
    pub scheduled_at: Option<i64>,
    /// When its first publisher came.
    pub started_at: Option<i64>,
    /// Since when the publisher is gone, when it is.
    pub interrupted_at: Option<i64>,
    /// When it was over.
    pub ended_at: Option<i64>,
    /// Why it was over: a stable word.
    pub end_reason: Option<String>,
    /// The latency profile, when it is not the installation's.
    pub profile: Option<String>,
    /// Who may watch.
    pub access_mode: String,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// From which age, when it is rated.
    pub age_rating: Option<String>,
    /// Where its comments run.
    pub room_id: Uuid,
    /// What will remain of it.
    pub recording_id: Option<Uuid>,
    /// The key that its publisher came with.
    pub stream_key_id: Option<Uuid>,
    /// Grows with each order to the origin.
    pub control_version: i64,
    /// The newest order: `end`, `take_down` or `key_revoked`.
    pub control_action: Option<String>,
    /// Why it was ordered.
    pub control_reason: Option<String>,
    /// When it was made.
    pub created_at: i64,
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a planned broadcast is made of.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: BroadcastId,
    /// The channel's organisation.
    pub org_id: OrgId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// For people.
    pub title: String,
    /// `Scheduled` or `Ready`; `Ended` for an import.
    pub status: Status,
    /// When it is planned for.
    pub scheduled_at: Option<Timestamp>,
    /// The latency profile, when it shall not be the installation's.
    pub profile: Option<String>,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// Where its comments run.
    pub room_id: RoomId,
    /// When it is made.
    pub created_at: Timestamp,
}

/// Which broadcasts a list is of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Only of this organisation.
    pub org_id: Option<OrgId>,
    /// Only of this channel.
    pub channel_id: Option<ChannelId>,
    /// Only with this status.
    pub status: Option<Status>,
    /// Only what everyone may find.
    pub public_only: bool,
}

const ON_AIR: [&str; 2] = [Status::Live.as_str(), Status::Interrupted.as_str()];

/// Plans a broadcast.
pub async fn insert(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(new.id.uuid()),
        org_id: Set(new.org_id.uuid()),
        channel_id: Set(new.channel_id.uuid()),
        title: Set(new.title),
        status: Set(new.status.as_str().into()),
        scheduled_at: Set(new.scheduled_at.map(Timestamp::as_millis)),
        profile: Set(new.profile),
        visibility: Set(new.visibility),
        room_id: Set(new.room_id.uuid()),
        created_at: Set(new.created_at.as_millis()),
        ..Default::default()
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The broadcast with this id.
pub async fn find(db: &impl ConnectionTrait, id: BroadcastId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?)
}

/// The broadcast of a channel that is on the air.
pub async fn current_of(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
) -> Result<Option<Model>, Error> {
    let query = Entity::find()
        .filter(Column::ChannelId.eq(channel_id.uuid()))
        .filter(Column::Status.is_in(ON_AIR));
    Ok(query.one(db).await?)
}

/// Every broadcast that is on the air.
pub async fn on_air(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, Error> {
    let query = Entity::find().filter(Column::Status.is_in(ON_AIR));
    Ok(query.order_by_asc(Column::Id).limit(limit).all(db).await?)
}

/// The next planned broadcast of a channel.
pub async fn next_of(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
) -> Result<Option<Model>, Error> {
    let query = Entity::find()
        .filter(Column::ChannelId.eq(channel_id.uuid()))
        .filter(Column::Status.eq(Status::Scheduled.as_str()))
        .order_by_asc(Column::ScheduledAt);
    Ok(query.one(db).await?)
}

/// The newest broadcast of a channel that is over.
pub async fn last_of(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
) -> Result<Option<Model>, Error> {
    let query = Entity::find()
        .filter(Column::ChannelId.eq(channel_id.uuid()))
        .filter(Column::Status.eq(Status::Ended.as_str()))
        .order_by_desc(Column::Id);
    Ok(query.one(db).await?)
}

/// The broadcast that a recording is of.
pub async fn of_recording(
    db: &impl ConnectionTrait,
    recording: domain::id::RecordingId,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::RecordingId.eq(recording.uuid())).one(db).await?)
}

/// The wanted broadcasts before `before`, newest first.
pub async fn page_before(
    db: &impl ConnectionTrait,
    wanted: Wanted,
    before: Option<BroadcastId>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find().order_by_desc(Column::Id).limit(limit);
    if let Some(org_id) = wanted.org_id {
        query = query.filter(Column::OrgId.eq(org_id.uuid()));
    }
    if let Some(channel_id) = wanted.channel_id {
        query = query.filter(Column::ChannelId.eq(channel_id.uuid()));
    }
    if let Some(status) = wanted.status {
        query = query.filter(Column::Status.eq(status.as_str()));
    }
    if wanted.public_only {
        query = query.filter(Column::Visibility.eq("public"));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before.uuid()));
    }
    Ok(query.all(db).await?)
}

/// Stores what its creator may change; orders and the origin's steps have their own functions.
pub async fn update(db: &impl ConnectionTrait, changed: &Model) -> Result<(), Error> {
    let mut row = changed.clone().into_active_model().reset_all();
    row.control_version = sea_orm::ActiveValue::NotSet;
    row.control_action = sea_orm::ActiveValue::NotSet;
    row.control_reason = sea_orm::ActiveValue::NotSet;
    Entity::update(row).exec(db).await?;
    Ok(())
}

/// Orders the origin to do something; it reads the versions of its broadcasts every two seconds.
pub async fn order(
    db: &impl ConnectionTrait,
    id: BroadcastId,
    action: &str,
    reason: &str,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::ControlVersion, Expr::col(Column::ControlVersion).add(1))
        .col_expr(Column::ControlAction, Expr::value(action))
        .col_expr(Column::ControlReason, Expr::value(reason))
        .filter(Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}
