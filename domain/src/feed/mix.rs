//! The page: good cards that are not all alike.

use std::collections::HashMap;

use super::{Card, Reason, Source, State, Strategy, explore::Slot, score::Scored};
use crate::id::ChannelId;

/// Cards of one channel on a page.
pub const OF_CHANNEL_MAX: usize = 2;
/// The largest share of one category, as long as there are others.
const CATEGORY_SHARE_MAX: f64 = 0.4;
/// How much likeness to what already stands on the page costs (MMR).
const LIKENESS: f64 = 0.2;
/// Candidates that are weighed against each other; what comes further down waits for a later page.
const WINDOW: usize = 200;

/// What a page is laid out from.
#[derive(Debug)]
pub struct Layout {
    /// In which order; one that is asked for by name is not mixed.
    pub strategy: Strategy,
    /// The candidates, the best first.
    pub scored: Vec<Scored>,
    /// What stands in the exploration slot.
    pub slot: Option<Slot>,
    /// How many cards.
    pub limit: usize,
}

/// Lays out a page: greedily the best that is left. Likeness costs a part of the spread of the
/// scores of about two pages.
pub fn page(state: &State, layout: Layout) -> Vec<Card> {
    let Layout { strategy, scored, slot, limit } = layout;
    let explored = slot.and_then(|slot| {
        let place = scored.iter().position(|s| s.candidate.item == slot.candidate.item)?;
        // What stands high enough by itself needs no favour.
        (place > slot.position).then_some((slot, place))
    });
    let mut left = scored;
    let favoured = explored.map(|(slot, place)| (slot, left.remove(place)));
    left.truncate(WINDOW.max(limit));
    let spread = spread(left.get(..limit.saturating_mul(2)).unwrap_or(&left));
    let is_mixed = match strategy {
        Strategy::Personal | Strategy::Trending => true,
        Strategy::Chronological | Strategy::SmallChannels | Strategy::Random => false,
    };
    let mut page = Page { state, cards: Vec::new(), channels: HashMap::new(), limit, is_mixed };
    let mut favoured = favoured;
    while page.cards.len() < limit {
        if let Some((slot, scored)) = favoured.take_if(|(s, _)| s.position == page.cards.len()) {
            page.push(explored_card(&slot, scored));
            continue;
        }
        let Some(best) = page.best_of(&left, spread) else { break };
        let scored = left.remove(best);
        page.push(Card {
            item: scored.candidate.item,
            channel: scored.candidate.channel,
            score: scored.score,
            source: scored.candidate.source,
            reasons: scored.reasons,
            probability: 1.0,
        });
    }
    // A page that ran out before the slot's place still gives the chance.
    if let Some((slot, scored)) = favoured
        && page.cards.len() < limit
    {
        page.push(explored_card(&slot, scored));
    }
    page.cards
}

fn explored_card(slot: &Slot, scored: Scored) -> Card {
    let mut reasons = scored.reasons;
    if !reasons.contains(&Reason::NewChannel) {
        reasons.push(Reason::NewChannel);
    }
    Card {
        item: slot.candidate.item,
        channel: slot.candidate.channel,
        score: scored.score,
        source: Source::Exploration,
        reasons,
        probability: slot.probability,
    }
}

fn spread(scored: &[Scored]) -> f64 {
    match (scored.first(), scored.last()) {
        (Some(best), Some(worst)) => (best.score - worst.score).max(f64::MIN_POSITIVE),
        _ => 1.0,
    }
}

struct Page<'a> {
    state: &'a State,
    cards: Vec<Card>,
    channels: HashMap<ChannelId, usize>,
    limit: usize,
    is_mixed: bool,
}

impl Page<'_> {
    fn push(&mut self, card: Card) {
        *self.channels.entry(card.channel).or_default() += 1;
        self.cards.push(card);
    }

    fn count_of(&self, channel: ChannelId) -> usize {
        self.channels.get(&channel).copied().unwrap_or_default()
    }

    fn category_of(&self, channel: ChannelId) -> Option<&str> {
        self.state.channel(channel)?.profile.category.as_deref()
    }

    /// The best that is left; the bound on categories gives way when only such are left, the one
    /// on channels never.
    fn best_of(&self, left: &[Scored], spread: f64) -> Option<usize> {
        let eligible = |scored: &Scored| self.count_of(scored.candidate.channel) < OF_CHANNEL_MAX;
        let best = |keep_shares: bool| {
            left.iter()
                .enumerate()
                .filter(|(_, s)| eligible(s))
                .filter(|(_, s)| !keep_shares || self.has_room_for(s.candidate.channel))
                .map(|(index, s)| (index, self.value(s, spread)))
                .reduce(|best, next| if next.1 > best.1 { next } else { best })
                .map(|(index, _)| index)
        };
        best(true).or_else(|| best(false))
    }

    fn has_room_for(&self, channel: ChannelId) -> bool {
        let Some(category) = self.category_of(channel).filter(|_| self.is_mixed) else {
            return true;
        };
        let count =
            self.cards.iter().filter(|c| self.category_of(c.channel) == Some(category)).count();
        #[expect(clippy::cast_precision_loss, reason = "pages are short")]
        let has_room = (count + 1) as f64 <= (self.limit as f64 * CATEGORY_SHARE_MAX).ceil();
        has_room
    }

    /// The score less what likeness costs, as a part of the page's spread.
    fn value(&self, scored: &Scored, spread: f64) -> f64 {
        if !self.is_mixed {
            return scored.score;
        }
        let likeness = self
            .cards
            .iter()
            .map(|card| self.likeness(card.channel, scored.candidate.channel))
            .fold(0.0, f64::max);
        scored.score - LIKENESS * likeness * spread
    }

    fn likeness(&self, one: ChannelId, other: ChannelId) -> f64 {
        if one == other {
            return 1.0;
        }
        let profile = |channel| self.state.channel(channel).map(|c| &c.profile);
        let (Some(one), Some(other)) = (profile(one), profile(other)) else { return 0.0 };
        let alike = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        0.3 * f64::from(u8::from(alike(&one.category, &other.category)))
            + 0.1 * f64::from(u8::from(alike(&one.language, &other.language)))
    }
}
