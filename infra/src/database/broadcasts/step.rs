//! What befalls a broadcast on the air, as its lease holder writes it down.

use domain::{
    broadcast::Status,
    event::Topic,
    id::{BroadcastId, ChannelId, Id, OrgId, RecordingId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult as _,
    QueryFilter as _, QuerySelect as _, Statement, Value,
};

use super::{ActiveModel, Column, Entity, Model, ON_AIR};
use crate::{
    database::{
        Error, broadcast_timeline,
        leases::{self, Kind},
        outbox, recordings,
    },
    ids::Ids,
};

/// Media time begins, or breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The media before it.
    pub media_ms: i64,
    /// The programme time of the frame after it.
    pub pdt: Timestamp,
}

/// One step in the life of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Media time begins, or breaks.
    Mark(Mark),
    /// The publisher is gone.
    Interrupted {
        /// Why: a stable word.
        reason: &'a str,
    },
    /// The publisher is back.
    Resumed,
    /// It is over.
    Ended {
        /// How long its media is.
        duration_ms: i64,
        /// Why: a stable word.
        reason: &'a str,
    },
    /// It is over, by a decision.
    TakenDown,
    /// The holder goes down; the next one may go on at once.
    Left,
}

/// Whether a lease is still its holder's, and what was ordered since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Renewed.
    Ours {
        /// Grows with each order.
        control_version: i64,
        /// The newest order: `end`, `take_down` or `key_revoked`.
        control_action: Option<String>,
        /// Why it was ordered.
        control_reason: Option<String>,
    },
    /// Someone else has it, or the broadcast is over: stop writing.
    Lost,
}

/// A broadcast on the air that nobody works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The broadcast.
    pub row: Model,
    /// The fence of who had it.
    pub fence: i64,
    /// When it was last worked on.
    pub last_seen: Timestamp,
}

/// Writes a step of a broadcast whose lease has this fence. The same step twice changes nothing.
///
/// `false`: someone else has the lease, nothing was written.
pub async fn step(
    db: &impl ConnectionTrait,
    ids: &Ids,
    (id, fence): (BroadcastId, i64),
    step: Step<'_>,
    at: Timestamp,
) -> Result<bool, Error> {
    let row = Entity::find_by_id(id.uuid()).lock_exclusive().one(db).await?;
    let lease = leases::find(db, Kind::Broadcast, &id.to_string()).await?;
    let (Some(row), true) = (row, lease.is_some_and(|lease| lease.fence == fence)) else {
        return Ok(false);
    };
    let status = Status::parse(&row.status).unwrap_or(Status::Archived);
    match step {
        Step::Mark(mark) => broadcast_timeline::mark(db, id, mark.pdt, mark.media_ms).await?,
        Step::Interrupted { reason } if status == Status::Live => {
            set_status(db, &row, Status::Interrupted, Some(at)).await?;
            let told = told(ids, Topic::BroadcastInterrupted, &row, Some(reason), at);
            outbox::append(db, told).await?;
        }
        Step::Resumed if status == Status::Interrupted => {
            set_status(db, &row, Status::Live, None).await?;
            let told = told(ids, Topic::BroadcastResumed, &row, None, at);
            outbox::append(db, told).await?;
        }
        Step::Ended { duration_ms, reason } if status.is_on_air() => {
            broadcast_timeline::end(db, id, duration_ms).await?;
            if let Some(recording) = row.recording_id {
                recordings::finish(db, Id::from_uuid(recording), duration_ms, None).await?;
                outbox::append(db, told(ids, Topic::RecordingReady, &row, None, at)).await?;
            }
            over(db, ids, &row, (Topic::BroadcastEnded, reason), at).await?;
        }
        Step::TakenDown if status.is_on_air() => {
            if let Some(recording) = row.recording_id {
                recordings::hide(db, Id::from_uuid(recording)).await?;
            }
            over(db, ids, &row, (Topic::BroadcastTakenDown, "taken_down"), at).await?;
        }
        Step::Left => leases::release(db, Kind::Broadcast, &id.to_string(), fence).await?,
        Step::Interrupted { .. } | Step::Resumed | Step::Ended { .. } | Step::TakenDown => {}
    }
    Ok(true)
}

