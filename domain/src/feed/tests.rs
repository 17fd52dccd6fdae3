//! Tests of whole pages.

use std::time::Duration;

use proptest::{prop_assert, prop_assert_eq, proptest};
use uuid::Uuid;

use super::{
    chance::Seeded,
    state::{Live, Planned, Profile, Recorded},
    *,
};
use crate::{channel::Visibility, id::Id};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn id<T>(number: u128) -> Id<T> {
    Id::from_uuid(Uuid::from_u128(number))
}

fn profile(category: &str) -> Profile {
    Profile { visibility: Visibility::Public, category: Some(category.to_owned()), language: None }
}

fn live(channel: u128, viewers: u32) -> Live {
    Live {
        channel: id(channel),
        since: NOW.minus(Duration::from_mins(10)),
        viewers,
        visibility: Visibility::Public,
        is_flowing: true,
        heard_at: NOW,
    }
}

/// Channels 1 to `count`, each on air as the broadcast of the same number, in categories of three.
fn on_air(count: u32) -> State {
    let mut state = State::default();
    for number in 1..=count {
        let channel = u128::from(number);
        state.channel_is(id(channel), profile(&format!("c{}", number / 3)));
        state.is_live(id(channel), live(channel, number), NOW);
    }
    state
}

fn ask(user: Option<u128>, strategy: Strategy, shown: &HashSet<Item>) -> Ask<'_> {
    let weights = &Weights::DEFAULT;
    Ask {
        user: user.map(id),
        surface: Surface::Home,
        strategy,
        limit: 10,
        shown,
        weights,
        now: NOW,
    }
}

fn items(cards: &[Card]) -> Vec<Item> {
    cards.iter().map(|card| card.item).collect()
}

fn page_for(state: &State, user: Option<u128>, strategy: Strategy) -> Vec<Card> {
    page(state, &ask(user, strategy, &HashSet::new()), &mut Seeded(1))
}

/// Makes every channel known, so that nothing is explored.
fn known(mut state: State, count: u32) -> State {
    for number in 1..=count {
        for _ in 0..=explore::IMPRESSIONS_MAX {
            state.was_shown(id(u128::from(number)), Source::Trending, NOW);
        }
    }
    state
}

#[test]
fn what_the_viewer_follows_and_watches_comes_first_and_says_why() {
    let mut state = known(on_air(12), 12);
    state.is_followed(id(900), id(2), NOW);
    for _ in 0..3 {
        state.was_watched(Some(id(900)), id(3), Duration::from_mins(5), NOW);
    }
    let cards = page_for(&state, Some(900), Strategy::Personal);
    assert_eq!(items(&cards)[..2], [Item::Live(id(3)), Item::Live(id(2))]);
    assert_eq!(cards[0].reasons, [Reason::YouWatchOften]);
    assert_eq!(cards[1].reasons, [Reason::Followed]);
    assert_eq!((cards[0].source, cards[1].source), (Source::Repeat, Source::Followed));
}

#[test]
fn where_others_went_on_to_is_shown_with_its_origin() {
    let mut state = known(on_air(30), 30);
    for other in 1000..1020 {
        state.was_watched(Some(id(other)), id(20), Duration::from_mins(5), NOW);
        state.was_watched(Some(id(other)), id(5), Duration::from_mins(5), NOW);
    }
    state.was_watched(Some(id(900)), id(20), Duration::from_mins(1), NOW);
    let cards = page_for(&state, Some(900), Strategy::Personal);
    let card = cards.iter().find(|card| card.item == Item::Live(id(5))).unwrap();
    assert_eq!(card.source, Source::CoWatch);
    assert_eq!(card.reasons, [Reason::BecauseYouWatched(id(20))]);
    // Directed: nobody went from 5 to 20.
    assert!(state.channel(id(5)).unwrap().next.is_empty());
    let shown = HashSet::new();
    let after = Ask { surface: Surface::UpNext(id(20)), ..ask(None, Strategy::Personal, &shown) };
    let cards = page(&state, &after, &mut Seeded(1));
    assert_eq!(cards[0].item, Item::Live(id(5)));
    assert!(!items(&cards).contains(&Item::Live(id(20))), "it is being watched");
}

#[test]
fn nothing_of_the_viewer_is_read_unless_it_is_personal() {
    let mut state = known(on_air(12), 12);
    state.is_followed(id(900), id(1), NOW);
    for strategy in [Strategy::Trending, Strategy::Chronological, Strategy::SmallChannels] {
        assert_eq!(
            page_for(&state, Some(900), strategy),
            page_for(&state, None, strategy),
            "{strategy:?}"
        );
    }
}

