//! Rows a second through the writer of SQLite, synced to disk: `cargo bench -p infra --bench writer`.
//!
//! Each write is one closure in its own savepoint, as the API sends them; what waits together is
//! committed together. One write alone shows the fsync of this disk.

use std::convert::Infallible;

use domain::{event::Topic, time::Timestamp};
use futures_util::future::join_all;
use infra::{
    clock::SystemClock,
    config,
    database::{Database, Error, outbox},
    ids::Ids,
    tasks::Tasks,
};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

struct Bench {
    runtime: Runtime,
    database: Database,
    ids: Ids,
    _directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let runtime = Runtime::new().expect("a runtime");
        let config = config::Database::sqlite(directory.path().join("headwater.db"));
        let database = runtime.block_on(async {
            let opened = Database::open(&config, &Tasks::new(), SystemClock::shared()).await;
            let database = opened.expect("the database opens");
            database.migrate().await.expect("the migrations apply");
            database
        });
        Self { runtime, database, ids: Ids::new(SystemClock::shared()), _directory: directory }
    }

    /// `writers` closures at once, each with `rows` rows.
    fn round(&self, writers: usize, rows: usize) {
        let all = (0..writers).map(|_| {
            let ids = self.ids.clone();
            self.database.write::<_, Infallible, _>(move |tx| {
                let facts = (0..rows).map(|_| fact(&ids)).collect();
                Box::pin(async move { Ok(outbox::append_many(tx, facts).await?) })
            })
        });
        for written in self.runtime.block_on(join_all(all)) {
            written.map_err(Error::from).expect("the write is committed");
        }
    }
}

fn fact(ids: &Ids) -> outbox::Row {
    outbox::Row {
        id: ids.next(),
        org_id: None,
        topic: Topic::CommentCreated,
        key: "room_0192abcd00007000800000000000002a".into(),
        payload: serde_json::json!({"body": "a comment of a usual length, as people write it"}),
        created_at: Timestamp(1_700_000_000_000),
    }
}

#[divan::bench(args = [1, 16, 100, 500])]
fn one_row_each(bencher: divan::Bencher<'_, '_>, writers: usize) {
    let bench = Bench::new();
    bencher
        .counter(divan::counter::ItemsCount::new(writers))
        .bench_local(|| bench.round(writers, 1));
}

#[divan::bench(args = [1, 16, 100])]
fn a_hundred_rows_each(bencher: divan::Bencher<'_, '_>, writers: usize) {
    let bench = Bench::new();
    bencher
        .counter(divan::counter::ItemsCount::new(writers * 100))
        .bench_local(|| bench.round(writers, 100));
}
