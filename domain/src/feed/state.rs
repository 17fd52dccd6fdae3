//! What the feeds know: who is on air, what each viewer watched, how channels do.

mod viewer;

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    time::Duration,
};

pub use viewer::{Viewer, label_weight};

use super::{Item, decay::Decayed};
use crate::{
    channel::Visibility,
    id::{BroadcastId, ChannelId, RecordingId, UserId},
    time::Timestamp,
};

/// Own history and co-watch forget over a month and a week.
pub(super) const HISTORY_HALF_LIFE: Duration = Duration::from_hours(30 * 24);
pub(super) const CO_WATCH_HALF_LIFE: Duration = Duration::from_hours(7 * 24);
/// How a channel does lately, and how many it usually has.
pub(super) const LATELY_HALF_LIFE: Duration = Duration::from_hours(24);
const USUAL_HALF_LIFE: Duration = Duration::from_hours(14 * 24);

/// A broadcast that is on air.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Whose.
    pub channel: ChannelId,
    /// Since when.
    pub since: Timestamp,
    /// How many watch.
    pub viewers: u32,
    /// Who may find it.
    pub visibility: Visibility,
    /// Whether media arrives: an interrupted broadcast is not shown.
    pub is_flowing: bool,
    /// When its origin was last heard.
    pub heard_at: Timestamp,
}

/// A broadcast with a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Whose.
    pub channel: ChannelId,
    /// When it shall start.
    pub starts_at: Timestamp,
    /// Who may find it.
    pub visibility: Visibility,
}

/// A recording that can be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Whose.
    pub channel: ChannelId,
    /// When it became ready.
    pub at: Timestamp,
    /// Who may find it.
    pub visibility: Visibility,
}

/// What a channel says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Who may find it.
    pub visibility: Visibility,
    /// What it is about.
    pub category: Option<String>,
    /// In which language.
    pub language: Option<String>,
}

/// What is known about a channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What it says about itself.
    pub profile: Profile,
    /// Cards shown and followed by watching, lately.
    pub(super) impressions: Decayed,
    pub(super) watches: Decayed,
    /// Cards shown ever, for what is still to be explored.
    pub(super) impressions_ever: u64,
    pub(super) watches_ever: u64,
    /// Exploration slots of this day.
    pub(super) explored: (i64, u32),
    /// Visits, to compare co-watch with.
    pub(super) visits: Decayed,
    /// How many watched after this channel, by the next one.
    pub(super) next: HashMap<ChannelId, Decayed>,
    usual_viewers: Decayed,
    usual_samples: Decayed,
}

impl Channel {
    /// Successors that are remembered.
    pub(super) const NEXT_MAX: usize = 128;

    fn new(profile: Profile) -> Self {
        Self {
            profile,
            impressions: Decayed::default(),
            watches: Decayed::default(),
            impressions_ever: 0,
            watches_ever: 0,
            explored: (0, 0),
            visits: Decayed::default(),
            next: HashMap::new(),
            usual_viewers: Decayed::default(),
            usual_samples: Decayed::default(),
        }
    }

    /// Whether few have seen a card of it yet.
    pub fn is_new(&self) -> bool {
        self.impressions_ever < super::explore::IMPRESSIONS_MAX
    }

    /// How many it usually has on air; `None` before it was ever seen on air.
    pub fn usual_viewers(&self, now: Timestamp) -> Option<f64> {
        let samples = self.usual_samples.at(now, USUAL_HALF_LIFE);
        (samples > 0.0).then(|| self.usual_viewers.at(now, USUAL_HALF_LIFE) / samples)
    }

    /// Counts `share` of a minute with so many viewers.
    fn sample_viewers(&mut self, viewers: u32, share: f64, now: Timestamp) {
        self.usual_viewers.add(f64::from(viewers) * share, now, USUAL_HALF_LIFE);
        self.usual_samples.add(share, now, USUAL_HALF_LIFE);
    }

