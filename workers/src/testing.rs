//! A real database and object store for the tests of this crate.

use std::sync::Arc;

use domain::time::Timestamp;
use infra::{
    bootstrap,
    clock::{ManualClock, SharedClock},
    config,
    database::Database,
    ids::Ids,
    object::Memory,
    tasks::Tasks,
};

use crate::Parts;

/// Everything that workers meet.
pub(crate) struct World {
    pub(crate) parts: Parts,
    pub(crate) clock: Arc<ManualClock>,
    _directory: tempfile::TempDir,
}

impl World {
    /// An empty, migrated database in a directory of its own.
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(Timestamp(1_700_000_000_000));
        let shared: SharedClock = Arc::clone(&clock) as SharedClock;
        let tasks = Tasks::new();
        let config = config::Database::sqlite(directory.path().join("headwater.db"));
        let database = Database::open(&config, &tasks, Arc::clone(&shared)).await.unwrap();
        database.migrate().await.unwrap();
        let ids = Ids::seeded(Arc::clone(&shared), 1);
        let parts =
            Parts { database, store: Arc::new(Memory::default()), ids, clock: shared, tasks };
        Self { parts, clock, _directory: directory }
    }

    /// The same with an organisation and a channel.
    pub(crate) async fn with_channel(slug: &str) -> Self {
        let world = Self::new().await;
        let (database, ids) = (&world.parts.database, &world.parts.ids);
        bootstrap::first_start(database, ids).await.unwrap();
        bootstrap::channel(database, ids, slug, "A channel").await.unwrap();
        world
    }
}
