//! `analytics_events`: what players and pages tell, for a while. Swept by age.

use domain::{
    id::{BroadcastId, ChannelId, EventId, OrgId, RecordingId, UserId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// Rows of one statement: each has 12 values, and SQLite binds at most 32 766.
pub const BATCH_MAX: usize = 500;

/// One told event.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id: the same one again is the same event.
    pub id: EventId,
    /// Whose viewer it is about.
    pub org_id: Option<OrgId>,
    /// `watch`, `impression` and so on.
    pub kind: String,
    /// When it happened, as far as we believe it.
    pub at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// Who.
    pub user_id: Option<UserId>,
    /// The player's own session.
    pub session: Option<String>,
    /// What was watched or shown.
    pub broadcast_id: Option<BroadcastId>,
    /// What was watched or shown.
    pub recording_id: Option<RecordingId>,
    /// Whose it is.
    pub channel_id: Option<ChannelId>,
    /// How long it was watched.
    pub watched_ms: i64,
    /// The rest.
    pub payload: serde_json::Value,
}

/// A watch mark as the feeds need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Watched {
    /// Who.
    pub user_id: Option<Uuid>,
    /// Whose broadcast or recording.
    pub channel_id: Uuid,
    /// How long.
    pub watched_ms: i64,
    /// When.
    pub at: i64,
}

/// Keeps events; those that are known already change nothing. Returns the ids of the new ones.
pub async fn insert_many(db: &impl ConnectionTrait, events: &[New]) -> Result<Vec<EventId>, Error> {
    let mut fresh = Vec::with_capacity(events.len());
    for batch in events.chunks(BATCH_MAX) {
        let rows: Vec<String> = (0..batch.len())
            .map(|row| {
                let places: Vec<String> =
                    (1..=12).map(|at| format!("${}", row * 12 + at)).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let sql = format!(
            "insert into analytics_events (id, org_id, type, at, received_at, user_id, session,
                broadcast_id, recording_id, channel_id, watched_ms, payload)
            values {} on conflict (id) do nothing returning id",
            rows.join(", ")
        );
        let values = batch.iter().flat_map(values);
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        for row in db.query_all_raw(statement).await? {
            fresh.push(EventId::from_uuid(row.try_get("", "id")?));
        }
    }
    Ok(fresh)
}

fn values(event: &New) -> [Value; 12] {
    [
        event.id.uuid().into(),
        event.org_id.map(OrgId::uuid).into(),
        event.kind.clone().into(),
        event.at.as_millis().into(),
        event.received_at.as_millis().into(),
        event.user_id.map(UserId::uuid).into(),
        event.session.clone().into(),
        event.broadcast_id.map(BroadcastId::uuid).into(),
        event.recording_id.map(RecordingId::uuid).into(),
        event.channel_id.map(ChannelId::uuid).into(),
        event.watched_ms.into(),
        event.payload.clone().into(),
    ]
}

/// The watch marks received since `since`, oldest first: what the feeds learn again at a start.
pub async fn watched_since(
    db: &impl ConnectionTrait,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Watched>, Error> {
    let sql = "select user_id, channel_id, watched_ms, at from (
            select user_id, channel_id, watched_ms, at, received_at, id from analytics_events
            where type = 'watch' and channel_id is not null and received_at >= $1
            order by received_at desc, id desc limit $2) as newest
        order by received_at, id";
    let values: [Value; 2] = [since.as_millis().into(), i64::from(limit).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Watched::find_by_statement(statement).all(db).await?)
}

/// How many watched a broadcast: users, and players without one.
pub async fn viewers_of(db: &impl ConnectionTrait, id: BroadcastId) -> Result<i64, Error> {
    let sql = "select count(*) as viewers from (
            select user_id, case when user_id is null then session end as alone
            from analytics_events where broadcast_id = $1 and type = 'watch'
            group by 1, 2) as viewers";
    let values: [Value; 1] = [id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "viewers"))?)
}

/// Forgets at most a batch of what was received before `before`; tells how many.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, Error> {
    let sql = "delete from analytics_events where id in
        (select id from analytics_events where received_at < $1 order by received_at limit 500)";
    let values: [Value; 1] = [before.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::database::testing::{Fixture, both};

    fn watch(fixture: &Fixture, broadcast: BroadcastId, user: Option<UserId>) -> New {
        New {
            id: fixture.ids.next(),
            org_id: None,
            kind: "watch".into(),
            at: fixture.now(),
            received_at: fixture.now(),
            user_id: user,
            session: Some("tab".into()),
            broadcast_id: Some(broadcast),
            recording_id: None,
            channel_id: Some(fixture.ids.next()),
            watched_ms: 10_000,
            payload: serde_json::json!({}),
        }
    }

    async fn insert(fixture: &Fixture, events: Vec<New>) -> Vec<EventId> {
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let events = events.clone();
            Box::pin(async move { Ok(insert_many(tx, &events).await?) })
        });
        written.await.unwrap()
    }

    #[tokio::test]
    async fn an_event_told_twice_is_one_event() {
        for fixture in both().await {
            let broadcast = fixture.ids.next();
            let event = watch(&fixture, broadcast, None);
            let id = event.id;
            assert_eq!(insert(&fixture, vec![event.clone(), event.clone()]).await, [id]);
            assert_eq!(insert(&fixture, vec![event]).await, []);
        }
    }

    #[tokio::test]
    async fn viewers_are_counted_by_broadcast_and_person() {
        for fixture in both().await {
            let (one, other) = (fixture.ids.next(), fixture.ids.next());
            let users: Vec<UserId> = (0..5).map(|_| fixture.ids.next()).collect();
            let mut events: Vec<New> =
                users.iter().map(|&user| watch(&fixture, one, Some(user))).collect();
            events.push(watch(&fixture, one, users.first().copied()));
            events.push(watch(&fixture, other, users.first().copied()));
            insert(&fixture, events).await;
            assert_eq!(viewers_of(fixture.db.read(), one).await.unwrap(), 5);
            assert_eq!(viewers_of(fixture.db.read(), other).await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn the_newest_marks_come_back_oldest_first_until_they_are_swept() {
        for fixture in both().await {
            let broadcast = fixture.ids.next();
            let mut events = Vec::new();
            for _ in 0..3 {
                events.push(watch(&fixture, broadcast, None));
                fixture.clock.advance(std::time::Duration::from_secs(1));
            }
            let channels: Vec<Uuid> =
                events.iter().filter_map(|event| event.channel_id.map(ChannelId::uuid)).collect();
            insert(&fixture, events).await;
            let found = watched_since(fixture.db.read(), Timestamp(0), 2).await.unwrap();
            let found: Vec<Uuid> = found.iter().map(|mark| mark.channel_id).collect();
            assert_eq!(found, channels[1..]);
            let now = fixture.now();
            let swept = fixture.db.write::<_, Infallible, _>(move |tx| {
                Box::pin(async move { Ok(sweep(tx, now).await?) })
            });
            assert_eq!(swept.await.unwrap(), 3);
        }
    }
}
