//! A store that refuses for as long as a test wants.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use infra::object::{Error, Head, Listed, Memory, Meta, ObjectStore, Store};
use infra::tasks::Tasks;
use tokio::sync::Notify;

use crate::store::{Job, Limits, Purpose, Writer};

/// Refuses writes or everything, and cuts reads, while told to.
#[derive(Debug)]
pub(super) struct Faulty {
    inner: Store,
    pub(super) refuses: AtomicBool,
    pub(super) is_away: AtomicBool,
    pub(super) cuts: AtomicBool,
    /// Holds the next write back until it is let go.
    pub(super) holds: AtomicBool,
    pub(super) let_go: Notify,
    pub(super) reads: AtomicU64,
}

impl Faulty {
    pub(super) fn around(inner: Store) -> Arc<Self> {
        Arc::new(Self {
            inner,
            refuses: AtomicBool::new(false),
            is_away: AtomicBool::new(false),
            cuts: AtomicBool::new(false),
            holds: AtomicBool::new(false),
            let_go: Notify::new(),
            reads: AtomicU64::new(0),
        })
    }
}

impl ObjectStore for Faulty {
    fn put<'a>(
        &'a self,
        key: &'a str,
        body: Vec<Bytes>,
        meta: Meta,
    ) -> BoxFuture<'a, Result<(), Error>> {
        if self.refuses.load(Ordering::Relaxed) || self.is_away.load(Ordering::Relaxed) {
            return Box::pin(async { Err(Error::Unavailable("told to refuse".into())) });
        }
        Box::pin(async move {
            if self.holds.swap(false, Ordering::Relaxed) {
                self.let_go.notified().await;
            }
            self.inner.put(key, body, meta).await
        })
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Bytes, Error>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.is_away.load(Ordering::Relaxed) {
            return Box::pin(async { Err(Error::Unavailable("told to be away".into())) });
        }
        let cuts = self.cuts.load(Ordering::Relaxed);
        Box::pin(async move {
            let bytes = self.inner.get(key, range).await?;
            Ok(if cuts { bytes.slice(..bytes.len() / 2) } else { bytes })
        })
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Head, Error>> {
        self.inner.head(key)
    }

    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), Error>> {
        self.inner.delete_many(keys)
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, Error>> {
        self.inner.list(prefix, after, limit)
    }
}

fn job(key: &str, text: &'static str) -> Job {
    let (chunks, meta) = (vec![text.into()].into(), Meta::immutable("text/plain"));
    Job { key: key.to_owned(), chunks, meta, purpose: Purpose::Support }
}

#[tokio::test]
async fn the_newest_version_of_an_object_is_the_one_that_stays() {
    let objects: Store = Arc::new(Memory::default());
    let store = Faulty::around(Arc::clone(&objects));
    store.holds.store(true, Ordering::Relaxed);
    let tasks = Tasks::new();
    let clock = infra::clock::SystemClock::shared();
    let limits = Limits { bytes_max: 1 << 20, full_bytes_max: 1 << 20 };
    let writer = Writer::start(Arc::clone(&store) as Store, limits, clock, &tasks);
    writer.put(job("page", "first"));
    while store.holds.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
    writer.put(job("page", "second"));
    writer.put(job("page", "third"));
    writer.put(job("other", "x"));
    while objects.head("other").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(objects.head("page").await.is_err(), "nothing overtakes the first version");
    store.let_go.notify_one();
    writer.close().await;
    assert_eq!(objects.get("page", None).await.unwrap(), "third");
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, Vec::<&str>::new());
}
