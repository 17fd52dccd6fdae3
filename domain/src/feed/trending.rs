//! Trending: more than usual, not merely much.

use super::state::{Channel, LATELY_HALF_LIFE, Live};
use crate::time::Timestamp;

/// Viewers that a channel of unknown size is taken to have.
const PRIOR_VIEWERS: f64 = 5.0;
/// How many viewers' worth of doubt a ratio starts with.
const PRIOR_WEIGHT: f64 = 10.0;
/// How many of those who see a card watch, before anything is known.
const PRIOR_RATE: f64 = 0.1;
/// Impressions' worth of doubt.
const PRIOR_IMPRESSIONS: f64 = 50.0;

/// How the viewers of now compare with the channel's usual ones, drawn towards 1 as long as both
/// are few: two viewers instead of one are no trend.
pub fn lift(channel: &Channel, live: &Live, now: Timestamp) -> f64 {
    let usual = channel.usual_viewers(now).unwrap_or(PRIOR_VIEWERS);
    (f64::from(live.viewers) + PRIOR_WEIGHT) / (usual + PRIOR_WEIGHT)
}

/// How many of those who lately saw a card of the channel watched, by empirical Bayes: few
/// impressions leave the channel at its prior.
pub fn rate(channel: &Channel, now: Timestamp) -> f64 {
    let watches = channel.watches.at(now, LATELY_HALF_LIFE);
    let impressions = channel.impressions.at(now, LATELY_HALF_LIFE);
    let rate = (watches + PRIOR_IMPRESSIONS * PRIOR_RATE) / (impressions + PRIOR_IMPRESSIONS);
    // Those who come by an address were never shown a card.
    rate.min(1.0)
}

/// A trend that deserves the word.
pub const LIFT_MIN: f64 = 1.5;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::{
        channel::Visibility,
        feed::{Source, State, state::Profile},
        id::{BroadcastId, ChannelId},
    };

    fn channel() -> ChannelId {
        ChannelId::from_uuid(Uuid::from_u128(1))
    }

    fn live(viewers: u32, now: Timestamp) -> Live {
        Live {
            channel: channel(),
            since: Timestamp(0),
            viewers,
            visibility: Visibility::Public,
            is_flowing: true,
            heard_at: now,
        }
    }

    fn state() -> State {
        let mut state = State::default();
        let profile = Profile { visibility: Visibility::Public, category: None, language: None };
        state.channel_is(channel(), profile);
        state
    }

    #[test]
    fn a_trend_is_measured_against_the_channel_itself() {
        let mut state = state();
        let broadcast = BroadcastId::from_uuid(Uuid::from_u128(2));
        let mut now = Timestamp(0);
        for _ in 0..120 {
            now = now.plus(Duration::from_secs(30));
            state.is_live(broadcast, live(1_000, now), now);
        }
        let known = state.channel(channel()).unwrap();
        let usual = known.usual_viewers(now).unwrap();
        assert!((usual - 1_000.0).abs() < 1.0, "{usual}");
        assert!((lift(known, &live(1_000, now), now) - 1.0).abs() < 0.01);
        assert!(lift(known, &live(2_000, now), now) > LIFT_MIN);
    }

    #[test]
    fn few_viewers_are_no_trend() {
        let state = state();
        let known = state.channel(channel()).unwrap();
        for viewers in 0..10 {
            let lift = lift(known, &live(viewers, Timestamp(0)), Timestamp(0));
            assert!(lift < LIFT_MIN, "{viewers}: {lift}");
        }
    }

    #[test]
    fn few_impressions_leave_the_rate_at_its_prior() {
        let mut state = state();
        state.was_shown(channel(), Source::Trending, Timestamp(0));
        let after_one = rate(state.channel(channel()).unwrap(), Timestamp(0));
        assert!((after_one - PRIOR_RATE).abs() < 0.01, "{after_one}");
        for _ in 0..1_000 {
            state.was_shown(channel(), Source::Trending, Timestamp(0));
        }
        assert!(rate(state.channel(channel()).unwrap(), Timestamp(0)) < 0.01);
    }
}