    fn went_on_to(&mut self, next: ChannelId, weight: f64, now: Timestamp) {
        self.next.entry(next).or_default().add(weight, now, CO_WATCH_HALF_LIFE);
        if self.next.len() > 2 * Self::NEXT_MAX {
            keep_the_greatest(&mut self.next, Self::NEXT_MAX, |sum| {
                sum.at(now, CO_WATCH_HALF_LIFE)
            });
        }
    }
}

/// Drops the least of a map down to `max`.
pub(super) fn keep_the_greatest<K: Copy + Eq + std::hash::Hash, V>(
    map: &mut HashMap<K, V>,
    max: usize,
    value: impl Fn(&V) -> f64,
) {
    let mut ranked: Vec<(K, f64)> = map.iter().map(|(&key, v)| (key, value(v))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (key, _) in ranked.into_iter().skip(max) {
        map.remove(&key);
    }
}

/// Everything in memory. One writer; readers share it.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(super) live: HashMap<BroadcastId, Live>,
    pub(super) planned: HashMap<BroadcastId, Planned>,
    pub(super) recorded: HashMap<RecordingId, Recorded>,
    pub(super) channels: HashMap<ChannelId, Channel>,
    pub(super) viewers: HashMap<UserId, Viewer>,
    pub(super) visits: Decayed,
    /// Visits by category; as many as there are categories of channels.
    pub(super) visits_of_category: HashMap<String, Decayed>,
}

impl State {
    /// Viewers with a history; the longest absent are forgotten first.
    pub const VIEWERS_MAX: usize = 100_000;
    /// Channels that are known.
    pub const CHANNELS_MAX: usize = 100_000;
    /// Categories whose visits are counted.
    pub const CATEGORIES_MAX: usize = 1_000;
    /// Recordings that can be shown; the oldest are dropped first.
    pub const RECORDED_MAX: usize = 20_000;
    /// An origin tells each of its broadcasts every 2 s; silent for so long, it is not shown.
    pub const SILENCE_MAX: Duration = Duration::from_secs(10);
    /// What one hearing stands for at most, for the usual number of viewers.
    const SAMPLE: Duration = Duration::from_mins(1);
    /// How early a planned broadcast is shown.
    pub const SOON: Duration = Duration::from_hours(1);

    /// Learns what a channel says about itself. Nothing of an unknown channel is ever shown.
    pub fn channel_is(&mut self, channel: ChannelId, profile: Profile) {
        let is_full = self.channels.len() >= Self::CHANNELS_MAX;
        match self.channels.entry(channel) {
            Entry::Occupied(mut known) => known.get_mut().profile = profile,
            Entry::Vacant(_) if is_full => {}
            Entry::Vacant(place) => {
                place.insert(Channel::new(profile));
            }
        }
    }

    /// Forgets a channel and all that is its own.
    pub fn channel_is_gone(&mut self, channel: ChannelId) {
        self.channels.remove(&channel);
        self.live.retain(|_, live| live.channel != channel);
        self.planned.retain(|_, planned| planned.channel != channel);
        self.recorded.retain(|_, recorded| recorded.channel != channel);
    }

    /// A broadcast is on air, or changed while it is.
    pub fn is_live(&mut self, broadcast: BroadcastId, live: Live, now: Timestamp) {
        self.planned.remove(&broadcast);
        let unheard = self
            .live
            .get(&broadcast)
            .map_or(Self::SAMPLE, |before| now.since(before.heard_at).min(Self::SAMPLE));
        // In its first half minute the viewers of a broadcast are still on their way.
        if let Some(channel) = self.channels.get_mut(&live.channel)
            && now.since(live.since) > Duration::from_secs(30)
        {
            let share = unheard.as_secs_f64() / Self::SAMPLE.as_secs_f64();
            channel.sample_viewers(live.viewers, share, now);
        }
        self.live.insert(broadcast, live);
    }

    /// A broadcast is over or taken down.
    pub fn is_off_air(&mut self, broadcast: BroadcastId) {
        self.live.remove(&broadcast);
        self.planned.remove(&broadcast);
    }

    /// Who may find a broadcast that is on air changed.
    pub fn broadcast_is(&mut self, broadcast: BroadcastId, visibility: Visibility) {
        if let Some(live) = self.live.get_mut(&broadcast) {
            live.visibility = visibility;
        }
    }

