//! How much a candidate is worth to a viewer: a conditional logit over counters.
//!
//! Counters beat trained models per CPU second by orders of magnitude, and where viewers return
//! (68 % of views) decayed own history beats collaborative filtering. A trained set of weights
//! takes the place of [`Weights::DEFAULT`] without a change here.

use std::collections::HashMap;

use super::{
    Ask, Candidate, Item, Reason, State, Strategy,
    chance::Chance,
    state::{Channel, Live, Viewer},
    trending,
};
use crate::{id::ChannelId, time::Timestamp};

/// What each feature is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// The viewer follows the channel.
    pub followed: f64,
    /// The viewer watched it before; how much is worth this per doubling.
    pub known: f64,
    /// Per doubling of what the viewer watched of it.
    pub history: f64,
    /// Per doubling of the share of its category in what the viewer watched.
    pub taste: f64,
    /// It is the channel watched last; falls with each channel since.
    pub recency: f64,
    /// Co-watch leads here.
    pub co_watch: f64,
    /// Per doubling of viewers.
    pub popularity: f64,
    /// Which part of taste and popularity counts for what the viewer watched before.
    pub hearsay_when_known: f64,
    /// Per doubling of viewers above the usual.
    pub lift: f64,
    /// Of those who saw a card, more than usual watched; per doubling.
    pub rate: f64,
    /// It started just now; half after two hours.
    pub freshness: f64,
    /// It is not on air.
    pub recorded: f64,
    /// It is about to start.
    pub soon: f64,
}

impl Weights {
    /// Set by hand on the simulator of [`super::evaluate`].
    pub const DEFAULT: Self = Self {
        followed: 6.0,
        known: 6.0,
        history: 2.0,
        taste: 0.4,
        recency: 0.2,
        co_watch: 10.0,
        popularity: 0.42,
        hearsay_when_known: 0.1,
        lift: 0.1,
        rate: 0.1,
        freshness: 0.1,
        recorded: -7.0,
        soon: -2.0,
    };
}

/// A candidate with its worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The candidate.
    pub candidate: Candidate,
    /// Its worth; comparable inside one page only.
    pub score: f64,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
}

/// Scores all candidates; the best first, equal ones in a stable order.
pub fn all(
    state: &State,
    ask: &Ask<'_>,
    candidates: Vec<Candidate>,
    chance: &mut dyn Chance,
) -> Vec<Scored> {
    let user = ask.user.filter(|_| ask.strategy == Strategy::Personal);
    let taste = Taste::of(state, user.and_then(|user| state.viewer(user)), ask.now);
    let mut scored: Vec<Scored> = candidates
        .into_iter()
        .map(|candidate| {
            let subject = Subject::of(state, &taste, candidate, ask.now);
            let score = match ask.strategy {
                Strategy::Personal => subject.worth(ask.weights),
                Strategy::Trending => subject.trend(),
                Strategy::Chronological => subject.started(),
                Strategy::SmallChannels => subject.smallness(),
                Strategy::Random => chance.unit(),
            };
            Scored { candidate, score, reasons: subject.reasons() }
        })
        .collect();
    scored.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| a.candidate.item.cmp(&b.candidate.item))
    });
    scored
}

/// What a viewer watches, by category.
struct Taste<'a> {
    state: &'a State,
    now: Timestamp,
    viewer: Option<&'a Viewer>,
    total: f64,
    of_category: HashMap<&'a str, f64>,
}

impl<'a> Taste<'a> {
    /// A viewer of one category has a taste; one visit is none yet.
    const SMOOTHING: f64 = 4.0;

    fn of(state: &'a State, viewer: Option<&'a Viewer>, now: Timestamp) -> Self {
        let mut of_category: HashMap<&str, f64> = HashMap::new();
        let mut total = 0.0;
        if let Some(viewer) = viewer {
            for channel in viewer.history() {
                let watched = viewer.history_of(channel, now);
                total += watched;
                let profile = state.channel(channel).map(|channel| &channel.profile);
                if let Some(category) = profile.and_then(|profile| profile.category.as_deref()) {
                    *of_category.entry(category).or_default() += watched;
                }
            }
        }
        Self { state, now, viewer, total, of_category }
    }

    /// Doublings of a category's share over its share among all viewers.
    fn for_category(&self, category: Option<&str>) -> f64 {
        let Some(category) = category.filter(|_| self.total > 0.0) else { return 0.0 };
        let watched = self.of_category.get(category).copied().unwrap_or_default();
        let usual = self.state.share_of_category(category, self.now);
        let share = (watched + Self::SMOOTHING * usual) / (self.total + Self::SMOOTHING);
        (share / usual).log2()
    }
}

/// All that is known about a candidate when it is scored.
struct Subject<'a> {
    taste: &'a Taste<'a>,
    candidate: Candidate,
    channel: Option<&'a Channel>,
    live: Option<&'a Live>,
    viewer: Option<&'a Viewer>,
    /// When it started, will start, or became ready.
    at: Timestamp,
    now: Timestamp,
}

