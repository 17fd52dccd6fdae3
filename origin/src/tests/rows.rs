//! Rows for tests.

use std::path::Path;

use domain::id::ChannelId;
use infra::bootstrap;
use infra::bus::{Received, Subscription};
use infra::clock::{SharedClock, SystemClock};
use infra::database::Database;
use infra::ids::Ids;
use infra::tasks::Tasks;

use super::world::World;

/// A channel and its key.
pub(super) struct Channel {
    pub(super) id: ChannelId,
    pub(super) key: String,
}

/// A migrated database in `directory`.
pub(super) async fn open(directory: &Path, tasks: &Tasks, clock: SharedClock) -> Database {
    let config = infra::config::Database::sqlite(directory.join("headwater.db"));
    let database = Database::open(&config, tasks, clock).await.unwrap();
    database.migrate().await.unwrap();
    database
}

/// A channel with a stream key.
pub(super) async fn channel(world: &World, slug: &str) -> Channel {
    let ids = Ids::new(SystemClock::shared());
    bootstrap::first_start(&world.database, &ids).await.unwrap();
    let made = bootstrap::channel(&world.database, &ids, slug, "A test").await.unwrap();
    Channel { id: made.channel_id, key: made.stream_key.expose().to_owned() }
}

/// Waits for a broadcast's state on the bus.
pub(super) async fn wait_for_state(states: &mut Subscription, wanted: &str) -> serde_json::Value {
    loop {
        let Some(Received::Message(message)) = states.recv().await else { continue };
        if !message.subject.ends_with(".state") {
            continue;
        }
        let state: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        if state["state"] == wanted {
            return state;
        }
    }
}