    /// A broadcast has a time.
    pub fn is_planned(&mut self, broadcast: BroadcastId, planned: Planned) {
        self.planned.insert(broadcast, planned);
    }

    /// A recording can be played, or changed.
    pub fn is_recorded(&mut self, recording: RecordingId, recorded: Recorded) {
        self.recorded.insert(recording, recorded);
        if self.recorded.len() > Self::RECORDED_MAX + Self::RECORDED_MAX / 8 {
            #[expect(clippy::cast_precision_loss, reason = "only the order counts")]
            let newest = |recorded: &Recorded| recorded.at.0 as f64;
            keep_the_greatest(&mut self.recorded, Self::RECORDED_MAX, newest);
        }
    }

    /// A recording can't be played any more.
    pub fn recording_is_gone(&mut self, recording: RecordingId) {
        self.recorded.remove(&recording);
    }

    /// Whether a recording is among those that can be shown.
    pub fn knows_recording(&self, recording: RecordingId) -> bool {
        self.recorded.contains_key(&recording)
    }

    /// Forgets who is on air and who will be, before it is learnt again.
    pub fn nothing_is_on_air(&mut self) {
        self.live.clear();
        self.planned.clear();
    }

    /// Whether somebody who opens this now would see something.
    pub fn is_available(&self, item: Item, now: Timestamp) -> bool {
        let (channel, visibility, is_there) = match item {
            Item::Live(id) => {
                let Some(live) = self.live.get(&id) else { return false };
                let is_heard = now.since(live.heard_at) < Self::SILENCE_MAX;
                (live.channel, live.visibility, live.is_flowing && is_heard)
            }
            Item::Soon(id) => {
                let Some(planned) = self.planned.get(&id) else { return false };
                let is_soon = now < planned.starts_at && planned.starts_at <= now.plus(Self::SOON);
                (planned.channel, planned.visibility, is_soon)
            }
            Item::Recording(id) => {
                let Some(recorded) = self.recorded.get(&id) else { return false };
                (recorded.channel, recorded.visibility, true)
            }
        };
        let channel = self.channels.get(&channel);
        is_there
            && visibility.is_listed()
            && channel.is_some_and(|channel| channel.profile.visibility.is_listed())
    }

    /// The broadcast of a channel that is on air.
    pub fn live_of(&self, channel: ChannelId) -> Option<(BroadcastId, &Live)> {
        self.live.iter().find(|(_, live)| live.channel == channel).map(|(&id, live)| (id, live))
    }

    /// A broadcast that is on air.
    pub fn live(&self, broadcast: BroadcastId) -> Option<&Live> {
        self.live.get(&broadcast)
    }

    /// Every broadcast that was last heard before `then`.
    pub fn silent_since(&self, then: Timestamp) -> Vec<BroadcastId> {
        self.live.iter().filter(|(_, live)| live.heard_at < then).map(|(&id, _)| id).collect()
    }

    /// A channel that is known.
    pub fn channel(&self, channel: ChannelId) -> Option<&Channel> {
        self.channels.get(&channel)
    }

    /// What is known about a viewer.
    pub fn viewer(&self, user: UserId) -> Option<&Viewer> {
        self.viewers.get(&user)
    }

    /// A viewer follows a channel.
    pub fn is_followed(&mut self, user: UserId, channel: ChannelId, now: Timestamp) {
        self.viewer_mut(user, now).follow(channel);
    }

    /// A viewer follows a channel no more.
    pub fn is_unfollowed(&mut self, user: UserId, channel: ChannelId) {
        if let Some(viewer) = self.viewers.get_mut(&user) {
            viewer.unfollow(channel);
        }
    }

