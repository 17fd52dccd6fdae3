//! A store that refuses for as long as a test wants.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use infra::object::{Error, Listed, Meta, ObjectStore, Store};

/// Refuses writes or everything, and cuts reads, while told to.
#[derive(Debug)]
pub(super) struct Faulty {
    inner: Store,
    pub(super) refuses: AtomicBool,
    pub(super) is_away: AtomicBool,
    pub(super) cuts: AtomicBool,
    pub(super) reads: AtomicU64,
}

impl Faulty {
    pub(super) fn around(inner: Store) -> Arc<Self> {
        Arc::new(Self {
            inner,
            refuses: AtomicBool::new(false),
            is_away: AtomicBool::new(false),
            cuts: AtomicBool::new(false),
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
        self.inner.put(key, body, meta)
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

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<u64, Error>> {
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
