//! Which broadcasts this process holds: by id, and each channel's current one by slug.

use std::collections::HashMap;
use std::sync::Arc;

use domain::id::{BroadcastId, ChannelId, RecordingId};
use parking_lot::RwLock;

use super::Live;

/// All broadcasts in memory; a cheap handle.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    lives: Arc<RwLock<Lives>>,
}

#[derive(Debug, Default)]
struct Lives {
    by_id: HashMap<BroadcastId, Arc<Live>>,
    by_slug: HashMap<String, Arc<Live>>,
    /// Channels whose broadcast on the air can't be taken up yet.
    delayed: HashMap<BroadcastId, String>,
}

impl Registry {
    /// The broadcast with this id, if it is in memory.
    pub(crate) fn get(&self, id: BroadcastId) -> Option<Arc<Live>> {
        self.lives.read().by_id.get(&id).cloned()
    }

    /// The current broadcast of a channel; it may have ended.
    pub(crate) fn current(&self, slug: &str) -> Option<Arc<Live>> {
        self.lives.read().by_slug.get(slug).cloned()
    }

    /// The broadcast that this recording is made from, if it is in memory.
    pub(crate) fn recording(&self, id: RecordingId) -> Option<Arc<Live>> {
        self.lives.read().by_id.values().find(|live| live.identity.recording == Some(id)).cloned()
    }

    /// The current broadcast of a channel; it may have ended.
    pub(crate) fn of_channel(&self, channel: ChannelId) -> Option<Arc<Live>> {
        self.lives.read().by_slug.values().find(|live| live.identity.channel == channel).cloned()
    }

    /// Takes a broadcast in, as its channel's current one.
    pub(crate) fn insert(&self, live: &Arc<Live>) {
        let mut lives = self.lives.write();
        lives.delayed.remove(&live.identity.broadcast);
        lives.by_id.insert(live.identity.broadcast, Arc::clone(live));
        lives.by_slug.insert(live.identity.slug.clone(), Arc::clone(live));
    }

    /// Notes that a channel is on the air, though its broadcast can't be taken up yet.
    pub(crate) fn delay(&self, id: BroadcastId, slug: &str) {
        self.lives.write().delayed.insert(id, slug.to_owned());
    }

    /// Whether a channel's broadcast on the air waits to be taken up.
    pub(crate) fn is_delayed(&self, slug: &str) -> bool {
        self.lives.read().delayed.values().any(|delayed| delayed == slug)
    }

    /// The broadcast was taken up, or is over.
    pub(crate) fn settle(&self, id: BroadcastId) {
        self.lives.write().delayed.remove(&id);
    }

    /// Forgets a broadcast; one of the same name that was taken up since stays.
    pub(crate) fn remove(&self, gone: &Arc<Live>) {
        let mut lives = self.lives.write();
        lives.by_id.retain(|_, live| !Arc::ptr_eq(live, gone));
        lives.by_slug.retain(|_, live| !Arc::ptr_eq(live, gone));
    }

    /// Every broadcast in memory.
    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        self.lives.read().by_id.values().cloned().collect()
    }
}
