//! A publisher comes: which broadcast it is, and who has its lease now.

use std::time::Duration;

use domain::{
    broadcast::Status,
    event::Topic,
    id::{BroadcastId, ChannelId, OrgId, RecordingId, RoomId, StreamKeyId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Statement, Value,
};

use super::{ActiveModel, Column, Entity, Model, current_of, step};
use crate::{
    database::{
        Error, Refused, channels,
        leases::{self, Holder, Kind},
        outbox, recordings, stream_keys,
    },
    ids::Ids,
};

/// A lease holder that has been silent for so long has lost its publisher.
pub const HEARTBEAT_MAX: Duration = Duration::from_secs(3);
/// A publisher that comes so early before a planned time begins that broadcast.
const EARLY_MAX: Duration = Duration::from_mins(30);

/// Who comes, and to whom.
#[derive(Clone, Debug)]
pub struct Opening {
    /// SHA-256 of the stream key.
    pub key_hash: [u8; 32],
    /// When.
    pub now: Timestamp,
    /// The process that took the connection.
    pub node: String,
    /// Where edges find that process; may be empty.
    pub address: String,
    /// How long an interrupted broadcast waits for its publisher.
    pub reconnect_window: Duration,
    /// Whether a recording is begun.
    pub is_recorded: bool,
}

/// The broadcast that the publisher sends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The broadcast.
    pub broadcast_id: BroadcastId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// The channel's organisation.
    pub org_id: OrgId,
    /// Where its comments run.
    pub room_id: RoomId,
    /// What will remain of it.
    pub recording_id: Option<RecordingId>,
    /// The channel's name in public addresses.
    pub slug: String,
    /// Who wrote before us has a lower one.
    pub fence: i64,
    /// Whether it goes on after an interruption.
    pub is_resumed: bool,
    /// When its first publisher came.
    pub started_at: Timestamp,
    /// The latency profile, when it has its own.
    pub profile: Option<String>,
    /// The length of a GOP as the channel was last seen to use.
    pub gop_ms: Option<i64>,
    /// Orders up to here are not for this publisher.
    pub control_version: i64,
}

/// Why a publisher is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No channel has this key.
    #[error("no channel has this stream key")]
    UnknownKey,
    /// The key was taken back.
    #[error("this stream key was revoked")]
    KeyRevoked(ChannelId),
    /// Another publisher sends to the channel.
    #[error("another publisher is live on this channel")]
    AlreadyLive(ChannelId),
    /// The channel is closed, or a sanction keeps it off the air.
    #[error("this channel may not go live")]
    Suspended(ChannelId),
}

/// Lets a publisher in, in one transaction: key → channel → broadcast → lease, status and event.
///
/// Takes up the channel's interrupted broadcast inside its window, else one that is ready (or
/// planned for about now), else a new one.
pub async fn open(
    db: &impl ConnectionTrait,
    ids: &Ids,
    opening: &Opening,
) -> Result<Opened, Refused<OpenError>> {
    let (key, channel) = admit(db, opening).await?;
    let row = match resumable(db, ids, &channel, opening).await? {
        Some(row) => row,
        None => fresh(db, ids, &channel, opening).await?,
    };
    let id = BroadcastId::from_uuid(row.id);
    let holder = Holder { node: &opening.node, address: &opening.address };
    let fence = leases::take(db, Kind::Broadcast, &id.to_string(), holder, opening.now).await?;
    let is_resumed = row.started_at.is_some();
    let recording_id = match row.recording_id {
        Some(known) => Some(RecordingId::from_uuid(known)),
        None if opening.is_recorded && !is_resumed => Some(record(db, ids, &row, opening).await?),
        None => None,
    };
    let started_at = row.started_at.map_or(opening.now, Timestamp);
    Entity::update_many()
        .set(ActiveModel {
            status: Set(Status::Live.as_str().into()),
            started_at: Set(Some(started_at.as_millis())),
            interrupted_at: Set(None),
            recording_id: Set(recording_id.map(RecordingId::uuid)),
            stream_key_id: Set(Some(key.uuid())),
            ..Default::default()
        })
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    stream_keys::touch(db, key, opening.now).await?;
    let opened = Opened {
        broadcast_id: id,
        channel_id: ChannelId::from_uuid(row.channel_id),
        org_id: OrgId::from_uuid(row.org_id),
        room_id: RoomId::from_uuid(row.room_id),
        recording_id,
        slug: channel.slug,
        fence,
        is_resumed,
        started_at,
        profile: row.profile.clone(),
        gop_ms: channel.gop_ms,
        control_version: row.control_version,
    };
    let topic = if is_resumed { Topic::BroadcastResumed } else { Topic::BroadcastStarted };
    let row = Model { recording_id: recording_id.map(RecordingId::uuid), ..row };
    outbox::append(db, step::told(ids, topic, &row, None, opening.now)).await?;
    Ok(opened)
}

