//! Feeds: which broadcasts and recordings to show whom, in which order, and why.
//!
//! One walk: candidates → filter → score → mix → page. Everything is counters in memory; `now`
//! and chance are parameters, so a page can be computed again exactly. Availability is checked in
//! the filter and once more by whoever writes the page ([`State::is_available`]): on real
//! schedules a live set one hour old costs 18 % of the hits.

pub mod candidate;
pub mod chance;
pub mod decay;
pub mod evaluate;
pub mod explore;
pub mod filter;
pub mod mix;
pub mod score;
pub mod state;
pub mod trending;

use std::collections::HashSet;

pub use candidate::{Candidate, Source};
pub use chance::Chance;
pub use score::Weights;
pub use state::State;

use crate::{
    id::{BroadcastId, ChannelId, RecordingId, UserId},
    time::Timestamp,
};

/// Something that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// A broadcast on air.
    Live(BroadcastId),
    /// A broadcast that is about to start.
    Soon(BroadcastId),
    /// A recording.
    Recording(RecordingId),
}

/// Why something is shown: the one sentence that a card may carry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The viewer follows the channel.
    Followed,
    /// The viewer keeps coming back to it.
    YouWatchOften,
    /// Those who watched this channel went on to that one.
    BecauseYouWatched(ChannelId),
    /// More viewers than usual in its category; in all when it has none.
    TrendingIn(Option<String>),
    /// A channel that few have seen yet.
    NewChannel,
    /// It is about to start.
    StartsSoon(Timestamp),
    /// A recording of a channel that the viewer knows.
    WatchAgain,
}

impl Reason {
    /// The stable word at the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::YouWatchOften => "you_watch_often",
            Self::BecauseYouWatched(_) => "because_you_watched",
            Self::TrendingIn(_) => "trending_in",
            Self::NewChannel => "new_channel",
            Self::StartsSoon(_) => "starts_soon",
            Self::WatchAgain => "watch_again",
        }
    }
}

/// How to order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// By what this viewer watched, when there is such a viewer.
    #[default]
    Personal,
    /// By more viewers than usual; nothing of the viewer is read.
    Trending,
    /// The newest first.
    Chronological,
    /// The fewest viewers first.
    SmallChannels,
    /// By chance.
    Random,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 5] =
        [Self::Personal, Self::Trending, Self::Chronological, Self::SmallChannels, Self::Random];

    /// The text at the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Trending => "trending",
            Self::Chronological => "chronological",
            Self::SmallChannels => "small_channels",
            Self::Random => "random",
        }
    }

    /// The strategy of this text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == text)
    }
}

/// Which list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// Live, soon and recorded.
    Home,
    /// On air only.
    Live,
    /// What to watch after this channel.
    UpNext(ChannelId),
}

/// What a page is made for.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// For whom; nobody when anonymous or when personalisation is off.
    pub user: Option<UserId>,
    /// Which list.
    pub surface: Surface,
    /// In which order.
    pub strategy: Strategy,
    /// How many cards, at most [`LIMIT_MAX`].
    pub limit: usize,
    /// What earlier pages of this list showed.
    pub shown: &'a HashSet<Item>,
    /// What counts how much.
    pub weights: &'a Weights,
    /// The time.
    pub now: Timestamp,
}

/// Cards of one page.
pub const LIMIT_MAX: usize = 50;
/// Candidates that are scored for one page.
pub const CANDIDATES_MAX: usize = 1_000;

/// One place of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What is shown.
    pub item: Item,
    /// Whose it is.
    pub channel: ChannelId,
    /// How good it looked; comparable inside one page only.
    pub score: f64,
    /// Where it came from.
    pub source: Source,
    /// Why, the strongest first; may be empty.
    pub reasons: Vec<Reason>,
    /// How likely it was to stand here: 1 but for the exploration slot.
    pub probability: f64,
}

/// Makes one page.
pub fn page(state: &State, ask: &Ask<'_>, chance: &mut dyn Chance) -> Vec<Card> {
    let limit = ask.limit.min(LIMIT_MAX);
    let candidates: Vec<Candidate> = candidate::collect(state, ask)
        .into_iter()
        .filter(|candidate| filter::passes(state, ask, candidate))
        .collect();
    let explored = match ask.strategy {
        Strategy::Personal => explore::slot(state, ask, &candidates, limit, chance),
        Strategy::Trending
        | Strategy::Chronological
        | Strategy::SmallChannels
        | Strategy::Random => None,
    };
    let scored = score::all(state, ask, candidates, chance);
    mix::page(state, mix::Layout { strategy: ask.strategy, scored, slot: explored, limit })
}

#[cfg(test)]
mod tests;