#[test]
fn strategies_order_as_they_say() {
    let mut state = known(on_air(12), 12);
    for number in 1..=12_u32 {
        let since = NOW.minus(Duration::from_secs(u64::from(number)));
        let live = Live { since, ..live(u128::from(number), number) };
        state.is_live(id(u128::from(number)), live, NOW);
    }
    let numbers = |strategy| -> Vec<u128> {
        items(&page_for(&state, None, strategy))
            .into_iter()
            .filter_map(|item| match item {
                Item::Live(id) => Some(id.uuid().as_u128()),
                Item::Soon(_) | Item::Recording(_) => None,
            })
            .collect()
    };
    let first: Vec<u128> = (1..=10).collect();
    assert_eq!(numbers(Strategy::SmallChannels), first);
    assert_eq!(numbers(Strategy::Chronological), first);
    assert_ne!(numbers(Strategy::Random), first);
}

#[test]
fn what_is_off_air_private_silent_or_interrupted_is_not_available() {
    let mut state = on_air(6);
    state.is_off_air(id(1));
    state.is_live(id(2), Live { visibility: Visibility::Unlisted, ..live(2, 9) }, NOW);
    state.channel_is(id(3), Profile { visibility: Visibility::Private, ..profile("x") });
    state.is_live(id(4), Live { is_flowing: false, ..live(4, 9) }, NOW);
    state.channel_is_gone(id(5));
    let cards = page_for(&state, None, Strategy::Personal);
    assert_eq!(items(&cards), [Item::Live(id(6))]);
    assert!(state.is_available(Item::Live(id(6)), NOW.plus(Duration::from_secs(9))));
    assert!(!state.is_available(Item::Live(id(6)), NOW.plus(Duration::from_secs(10))));
}

#[test]
fn a_moved_category_counts_at_once() {
    let mut state = on_air(3);
    state.channel_is(id(1), profile("music"));
    assert_eq!(state.channel(id(1)).unwrap().profile.category.as_deref(), Some("music"));
}

#[test]
fn a_channel_has_at_most_two_cards() {
    let mut state = on_air(1);
    for number in 0..9 {
        let at = NOW.minus(Duration::from_hours(number));
        let recorded = Recorded { channel: id(1), at, visibility: Visibility::Public };
        state.is_recorded(id(100 + u128::from(number)), recorded);
    }
    let cards = page_for(&state, None, Strategy::Personal);
    assert_eq!(items(&cards), [Item::Live(id(1)), Item::Recording(id(100))]);
}

#[test]
fn a_category_does_not_fill_the_page_while_there_are_others() {
    let mut state = State::default();
    for number in 1..=20_u32 {
        let channel = u128::from(number);
        let category = match number {
            0..4 => "art",
            4..8 => "music",
            _ => "games",
        };
        state.channel_is(id(channel), profile(category));
        state.is_live(id(channel), live(channel, number * 10), NOW);
    }
    let state = known(state, 20);
    let cards = page_for(&state, None, Strategy::Personal);
    let games = cards
        .iter()
        .filter(|card| {
            state.channel(card.channel).unwrap().profile.category.as_deref() == Some("games")
        })
        .count();
    assert_eq!((games, cards.len()), (4, 10));
}

#[test]
fn what_starts_within_the_hour_and_what_was_missed_have_their_words() {
    let mut state = on_air(0);
    state.channel_is(id(1), profile("a"));
    state.channel_is(id(2), profile("b"));
    state.is_followed(id(900), id(1), NOW);
    state.was_watched(Some(id(900)), id(2), Duration::from_mins(1), NOW);
    let starts_at = NOW.plus(Duration::from_mins(30));
    let planned = Planned { channel: id(1), starts_at, visibility: Visibility::Public };
    state.is_planned(id(10), planned.clone());
    state.is_planned(id(11), Planned { starts_at: NOW.plus(Duration::from_hours(2)), ..planned });
    let recorded = Recorded { channel: id(2), at: NOW, visibility: Visibility::Public };
    state.is_recorded(id(20), recorded);
    let cards = page_for(&state, Some(900), Strategy::Personal);
    assert_eq!(items(&cards), [Item::Soon(id(10)), Item::Recording(id(20))]);
    assert_eq!(cards[0].reasons, [Reason::StartsSoon(starts_at), Reason::Followed]);
    assert_eq!(cards[1].reasons, [Reason::WatchAgain]);
    let shown = HashSet::new();
    let on_air = Ask { surface: Surface::Live, ..ask(Some(900), Strategy::Personal, &shown) };
    assert!(page(&state, &on_air, &mut Seeded(1)).is_empty());
}

