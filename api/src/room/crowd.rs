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
use super::seat::{Progress, Seat};
use super::stream::Stream;

/// Viewers that wait for their seat in a shard before a task waits with them.
const ENTERING_MAX: usize = 1_024;
/// Viewers that are served before others of this thread have their turn.
const TURN: usize = 64;
/// How late a connection may learn that a newer one took its ticket over.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where viewers of a room take their seats.
#[derive(Debug)]
pub(super) struct Crowd {
    shards: Vec<mpsc::Sender<Box<Seat>>>,
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
                seats: Vec::new(),
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

    /// Gives a viewer a seat.
    pub(super) fn enter(&self, stream: Stream, taken: Taken) {
        let seat = Box::new(Seat::new(stream, taken));
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(shard) = self.shards.get(turn % self.shards.len().max(1)) {
            enter(&self.tasks, shard.clone(), seat);
        }
    }
}

/// Brings a seat into its shard; when many come at once, a task waits.
fn enter(tasks: &Tasks, shard: mpsc::Sender<Box<Seat>>, seat: Box<Seat>) {
    if let Err(mpsc::error::TrySendError::Full(seat)) = shard.try_send(seat) {
        tasks.spawn("room: entering", async move {
            // A shard that is gone has no viewers any more.
            drop(shard.send(seat).await);
        });
    }
}

/// Some of a room's viewers, and the task that serves them.
struct Shard {
    seats: Vec<Seat>,
    entering: mpsc::Receiver<Box<Seat>>,
    /// For viewers that left to read the table.
    entry: mpsc::WeakSender<Box<Seat>>,
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
    Enter(Box<Seat>),
    /// The room is closed: nobody comes any more.
    Closed,
}

impl Shard {
    async fn run(mut self) {
        let tasks = self.tasks.clone();
        let mut stopping = std::pin::pin!(tasks.stopping());
        let mut next = Duration::MAX;
        let mut is_closed = false;
        while !(is_closed && self.seats.is_empty()) {
            let woken = tokio::select! {
                // Each branch only waits or takes one seat; dropping one loses nothing.
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
                Woken::Enter(seat) => {
                    self.seats.push(*seat);
                    next = next.min(self.serve(self.seats.len() - 1));
                }
                Woken::Closed => is_closed = true,
            }
        }
    }

    async fn wait(&mut self, next: Duration, is_closed: bool) -> Woken {
        let Self { seats, entering, signal, clock, .. } = self;
        let pause = next.saturating_sub(clock.monotonic()).min(LOOK_EVERY);
        let has_seats = !seats.is_empty();
        tokio::select! {
            biased;
            _ = signal.changed(), if has_seats => Woken::All,
            seat = entering.recv(), if !is_closed => seat.map_or(Woken::Closed, Woken::Enter),
            ready = poll_fn(|context| ready(seats, context)), if has_seats => Woken::Sockets(ready),
            () = tokio::time::sleep(pause), if has_seats => Woken::All,
        }
    }

    /// Serves every viewer; returns the next moment at which one has to be served.
    async fn sweep(&mut self) -> Duration {
        self.signal.mark_unchanged();
        let mut next = Duration::MAX;
        for index in (0..self.seats.len()).rev() {
            next = next.min(self.serve(index));
            if index % TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        next
    }

    /// Serves one viewer; returns its next moment. One that is gone leaves its seat to the last.
    fn serve(&mut self, index: usize) -> Duration {
        let now = self.clock.monotonic();
        let Some(seat) = self.seats.get_mut(index) else { return Duration::MAX };
        match seat.serve(now) {
            Progress::Until(moment) => moment,
            Progress::Blocked => Duration::MAX,
            Progress::Gone => {
                self.seats.swap_remove(index);
                Duration::MAX
            }
            Progress::History(tail) => {
                let mut seat = Box::new(self.seats.swap_remove(index));
                let (entry, tasks) = (self.entry.clone(), self.tasks.clone());
                self.tasks.spawn("room: history", async move {
                    seat.replay(tail).await;
                    if let Some(shard) = entry.upgrade() {
                        enter(&tasks, shard, seat);
                    }
                });
                Duration::MAX
            }
        }
    }
}

/// The sockets that have something to say, or that take bytes again.
fn ready(seats: &[Seat], context: &mut Context<'_>) -> Poll<Vec<usize>> {
    let found: Vec<usize> = seats
        .iter()
        .enumerate()
        .filter_map(|(index, seat)| seat.poll_ready(context).is_ready().then_some(index))
        .collect();
    if found.is_empty() { Poll::Pending } else { Poll::Ready(found) }
}
