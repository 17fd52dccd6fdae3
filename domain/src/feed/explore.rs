//! One place of a page for what nobody knows yet.

use super::{
    Ask, Candidate, Item, State,
    chance::{self, Chance},
    state::Channel,
};
use crate::time::Timestamp;

/// Channels with more impressions are known.
pub const IMPRESSIONS_MAX: u64 = 500;
/// Exploration slots of one channel in a day.
pub const SLOTS_A_DAY: u32 = 200;
/// The place on the page, counted from 1, is drawn from these.
pub const POSITIONS: std::ops::RangeInclusive<usize> = 4..=8;
/// Thompson draws behind one slot: the choice is uniform over their winners, so its probability is
/// the winner's share, exactly.
const DRAWS: usize = 32;
/// Candidates for one slot, so that a page with hundreds of new channels stays cheap.
const CONTENDERS_MAX: usize = 64;

/// What stands in the exploration slot of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// The candidate.
    pub candidate: Candidate,
    /// Its place, counted from 0.
    pub position: usize,
    /// How likely it was to be chosen, given the draws.
    pub probability: f64,
}

/// Chooses what to explore; nothing when all is known or the page is too short.
pub fn slot(
    state: &State,
    ask: &Ask<'_>,
    candidates: &[Candidate],
    limit: usize,
    chance: &mut dyn Chance,
) -> Option<Slot> {
    if limit < *POSITIONS.start() {
        return None;
    }
    let mut contenders: Vec<(Candidate, &Channel)> = candidates
        .iter()
        .filter(|candidate| matches!(candidate.item, Item::Live(_)))
        .filter_map(|candidate| Some((*candidate, state.channel(candidate.channel)?)))
        .filter(|(_, channel)| is_open(channel, ask.now))
        .collect();
    // Those with the fewest impressions first: the guarantee is theirs.
    contenders.sort_by_key(|(candidate, channel)| (channel.impressions_ever, candidate.item));
    contenders.truncate(CONTENDERS_MAX);
    let mut winners = [0_usize; DRAWS];
    for winner in &mut winners {
        *winner = thompson(&contenders, chance)?;
    }
    let chosen = winners.get(chance::index(chance, DRAWS)).copied()?;
    let wins = winners.iter().filter(|&&winner| winner == chosen).count();
    let places = POSITIONS.end() - POSITIONS.start() + 1;
    let position = POSITIONS.start() - 1 + chance::index(chance, places);
    #[expect(clippy::cast_precision_loss, reason = "both are at most 32")]
    let probability = wins as f64 / DRAWS as f64;
    let (candidate, _) = contenders.get(chosen)?;
    Some(Slot { candidate: *candidate, position: position.min(limit - 1), probability })
}

/// Whether a channel is unknown enough and has slots left today.
fn is_open(channel: &Channel, now: Timestamp) -> bool {
    let today = now.0.div_euclid(86_400_000);
    let used = if channel.explored.0 == today { channel.explored.1 } else { 0 };
    channel.is_new() && used < SLOTS_A_DAY
}

/// The contender with the best draw from Beta(1 + watched, 1 + not watched).
fn thompson(contenders: &[(Candidate, &Channel)], chance: &mut dyn Chance) -> Option<usize> {
    let draw = |channel: &Channel, chance: &mut dyn Chance| {
        let watched = channel.watches_ever.min(channel.impressions_ever);
        let passed = channel.impressions_ever - watched;
        #[expect(clippy::cast_precision_loss, reason = "both are below 500")]
        let draw = chance::beta(chance, 1.0 + watched as f64, 1.0 + passed as f64);
        draw
    };
    let mut best: Option<(usize, f64)> = None;
    for (index, (_, channel)) in contenders.iter().enumerate() {
        let value = draw(channel, chance);
        if best.is_none_or(|(_, least)| value > least) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}
