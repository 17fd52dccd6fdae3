//! Rooms and their settings; facts that enter by `commit`.

use domain::event::{RoomEvent, SanctionKind};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use infra::database::Refused;
use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn a_room_shows_its_settings_and_its_head() {
    let world = World::new().await;
    let place = world.place("a").await;
    let path = format!("/v1/rooms/{}", place.room_id);
    let seen = world.owner().get(&path).await;
    assert_eq!(seen.header("etag"), "\"1\"");
    let seen = seen.expect(200);
    assert_eq!((&seen["head"], &seen["settings"]["slow_mode_ms"]), (&json!(0), &json!(0)));
    let settings = format!("{path}/settings");
    let owner = world.owner().with("if-match", "\"1\"");
    let changed = owner.patch(&settings, json!({"slow_mode_ms": 3_000})).await.expect(200);
    assert_eq!(
        (&changed["settings"]["slow_mode_ms"], &changed["head"]),
        (&json!(3_000), &json!(1))
    );
    owner.patch(&settings, json!({"slow_mode_ms": 1})).await.refused(412, "version_mismatch");
    let any = world.owner().with("if-match", "*");
    for (change, pointer) in [
        (json!({"slow_mode_ms": 600_001}), "/slow_mode_ms"),
        (json!({"budget_per_s": 0}), "/budget_per_s"),
        (json!({"budget_per_s": 1_001}), "/budget_per_s"),
        (json!({"access": "friends"}), "/access"),
        (json!({"colour": "red"}), "/colour"),
    ] {
        let answer = any.patch(&settings, change).await;
        answer.refused(422, "invalid_body");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer);
    }
    let restored = any.patch(&settings, json!({"slow_mode_ms": null})).await.expect(200);
    assert_eq!(restored["settings"]["slow_mode_ms"], 0);
    let token = world.viewer(place.room_id, "mira", &["read"]).await;
    let viewer = world.bearer(&token).with("if-match", "*");
    viewer.patch(&settings, json!({"slow_mode_ms": 1})).await.refused(403, "insufficient_scope");
    let gone = "/v1/rooms/room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d";
    world.owner().get(gone).await.refused(404, "not_found");
}

/// A sanction, as an example of a fact of someone else's.
fn fact(world: &World) -> RoomEvent {
    RoomEvent::SanctionCreated(domain::event::Sanction {
        sanction_id: world.app.ids.next(),
        user_id: world.owner_id,
        kind: SanctionKind::Warn,
        ends_at: None,
        hides_comments: false,
    })
}

#[tokio::test]
async fn a_refused_transaction_takes_no_number() {
    let world = World::new().await;
    let place = world.place("a").await;
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let runs = (0..60_u32).map(|n| {
        let (room, event) = (&room, fact(&world));
        async move {
            room.commit(move |tx| {
                let event = event.clone();
                async move {
                    let seq = tx.publish(&event).await?;
                    if n.is_multiple_of(3) { Err(Refused::Rule(n)) } else { Ok(seq) }
                }
                .boxed()
            })
            .await
        }
    });
    let mut seqs: Vec<u64> = Vec::new();
    for (n, result) in join_all(runs).await.into_iter().enumerate() {
        match result {
            Ok(seq) => seqs.push(seq),
            Err(Refused::Rule(refused)) => assert_eq!(usize::try_from(refused), Ok(n)),
            Err(Refused::Database(error)) => panic!("{error}"),
        }
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=40).collect::<Vec<_>>());
    assert_eq!(room.hub.head(), 40);
}

#[tokio::test]
async fn a_committed_event_is_told_to_partners_in_the_same_transaction() {
    let world = World::new().await;
    let place = world.place("a").await;
    let room = world.app.rooms.open(place.room_id).await.unwrap();
    let event = fact(&world);
    let told = event.clone();
    room.commit::<_, std::convert::Infallible, _>(move |tx| {
        let event = told.clone();
        async move { Ok(tx.publish(&event).await?) }.boxed()
    })
    .await
    .unwrap();
    let waiting = infra::database::outbox::waiting(world.app.database.read()).await.unwrap();
    let topics: Vec<_> = waiting.iter().map(|row| row.topic.as_str()).collect();
    assert!(topics.contains(&event.name()), "{topics:?}");
}
