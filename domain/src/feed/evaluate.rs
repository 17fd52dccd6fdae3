//! Are the feeds better than two rules that anybody could write? An offline trial.
//!
//! A synthetic season (see [`World`]) is lived through once; in its last days every session first
//! asks three rankers for ten places and then shows where the viewer really went. The rankers see
//! the same counters, and availability is the true schedule, never read from the log that holds
//! the answers. Ranking is over everything on air. New and repeat choices are reported apart.
//!
//! Synthetic viewers prove mechanisms, not taste: that history, co-watch and availability are used
//! as they should be. Real figures come from impression logs.

mod simulate;

use std::{collections::BTreeMap, collections::HashSet, fmt};

pub use simulate::{Session, World};

use super::{
    Ask, Item, LIMIT_MAX, State, Strategy, Surface, Weights,
    chance::{self, Seeded},
};
use crate::id::UserId;

/// Places that count.
const PLACES: usize = 10;
const _: () = assert!(PLACES <= LIMIT_MAX);
/// Resamplings behind an interval.
const RESAMPLES: usize = 500;

/// How often, and how high, the rankers showed what was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Sessions that count.
    pub sessions: u32,
    /// The share in which the choice was among the first ten.
    pub hit_rate: f64,
    /// The same, higher places counting more.
    pub ndcg: f64,
}

/// One ranker's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ranking {
    /// Over all sessions.
    pub all: Figures,
    /// Where the viewer went to a channel for the first time.
    pub new: Figures,
    /// Where the viewer came back.
    pub repeat: Figures,
}

/// A difference of NDCG with its 95 % interval, resampled by viewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The mean over viewers.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What the trial found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Our feeds.
    pub feeds: Ranking,
    /// The most viewers first.
    pub popularity: Ranking,
    /// The viewer's own decayed history first, then the most viewers.
    pub repeat: Ranking,
    /// Our feeds less popularity.
    pub over_popularity: Difference,
    /// Our feeds less the repeat rule.
    pub over_repeat: Difference,
    /// Cards that were not on air when shown; must be zero.
    pub dead_cards: u32,
}

impl Report {
    /// Whether our feeds are surely better than popularity, not below the repeat rule, better than
    /// it where it has nothing to say, and never showed what was off air.
    ///
    /// Diversity and exploration are part of the page that is judged: they cost some of the lead.
    pub fn is_ahead(&self) -> bool {
        self.dead_cards == 0
            && self.over_popularity.low > 0.0
            && self.over_repeat.mean > 0.0
            && self.feeds.new.hit_rate > self.repeat.new.hit_rate
    }
}

/// Lives through a world and compares the rankers.
pub fn evaluate(world: &World, weights: &Weights) -> Report {
    let mut rankers = [Tally::default(), Tally::default(), Tally::default()];
    let mut dead_cards = 0;
    let mut chance = Seeded(world.seed ^ 0x5eed);
    world.live_through(|state, session| {
        let cards = feed(state, session, weights, &mut chance);
        dead_cards += count_dead(state, session, &cards);
        for (tally, ranked) in
            rankers.iter_mut().zip([cards, popularity(state), repeat(state, session)])
        {
            tally.count(session, place_of(&ranked, session.chosen));
        }
    });
    let [feeds, popular, again] = &rankers;
    Report {
        feeds: feeds.ranking(),
        popularity: popular.ranking(),
        repeat: again.ranking(),
        over_popularity: difference(feeds, popular, world.seed),
        over_repeat: difference(feeds, again, world.seed),
        dead_cards,
    }
}

fn feed(state: &State, session: &Session, weights: &Weights, chance: &mut Seeded) -> Vec<Item> {
    let ask = Ask {
        user: Some(session.user),
        surface: Surface::Live,
        strategy: Strategy::Personal,
        limit: PLACES,
        shown: &HashSet::new(),
        weights,
        now: session.now,
    };
    super::page(state, &ask, chance).into_iter().map(|card| card.item).collect()
}

fn popularity(state: &State) -> Vec<Item> {
    ranked(state, |live| f64::from(live.viewers))
}

fn repeat(state: &State, session: &Session) -> Vec<Item> {
    let viewer = state.viewer(session.user);
    ranked(state, |live| {
        let history = viewer.map_or(0.0, |v| v.history_of(live.channel, session.now));
        // History decides; viewers order what the history says nothing about.
        history * 1e6 + f64::from(live.viewers)
    })
}

fn ranked(state: &State, value: impl Fn(&super::state::Live) -> f64) -> Vec<Item> {
    let mut items: Vec<_> =
        state.live.iter().map(|(&id, live)| (Item::Live(id), value(live))).collect();
    items.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    items.into_iter().take(PLACES).map(|(item, _)| item).collect()
}

