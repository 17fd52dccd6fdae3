//! A fresh, migrated database on each engine, for the tests of this crate.

mod postgres;

use std::sync::Arc;

use domain::time::Timestamp;

use super::Database;
use crate::{
    clock::{ManualClock, SharedClock},
    config,
    ids::Ids,
    tasks::Tasks,
};

/// A database of its own, with what its rows are made of.
pub(crate) struct Fixture {
    pub(crate) db: Database,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Ids,
    pub(crate) tasks: Tasks,
    pub(crate) config: config::Database,
    /// Removes the file at the end.
    #[expect(dead_code, reason = "held for its end")]
    pub(crate) directory: tempfile::TempDir,
}

impl Fixture {
    async fn open(config: config::Database, directory: tempfile::TempDir) -> Self {
        let clock = ManualClock::new(Timestamp(1_700_000_000_000));
        let shared: SharedClock = Arc::clone(&clock) as SharedClock;
        let (tasks, ids) = (Tasks::new(), Ids::seeded(Arc::clone(&shared), 1));
        let db = Database::open(&config, &tasks, shared).await.expect("the database opens");
        Self { db, clock, ids, tasks, config, directory }
    }

    /// The time of the fixture's clock.
    pub(crate) fn now(&self) -> Timestamp {
        use crate::clock::Clock as _;
        self.clock.now()
    }
}

/// SQLite in a directory of its own, not migrated.
pub(crate) async fn sqlite_empty() -> Fixture {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = config::Database::sqlite(directory.path().join("headwater.db"));
    Fixture::open(config, directory).await
}

/// SQLite with its tables.
pub(crate) async fn sqlite() -> Fixture {
    let fixture = sqlite_empty().await;
    fixture.db.migrate().await.expect("the migrations apply");
    fixture
}

/// PostgreSQL with its tables: a copy of one that was migrated once.
pub(crate) async fn postgres() -> Fixture {
    let config = config::Database::postgres(postgres::database().await);
    Fixture::open(config, tempfile::tempdir().expect("a temporary directory")).await
}

/// Both engines; the same test runs on each.
pub(crate) async fn both() -> [Fixture; 2] {
    [sqlite().await, postgres().await]
}
