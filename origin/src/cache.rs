//! Immutable objects read through the store: one load per key whatever the number of readers, and
//! nothing kept that does not match its index.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use infra::object::{self, Store};
use moka::future::Cache;

use crate::live::Chunks;

/// What an object must be, from its index page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) bytes: u64,
    pub(crate) crc32c: u32,
}

impl Seal {
    /// The seal of these bytes.
    pub(crate) fn of(chunks: &[Bytes]) -> Self {
        Self {
            bytes: chunks.iter().map(|chunk| chunk.len() as u64).sum(),
            crc32c: chunks.iter().fold(0, |crc, chunk| crc32c::crc32c_append(crc, chunk)),
        }
    }
}

/// Why an object could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum LoadError {
    /// The store has no such object.
    #[error("the store has no object of that name")]
    Missing,
    /// The store sent other bytes than were stored, twice.
    #[error("the store sent {got:?}, the index names {wanted:?}")]
    Damaged { wanted: Seal, got: Seal },
    /// The store did not answer.
    #[error("the store did not answer: {0}")]
    Store(String),
}

/// How often a read is tried before the reader is told.
const TRIES: u32 = 3;

/// The media cache: weighed in bytes, filled by the live path and by reads.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    store: Store,
    objects: Cache<String, Chunks>,
    /// Reads answered from memory, and reads that were not.
    reads: Arc<(AtomicU64, AtomicU64)>,
}

impl Media {
    /// A cache of at most `bytes_max` in front of `store`.
    pub(crate) fn new(store: Store, bytes_max: u64) -> Self {
        let objects = Cache::builder()
            .max_capacity(bytes_max)
            .weigher(|key: &String, chunks: &Chunks| {
                let bytes: usize = chunks.iter().map(Bytes::len).sum();
                u32::try_from(bytes + key.len() + 64).unwrap_or(u32::MAX)
            })
            .build();
        Self { store, objects, reads: Arc::default() }
    }

    /// Keeps bytes that were just made; they are shared, not copied.
    pub(crate) async fn keep(&self, key: &str, chunks: Chunks) {
        self.objects.insert(key.to_owned(), chunks).await;
    }

    /// Drops an object: it was taken down.
    pub(crate) async fn forget(&self, key: &str) {
        self.objects.invalidate(key).await;
    }

    /// The object, from memory or, once for all who ask, from the store.
    pub(crate) async fn get(&self, key: &str, seal: Seal) -> Result<Chunks, LoadError> {
        if let Some(kept) = self.objects.get(key).await {
            self.reads.0.fetch_add(1, Ordering::Relaxed);
            return Ok(kept);
        }
        self.reads.1.fetch_add(1, Ordering::Relaxed);
        let load = self.objects.try_get_with_by_ref(key, self.load(key, seal));
        load.await.map_err(|error| LoadError::clone(&error))
    }

    /// Bytes kept now, as far as the cache has counted them.
    pub(crate) fn bytes(&self) -> u64 {
        self.objects.weighted_size()
    }

    /// Reads answered from memory, and reads that were not, so far.
    pub(crate) fn reads(&self) -> (u64, u64) {
        (self.reads.0.load(Ordering::Relaxed), self.reads.1.load(Ordering::Relaxed))
    }

    async fn load(&self, key: &str, seal: Seal) -> Result<Chunks, LoadError> {
        let mut last = LoadError::Missing;
        for _ in 0..TRIES {
            match self.store.get(key, None).await {
                Ok(bytes) => {
                    let chunks: Chunks = vec![bytes].into();
                    let got = Seal::of(&chunks);
                    if got == seal {
                        metrics::counter!("headwater_store_reads_total", "result" => "good")
                            .increment(1);
                        return Ok(chunks);
                    }
                    metrics::counter!("headwater_store_reads_total", "result" => "damaged")
                        .increment(1);
                    last = LoadError::Damaged { wanted: seal, got };
                }
                Err(object::Error::NotFound(_)) => return Err(LoadError::Missing),
                Err(error) => {
                    metrics::counter!("headwater_store_reads_total", "result" => "failed")
                        .increment(1);
                    last = LoadError::Store(error.to_string());
                }
            }
        }
        tracing::warn!(object.key = key, error = %last, "an object could not be read");
        Err(last)
    }
}