impl<'a> Subject<'a> {
    fn of(state: &'a State, taste: &'a Taste<'a>, candidate: Candidate, now: Timestamp) -> Self {
        let (live, at) = match candidate.item {
            Item::Live(id) => {
                let live = state.live.get(&id);
                (live, live.map(|live| live.since))
            }
            Item::Soon(id) => (None, state.planned.get(&id).map(|planned| planned.starts_at)),
            Item::Recording(id) => (None, state.recorded.get(&id).map(|recorded| recorded.at)),
        };
        Self {
            candidate,
            channel: state.channel(candidate.channel),
            live,
            taste,
            viewer: taste.viewer,
            at: at.unwrap_or_default(),
            now,
        }
    }

    fn history(&self) -> f64 {
        self.viewer.map_or(0.0, |v| v.history_of(self.candidate.channel, self.now))
    }

    fn category(&self) -> Option<&str> {
        self.channel.and_then(|channel| channel.profile.category.as_deref())
    }

    fn is_followed(&self) -> bool {
        self.viewer.is_some_and(|v| v.followed().contains(&self.candidate.channel))
    }

    fn recency(&self) -> f64 {
        let rank = |channel: ChannelId| {
            let mut recent = self.viewer?.recent();
            (1_u32..).zip(recent.by_ref()).find(|(_, (c, _))| *c == channel).map(|(rank, _)| rank)
        };
        rank(self.candidate.channel).map_or(0.0, |rank| 1.0 / f64::from(rank))
    }

    fn viewers(&self) -> f64 {
        self.live.map_or(0.0, |live| f64::from(live.viewers))
    }

    fn lift(&self) -> f64 {
        match (self.channel, self.live) {
            (Some(channel), Some(live)) => trending::lift(channel, live, self.now),
            _ => 1.0,
        }
    }

    fn rate(&self) -> f64 {
        self.channel.map_or(1.0, |channel| trending::rate(channel, self.now) / 0.1)
    }

    /// 1 for what starts now, half after two hours; recordings age by days.
    fn freshness(&self) -> f64 {
        let hours = self.now.since(self.at).as_secs_f64() / 3_600.0;
        let half_life = if self.live.is_some() { 2.0 } else { 72.0 };
        (-hours / half_life).exp2()
    }

    fn worth(&self, weights: &Weights) -> f64 {
        let kind = match self.candidate.item {
            Item::Live(_) => 0.0,
            Item::Soon(_) => weights.soon,
            Item::Recording(_) => weights.recorded,
        };
        let is_known = self.history() > 0.0;
        let hearsay = weights.taste * self.taste.for_category(self.category())
            + weights.popularity * (1.0 + self.viewers()).log2();
        kind + weights.followed * f64::from(u8::from(self.is_followed()))
            + weights.known * f64::from(u8::from(is_known))
            + weights.history * (1.0 + self.history()).log2()
            + weights.recency * self.recency()
            + weights.co_watch * self.candidate.co_watch.map_or(0.0, |(strength, _)| strength)
            + hearsay * if is_known { weights.hearsay_when_known } else { 1.0 }
            + weights.lift * self.lift().log2()
            + weights.rate * self.rate().log2()
            + weights.freshness * self.freshness()
    }

    /// By the lift; what is not on air comes after, the newest first.
    fn trend(&self) -> f64 {
        match self.live {
            Some(_) => 1.0 + self.lift() + self.rate().log2().clamp(-0.5, 0.5),
            None => self.freshness() - 1.0,
        }
    }

    fn started(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit an f64")]
        let at = self.at.0 as f64;
        at
    }

    fn smallness(&self) -> f64 {
        if self.live.is_some() { -self.viewers() } else { f64::MIN / 2.0 }
    }

    fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Item::Soon(_) = self.candidate.item {
            reasons.push(Reason::StartsSoon(self.at));
        }
        if self.is_followed() {
            reasons.push(Reason::Followed);
        }
        let history = self.history();
        if let Item::Recording(_) = self.candidate.item
            && history > 0.0
        {
            reasons.push(Reason::WatchAgain);
        }
        if history >= OFTEN_MIN {
            reasons.push(Reason::YouWatchOften);
        }
        if let Some((strength, from)) = self.candidate.co_watch
            && strength >= CO_WATCH_MIN
            && history < OFTEN_MIN
        {
            reasons.push(Reason::BecauseYouWatched(from));
        }
        if self.live.is_some() && self.lift() >= trending::LIFT_MIN {
            reasons.push(Reason::TrendingIn(self.category().map(str::to_owned)));
        }
        if reasons.is_empty() {
            reasons.extend(self.plain_reason());
        }
        reasons
    }

    /// Why it is here when nothing of the viewer or of the moment speaks for it.
    fn plain_reason(&self) -> Option<Reason> {
        let is_new = self.channel.is_some_and(Channel::is_new);
        match self.candidate.item {
            _ if is_new => Some(Reason::NewChannel),
            Item::Live(_) => Some(Reason::TrendingIn(self.category().map(str::to_owned))),
            Item::Soon(_) | Item::Recording(_) => None,
        }
    }
}

/// Two visits of several minutes.
const OFTEN_MIN: f64 = 4.0;
/// Below that a card would name a channel that had little to do with it.
const CO_WATCH_MIN: f64 = 0.05;
