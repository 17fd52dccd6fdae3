//! Publishers that come, go and come back, on both engines.

use std::convert::Infallible;

use super::*;
use crate::{
    bootstrap::{self, Made},
    database::{
        broadcasts::{self, Held, Mark, Step},
        testing::{Fixture, both},
    },
};

const WINDOW: Duration = Duration::from_mins(2);

/// A channel with its first key.
async fn channel(fixture: &Fixture) -> Made {
    bootstrap::first_start(&fixture.db, &fixture.ids).await.unwrap();
    bootstrap::channel(&fixture.db, &fixture.ids, "news", "News").await.unwrap()
}

async fn come(fixture: &Fixture, key: [u8; 32]) -> Result<Opened, OpenError> {
    let ids = fixture.ids.clone();
    let opening = Opening {
        key_hash: key,
        now: fixture.now(),
        node: "node".into(),
        address: String::new(),
        reconnect_window: WINDOW,
        is_recorded: true,
    };
    let opened = fixture.db.write(move |tx| {
        let (ids, opening) = (ids.clone(), opening.clone());
        Box::pin(async move { open(tx, &ids, &opening).await })
    });
    opened.await.map_err(|refused| match refused {
        Refused::Rule(rule) => rule,
        Refused::Database(error) => panic!("{error:?}"),
    })
}

async fn befall(fixture: &Fixture, opened: &Opened, step: Step<'static>) -> bool {
    let (ids, who, now) = (fixture.ids.clone(), (opened.broadcast_id, opened.fence), fixture.now());
    let written = fixture.db.write::<_, Infallible, _>(move |tx| {
        let ids = ids.clone();
        Box::pin(async move { Ok(broadcasts::step(tx, &ids, who, step, now).await?) })
    });
    written.await.unwrap()
}

async fn held(fixture: &Fixture, opened: &Opened) -> Held {
    let (id, fence, now) = (opened.broadcast_id, opened.fence, fixture.now());
    let written = fixture.db.write::<_, Infallible, _>(move |tx| {
        Box::pin(async move { Ok(broadcasts::hold(tx, id, fence, now).await?) })
    });
    written.await.unwrap()
}

async fn row(fixture: &Fixture, opened: &Opened) -> Model {
    broadcasts::find(fixture.db.read(), opened.broadcast_id).await.unwrap().unwrap()
}

async fn told(fixture: &Fixture) -> Vec<String> {
    let rows = outbox::waiting(fixture.db.read()).await.unwrap();
    rows.into_iter().map(|row| row.topic).collect()
}

#[tokio::test]
async fn a_first_publisher_begins_a_broadcast_with_its_recording() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let opened = come(&fixture, made.stream_key.hash()).await.unwrap();
        assert_eq!((opened.fence, opened.is_resumed), (1, false));
        assert_eq!((opened.slug.as_str(), opened.room_id), ("news", made.room_id));
        let row = row(&fixture, &opened).await;
        assert_eq!((row.status.as_str(), row.title.as_str()), ("live", "News"));
        let recording = recordings::find(fixture.db.read(), opened.recording_id.unwrap()).await;
        assert_eq!(recording.unwrap().unwrap().status, "recording");
        assert_eq!(told(&fixture).await, ["broadcast.started"]);
    }
}

#[tokio::test]
async fn keys_that_are_unknown_or_revoked_open_nothing() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        assert_eq!(come(&fixture, [0; 32]).await, Err(OpenError::UnknownKey));
        let (id, now) = (made.channel_id, fixture.now());
        let key = stream_keys::page_after(fixture.db.read(), id, None, 1).await.unwrap().remove(0);
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let key = StreamKeyId::from_uuid(key.id);
            Box::pin(async move { Ok(stream_keys::revoke(tx, id, key, now).await?) })
        });
        assert!(written.await.unwrap());
        let refused = come(&fixture, made.stream_key.hash()).await;
        assert_eq!(refused, Err(OpenError::KeyRevoked(id)));
        assert_eq!(told(&fixture).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_second_publisher_waits_until_the_first_is_silent_for_three_seconds() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let key = made.stream_key.hash();
        let first = come(&fixture, key).await.unwrap();
        fixture.clock.advance(HEARTBEAT_MAX.saturating_sub(Duration::from_millis(1)));
        assert_eq!(come(&fixture, key).await, Err(OpenError::AlreadyLive(made.channel_id)));
        assert!(matches!(held(&fixture, &first).await, Held::Ours { .. }));
        fixture.clock.advance(HEARTBEAT_MAX);
        let second = come(&fixture, key).await.unwrap();
        assert_eq!(second.broadcast_id, first.broadcast_id);
        assert_eq!((second.fence, second.is_resumed), (2, true));
        // The old owner finds a higher fence and stops: it writes nothing any more.
        assert_eq!(held(&fixture, &first).await, Held::Lost);
        let late = Step::Ended { duration_ms: 1, reason: "publisher_left" };
        assert!(!befall(&fixture, &first, late).await);
        assert_eq!(row(&fixture, &second).await.status, "live");
    }
}

