//! The feeds of one process.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::feed::{Item, Source};
use domain::id::{BroadcastId, ChannelId, FeedId, RecordingId, UserId};
use domain::time::Timestamp;
use infra::clock::SharedClock;
use parking_lot::{Mutex, RwLock};

use super::known::Known;
use super::memory::Memory;

/// Viewers whose follows were read; when full, they are read again.
const VIEWERS_MAX: usize = 100_000;

/// What this process knows of what there is to watch. Clones share it.
#[derive(Debug, Clone)]
pub struct Feeds(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    known: RwLock<Known>,
    memory: Mutex<Memory>,
    viewers: Mutex<HashSet<UserId>>,
    clock: SharedClock,
}

/// What was watched or shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A broadcast.
    Broadcast(BroadcastId),
    /// A recording.
    Recording(RecordingId),
}

impl Feeds {
    /// Feeds that know nothing yet.
    pub fn new(clock: SharedClock) -> Self {
        Self(Arc::new(Inner {
            known: RwLock::default(),
            memory: Mutex::default(),
            viewers: Mutex::default(),
            clock,
        }))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.0.known.read())
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.0.known.write())
    }

    pub(super) fn memory<T>(&self, with: impl FnOnce(&mut Memory) -> T) -> T {
        with(&mut self.0.memory.lock())
    }

    pub(super) fn is_new_viewer(&self, user: UserId) -> bool {
        !self.0.viewers.lock().contains(&user)
    }

    pub(super) fn viewer_is_known(&self, user: UserId) {
        let mut viewers = self.0.viewers.lock();
        if viewers.len() >= VIEWERS_MAX {
            viewers.clear();
        }
        viewers.insert(user);
    }

    /// Whether a channel is this user's own: what creators watch of themselves says nothing.
    pub(crate) fn owns(&self, user: Option<UserId>, channel: ChannelId) -> bool {
        let owner = self.read(|known| known.channels.get(&channel).and_then(|shown| shown.owner));
        user.is_some() && owner == user
    }

    /// Counts a mark of watching.
    pub(crate) fn was_watched(&self, user: Option<UserId>, channel: ChannelId, watched_ms: i64) {
        let watched = Duration::from_millis(watched_ms.try_into().unwrap_or(0));
        let now = self.now();
        self.change(|known| known.state.was_watched(user, channel, watched, now));
    }

    /// Counts a card that was shown on a page of ours; others can't be told from inventions.
    pub(crate) fn was_shown(&self, feed: FeedId, subject: Subject, channel: ChannelId) {
        let items = match subject {
            Subject::Broadcast(id) => [Item::Live(id), Item::Soon(id)],
            Subject::Recording(id) => [Item::Recording(id); 2],
        };
        let source: Option<Source> =
            self.memory(|memory| items.iter().find_map(|&item| memory.source(feed, item)));
        if let Some(source) = source {
            let now = self.now();
            self.change(|known| known.state.was_shown(channel, source, now));
        }
    }
}