async fn admit(
    db: &impl ConnectionTrait,
    opening: &Opening,
) -> Result<(StreamKeyId, channels::Model), Refused<OpenError>> {
    let key = stream_keys::find_by_hash(db, &opening.key_hash).await?;
    let key = key.ok_or(Refused::Rule(OpenError::UnknownKey))?;
    let id = ChannelId::from_uuid(key.channel_id);
    if key.revoked_at.is_some() {
        return Err(Refused::Rule(OpenError::KeyRevoked(id)));
    }
    // Two publishers of one channel come one after the other; SQLite has one writer anyway.
    let channel = channels::Entity::find_by_id(key.channel_id).lock_exclusive().one(db).await?;
    let channel = channel.ok_or(Refused::Rule(OpenError::UnknownKey))?;
    if channel.archived_at.is_some() || is_suspended(db, &channel, opening.now).await? {
        return Err(Refused::Rule(OpenError::Suspended(id)));
    }
    Ok((StreamKeyId::from_uuid(key.id), channel))
}

async fn is_suspended(
    db: &impl ConnectionTrait,
    channel: &channels::Model,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "select 1 from sanctions where kind = 'stream_suspend' and lifted_at is null
        and starts_at <= $1 and (ends_at is null or ends_at > $1)
        and ((scope = 'channel' and scope_id = $2)
            or (scope = 'org' and scope_id = $3 and user_id = $4)) limit 1";
    let owner = channel.owner_id.unwrap_or_default();
    let values: [Value; 4] =
        [now.as_millis().into(), channel.id.into(), channel.org_id.into(), owner.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// The broadcast on the air that this publisher may take up. Ends one that has waited too long.
async fn resumable(
    db: &impl ConnectionTrait,
    ids: &Ids,
    channel: &channels::Model,
    opening: &Opening,
) -> Result<Option<Model>, Refused<OpenError>> {
    let channel_id = ChannelId::from_uuid(channel.id);
    let Some(row) = current_of(db, channel_id).await? else { return Ok(None) };
    let id = BroadcastId::from_uuid(row.id);
    let lease = leases::find(db, Kind::Broadcast, &id.to_string()).await?;
    let heartbeat = Timestamp(lease.map_or(0, |lease| lease.heartbeat));
    let is_live = row.status == Status::Live.as_str();
    if is_live && opening.now.since(heartbeat) < HEARTBEAT_MAX {
        return Err(Refused::Rule(OpenError::AlreadyLive(channel_id)));
    }
    let since = row.interrupted_at.map_or(heartbeat, Timestamp);
    if opening.now.since(since) <= opening.reconnect_window {
        return Ok(Some(row));
    }
    step::end(db, ids, &row, "reconnect_window_over", opening.now).await?;
    Ok(None)
}

/// A broadcast that waits for its publisher, or a new one.
async fn fresh(
    db: &impl ConnectionTrait,
    ids: &Ids,
    channel: &channels::Model,
    opening: &Opening,
) -> Result<Model, Error> {
    let waiting = Entity::find().filter(Column::ChannelId.eq(channel.id));
    let ready = waiting.clone().filter(Column::Status.eq(Status::Ready.as_str()));
    if let Some(row) = ready.order_by_asc(Column::Id).one(db).await? {
        return Ok(row);
    }
    let planned = waiting
        .filter(Column::Status.eq(Status::Scheduled.as_str()))
        .filter(Column::ScheduledAt.lte(opening.now.plus(EARLY_MAX).as_millis()));
    if let Some(row) = planned.order_by_desc(Column::ScheduledAt).one(db).await? {
        return Ok(row);
    }
    let id = ids.next::<domain::id::Broadcast>();
    let new = super::New {
        id,
        org_id: OrgId::from_uuid(channel.org_id),
        channel_id: ChannelId::from_uuid(channel.id),
        title: channel.title.clone(),
        status: Status::Ready,
        scheduled_at: None,
        profile: None,
        visibility: channel.visibility.clone(),
        room_id: chat_of(db, channel).await?,
        created_at: opening.now,
    };
    super::insert(db, new).await?;
    super::find(db, id).await?.ok_or(Error::Panicked)
}

/// The chat room that was made with the channel.
pub(super) async fn chat_of(
    db: &impl ConnectionTrait,
    channel: &channels::Model,
) -> Result<RoomId, Error> {
    let sql = "select id from rooms where channel_id = $1 and kind = 'chat' order by id limit 1";
    let values: [Value; 1] = [channel.id.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| sea_orm::DbErr::RecordNotFound("chat room".into()))?;
    Ok(RoomId::from_uuid(row.try_get("", "id")?))
}

async fn record(
    db: &impl ConnectionTrait,
    ids: &Ids,
    row: &Model,
    opening: &Opening,
) -> Result<RecordingId, Error> {
    let id = ids.next();
    let new = recordings::New {
        id,
        org_id: OrgId::from_uuid(row.org_id),
        broadcast_id: Some(BroadcastId::from_uuid(row.id)),
        channel_id: ChannelId::from_uuid(row.channel_id),
        title: row.title.clone(),
        visibility: row.visibility.clone(),
        created_at: opening.now,
    };
    recordings::insert(db, new).await?;
    Ok(id)
}

#[cfg(test)]
mod tests;
