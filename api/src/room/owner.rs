//! The one task that writes a room: it batches comments, runs transactions and cuts frames.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use infra::database::room_events;
use tokio::sync::mpsc;

use super::assembly::Assembly;
use super::commit::{Command, Landed, stamped};
use super::hub::Hub;
use super::post::{self, Posting};
use super::rooms::{Surroundings, flush_window};
use super::settings::Settings;

/// Comments of one transaction.
const BATCH_MAX: usize = 500;
/// Transactions of one room that wait for the database at a time.
const RUNS_MAX: usize = 64;
/// How often a missing number is looked for in the table.
const HEAL_EVERY: Duration = Duration::from_millis(250);
/// How often counters are shown, when they changed.
const COUNT_EVERY: Duration = Duration::from_secs(2);

/// Owns a room's history.
pub(super) struct Owner {
    around: Surroundings,
    hub: Arc<Hub>,
    settings: Arc<ArcSwap<Settings>>,
    commands: mpsc::Receiver<Command>,
    runs: FuturesUnordered<BoxFuture<'static, Landed>>,
    waiting: Vec<Posting>,
    batch: Option<BoxFuture<'static, Landed>>,
    assembly: Assembly,
    flush_at: Option<Duration>,
    counted: String,
    count_at: Duration,
    heal_at: Duration,
}

/// What happened next.
enum Step {
    Command(Command),
    Landed(Landed),
    Batched(Landed),
    Moment,
    Closed,
}

impl Owner {
    pub(super) fn new(
        around: Surroundings,
        hub: Arc<Hub>,
        settings: Arc<ArcSwap<Settings>>,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let assembly = Assembly::new(hub.epoch.clone(), hub.head());
        let count_at = around.clock.monotonic();
        Self {
            around,
            hub,
            settings,
            commands,
            runs: FuturesUnordered::new(),
            waiting: Vec::new(),
            batch: None,
            assembly,
            flush_at: None,
            counted: String::new(),
            count_at,
            heal_at: Duration::ZERO,
        }
    }

    /// Works until nobody holds the room and everything asked of it is done.
    pub(super) async fn run(mut self) {
        let mut open = true;
        while open || !self.runs.is_empty() || self.batch.is_some() || !self.waiting.is_empty() {
            match self.step(open).await {
                Step::Command(Command::Post(posting)) => self.waiting.push(*posting),
                Step::Command(Command::Run(run)) => self.runs.push(run),
                Step::Landed(landed) => self.land(landed),
                Step::Batched(landed) => {
                    self.batch = None;
                    self.land(landed);
                }
                Step::Moment => self.moment(),
                Step::Closed => open = false,
            }
            self.start_batch();
        }
        self.flush();
    }

    async fn step(&mut self, open: bool) -> Step {
        let now = self.around.clock.monotonic();
        let counting = self.hub.streams() > 0;
        let next = self.flush_at.unwrap_or(Duration::MAX);
        let next = if counting { next.min(self.count_at.max(now)) } else { next };
        let holed = self.runs.is_empty() && self.assembly.missing().is_some();
        let next = if holed { next.min(self.heal_at.max(now)) } else { next };
        let free = self.runs.len() < RUNS_MAX && self.waiting.len() < BATCH_MAX;
        tokio::select! {
            // Every branch is cancel safe: queues keep what was not taken, futures stay in place.
            command = self.commands.recv(), if open && free => {
                command.map_or(Step::Closed, Step::Command)
            }
            Some(landed) = self.runs.next(), if !self.runs.is_empty() => Step::Landed(landed),
            landed = running(&mut self.batch) => Step::Batched(landed),
            () = tokio::time::sleep(next.saturating_sub(now)), if next != Duration::MAX => Step::Moment,
        }
    }

    /// Sends what waits as one transaction, unless one is on its way: the batch grows meanwhile.
    fn start_batch(&mut self) {
        while self.waiting.len() < BATCH_MAX
            && let Ok(command) = self.commands.try_recv()
        {
            match command {
                Command::Post(posting) => self.waiting.push(*posting),
                Command::Run(run) => self.runs.push(run),
            }
        }
        if self.batch.is_none() && !self.waiting.is_empty() {
            let postings = std::mem::take(&mut self.waiting);
            let commit = post::commit(self.around.clone(), self.hub.room_id, postings);
            self.batch = Some(Box::pin(commit));
        }
    }

    /// Shows what was committed, then answers.
    fn land(&mut self, landed: Landed) {
        self.assembly.take(landed.events);
        if self.assembly.is_ready() {
            let now = self.around.clock.monotonic();
            let window = flush_window(self.hub.streams());
            let at = *self.flush_at.get_or_insert(now + window);
            if at <= now || self.assembly.is_urgent() {
                self.flush();
            }
        }
        (landed.answer)();
        self.heal();
    }

    fn flush(&mut self) {
        self.flush_at = None;
        let now = self.around.clock.monotonic();
        let budget = self.settings.load().budget_per_s;
        if let Some((frame, over_budget)) = self.assembly.flush(now, f64::from(budget)) {
            self.hub.publish(frame, over_budget);
        }
    }

    /// When a number is missing and nobody is about to bring it, it stands in the table: another
    /// process wrote it, or its transaction committed without an answer.
    fn heal(&mut self) {
        let Some(missing) = self.assembly.missing() else { return };
        let now = self.around.clock.monotonic();
        if !self.runs.is_empty() || self.batch.is_some() || now < self.heal_at {
            return;
        }
        self.heal_at = now + HEAL_EVERY;
        let (around, hub) = (self.around.clone(), Arc::clone(&self.hub));
        let limit = missing.end() - missing.start() + 1;
        let position = missing.start() - 1;
        self.runs.push(Box::pin(async move {
            let read = around.database.read();
            let found = room_events::page_after(read, hub.room_id, &hub.epoch, position, limit).await;
            let events = found.unwrap_or_else(|error| {
                tracing::warn!(room.id = %hub.room_id, error = %error, "missing events were not read");
                Vec::new()
            });
            Landed { events: events.into_iter().map(stamped).collect(), answer: Box::new(|| {}) }
        }));
    }

    fn moment(&mut self) {
        let now = self.around.clock.monotonic();
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush();
        }
        self.heal();
        if self.count_at <= now {
            self.count_at = now + COUNT_EVERY;
            self.count(now);
        }
    }

    fn count(&mut self, now: Duration) {
        let budget = f64::from(self.settings.load().budget_per_s);
        let counters = domain::event::Counters {
            viewers: self.hub.streams() as u64,
            likes: 0,
            sampled_1_in: self.assembly.sampled_1_in(now, budget),
        };
        let event = domain::event::RoomEvent::RoomCounters(counters);
        let payload = serde_json::to_string(&event).expect("an event is plain data");
        if payload != self.counted {
            self.counted.clone_from(&payload);
            self.hub.count(payload);
        }
    }
}

/// The running batch's end; never, when none runs.
async fn running(batch: &mut Option<BoxFuture<'static, Landed>>) -> Landed {
    match batch {
        Some(batch) => batch.await,
        None => std::future::pending().await,
    }
}
