//! Broadcasts as they happen: media in memory, playlists as snapshots, one owner task each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use domain::id::{BroadcastId, ChannelId, RecordingId};
use media::hls::{Window, iframes, multivariant};
use media::packager::Rid;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

pub(crate) use launch::{Past, launch};
pub(crate) use registry::Registry;
pub(crate) use rendition::{ClosedSegment, Rendition, duration};
pub(crate) use ring::{Chunks, Found, Sealed};
pub(crate) use seat::{Input, Seat};
pub(crate) use snapshot::Snapshot;

use crate::archive::describe;
use crate::stats::Pulse;
use crate::stats::lateness::Lateness;
use crate::stats::viewers::Viewers;
use pump::Command;

mod launch;
pub(crate) mod lifecycle;
mod publish;
pub(crate) mod pump;
mod registry;
mod rendition;
mod ring;
mod seat;
mod snapshot;

/// What names a broadcast; fixed for its life in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) broadcast: BroadcastId,
    pub(crate) channel: ChannelId,
    /// `None` when recording is off.
    pub(crate) recording: Option<RecordingId>,
    pub(crate) slug: String,
}

/// Where a broadcast stands, as players see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Admitted; no rendition has a part yet.
    Starting,
    /// Media arrives.
    Live,
    /// The publisher is gone; the reconnect window runs.
    Interrupted,
    /// Over: playlists have their last line.
    Ended,
    /// Removed by a decision: every answer is 410.
    TakenDown,
}

impl Stage {
    /// As the bus and the API name it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Starting | Self::Live => "live",
            Self::Interrupted => "interrupted",
            Self::Ended | Self::TakenDown => "ended",
        }
    }

    /// Whether players may find it under the channel's address.
    pub(crate) const fn is_on_air(self) -> bool {
        matches!(self, Self::Starting | Self::Live | Self::Interrupted)
    }
}

/// One broadcast in memory, shared by its owner task and all readers.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) identity: Identity,
    pub(crate) viewers: Viewers,
    pub(crate) lateness: Mutex<Lateness>,
    pub(crate) pulse: Mutex<Pulse>,
    /// Whether its journal was given up; set once.
    pub(crate) journal_lost: AtomicBool,
    renditions: ArcSwap<Vec<Arc<Rendition>>>,
    stage: watch::Sender<Stage>,
    /// Whether every rendition has its first part; set once.
    ready: watch::Sender<bool>,
    /// Whether the owner task is done; set once.
    over: watch::Sender<bool>,
    /// Whether all of it is in the store; set once, after its end.
    stored: watch::Sender<bool>,
    /// Of the lease: each publisher raises it. Media keys keep the first one.
    fence: AtomicI64,
    seats: AtomicU64,
    commands: mpsc::Sender<Command>,
}

impl Live {
    /// A broadcast that waits for its first part; its owner task takes `commands`' other end.
    pub(crate) fn new(identity: Identity, fence: i64, commands: mpsc::Sender<Command>) -> Self {
        Self {
            identity,
            viewers: Viewers::default(),
            lateness: Mutex::default(),
            pulse: Mutex::default(),
            journal_lost: AtomicBool::new(false),
            renditions: ArcSwap::default(),
            stage: watch::Sender::new(Stage::Starting),
            ready: watch::Sender::new(false),
            over: watch::Sender::new(false),
            stored: watch::Sender::new(false),
            fence: AtomicI64::new(fence),
            seats: AtomicU64::new(0),
            commands,
        }
    }

    /// The renditions that exist now, in the order of their appearance.
    pub(crate) fn renditions(&self) -> Arc<Vec<Arc<Rendition>>> {
        self.renditions.load_full()
    }

    /// One rendition by name.
    pub(crate) fn rendition(&self, rid: Rid) -> Option<Arc<Rendition>> {
        self.renditions.load().iter().find(|rendition| rendition.rid() == rid).cloned()
    }

    /// Where it stands.
    pub(crate) fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Whether a multivariant playlist can be given.
    pub(crate) fn readiness(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    /// Whether this is the rendition whose requests are counted as viewers.
    pub(crate) fn leads(&self, rendition: &Rendition) -> bool {
        self.renditions.load().first().is_some_and(|first| first.rid() == rendition.rid())
    }

    /// Its multivariant playlist; `None` while it has no rendition.
    pub(crate) fn multivariant(&self, prefix: &str) -> Option<String> {
        let renditions = self.renditions.load();
        let entries: Vec<_> = renditions
            .iter()
            .map(|rendition| {
                let measure = |window: &Window| (window.rates(), iframes::window_rates(window));
                describe(rendition.about(), rendition.with_window(measure))
            })
            .collect();
        (!entries.is_empty()).then(|| multivariant::render(prefix, &entries))
    }

    /// Waits until the owner task is done.
    pub(crate) async fn over(&self) {
        until_set(self.over.subscribe()).await;
    }

    /// Waits until all of an ended broadcast is in the store.
    pub(crate) async fn stored(&self) {
        until_set(self.stored.subscribe()).await;
    }

    /// All of it is in the store.
    pub(crate) fn note_stored(&self) {
        self.stored.send_replace(true);
    }

    /// A broadcast that was over before this process began.
    pub(crate) fn put_away(&self, renditions: Vec<Arc<Rendition>>, stage: Stage) {
        for rendition in &renditions {
            rendition.end();
            rendition.refresh(&renditions);
        }
        self.renditions.store(Arc::new(renditions));
        self.become_stage(stage);
        self.over.send_replace(true);
    }

    fn add(&self, rendition: Arc<Rendition>) {
        let mut renditions = Vec::clone(&self.renditions.load());
        renditions.push(rendition);
        self.renditions.store(Arc::new(renditions));
    }

    fn become_stage(&self, stage: Stage) {
        self.stage.send_replace(stage);
        if matches!(stage, Stage::Ended | Stage::TakenDown) {
            // Whoever waits for a first part learns that none will come.
            self.ready.send_replace(true);
        }
    }

    /// The fence of our lease.
    pub(crate) fn fence(&self) -> i64 {
        self.fence.load(Ordering::Relaxed)
    }

    /// Another publisher was let in: our own lease was taken anew.
    pub(crate) fn raise_fence(&self, fence: i64) {
        self.fence.fetch_max(fence, Ordering::Relaxed);
    }

    fn next_seat(&self) -> u64 {
        self.seats.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }
}

async fn until_set(mut flag: watch::Receiver<bool>) {
    // The sender is a field of the broadcast that is waited for, so the channel is open.
    if flag.wait_for(|set| *set).await.is_err() {
        tracing::error!("a broadcast went away while it was waited for");
    }
}