fn place_of(ranked: &[Item], chosen: Item) -> Option<usize> {
    ranked.iter().position(|&item| item == chosen)
}

fn count_dead(state: &State, session: &Session, cards: &[Item]) -> u32 {
    let dead = cards.iter().filter(|&&item| !state.is_available(item, session.now)).count();
    u32::try_from(dead).unwrap_or(u32::MAX)
}

/// Sums of one ranker.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Per viewer: sessions and summed gain, for the intervals.
    of_user: BTreeMap<UserId, (f64, f64)>,
    new: Sum,
    repeat: Sum,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    sessions: u32,
    hits: u32,
    gain: f64,
}

impl Tally {
    fn count(&mut self, session: &Session, place: Option<usize>) {
        #[expect(clippy::cast_precision_loss, reason = "places are at most ten")]
        let gain = place.map_or(0.0, |place| 1.0 / (place as f64 + 2.0).log2());
        let sum = if session.is_repeat { &mut self.repeat } else { &mut self.new };
        sum.sessions += 1;
        sum.hits += u32::from(place.is_some());
        sum.gain += gain;
        let (sessions, gains) = self.of_user.entry(session.user).or_default();
        *sessions += 1.0;
        *gains += gain;
    }

    fn ranking(&self) -> Ranking {
        let all = Sum {
            sessions: self.new.sessions + self.repeat.sessions,
            hits: self.new.hits + self.repeat.hits,
            gain: self.new.gain + self.repeat.gain,
        };
        Ranking { all: all.figures(), new: self.new.figures(), repeat: self.repeat.figures() }
    }
}

impl Sum {
    fn figures(self) -> Figures {
        let sessions = f64::from(self.sessions.max(1));
        Figures {
            sessions: self.sessions,
            hit_rate: f64::from(self.hits) / sessions,
            ndcg: self.gain / sessions,
        }
    }
}

/// Resamples viewers: the sessions of one viewer are not independent.
fn difference(ours: &Tally, theirs: &Tally, seed: u64) -> Difference {
    let of_user: Vec<(f64, f64)> = ours
        .of_user
        .iter()
        .map(|(user, &(sessions, gain))| {
            let other = theirs.of_user.get(user).map_or(0.0, |&(_, gain)| gain);
            (sessions, gain - other)
        })
        .collect();
    let mut chance = Seeded(seed);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let draw = (0..of_user.len())
                .filter_map(|_| of_user.get(chance::index(&mut chance, of_user.len())));
            mean(draw)
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |index: usize| means.get(index).copied().unwrap_or_default();
    Difference {
        mean: mean(of_user.iter()),
        low: at(RESAMPLES / 40),
        high: at(RESAMPLES - 1 - RESAMPLES / 40),
    }
}

fn mean<'a>(users: impl Iterator<Item = &'a (f64, f64)>) -> f64 {
    let (sessions, gain) =
        users.fold((0.0, 0.0), |(sessions, gain), &(s, g)| (sessions + s, gain + g));
    if sessions > 0.0 { gain / sessions } else { 0.0 }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>9} {:>9} {:>9} {:>9}", "HR@10", "sessions", "all", "new", "repeat")?;
        for (name, ranking) in
            [("feeds", self.feeds), ("popularity", self.popularity), ("repeat", self.repeat)]
        {
            writeln!(
                f,
                "{name:<12} {:>9} {:>9.3} {:>9.3} {:>9.3}",
                ranking.all.sessions,
                ranking.all.hit_rate,
                ranking.new.hit_rate,
                ranking.repeat.hit_rate
            )?;
        }
        for (name, d) in [("popularity", self.over_popularity), ("repeat", self.over_repeat)] {
            let Difference { mean, low, high } = d;
            writeln!(f, "NDCG@10 over {name:<10} {mean:+.3} [{low:+.3}, {high:+.3}]")?;
        }
        write!(f, "cards off air: {}", self.dead_cards)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feeds_are_ahead_of_popularity_and_of_the_repeat_rule() {
        let report = evaluate(&World::small(1), &Weights::DEFAULT);
        assert!(report.is_ahead(), "{report}");
        assert!(report.feeds.all.sessions > 300, "{report}");
    }

    #[test]
    fn the_same_world_gives_the_same_report() {
        let world = World { channels: 80, users: 20, days: 3, tested_days: 1, ..World::small(3) };
        let [one, other] = [&world; 2].map(|world| evaluate(world, &Weights::DEFAULT));
        assert_eq!(one, other);
    }
}
