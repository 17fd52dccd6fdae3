//! A feed as it is answered.

use domain::feed::{self, Item};
use domain::id::{BroadcastId, ChannelId, FeedId, RecordingId};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::known::Known;
use crate::schema;

/// One page of a feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "feed_id": "fed_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "model_version": "counters-1", "strategy": "personal",
    "ttl_ms": 10000, "data": [], "next_cursor": null
}))]
pub struct Feed {
    /// Names this feed in later signals.
    #[schema(value_type = schema::FeedId)]
    pub feed_id: FeedId,
    /// Which set of weights made it.
    pub model_version: &'static str,
    /// The order that was used: `personal` becomes `trending` for nobody in particular.
    pub strategy: &'static str,
    /// How long it is worth showing, at most 15 000.
    pub ttl_ms: u32,
    /// The cards, the best first.
    pub data: Vec<Card>,
    /// Where the next page starts; absent on the last one.
    pub next_cursor: Option<String>,
}

/// One card.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "live", "broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "channel": {"id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "slug": "mira", "title": "Mira paints", "category": "art"},
    "title": "Day 3", "viewers": 42, "started_at": "2026-11-25T18:30:00.000Z", "score": 3.2, "source": "followed",
    "reasons": [{"code": "followed"}], "pos": 1, "p": 1.0
}))]
pub struct Card {
    /// `live`, `soon` or `recording`.
    pub kind: &'static str,
    /// The broadcast, of a live card and of one that starts soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::BroadcastId>)]
    pub broadcast_id: Option<BroadcastId>,
    /// The recording, of a card to replay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::RecordingId>)]
    pub recording_id: Option<RecordingId>,
    /// Whose it is.
    pub channel: CardChannel,
    /// For people.
    pub title: String,
    /// How many watch, of a live card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewers: Option<u32>,
    /// When it started, starts, or was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Timestamp>)]
    pub started_at: Option<Timestamp>,
    /// How long a recording plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// How good it looked; comparable inside this page only.
    pub score: f64,
    /// What brought it: `followed`, `repeat`, `co_watch`, `trending`, `soon`, `recording`, `exploration`.
    pub source: &'static str,
    /// Why it is here, the strongest first.
    pub reasons: Vec<Reason>,
    /// Its place on the page, from 1.
    pub pos: usize,
    /// How likely it was to stand here: 1 but for the exploration slot.
    pub p: f64,
}

/// The channel of a card.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "slug": "mira", "title": "Mira paints", "category": "art"}))]
pub struct CardChannel {
    /// Its id.
    #[schema(value_type = schema::ChannelId)]
    pub id: ChannelId,
    /// Its name in addresses.
    pub slug: String,
    /// For people.
    pub title: String,
    /// What it is about.
    pub category: Option<String>,
}

/// Why a card is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "because_you_watched", "args": {"channel": "Mira paints"}}))]
pub struct Reason {
    /// `followed`, `you_watch_often`, `because_you_watched`, `trending_in`, `new_channel`,
    /// `starts_soon` or `watch_again`.
    pub code: &'static str,
    /// What the sentence names: `channel`, `category` or `at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub args: Option<serde_json::Value>,
}

impl Card {
    /// The card as it is shown now; none when it is off the air by now.
    pub(super) fn of(known: &Known, card: &feed::Card, now: Timestamp) -> Option<Self> {
        if !known.state.is_available(card.item, now) {
            return None;
        }
        let channel = known.channels.get(&card.channel)?;
        let (kind, broadcast_id, recording_id, shown) = match card.item {
            Item::Live(id) => ("live", Some(id), None, known.broadcasts.get(&id)),
            Item::Soon(id) => ("soon", Some(id), None, known.broadcasts.get(&id)),
            Item::Recording(id) => ("recording", None, Some(id), known.recordings.get(&id)),
        };
        let live = broadcast_id.and_then(|id| known.state.live(id));
        let shown = shown?;
        Some(Self {
            kind,
            broadcast_id,
            recording_id,
            channel: CardChannel {
                id: card.channel,
                slug: channel.slug.clone(),
                title: channel.title.clone(),
                category: channel.category.clone(),
            },
            title: shown.title.clone(),
            viewers: live.map(|live| live.viewers),
            started_at: shown.at,
            duration_ms: shown.duration_ms,
            score: card.score,
            source: card.source.as_str(),
            reasons: card.reasons.iter().map(|reason| Reason::of(known, reason)).collect(),
            pos: 0,
            p: card.probability,
        })
    }
}

impl Reason {
    fn of(known: &Known, reason: &feed::Reason) -> Self {
        let args = match reason {
            feed::Reason::BecauseYouWatched(channel) => known
                .channels
                .get(channel)
                .map(|shown| serde_json::json!({"channel": shown.title, "slug": shown.slug})),
            feed::Reason::TrendingIn(category) => {
                category.as_ref().map(|category| serde_json::json!({"category": category}))
            }
            feed::Reason::StartsSoon(at) => Some(serde_json::json!({"at": at})),
            feed::Reason::Followed
            | feed::Reason::YouWatchOften
            | feed::Reason::NewChannel
            | feed::Reason::WatchAgain => None,
        };
        Self { code: reason.code(), args }
    }
}
