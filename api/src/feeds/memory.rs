//! What earlier pages showed: for the next page, and to tell what a later signal is about.

use std::collections::{HashMap, HashSet, VecDeque};

use domain::feed::{Card, Item, Source};
use domain::id::FeedId;

/// Feeds that are remembered; the oldest are forgotten first.
const FEEDS_MAX: usize = 20_000;
/// Cards of one feed, over all its pages.
const CARDS_MAX: usize = 500;

/// The pages that were shown lately.
#[derive(Debug, Default)]
pub(super) struct Memory {
    feeds: HashMap<FeedId, HashMap<Item, Source>>,
    order: VecDeque<FeedId>,
}

impl Memory {
    /// What the pages of a feed showed so far; nothing when it was forgotten or is another
    /// process's.
    pub(super) fn shown(&self, feed: FeedId) -> HashSet<Item> {
        self.feeds.get(&feed).map(|cards| cards.keys().copied().collect()).unwrap_or_default()
    }

    /// Remembers one more page; says whether another one may follow.
    pub(super) fn remember(&mut self, feed: FeedId, cards: &[Card]) -> bool {
        if !self.feeds.contains_key(&feed) {
            self.order.push_back(feed);
        }
        let known = self.feeds.entry(feed).or_default();
        known.extend(cards.iter().map(|card| (card.item, card.source)));
        let may_follow = known.len() < CARDS_MAX;
        if self.order.len() > FEEDS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.feeds.remove(&oldest);
        }
        may_follow
    }

    /// Where a shown card came from.
    pub(super) fn source(&self, feed: FeedId, item: Item) -> Option<Source> {
        self.feeds.get(&feed)?.get(&item).copied()
    }
}

#[cfg(test)]
mod tests {
    use domain::id::Id;

    use super::*;

    fn feed(number: u128) -> FeedId {
        Id::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn the_oldest_feed_is_forgotten_first() {
        let mut memory = Memory::default();
        let card = Card {
            item: Item::Live(Id::from_uuid(uuid::Uuid::from_u128(1))),
            channel: Id::from_uuid(uuid::Uuid::from_u128(2)),
            score: 0.0,
            source: Source::Exploration,
            reasons: Vec::new(),
            probability: 1.0,
        };
        for number in 0..=FEEDS_MAX as u128 {
            assert!(memory.remember(feed(number), std::slice::from_ref(&card)));
        }
        assert!(memory.shown(feed(0)).is_empty());
        assert_eq!(memory.source(feed(1), card.item), Some(Source::Exploration));
        assert_eq!(memory.feeds.len(), FEEDS_MAX);
    }
}
