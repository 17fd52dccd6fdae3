//! Rooms: their settings, and the head of each room's history.

use domain::id::RoomId;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, IntoActiveModel as _, Statement};

use super::Error;

/// One room.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rooms")]
pub struct Model {
    /// The room's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub org_id: Uuid,
    /// Whose comments run here.
    pub channel_id: Uuid,
    /// `chat`, `qa`, `consult` or `class`.
    pub kind: String,
    /// What moderators can set.
    pub settings: Json,
    /// Grows with each change of the settings.
    pub settings_version: i64,
    /// Identity of the history.
    pub epoch: String,
    /// The last event.
    pub head_seq: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When it was over for good, milliseconds since 1970.
    pub closed_at: Option<i64>,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Consecutive places in a room's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Identity of the history.
    pub epoch: String,
    /// The first of them.
    pub first: u64,
}

/// Makes a room.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &impl ConnectionTrait, room: Model) -> Result<(), Error> {
    Entity::insert(room.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The room, if there is one.
///
/// # Errors
/// The database's.
pub async fn find(conn: &impl ConnectionTrait, id: RoomId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id.uuid()).one(conn).await?)
}

/// The chat room of a channel.
///
/// # Errors
/// The database's.
pub async fn chat_of(conn: &impl ConnectionTrait, channel: Uuid) -> Result<Option<Model>, Error> {
    let found = Entity::find()
        .filter(Column::ChannelId.eq(channel))
        .filter(Column::Kind.eq("chat"))
        .one(conn);
    Ok(found.await?)
}

/// Takes the next `count` places of a room's history; they come back when the transaction is undone.
///
/// The row stays locked until the transaction ends, so places are taken in the order of commits.
///
/// # Errors
/// The database's, also when there is no such room.
pub async fn take_places(
    tx: &impl ConnectionTrait,
    id: RoomId,
    count: u64,
) -> Result<Places, Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row = tx
        .query_one_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "UPDATE rooms SET head_seq = head_seq + $1 WHERE id = $2 RETURNING epoch, head_seq",
            [count.into(), id.uuid().into()],
        ))
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("room".to_owned()))?;
    let head: i64 = row.try_get("", "head_seq")?;
    let first = u64::try_from(head - count + 1).unwrap_or(1);
    Ok(Places { epoch: row.try_get("", "epoch")?, first })
}

/// Replaces the settings when they still have the version that the caller saw.
///
/// # Errors
/// The database's.
pub async fn change_settings(
    tx: &impl ConnectionTrait,
    id: RoomId,
    seen_version: i64,
    settings: Json,
) -> Result<bool, Error> {
    let changed = Entity::update_many()
        .set(ActiveModel {
            settings: Set(settings),
            settings_version: Set(seen_version + 1),
            ..Default::default()
        })
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::SettingsVersion.eq(seen_version))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The chat rooms of these channels, in no order.
///
/// # Errors
/// The database's.
pub async fn chats_of(
    conn: &impl ConnectionTrait,
    channels: Vec<Uuid>,
) -> Result<Vec<Model>, Error> {
    let found = Entity::find()
        .filter(Column::ChannelId.is_in(channels))
        .filter(Column::Kind.eq("chat"))
        .all(conn);
    Ok(found.await?)
}
