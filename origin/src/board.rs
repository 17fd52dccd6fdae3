//! The board: what operators see of this node, once a second, and the alarms that follow from it.
//!
//! Everything is measured where it happens and only read here; the second is rendered once and
//! published as `hw.operator.second`, whoever watches.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::id::{BroadcastId, ChannelId};
use domain::time::Timestamp;
use infra::http::Connections;
use infra::machine::{self, Machine, Reading};
use parking_lot::Mutex;
use tokio::time::MissedTickBehavior;

use crate::delivery::tally;
use crate::live::Live;
use crate::{Context, Delivery};
use alarms::{Alarms, Change};
use findings::Known;
use line::Line;
use second::{Gauges, Happening, Lines, Second};

pub(crate) mod alarms;
mod findings;
mod gauges;
mod line;
mod row;
mod second;

/// How often the board is written.
const SECOND: Duration = Duration::from_secs(1);
/// What happened, at most so much of it.
const HAPPENED_MAX: usize = 50;
/// Broadcasts on one board; the rest is counted.
const BROADCASTS_MAX: usize = 40;
/// How long the machine may take to tell of itself.
const MACHINE_PATIENCE: Duration = Duration::from_millis(500);

/// What happened lately; a part of the context, so that everyone can add to it.
#[derive(Debug, Default)]
pub(crate) struct Happened(Mutex<VecDeque<Happening>>);

impl Happened {
    /// A publisher came, went or was refused.
    pub(crate) fn ingest(
        &self,
        at: Timestamp,
        (channel, broadcast): (ChannelId, Option<BroadcastId>),
        code: &'static str,
    ) {
        self.add(Happening {
            at,
            what: "ingest",
            code,
            severity: None,
            channel_id: Some(channel),
            broadcast_id: broadcast,
        });
    }

    /// An alarm began or ended.
    fn alarm(&self, at: Timestamp, change: Change) {
        let Change { code, severity, about, stands } = change;
        self.add(Happening {
            at,
            what: if stands { "raised" } else { "cleared" },
            code,
            severity: Some(severity),
            channel_id: about.map(|about| about.channel_id),
            broadcast_id: about.map(|about| about.broadcast_id),
        });
    }

    fn add(&self, happening: Happening) {
        let mut happened = self.0.lock();
        if happened.len() == HAPPENED_MAX {
            happened.pop_front();
        }
        happened.push_back(happening);
    }

    fn newest(&self) -> Vec<Happening> {
        self.0.lock().iter().cloned().collect()
    }
}

/// Whoever writes the board; owned by its task.
struct Writer {
    context: Arc<Context>,
    delivery: Delivery,
    connections: Connections,
    machine: Arc<Mutex<Machine>>,
    name: String,
    started_at: Timestamp,
    alarms: Alarms,
    rows: HashMap<BroadcastId, row::Memory>,
    asked: tally::Counts,
    store: gauges::StoreMemory,
    cache: gauges::CacheMemory,
    waiters: Line,
    ages: Vec<Line>,
}

/// Writes the board until the process drains.
pub(crate) async fn write(context: Arc<Context>, delivery: Delivery, connections: Connections) {
    let draining = context.tasks.draining();
    tokio::pin!(draining);
    let mut ticks = tokio::time::interval(SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut writer = Writer::new(context, delivery, connections);
    loop {
        // Both are cancel safe.
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut draining => return,
        }
        let machine = writer.read_machine().await;
        let second = writer.second(machine);
        match serde_json::to_vec(&second) {
            Ok(text) => {
                writer.context.bus.publish("hw.operator.second".to_owned(), Bytes::from(text));
            }
            Err(error) => tracing::error!(%error, "the board has no JSON form"),
        }
    }
}

impl Writer {
    fn new(context: Arc<Context>, delivery: Delivery, connections: Connections) -> Self {
        let directory = context.settings.journal.clone().unwrap_or_else(|| ".".into());
        Self {
            machine: Arc::new(Mutex::new(Machine::new(directory))),
            name: machine::host_name().unwrap_or_else(|| context.node.clone()),
            started_at: context.clock.now(),
            alarms: Alarms::default(),
            rows: HashMap::new(),
            asked: tally::Counts::default(),
            store: gauges::StoreMemory::default(),
            cache: gauges::CacheMemory::default(),
            waiters: Line::of(line::MINUTE),
            ages: (0..=tally::AGES.len()).map(|_| Line::of(line::MINUTE)).collect(),
            context,
            delivery,
            connections,
        }
    }

