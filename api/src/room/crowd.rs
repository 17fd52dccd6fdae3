//! The viewers of a room whose sockets are written in one sweep: no task, no timer and no queue of
//! their own, about a thousand bytes each beside the kernel's.
//!
//! A sweep brings each viewer what it has not seen with one `writev` of shared bytes. A socket that
//! takes no more is left alone until it can be written again; its viewer falls behind like any other.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use infra::clock::SharedClock;
use infra::http::Taken;
use infra::tasks::Tasks;
use tokio::sync::{mpsc, watch};

use super::hub::Hub;
use super::outlet::{Outlet, Progress};
use super::stream::Stream;

/// Viewers that wait for their place in a shard before a task waits with them.
const ENTERING_MAX: usize = 1_024;
/// Viewers that are served before others of this thread have their turn.
const TURN: usize = 64;
/// How late a connection may learn that a newer one took its ticket over.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The viewers of a room on plain sockets.
#[derive(Debug)]
pub(super) struct Crowd {
    shards: Vec<mpsc::Sender<Box<Outlet>>>,
    next: AtomicUsize,
    tasks: Tasks,
}

impl Crowd {
    /// One shard for each thread of the runtime.
    pub(super) fn start(hub: &Arc<Hub>, clock: &SharedClock, tasks: &Tasks) -> Self {
        let threads = tokio::runtime::Handle::current().metrics().num_workers();
        let shards = (0..threads).map(|_| {
            let (entry, entering) = mpsc::channel(ENTERING_MAX);
            let shard = Shard {
                outlets: Vec::new(),
                entering,
                entry: entry.downgrade(),
                signal: hub.subscribe(),
                clock: Arc::clone(clock),
                tasks: tasks.clone(),
            };
            tasks.spawn("room: viewers", shard.run());
            entry
        });
        Self { shards: shards.collect(), next: AtomicUsize::new(0), tasks: tasks.clone() }
    }

    /// Takes a viewer in.
    pub(super) fn enter(&self, stream: Stream, taken: Taken) {
        let outlet = Box::new(Outlet::new(stream, taken));
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(shard) = self.shards.get(turn % self.shards.len().max(1)) {
            enter(&self.tasks, shard.clone(), outlet);
        }
    }
}

/// Brings an outlet into its shard; when many come at once, a task waits.
fn enter(tasks: &Tasks, shard: mpsc::Sender<Box<Outlet>>, outlet: Box<Outlet>) {
    if let Err(mpsc::error::TrySendError::Full(outlet)) = shard.try_send(outlet) {
        tasks.spawn("room: entering", async move {
            // A shard that is gone has no viewers any more.
            drop(shard.send(outlet).await);
        });
    }
}

/// Some of a room's viewers, and the task that serves them.
struct Shard {
    outlets: Vec<Outlet>,
    entering: mpsc::Receiver<Box<Outlet>>,
    /// For viewers that left to read the table.
    entry: mpsc::WeakSender<Box<Outlet>>,
    signal: watch::Receiver<u64>,
    clock: SharedClock,
    tasks: Tasks,
}

/// What a shard woke up for.
enum Woken {
    /// The room has something, or a moment has come: every viewer is looked at.
    All,
    /// These sockets can be read or written, by their index.
    Sockets(Vec<usize>),
    /// A viewer comes.
    Enter(Box<Outlet>),
    /// The room is closed: nobody comes any more.
    Closed,
}

impl Shard {
    async fn run(mut self) {
        let tasks = self.tasks.clone();
        let mut stopping = std::pin::pin!(tasks.stopping());
        let mut next = Duration::MAX;
        let mut is_closed = false;
        while !(is_closed && self.outlets.is_empty()) {
            let woken = tokio::select! {
                // Each branch only waits or takes one outlet; dropping one loses nothing.
                woken = self.wait(next, is_closed) => woken,
                () = &mut stopping => return,
            };
            match woken {
                Woken::All => next = self.sweep().await,
                Woken::Sockets(ready) => {
                    for index in ready.into_iter().rev() {
                        next = next.min(self.serve(index));
                    }
                }
                Woken::Enter(outlet) => {
                    self.outlets.push(*outlet);
                    next = next.min(self.serve(self.outlets.len() - 1));
                }
                Woken::Closed => is_closed = true,
            }
        }
    }

    async fn wait(&mut self, next: Duration, is_closed: bool) -> Woken {
        let Self { outlets, entering, signal, clock, .. } = self;
        let pause = next.saturating_sub(clock.monotonic()).min(LOOK_EVERY);
        let has_outlets = !outlets.is_empty();
        tokio::select! {
            _ = signal.changed(), if has_outlets => Woken::All,
            outlet = entering.recv(), if !is_closed => outlet.map_or(Woken::Closed, Woken::Enter),
            ready = poll_fn(|context| ready(outlets, context)), if has_outlets => Woken::Sockets(ready),
            () = tokio::time::sleep(pause), if has_outlets => Woken::All,
        }
    }

    /// Serves every viewer; returns the next moment at which one has to be served.
    async fn sweep(&mut self) -> Duration {
        self.signal.mark_unchanged();
        let mut next = Duration::MAX;
        for index in (0..self.outlets.len()).rev() {
            next = next.min(self.serve(index));
            if index % TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        next
    }

    /// Serves one viewer; returns its next moment. One that is gone leaves its place to the last.
    fn serve(&mut self, index: usize) -> Duration {
        let now = self.clock.monotonic();
        let Some(outlet) = self.outlets.get_mut(index) else { return Duration::MAX };
        match outlet.serve(now) {
            Progress::Until(moment) => moment,
            Progress::Blocked => Duration::MAX,
            Progress::Gone => {
                self.outlets.swap_remove(index);
                Duration::MAX
            }
            Progress::History(tail) => {
                let mut outlet = Box::new(self.outlets.swap_remove(index));
                let (entry, tasks) = (self.entry.clone(), self.tasks.clone());
                self.tasks.spawn("room: history", async move {
                    outlet.replay(tail).await;
                    if let Some(shard) = entry.upgrade() {
                        enter(&tasks, shard, outlet);
                    }
                });
                Duration::MAX
            }
        }
    }
}

/// The sockets that have something to say, or that take bytes again.
fn ready(outlets: &[Outlet], context: &mut Context<'_>) -> Poll<Vec<usize>> {
    let found: Vec<usize> = outlets
        .iter()
        .enumerate()
        .filter_map(|(index, outlet)| outlet.poll_ready(context).is_ready().then_some(index))
        .collect();
    if found.is_empty() { Poll::Pending } else { Poll::Ready(found) }
}
