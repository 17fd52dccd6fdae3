//! Candidates: everything that may be worth a place, each with the source that brought it.

use std::collections::{HashMap, HashSet};

use super::{
    Ask, CANDIDATES_MAX, Item, State, Strategy, Surface,
    decay::Decayed,
    state::{CO_WATCH_HALF_LIFE, Viewer},
};
use crate::id::ChannelId;

/// What brought a candidate, the strongest claim first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The viewer follows the channel.
    Followed,
    /// The viewer watched the channel before.
    Repeat,
    /// Others went on to it from what the viewer watched.
    CoWatch,
    /// It is on air.
    Trending,
    /// It is about to start.
    Soon,
    /// It can be replayed.
    Recording,
    /// It is given a chance.
    Exploration,
}

impl Source {
    /// The text at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::Repeat => "repeat",
            Self::CoWatch => "co_watch",
            Self::Trending => "trending",
            Self::Soon => "soon",
            Self::Recording => "recording",
            Self::Exploration => "exploration",
        }
    }
}

/// Something that may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// What.
    pub item: Item,
    /// Whose.
    pub channel: ChannelId,
    /// From where.
    pub source: Source,
    /// How strongly co-watch leads here, 0 to 1, and from which channel.
    pub co_watch: Option<(f64, ChannelId)>,
}

/// All candidates for a page: every live item when they are few, otherwise those with a claim
/// first.
pub fn collect(state: &State, ask: &Ask<'_>) -> Vec<Candidate> {
    let user = ask.user.filter(|_| ask.strategy == Strategy::Personal);
    let led_to = co_watch(state, ask);
    let followed = state.followed(user);
    let follows = |channel: ChannelId| followed.is_some_and(|set| set.contains(&channel));
    let knows = |channel: ChannelId| {
        user.and_then(|user| state.viewer(user))
            .is_some_and(|viewer| viewer.history_of(channel, ask.now) > 0.0)
    };
    let candidate = |item: Item, channel: ChannelId, otherwise: Source| Candidate {
        item,
        channel,
        source: match otherwise {
            _ if follows(channel) => Source::Followed,
            _ if knows(channel) => Source::Repeat,
            _ if led_to.contains_key(&channel) => Source::CoWatch,
            other => other,
        },
        co_watch: led_to.get(&channel).copied(),
    };
    let mut candidates: Vec<Candidate> = state
        .live
        .iter()
        .map(|(&id, live)| candidate(Item::Live(id), live.channel, Source::Trending))
        .collect();
    if candidates.len() > CANDIDATES_MAX {
        let viewers = |c: &Candidate| match c.item {
            Item::Live(id) => state.live.get(&id).map_or(0, |live| live.viewers),
            Item::Soon(_) | Item::Recording(_) => 0,
        };
        candidates.sort_by_key(|c| (c.source, std::cmp::Reverse(viewers(c)), c.item));
        candidates.truncate(CANDIDATES_MAX);
    }
    if ask.surface != Surface::Live {
        let soon = state.planned.iter();
        candidates.extend(
            soon.map(|(&id, planned)| candidate(Item::Soon(id), planned.channel, Source::Soon)),
        );
        candidates.extend(
            newest_recordings(state, &follows, &knows)
                .into_iter()
                .map(|(item, channel)| candidate(item, channel, Source::Recording)),
        );
    }
    candidates
}

/// The newest recordings of each channel, of the viewer's own channels first.
fn newest_recordings(
    state: &State,
    follows: &impl Fn(ChannelId) -> bool,
    knows: &impl Fn(ChannelId) -> bool,
) -> Vec<(Item, ChannelId)> {
    let mut newest: Vec<_> = state.recorded.iter().collect();
    newest.sort_by_key(|(id, recorded)| {
        let is_strange = !follows(recorded.channel) && !knows(recorded.channel);
        (is_strange, std::cmp::Reverse(recorded.at), **id)
    });
    let mut of_channel: HashMap<ChannelId, usize> = HashMap::new();
    newest
        .into_iter()
        .filter(|(_, recorded)| {
            let count = of_channel.entry(recorded.channel).or_default();
            *count += 1;
            *count <= super::mix::OF_CHANNEL_MAX
        })
        .take(CANDIDATES_MAX)
        .map(|(&id, recorded)| (Item::Recording(id), recorded.channel))
        .collect()
}

/// Channels that others went on to from what this viewer watched last, by how much more often than
/// they are visited anyway; the newest of the viewer's channels counts most.
fn co_watch(state: &State, ask: &Ask<'_>) -> HashMap<ChannelId, (f64, ChannelId)> {
    let user = ask.user.filter(|_| ask.strategy == Strategy::Personal);
    let recent = user.and_then(|user| state.viewer(user)).into_iter().flat_map(Viewer::recent);
    let start = match ask.surface {
        Surface::UpNext(channel) => Some(channel),
        Surface::Home | Surface::Live => None,
    };
    let mut seen = HashSet::new();
    let mut led_to: HashMap<ChannelId, (f64, ChannelId)> = HashMap::new();
    let sources = start.into_iter().chain(recent.map(|(channel, _)| channel));
    for (rank, source) in (1_u32..).zip(sources.filter(|&source| seen.insert(source))) {
        let Some(channel) = state.channel(source) else { continue };
        let value = |sum: &Decayed| sum.at(ask.now, CO_WATCH_HALF_LIFE);
        let total: f64 = channel.next.values().map(value).sum::<f64>() + SMOOTHING;
        for (&next, sum) in &channel.next {
            let excess = value(sum) / total - state.share_of(next, ask.now);
            let strength = excess / f64::from(rank);
            if strength <= 0.0 {
                continue;
            }
            let (sum, strongest) = led_to.entry(next).or_insert((0.0, source));
            if strength > *sum {
                *strongest = source;
            }
            *sum += strength;
        }
    }
    led_to
}

/// One viewer who went on is no evidence yet.
const SMOOTHING: f64 = 5.0;