#[tokio::test]
async fn many_publishers_at_once_are_one_broadcast() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let key = made.stream_key.hash();
        let all = (0..8).map(|_| come(&fixture, key));
        let all = futures_util::future::join_all(all).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1, "{all:?}");
        let refused = Err(OpenError::AlreadyLive(made.channel_id));
        assert_eq!(all.iter().filter(|one| **one == refused).count(), 7, "{all:?}");
    }
}

#[tokio::test]
async fn an_interrupted_broadcast_goes_on_inside_its_window_and_ends_after_it() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let key = made.stream_key.hash();
        let first = come(&fixture, key).await.unwrap();
        let gone = Step::Interrupted { reason: "reset" };
        assert!(befall(&fixture, &first, gone).await);
        assert!(befall(&fixture, &first, gone).await, "twice is once");
        fixture.clock.advance(WINDOW);
        let second = come(&fixture, key).await.unwrap();
        assert_eq!((second.broadcast_id, second.is_resumed), (first.broadcast_id, true));
        assert!(befall(&fixture, &second, gone).await);
        fixture.clock.advance(WINDOW + Duration::from_millis(1));
        let third = come(&fixture, key).await.unwrap();
        assert_ne!(third.broadcast_id, first.broadcast_id);
        let over = row(&fixture, &first).await;
        assert_eq!(over.status, "ended");
        assert_eq!(over.end_reason.as_deref(), Some("reconnect_window_over"));
        assert_eq!(
            told(&fixture).await,
            [
                "broadcast.started",
                "broadcast.interrupted",
                "broadcast.resumed",
                "broadcast.interrupted",
                "recording.ready",
                "broadcast.ended",
                "broadcast.started",
            ]
        );
    }
}

#[tokio::test]
async fn a_planned_broadcast_is_begun_by_the_publisher_that_comes_about_then() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let channel = channels::find(fixture.db.read(), made.channel_id).await.unwrap().unwrap();
        let at = fixture.now().plus(EARLY_MAX + Duration::from_secs(1));
        let new = broadcasts::New {
            id: fixture.ids.next(),
            org_id: OrgId::from_uuid(channel.org_id),
            channel_id: made.channel_id,
            title: "Day 3".into(),
            status: Status::Scheduled,
            scheduled_at: Some(at),
            profile: None,
            visibility: "public".into(),
            room_id: made.room_id,
            created_at: fixture.now(),
        };
        let planned = new.id;
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let new = new.clone();
            Box::pin(async move { Ok(broadcasts::insert(tx, new).await?) })
        });
        written.await.unwrap();
        let key = made.stream_key.hash();
        let early = come(&fixture, key).await.unwrap();
        assert_ne!(early.broadcast_id, planned, "too early for it");
        let end = Step::Ended { duration_ms: 10, reason: "ended_by_creator" };
        assert!(befall(&fixture, &early, end).await);
        fixture.clock.advance(Duration::from_secs(1));
        assert_eq!(come(&fixture, key).await.unwrap().broadcast_id, planned);
    }
}