    /// Looks at the machine; a look that hangs leaves its figures out, and the next one does not queue.
    async fn read_machine(&self) -> Reading {
        let machine = Arc::clone(&self.machine);
        let reading = tokio::task::spawn_blocking(move || Some(machine.try_lock()?.read()));
        let reading = tokio::time::timeout(MACHINE_PATIENCE, reading).await;
        reading.ok().and_then(Result::ok).flatten().unwrap_or_default()
    }

    fn second(&mut self, machine: Reading) -> Second {
        let now = self.context.now();
        let lives = self.context.registry.all();
        let on_air: Vec<&Arc<Live>> =
            lives.iter().filter(|live| live.stage().is_on_air()).collect();
        self.rows.retain(|id, _| on_air.iter().any(|live| live.identity.broadcast == *id));
        let mut gauges = self.gauges(&machine, now.monotonic);
        let known = self.known();
        let mut found = Vec::new();
        let mut rows = Vec::new();
        for live in on_air {
            let memory = self.rows.entry(live.identity.broadcast).or_default();
            let (row, parts) = memory.row(live);
            gauges.parts_per_s += parts;
            gauges.viewers += row.viewers;
            found.extend(findings::broadcast(&row, live.stage(), &known));
            rows.push((row::urgency(&row, live.stage()), row));
        }
        gauges.broadcasts = rows.len();
        found.extend(findings::node(&gauges, &known));
        for change in self.alarms.observe(found, now.wall) {
            self.tell(change, now.wall);
        }
        rows.sort_by(|(left, a), (right, b)| {
            (left, &a.channel_slug).cmp(&(right, &b.channel_slug))
        });
        let broadcasts_more = rows.len().saturating_sub(BROADCASTS_MAX);
        Second {
            at: now.wall,
            node: self.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            started_at: self.started_at,
            history: self.history(),
            gauges,
            alarms: self.alarms.standing(),
            broadcasts: rows.into_iter().take(BROADCASTS_MAX).map(|(_, row)| row).collect(),
            broadcasts_more,
            happened: self.context.happened.newest(),
        }
    }

    fn tell(&self, change: Change, at: Timestamp) {
        self.context.happened.alarm(at, change);
        let standing = metrics::gauge!("headwater_alarms", "code" => change.code);
        if change.stands {
            standing.increment(1);
            tracing::warn!(alarm.code = change.code, "an alarm begins");
        } else {
            standing.decrement(1);
            tracing::info!(alarm.code = change.code, "an alarm ends");
        }
    }

    fn known(&self) -> Known {
        let settings = &self.context.settings;
        let reconnect_window_ms = settings.reconnect_window.as_millis();
        Known {
            reserve_bytes: settings.disk_reserve_bytes,
            reconnect_window_ms: u64::try_from(reconnect_window_ms).unwrap_or(u64::MAX),
            ..self.store.known()
        }
    }

    fn gauges(&mut self, machine: &Reading, now: Duration) -> Gauges {
        let context = &self.context;
        let asked = self.delivery.tally().read();
        let before = std::mem::replace(&mut self.asked, asked);
        let waiting = self.delivery.waiting();
        let (spool, store) = self.store.read(&context.writer, now);
        let lives = context.registry.all();
        let renditions = lives.iter().flat_map(|live| live.renditions().to_vec());
        let ring_bytes = renditions.map(|rendition| rendition.ring_bytes()).sum();
        self.waiters.push(waiting as u64);
        for (row, line) in self.ages.iter_mut().enumerate() {
            line.push(asked.ages[row] - before.ages[row]);
        }
        Gauges {
            sent_bps: (asked.bytes - before.bytes) * 8,
            connections: self.connections.count(),
            cache: self.cache.read(&context.media, context.settings.cache_bytes_max, ring_bytes),
            spool,
            store,
            waiters: gauges::waiters(waiting, context.settings.waiting_max, &asked, &before),
            requests: gauges::requests(&asked, &before),
            machine: gauges::machine(machine),
            ..Gauges::default()
        }
    }

    fn history(&self) -> Lines {
        let ages = self.ages.iter().enumerate();
        Lines {
            put_p95_ms: self.store.p95_ms.values(),
            spool_bytes: self.store.spool_bytes.values(),
            waiters: self.waiters.values(),
            ages: ages
                .map(|(row, line)| second::Age {
                    up_to_s: second::Age::bound(row),
                    requests: line.values(),
                })
                .collect(),
        }
    }
}
