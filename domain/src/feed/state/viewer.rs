//! What one viewer watched.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use super::{HISTORY_HALF_LIFE, keep_the_greatest};
use crate::{feed::decay::Decayed, id::ChannelId, time::Timestamp};

/// How much a mark of watching says. Marks are told while watching (at 10 s, 30 s, 1 min, 5 min, then
/// each minute), so who stays longer has said all of the shorter ones.
pub fn label_weight(watched: Duration) -> f64 {
    match watched.as_secs() {
        0..10 => 0.0,
        10..30 => 0.25,
        30..60 => 0.5,
        60..300 => 1.0,
        300..360 => 2.0,
        _ => 0.1,
    }
}

/// What one viewer watched, follows and hides.
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    history: HashMap<ChannelId, Decayed>,
    /// The last channels, the newest first, each once.
    recent: VecDeque<(ChannelId, Timestamp)>,
    followed: HashSet<ChannelId>,
    hidden: HashSet<ChannelId>,
    seen_at: Timestamp,
}

impl Viewer {
    /// Channels in the history.
    pub const HISTORY_MAX: usize = 200;
    /// Channels that still lead to others.
    pub const RECENT_MAX: usize = 30;
    /// Channels that a new one follows upon.
    const PREDECESSORS: usize = 5;
    /// Channels watched longer ago have not led to this one.
    const PREDECESSOR_AGE_MAX: Duration = Duration::from_hours(24 * 3);
    /// Channels that one viewer can follow, and hide.
    pub const FOLLOWED_MAX: usize = 5_000;

    pub(super) fn touch(&mut self, now: Timestamp) {
        self.seen_at = self.seen_at.max(now);
    }

    pub(super) fn seen_at(&self) -> Timestamp {
        self.seen_at
    }

    pub(super) fn follow(&mut self, channel: ChannelId) {
        if self.followed.len() < Self::FOLLOWED_MAX {
            self.followed.insert(channel);
        }
        self.hidden.remove(&channel);
    }

    pub(super) fn unfollow(&mut self, channel: ChannelId) {
        self.followed.remove(&channel);
    }

    pub(super) fn hide(&mut self, channel: ChannelId) {
        if self.hidden.len() < Self::FOLLOWED_MAX {
            self.hidden.insert(channel);
        }
    }

    /// Remembers it; says whether this is a new visit, and which channels led to it.
    pub(super) fn watched(
        &mut self,
        channel: ChannelId,
        weight: f64,
        now: Timestamp,
    ) -> (bool, Vec<ChannelId>) {
        self.history.entry(channel).or_default().add(weight, now, HISTORY_HALF_LIFE);
        if self.history.len() > Self::HISTORY_MAX + Self::HISTORY_MAX / 4 {
            let value = |sum: &Decayed| sum.at(now, HISTORY_HALF_LIFE);
            keep_the_greatest(&mut self.history, Self::HISTORY_MAX, value);
        }
        if let Some(newest) = self.recent.front_mut().filter(|newest| newest.0 == channel) {
            newest.1 = now;
            return (false, Vec::new());
        }
        let led_here = self
            .recent
            .iter()
            .filter(|&&(earlier, at)| {
                earlier != channel && now.since(at) < Self::PREDECESSOR_AGE_MAX
            })
            .map(|&(earlier, _)| earlier)
            .take(Self::PREDECESSORS)
            .collect();
        self.recent.retain(|&(earlier, _)| earlier != channel);
        self.recent.push_front((channel, now));
        self.recent.truncate(Self::RECENT_MAX);
        (true, led_here)
    }

    /// How much of this channel was watched, the past counting less.
    pub fn history_of(&self, channel: ChannelId, now: Timestamp) -> f64 {
        self.history.get(&channel).map_or(0.0, |sum| sum.at(now, HISTORY_HALF_LIFE))
    }

    /// The last channels, the newest first.
    pub fn recent(&self) -> impl Iterator<Item = (ChannelId, Timestamp)> {
        self.recent.iter().copied()
    }

    /// Every channel of the history.
    pub fn history(&self) -> impl Iterator<Item = ChannelId> {
        self.history.keys().copied()
    }

    /// The channels that the viewer follows.
    pub fn followed(&self) -> &HashSet<ChannelId> {
        &self.followed
    }

    /// Whether the viewer wants to see no more of a channel.
    pub fn hides(&self, channel: ChannelId) -> bool {
        self.hidden.contains(&channel)
    }
}