#[tokio::test]
async fn an_ended_broadcast_leaves_a_recording_that_knows_its_length_and_its_stretches() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let opened = come(&fixture, made.stream_key.hash()).await.unwrap();
        let start = fixture.now();
        let mark = |media_ms, pdt| Step::Mark(Mark { media_ms, pdt });
        let broken_off = start.plus(Duration::from_mins(1));
        for step in [mark(0, start), mark(0, start), mark(10_000, broken_off)] {
            assert!(befall(&fixture, &opened, step).await);
        }
        let end = Step::Ended { duration_ms: 12_000, reason: "publisher_left" };
        assert!(befall(&fixture, &opened, end).await);
        let stretches =
            crate::database::broadcast_timeline::of(fixture.db.read(), opened.broadcast_id).await;
        let stretches: Vec<_> = stretches
            .unwrap()
            .into_iter()
            .map(|one| (one.ordinal, one.pdt_start, one.media_start_ms, one.duration_ms))
            .collect();
        assert_eq!(
            stretches,
            [(0, start.0, 0, Some(10_000)), (1, broken_off.0, 10_000, Some(2_000))]
        );
        let recording = recordings::find(fixture.db.read(), opened.recording_id.unwrap()).await;
        let recording = recording.unwrap().unwrap();
        assert_eq!((recording.status.as_str(), recording.duration_ms), ("ready", Some(12_000)));
    }
}

#[tokio::test]
async fn a_taken_down_broadcast_is_over_and_its_recording_is_hidden() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let opened = come(&fixture, made.stream_key.hash()).await.unwrap();
        let id = opened.broadcast_id;
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            Box::pin(async move { Ok(broadcasts::order(tx, id, "take_down", "policy").await?) })
        });
        written.await.unwrap();
        let Held::Ours { control_version, control_action, .. } = held(&fixture, &opened).await
        else {
            panic!("still ours")
        };
        assert_eq!((control_version, control_action.as_deref()), (1, Some("take_down")));
        assert!(befall(&fixture, &opened, Step::TakenDown).await);
        assert_eq!(row(&fixture, &opened).await.end_reason.as_deref(), Some("taken_down"));
        let recording = recordings::find(fixture.db.read(), opened.recording_id.unwrap()).await;
        assert_eq!(recording.unwrap().unwrap().visibility, "private");
        assert_eq!(held(&fixture, &opened).await, Held::Lost);
    }
}

#[tokio::test]
async fn what_a_dead_process_left_on_the_air_is_found() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let opened = come(&fixture, made.stream_key.hash()).await.unwrap();
        let left =
            |node: &'static str| broadcasts::left_behind(fixture.db.read(), node, fixture.now());
        assert_eq!(left("other").await.unwrap(), []);
        assert_eq!(left("node").await.unwrap().len(), 1, "this node, started again");
        fixture.clock.advance(leases::TIME_TO_LIVE);
        let found = left("other").await.unwrap().remove(0);
        assert_eq!((found.row.id, found.fence), (opened.broadcast_id.uuid(), opened.fence));
    }
}

#[tokio::test]
async fn a_suspended_channel_stays_off_the_air_until_the_sanction_ends() {
    for fixture in both().await {
        let made = channel(&fixture).await;
        let channel = channels::find(fixture.db.read(), made.channel_id).await.unwrap().unwrap();
        let until = fixture.now().plus(Duration::from_hours(1));
        let values: [Value; 6] = [
            fixture.ids.uuid().into(),
            channel.org_id.into(),
            channel.owner_id.into(),
            channel.id.into(),
            fixture.now().0.into(),
            until.0.into(),
        ];
        let written = fixture.db.write::<_, Infallible, _>(move |tx| {
            let sql = "insert into sanctions (id, org_id, user_id, scope, scope_id, kind,
                starts_at, ends_at, created_at)
                values ($1, $2, $3, 'channel', $4, 'stream_suspend', $5, $6, $5)";
            let backend = tx.get_database_backend();
            let statement = Statement::from_sql_and_values(backend, sql, values.clone());
            Box::pin(async move {
                tx.execute_raw(statement).await?;
                Ok(())
            })
        });
        written.await.unwrap();
        let key = made.stream_key.hash();
        assert_eq!(come(&fixture, key).await, Err(OpenError::Suspended(made.channel_id)));
        fixture.clock.advance(Duration::from_hours(1));
        assert!(come(&fixture, key).await.is_ok());
    }
}
