//! Write-behind: each closed segment becomes one object, and nothing live waits for it.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use infra::clock::SharedClock;
use infra::object::{self, Meta, Store};
use infra::tasks::Tasks;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::live::{Chunks, Rendition};
pub(crate) use tally::Tally;

pub(crate) mod index;
mod objects;
mod tally;

/// Objects written at the same time.
const WRITERS: usize = 4;
/// How long one write may take before it counts as failed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The first and the longest pause between two tries.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// One object to write.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) key: String,
    pub(crate) chunks: Chunks,
    pub(crate) meta: Meta,
    pub(crate) purpose: Purpose,
}

/// What an object is for: who must learn that it was written.
#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    /// A segment; its ring may let it go once it is stored.
    Segment(Arc<Rendition>, u64),
    /// An init section, an index page or a playlist.
    Support,
}

/// Bytes that may wait before the oldest segments are given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) bytes_max: u64,
    /// While the store has no room: what waits lies on the same disk.
    pub(crate) full_bytes_max: u64,
}

/// The queue of objects to write; a cheap handle.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Store,
    clock: SharedClock,
    limits: Limits,
    queue: Mutex<Queue>,
    tally: Tally,
    /// Wakes writers when the queue grows or closes.
    grown: Notify,
    /// Wakes those who wait for the queue to empty.
    shrunk: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    bytes: u64,
    /// Keys of the objects that are being written: a newer version waits for the older one.
    writing: HashSet<String>,
    closed: bool,
}

impl Writer {
    /// Starts the writers. What waits beyond `limits` is given up, the oldest segments first.
    pub(crate) fn start(store: Store, limits: Limits, clock: SharedClock, tasks: &Tasks) -> Self {
        let shared = Shared {
            store,
            clock,
            limits,
            queue: Mutex::default(),
            tally: Tally::default(),
            grown: Notify::new(),
            shrunk: Notify::new(),
        };
        let writer = Self { shared: Arc::new(shared) };
        for _ in 0..WRITERS {
            let shared = Arc::clone(&writer.shared);
            let stopping = tasks.stopping();
            tasks.spawn("store writer", async move {
                tokio::select! {
                    () = shared.run() => {}
                    () = stopping => {}
                }
            });
        }
        writer
    }

    /// Queues an object; never waits.
    pub(crate) fn put(&self, job: Job) {
        let lost = {
            let mut queue = self.shared.queue.lock();
            queue.add(job);
            queue.shed(self.shared.bytes_max())
        };
        self.shared.grown.notify_one();
        self.shared.tally.lost(lost.len());
        for (rendition, msn) in lost {
            tracing::error!(
                rendition.id = %rendition.rid(),
                segment.msn = msn,
                "the store has been away too long: a segment is lost to replay"
            );
            metrics::counter!("headwater_segments_lost_total").increment(1);
            rendition.lose(msn);
        }
        self.shared.tell();
    }

    /// What became of its writes.
    pub(crate) fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    /// Objects and bytes that wait, and how many bytes may.
    pub(crate) fn backlog(&self) -> (usize, u64, u64) {
        let queue = self.shared.queue.lock();
        (queue.jobs.len() + queue.writing.len(), queue.bytes, self.shared.bytes_max())
    }

    /// Waits until every queued object is written.
    pub(crate) async fn flush(&self) {
        loop {
            let shrunk = self.shared.shrunk.notified();
            {
                let queue = self.shared.queue.lock();
                if queue.jobs.is_empty() && queue.writing.is_empty() {
                    return;
                }
            }
            shrunk.await;
        }
    }

    /// Writes what is queued, then lets the writers end.
    pub(crate) async fn close(&self) {
        self.flush().await;
        self.shared.queue.lock().closed = true;
        self.shared.grown.notify_waiters();
        // A writer that is about to wait takes a permit instead of the wake-up.
        self.shared.grown.notify_one();
    }
}

fn size(job: &Job) -> u64 {
    job.chunks.iter().map(|chunk| chunk.len() as u64).sum()
}

impl Queue {
    /// Adds an object; an older version of a support object that still waits is never written.
    fn add(&mut self, job: Job) {
        self.bytes += size(&job);
        let same = |waiting: &&mut Job| waiting.key == job.key;
        let older = match job.purpose {
            Purpose::Segment(..) => None,
            Purpose::Support => self.jobs.iter_mut().find(same),
        };
        if let Some(older) = older {
            self.bytes -= size(older);
            *older = job;
        } else {
            self.jobs.push_back(job);
        }
    }