    /// A viewer reached a mark of watching: 10 s, 30 s, 1 min, 5 min.
    pub fn was_watched(
        &mut self,
        user: Option<UserId>,
        channel: ChannelId,
        watched: Duration,
        now: Timestamp,
    ) {
        let weight = label_weight(watched);
        let Some(known) = self.channels.get_mut(&channel).filter(|_| weight > 0.0) else { return };
        known.watches.add(weight, now, LATELY_HALF_LIFE);
        known.watches_ever += 1;
        let Some(user) = user else { return };
        let (is_new_visit, before) = self.viewer_mut(user, now).watched(channel, weight, now);
        if is_new_visit {
            self.count_visit(channel, now);
        }
        for (rank, earlier) in (1_u32..).zip(before) {
            if let Some(earlier) = self.channels.get_mut(&earlier) {
                earlier.went_on_to(channel, 1.0 / f64::from(rank), now);
            }
        }
    }

    fn count_visit(&mut self, channel: ChannelId, now: Timestamp) {
        let Some(known) = self.channels.get_mut(&channel) else { return };
        known.visits.add(1.0, now, CO_WATCH_HALF_LIFE);
        self.visits.add(1.0, now, CO_WATCH_HALF_LIFE);
        let Some(category) = &known.profile.category else { return };
        if let Some(visits) = self.visits_of_category.get_mut(category) {
            visits.add(1.0, now, CO_WATCH_HALF_LIFE);
        } else if self.visits_of_category.len() < Self::CATEGORIES_MAX {
            let visits = self.visits_of_category.entry(category.clone()).or_default();
            visits.add(1.0, now, CO_WATCH_HALF_LIFE);
        }
    }

    /// The share of all visits that this channel has.
    pub(super) fn share_of(&self, channel: ChannelId, now: Timestamp) -> f64 {
        let total = self.visits.at(now, CO_WATCH_HALF_LIFE);
        let visits = self.channels.get(&channel).map(|c| c.visits.at(now, CO_WATCH_HALF_LIFE));
        visits.filter(|_| total > 0.0).map_or(0.0, |visits| visits / total)
    }

    /// The share of all visits that this category has; an even one before anything is known.
    pub(super) fn share_of_category(&self, category: &str, now: Timestamp) -> f64 {
        const EVEN: f64 = 1.0 / 12.0;
        const SMOOTHING: f64 = 50.0;
        let visits = self.visits_of_category.get(category);
        let visits = visits.map_or(0.0, |visits| visits.at(now, CO_WATCH_HALF_LIFE));
        let total = self.visits.at(now, CO_WATCH_HALF_LIFE);
        (visits + SMOOTHING * EVEN) / (total + SMOOTHING)
    }

    /// A card was shown.
    pub fn was_shown(&mut self, channel: ChannelId, source: super::Source, now: Timestamp) {
        let Some(known) = self.channels.get_mut(&channel) else { return };
        known.impressions.add(1.0, now, LATELY_HALF_LIFE);
        known.impressions_ever += 1;
        if source == super::Source::Exploration {
            let day = now.0.div_euclid(86_400_000);
            let used = if known.explored.0 == day { known.explored.1 } else { 0 };
            known.explored = (day, used + 1);
        }
    }

    /// A viewer wants to see no more of a channel.
    pub fn is_hidden(&mut self, user: UserId, channel: ChannelId, now: Timestamp) {
        self.viewer_mut(user, now).hide(channel);
    }

    /// Forgets a viewer: erased, or personalisation switched off.
    pub fn viewer_is_gone(&mut self, user: UserId) {
        self.viewers.remove(&user);
    }

    fn viewer_mut(&mut self, user: UserId, now: Timestamp) -> &mut Viewer {
        if self.viewers.len() >= Self::VIEWERS_MAX && !self.viewers.contains_key(&user) {
            #[expect(clippy::cast_precision_loss, reason = "only the order counts")]
            let latest = |viewer: &Viewer| viewer.seen_at().0 as f64;
            keep_the_greatest(&mut self.viewers, Self::VIEWERS_MAX - Self::VIEWERS_MAX / 8, latest);
        }
        let viewer = self.viewers.entry(user).or_default();
        viewer.touch(now);
        viewer
    }

    /// The followed channels of a viewer.
    pub(super) fn followed(&self, user: Option<UserId>) -> Option<&HashSet<ChannelId>> {
        user.and_then(|user| self.viewers.get(&user)).map(Viewer::followed)
    }
}
