//! Tests of sweeps and of what they set off.

use bytes::Bytes;
use infra::object::Meta;

use super::*;
use crate::{jobs::Runner, testing::World};

#[tokio::test]
async fn a_fresh_database_has_nothing_to_forget() {
    let world = World::new().await;
    assert_eq!(round(&world.parts).await.unwrap(), 0);
}

#[tokio::test]
async fn the_objects_of_a_deleted_recording_go_and_no_others() {
    let world = World::with_channel("demo").await;
    let Parts { database, store, ids, clock, .. } = &world.parts;
    let channel = infra::database::channels::find_by_slug(database.read(), "demo").await.unwrap();
    let channel = channel.unwrap();
    let (broadcast, recording) = (ids.next(), ids.next());
    let row = infra::database::broadcasts::Imported {
        broadcast_id: broadcast,
        recording_id: recording,
        title: "Old".to_owned(),
        starts_at: clock.now(),
        duration_ms: 1_000,
        byte_count: 10,
    };
    let (makes, now) = (ids.clone(), clock.now());
    let written = database.write::<_, Infallible, _>(move |tx| {
        let (ids, channel, row) = (makes.clone(), channel.clone(), row.clone());
        Box::pin(async move {
            infra::database::broadcasts::import(tx, &ids, &channel, row, now).await?;
            let mut row = recordings::find(tx, recording).await?.expect("it was just written");
            row.status = "purged".to_owned();
            row.purge_after = Some(now.as_millis());
            Ok(recordings::update(tx, &row).await?)
        })
    });
    written.await.unwrap();
    let keys = [
        format!("media/{broadcast}/v0/1/0.m4s"),
        format!("meta/{broadcast}/v0/0"),
        format!("media/{recording}/index.m3u8"),
        "media/other/v0/1/0.m4s".to_owned(),
    ];
    for key in &keys {
        store.put(key, vec![Bytes::from_static(b"x")], Meta::of_key(key)).await.unwrap();
    }
    let runner =
        Runner::new(world.parts.clone()).with(purge::KIND, purge::Purge::new(&world.parts));
    round(&world.parts).await.unwrap();
    round(&world.parts).await.unwrap();
    assert_eq!(runner.round().await.unwrap(), 1);
    let left = store.list("", None, 10).await.unwrap();
    assert_eq!(left.into_iter().map(|object| object.key).collect::<Vec<_>>(), [keys[3].clone()]);
    round(&world.parts).await.unwrap();
    assert_eq!(runner.round().await.unwrap(), 0);
}