#[test]
fn an_unknown_channel_gets_one_place_between_the_fourth_and_the_eighth() {
    let mut state = known(on_air(30), 30);
    state.channel_is(id(99), profile("new"));
    state.is_live(id(99), live(99, 0), NOW);
    let shown = HashSet::new();
    let mut positions = HashSet::new();
    for seed in 0..64 {
        let cards = page(&state, &ask(None, Strategy::Personal, &shown), &mut Seeded(seed));
        let place = cards.iter().position(|card| card.item == Item::Live(id(99))).unwrap();
        assert_eq!(cards[place].source, Source::Exploration);
        assert!(cards[place].reasons.contains(&Reason::NewChannel));
        assert!((cards[place].probability - 1.0).abs() < f64::EPSILON, "the only contender");
        positions.insert(place + 1);
    }
    assert_eq!(positions, HashSet::from([4, 5, 6, 7, 8]));
}

#[test]
fn the_probability_of_an_explored_card_is_how_often_it_is_chosen() {
    let mut state = known(on_air(20), 20);
    for number in 101..=103_u128 {
        state.channel_is(id(number), profile("new"));
        state.is_live(id(number), live(number, 0), NOW);
    }
    let shown = HashSet::new();
    let mut sum = 0.0;
    let mut chosen = 0.0;
    for seed in 0..2_000 {
        let cards = page(&state, &ask(None, Strategy::Personal, &shown), &mut Seeded(seed));
        let card = cards.iter().find(|card| card.source == Source::Exploration).unwrap();
        if card.item == Item::Live(id(101)) {
            chosen += 1.0;
            sum += 1.0 / card.probability;
        }
    }
    // Weighting by 1/p gives back the number of pages, as off-policy evaluation needs it.
    assert!((sum / 2_000.0 - 1.0_f64).abs() < 0.1, "{sum}");
    assert!((chosen / 2_000.0 - 1.0_f64 / 3.0).abs() < 0.05, "{chosen}");
}

#[test]
fn exploration_has_a_daily_budget() {
    let mut state = on_air(10);
    state.channel_is(id(99), profile("new"));
    state.is_live(id(99), live(99, 0), NOW);
    let mut state = known(state, 10);
    for _ in 0..explore::SLOTS_A_DAY {
        state.was_shown(id(99), Source::Exploration, NOW);
    }
    let explored = |state: &State, now| {
        let shown = HashSet::new();
        let ask = Ask { now, ..ask(None, Strategy::Personal, &shown) };
        page(state, &ask, &mut Seeded(1)).iter().any(|card| card.source == Source::Exploration)
    };
    assert!(!explored(&state, NOW));
    let tomorrow = NOW.plus(Duration::from_hours(24));
    for number in (1..=10).chain([99]) {
        let live = Live { heard_at: tomorrow, ..live(number, if number == 99 { 0 } else { 90 }) };
        state.is_live(id(number), live, tomorrow);
    }
    assert!(explored(&state, tomorrow));
}

#[test]
fn a_hidden_channel_stays_away_until_it_is_followed() {
    let mut state = on_air(3);
    state.is_hidden(id(900), id(2), NOW);
    let has = |state: &State, user| {
        items(&page_for(state, Some(user), Strategy::Personal)).contains(&Item::Live(id(2)))
    };
    assert!(!has(&state, 900) && has(&state, 901));
    state.is_followed(id(900), id(2), NOW);
    assert!(has(&state, 900));
}

#[test]
fn every_strategy_is_read_back_from_its_text() {
    for strategy in Strategy::ALL {
        assert_eq!(Strategy::parse(strategy.as_str()), Some(strategy));
    }
    assert_eq!(Strategy::parse("best"), None);
}

#[test]
fn memory_of_one_viewer_is_bounded() {
    let mut state = on_air(0);
    for number in 0..1_000 {
        state.channel_is(id(number), profile("a"));
        state.was_watched(Some(id(1)), id(number), Duration::from_mins(1), NOW);
    }
    let viewer = state.viewer(id(1)).unwrap();
    assert!(viewer.history().count() <= state::Viewer::HISTORY_MAX * 5 / 4);
    assert_eq!(viewer.recent().count(), state::Viewer::RECENT_MAX);
    assert!(state.channels.values().all(|c| c.next.len() <= 2 * state::Channel::NEXT_MAX));
}

proptest! {
    #[test]
    fn pages_follow_each_other_without_repeats_or_holes(seed: u64, count in 1_u32..60) {
        let state = on_air(count);
        let mut shown = HashSet::new();
        let mut pages = 0;
        loop {
            let cards = page(&state, &ask(None, Strategy::Personal, &shown), &mut Seeded(seed));
            prop_assert!(cards.iter().all(|card| shown.insert(card.item)));
            prop_assert!(cards.iter().all(|card| state.is_available(card.item, NOW)));
            pages += 1;
            if cards.len() < 10 {
                break;
            }
        }
        prop_assert_eq!(shown.len(), count as usize);
        prop_assert!(pages <= count / 10 + 1);
    }
}