    /// The oldest object that nobody writes a former version of.
    fn take(&mut self) -> Option<Job> {
        let at = self.jobs.iter().position(|job| !self.writing.contains(&job.key))?;
        let job = self.jobs.remove(at)?;
        self.writing.insert(job.key.clone());
        Some(job)
    }

    /// Drops the oldest segments until the rest fits; support objects are small and stay.
    fn shed(&mut self, bytes_max: u64) -> Vec<(Arc<Rendition>, u64)> {
        let mut lost = Vec::new();
        let mut at = 0;
        while self.bytes > bytes_max && at < self.jobs.len() {
            let Some(Job { purpose: Purpose::Segment(rendition, msn), .. }) = self.jobs.get(at)
            else {
                at += 1;
                continue;
            };
            lost.push((Arc::clone(rendition), *msn));
            if let Some(job) = self.jobs.remove(at) {
                self.bytes -= size(&job);
            }
        }
        lost
    }
}

impl Shared {
    fn bytes_max(&self) -> u64 {
        let Limits { bytes_max, full_bytes_max } = self.limits;
        if self.tally.is_full() { bytes_max.min(full_bytes_max) } else { bytes_max }
    }

    async fn run(&self) {
        while let Some(job) = self.next().await {
            let bytes = size(&job);
            self.write(&job).await;
            if let Purpose::Segment(rendition, msn) = &job.purpose {
                rendition.stored(*msn, self.clock.monotonic());
            }
            {
                let mut queue = self.queue.lock();
                queue.writing.remove(&job.key);
                queue.bytes -= bytes;
            }
            // The next version of this object may have waited for it.
            self.grown.notify_one();
            self.shrunk.notify_waiters();
            self.tell();
        }
        // Another writer may still wait for a wake-up of its own.
        self.grown.notify_one();
    }

    async fn next(&self) -> Option<Job> {
        loop {
            let grown = self.grown.notified();
            {
                let mut queue = self.queue.lock();
                if let Some(job) = queue.take() {
                    return Some(job);
                }
                if queue.closed && queue.jobs.is_empty() {
                    return None;
                }
            }
            grown.await;
        }
    }

    /// Writes one object, however often it takes.
    async fn write(&self, job: &Job) {
        let mut tries = 0_u32;
        loop {
            let begun = self.clock.monotonic();
            self.tally.begin(begun);
            let put = self.store.put(&job.key, job.chunks.to_vec(), job.meta);
            let mut is_full = false;
            let failure = match tokio::time::timeout(WRITE_TIMEOUT, put).await {
                Ok(Ok(())) => {
                    let now = self.clock.monotonic();
                    let took = now.saturating_sub(begun);
                    self.tally.good(begun, now);
                    metrics::counter!("headwater_store_writes_total", "result" => "good")
                        .increment(1);
                    metrics::histogram!("headwater_store_write_seconds").record(took.as_secs_f64());
                    return;
                }
                Ok(Err(error)) => {
                    is_full = matches!(error, object::Error::Full(_));
                    error.to_string()
                }
                Err(_) => format!("no answer in {} s", WRITE_TIMEOUT.as_secs()),
            };
            self.tally.failed(begun, is_full, self.clock.now());
            metrics::counter!("headwater_store_writes_total", "result" => "failed").increment(1);
            if tries == 0 {
                tracing::warn!(
                    object.key = job.key,
                    error = failure,
                    "the store refused an object: trying again until it takes it"
                );
            }
            tokio::time::sleep(pause(tries, &job.key)).await;
            tries = tries.saturating_add(1);
        }
    }

    fn tell(&self) {
        let (objects, bytes) = {
            let queue = self.queue.lock();
            (queue.jobs.len() + queue.writing.len(), queue.bytes)
        };
        #[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
        {
            metrics::gauge!("headwater_store_backlog_objects").set(objects as f64);
            metrics::gauge!("headwater_store_backlog_bytes").set(bytes as f64);
        }
    }
}

/// The pause after `tries` failures: doubling, bounded, and spread by key over half its length.
fn pause(tries: u32, key: &str) -> Duration {
    let full = PAUSE.0.saturating_mul(1 << tries.min(10)).min(PAUSE.1);
    let spread = crc32c::crc32c_append(tries, key.as_bytes()) % 1_000;
    full / 2 + full / 2 * spread / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ_by_key() {
        for tries in 0..40 {
            for key in ["a", "b", "media/brd/v0/1/7.m4s"] {
                let pause = pause(tries, key);
                assert!(pause >= PAUSE.0 / 2 && pause <= PAUSE.1, "{tries} {key} {pause:?}");
            }
        }
        assert!(pause(0, "a") < pause(6, "a"));
        assert_ne!(pause(5, "a"), pause(5, "b"));
    }
}
