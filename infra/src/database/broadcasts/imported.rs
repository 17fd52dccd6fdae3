//! A recording that was never on the air: an imported file, written as a broadcast that ended.

use domain::{
    broadcast::Status,
    event::Topic,
    id::{BroadcastId, ChannelId, OrgId, RecordingId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
};

use super::{ActiveModel, Column, Entity, open::chat_of, step};
use crate::{
    database::{Error, broadcast_timeline, channels, outbox, recordings},
    ids::Ids,
};

/// What an imported file became.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The broadcast whose name its objects have.
    pub broadcast_id: BroadcastId,
    /// Its recording.
    pub recording_id: RecordingId,
    /// For people.
    pub title: String,
    /// The programme time of its first frame.
    pub starts_at: Timestamp,
    /// How long it plays.
    pub duration_ms: i64,
    /// Bytes of its segments.
    pub byte_count: i64,
}

/// Registers an imported file on a channel; its objects are stored already.
pub async fn import(
    db: &impl ConnectionTrait,
    ids: &Ids,
    channel: &channels::Model,
    imported: Imported,
    now: Timestamp,
) -> Result<(), Error> {
    let Imported { broadcast_id, recording_id, title, starts_at, duration_ms, byte_count } =
        imported;
    let (org_id, channel_id) = (OrgId::from_uuid(channel.org_id), ChannelId::from_uuid(channel.id));
    let new = super::New {
        id: broadcast_id,
        org_id,
        channel_id,
        title: title.clone(),
        status: Status::Ended,
        scheduled_at: None,
        profile: None,
        visibility: channel.visibility.clone(),
        room_id: chat_of(db, channel).await?,
        created_at: now,
    };
    super::insert(db, new).await?;
    let recording = recordings::New {
        id: recording_id,
        org_id,
        broadcast_id: Some(broadcast_id),
        channel_id,
        title,
        visibility: channel.visibility.clone(),
        created_at: now,
    };
    recordings::insert(db, recording).await?;
    recordings::finish(db, recording_id, duration_ms, Some(byte_count)).await?;
    Entity::update_many()
        .set(ActiveModel {
            started_at: Set(Some(starts_at.as_millis())),
            ended_at: Set(Some(starts_at.as_millis().saturating_add(duration_ms))),
            end_reason: Set(Some("imported".into())),
            recording_id: Set(Some(recording_id.uuid())),
            ..Default::default()
        })
        .filter(Column::Id.eq(broadcast_id.uuid()))
        .exec(db)
        .await?;
    broadcast_timeline::mark(db, broadcast_id, starts_at, 0).await?;
    broadcast_timeline::end(db, broadcast_id, duration_ms).await?;
    let Some(row) = super::find(db, broadcast_id).await? else { return Err(Error::Panicked) };
    outbox::append(db, step::told(ids, Topic::RecordingReady, &row, None, now)).await
}