/// Ends a broadcast that nobody works on; its recording plays for what the timeline says.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    ids: &Ids,
    row: &Model,
    reason: &str,
    at: Timestamp,
) -> Result<(), Error> {
    if let Some(recording) = row.recording_id {
        let started = row.started_at.map_or(at, Timestamp);
        let until = row.interrupted_at.map_or(at, Timestamp);
        let duration = i64::try_from(until.since(started).as_millis()).unwrap_or(i64::MAX);
        recordings::finish(db, Id::from_uuid(recording), duration, None).await?;
        outbox::append(db, told(ids, Topic::RecordingReady, row, None, at)).await?;
    }
    over(db, ids, row, (Topic::BroadcastEnded, reason), at).await
}

async fn over(
    db: &impl ConnectionTrait,
    ids: &Ids,
    row: &Model,
    (topic, reason): (Topic, &str),
    at: Timestamp,
) -> Result<(), Error> {
    Entity::update_many()
        .set(ActiveModel {
            status: Set(Status::Ended.as_str().into()),
            interrupted_at: Set(None),
            ended_at: Set(Some(at.as_millis())),
            end_reason: Set(Some(reason.into())),
            ..Default::default()
        })
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    outbox::append(db, told(ids, topic, row, Some(reason), at)).await
}

async fn set_status(
    db: &impl ConnectionTrait,
    row: &Model,
    status: Status,
    interrupted_at: Option<Timestamp>,
) -> Result<(), Error> {
    Entity::update_many()
        .set(ActiveModel {
            status: Set(status.as_str().into()),
            interrupted_at: Set(interrupted_at.map(Timestamp::as_millis)),
            ..Default::default()
        })
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Renews the lease of one broadcast and reads what was ordered.
pub async fn hold(
    db: &impl ConnectionTrait,
    id: BroadcastId,
    fence: i64,
    now: Timestamp,
) -> Result<Held, Error> {
    if !leases::renew(db, Kind::Broadcast, &id.to_string(), fence, now).await? {
        return Ok(Held::Lost);
    }
    let row = super::find(db, id).await?;
    Ok(row.filter(|row| ON_AIR.contains(&row.status.as_str())).map_or(Held::Lost, |row| {
        Held::Ours {
            control_version: row.control_version,
            control_action: row.control_action,
            control_reason: row.control_reason,
        }
    }))
}

/// The broadcasts on the air whose lease is over, or was this node's before it started again.
pub async fn left_behind(
    db: &impl ConnectionTrait,
    node: &str,
    now: Timestamp,
) -> Result<Vec<Left>, Error> {
    let sql = "select kind, subject_id, node, address, fence, expires_at, heartbeat from leases
        where kind = 'broadcast' and (node = $1 or expires_at <= $2)";
    let values: [Value; 2] = [node.into(), now.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let over: std::collections::HashMap<_, _> = leases::Model::find_by_statement(statement)
        .all(db)
        .await?
        .into_iter()
        .map(|lease| (lease.subject_id.clone(), lease))
        .collect();
    let rows = Entity::find().filter(Column::Status.is_in(ON_AIR)).all(db).await?;
    let left = rows.into_iter().filter_map(|row| {
        let lease = over.get(&BroadcastId::from_uuid(row.id).to_string())?;
        Some(Left { fence: lease.fence, last_seen: Timestamp(lease.heartbeat), row })
    });
    Ok(left.collect())
}

/// The outbox row that tells of a broadcast, in the shape of the room's event.
pub(super) fn told(
    ids: &Ids,
    topic: Topic,
    row: &Model,
    reason: Option<&str>,
    at: Timestamp,
) -> outbox::Row {
    let id = BroadcastId::from_uuid(row.id);
    outbox::Row {
        id: ids.next(),
        org_id: Some(OrgId::from_uuid(row.org_id)),
        topic,
        key: id.to_string(),
        payload: serde_json::json!({
            "broadcast_id": id,
            "channel_id": ChannelId::from_uuid(row.channel_id),
            "recording_id": row.recording_id.map(RecordingId::from_uuid),
            "reason": reason,
            "scheduled_at": row.scheduled_at.map(Timestamp),
        }),
        created_at: at,
    }
}
