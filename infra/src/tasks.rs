//! Every task of the process: named, told when to finish, and waited for.

use std::{
    collections::HashMap,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use tokio::{sync::watch, task::AbortHandle};

/// How long a stopped task may take to notice, before it is aborted.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// The two steps of a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    Draining,
    Stopping,
}

/// Starts tasks and ends them in two steps: drain (finish, accept nothing), then stop.
#[derive(Clone)]
pub struct Tasks {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("live", &*self.inner.count.borrow()).finish_non_exhaustive()
    }
}

struct Inner {
    phase: watch::Sender<Phase>,
    count: watch::Sender<Count>,
    next: AtomicU64,
    live: Mutex<HashMap<u64, Live>>,
}

/// Tasks that live, by what a drain does with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    work: usize,
    services: usize,
}

impl Count {
    fn of(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Work => &mut self.work,
            Kind::Service => &mut self.services,
        }
    }
}

/// What a drain does with a task.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Waits for it.
    Work,
    /// Keeps it until the work is done: others need it to finish.
    Service,
}

struct Live {
    name: &'static str,
    /// Missing for the moment between the entry and the start of the task.
    abort: Option<AbortHandle>,
}

/// Takes the task off the list however it ends: by return, panic or abort.
struct Entry {
    inner: Arc<Inner>,
    number: u64,
    kind: Kind,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.inner.live.lock().remove(&self.number);
        self.inner.count.send_modify(|count| *count.of(self.kind) -= 1);
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// No tasks, running.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                phase: watch::Sender::new(Phase::Running),
                count: watch::Sender::new(Count::default()),
                next: AtomicU64::new(0),
                live: Mutex::new(HashMap::new()),
            }),
        }
    }

    /// Starts work that a drain waits for. A panic is logged with the name and ends only that task.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(Kind::Work, name, task);
    }

    /// Starts what the work of others needs, such as a writer: it ends on [`Tasks::stopping`], which
    /// comes when the drain has nothing left to wait for.
    pub fn spawn_service<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(Kind::Service, name, task);
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
    fn start<F>(&self, kind: Kind, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let number = self.inner.next.fetch_add(1, Ordering::Relaxed);
        self.inner.count.send_modify(|count| *count.of(kind) += 1);
        self.inner.live.lock().insert(number, Live { name, abort: None });
        let entry = Entry { inner: Arc::clone(&self.inner), number, kind };
        let handle = tokio::spawn(async move {
            let ended = AssertUnwindSafe(task).catch_unwind().await;
            if ended.is_err() {
                metrics::counter!("headwater_task_panics_total", "task" => name).increment(1);
                tracing::error!(task.name = name, "task panicked");
            }
            drop(entry);
        });
        if let Some(live) = self.inner.live.lock().get_mut(&number) {
            live.abort = Some(handle.abort_handle());
        }
    }

    /// Ready once the process drains: take no new work, finish what you have.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + Sync + 'static {
        self.reached(Phase::Draining)
    }

    /// Ready once the process stops: end now.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + Sync + 'static {
        self.reached(Phase::Stopping)
    }

    fn reached(&self, wanted: Phase) -> impl Future<Output = ()> + Send + Sync + 'static {
        let mut phase = self.inner.phase.subscribe();
        async move {
            // The sender lives in the same `Arc` as the tasks; when it is gone, so is the process.
            if phase.wait_for(|phase| *phase >= wanted).await.is_err() {
                tracing::debug!("the task list is gone");
            }
        }
    }

    /// Whether draining has begun.
    pub fn is_draining(&self) -> bool {
        *self.inner.phase.borrow() >= Phase::Draining
    }

    /// Begins to drain; a second call changes nothing.
    pub fn begin_drain(&self) {
        self.raise(Phase::Draining);
    }

    /// Stops at once: the second signal.
    pub fn begin_stop(&self) {
        self.raise(Phase::Stopping);
    }

    fn raise(&self, to: Phase) {
        self.inner.phase.send_if_modified(|phase| {
            let raised = to > *phase;
            *phase = (*phase).max(to);
            raised
        });
    }

    /// How many tasks live.
    pub fn count(&self) -> usize {
        let count = *self.inner.count.borrow();
        count.work + count.services
    }

    /// Drains, waits for `grace`, stops, waits shortly, aborts. Returns when every task has ended.
    ///
    /// Returns the names of the tasks that had to be aborted.
    pub async fn shutdown(&self, grace: Duration) -> Vec<&'static str> {
        self.begin_drain();
        tokio::select! {
            done = tokio::time::timeout(grace, self.reach(|count| count.work == 0)) => {
                tracing::debug!(drain.complete = done.is_ok(), "stopping");
            }
            () = self.stopping() => {}
        }
        self.begin_stop();
        if tokio::time::timeout(STOP_PATIENCE, self.all_ended()).await.is_ok() {
            return Vec::new();
        }
        let names = self.abort_all();
        tracing::warn!(tasks = ?names, "tasks did not end when asked and are aborted");
        self.all_ended().await;
        names
    }

    fn abort_all(&self) -> Vec<&'static str> {
        let live = self.inner.live.lock();
        let mut names: Vec<_> = live.values().map(|task| task.name).collect();
        for abort in live.values().filter_map(|task| task.abort.as_ref()) {
            abort.abort();
        }
        names.sort_unstable();
        names
    }

    async fn all_ended(&self) {
        self.reach(|count| *count == Count::default()).await;
    }

    async fn reach(&self, wanted: impl FnMut(&Count) -> bool) {
        let mut count = self.inner.count.subscribe();
        if count.wait_for(wanted).await.is_err() {
            tracing::debug!("the task list is gone");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_draining_task_is_waited_for() {
        let tasks = Tasks::new();
        let (send, receive) = oneshot::channel();
        let draining = tasks.draining();
        tasks.spawn("worker", async move {
            draining.await;
            tokio::task::yield_now().await;
            send.send("done").unwrap();
        });
        assert_eq!(tasks.shutdown(Duration::from_secs(10)).await, Vec::<&str>::new());
        assert_eq!(receive.await, Ok("done"));
        assert_eq!(tasks.count(), 0);
    }

    #[tokio::test]
    async fn a_task_that_hears_stop_is_not_aborted() {
        let tasks = Tasks::new();
        tasks.spawn("worker", tasks.stopping());
        assert!(tasks.shutdown(Duration::from_millis(5)).await.is_empty());
    }

    #[tokio::test]
    async fn a_service_outlives_the_work_and_is_not_waited_for() {
        let tasks = Tasks::new();
        let (send, receive) = oneshot::channel();
        let (draining, stopping) = (tasks.draining(), tasks.stopping());
        tasks.spawn_service("writer", async move {
            stopping.await;
            send.send("stopped last").unwrap();
        });
        tasks.spawn("work", draining);
        assert!(tasks.shutdown(Duration::from_hours(1)).await.is_empty());
        assert_eq!(receive.await, Ok("stopped last"));
    }

    #[tokio::test]
    async fn a_deaf_task_is_aborted_and_named() {
        let tasks = Tasks::new();
        tasks.spawn("deaf", std::future::pending());
        assert_eq!(tasks.shutdown(Duration::ZERO).await, ["deaf"]);
        assert_eq!(tasks.count(), 0);
    }

    #[tokio::test]
    async fn a_second_signal_cuts_the_grace_short() {
        let tasks = Tasks::new();
        tasks.spawn("patient", tasks.stopping());
        let second = tasks.clone();
        tasks.spawn("signal", async move { second.begin_stop() });
        // The grace period is an hour: only the signal can end this in time.
        assert!(tasks.shutdown(Duration::from_hours(1)).await.is_empty());
    }

    #[tokio::test]
    async fn a_panic_ends_only_its_task() {
        let tasks = Tasks::new();
        tasks.spawn("broken", async { panic!("as the test wants") });
        tasks.all_ended().await;
        assert!(!tasks.is_draining());
    }
}
