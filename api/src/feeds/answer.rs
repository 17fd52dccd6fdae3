//! From what is asked to a page.

use std::collections::HashSet;

use axum::response::{IntoResponse, Response};
use domain::feed::chance::Seeded;
use domain::feed::{self, Ask, Strategy, Surface, Weights};
use domain::id::{ChannelId, FeedId};
use http::{HeaderValue, header};
use infra::http::problem::Problem;

use super::params::Params;
use super::shape::{Card, Feed};
use crate::App;
use crate::auth::Principal;
use crate::convention::cursor::CursorError;
use crate::refusal;

/// Which weights made a page.
const MODEL_VERSION: &str = "counters-1";
/// How long a page with live cards is worth showing.
const TTL_MS: u32 = 10_000;

/// A page and whether it is one viewer's own.
#[derive(Debug)]
pub(super) struct Answer {
    feed: Feed,
    is_personal: bool,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = axum::Json(self.feed).into_response();
        // A shared cache may hold a page for as long as an ended broadcast may still be shown.
        let cache = if self.is_personal { "private, no-cache" } else { "public, max-age=1" };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("authorization, cookie"));
        response
    }
}

/// Makes the page.
pub(super) async fn answer(
    app: &App,
    caller: Option<&Principal>,
    surface: Surface,
    params: &Params,
) -> Result<Answer, Problem> {
    let (limit, wanted) = (params.limit()?, params.strategy()?);
    let user = caller.and_then(Principal::user_id).filter(|_| wanted == Strategy::Personal);
    if let Some(user) = user {
        app.feeds.know_viewer(&app.database, user).await?;
    }
    let filter = format!("feed {surface:?} {wanted:?} {user:?}");
    let feed_id = match params.cursor.as_deref() {
        Some(cursor) => opened(app, &filter, cursor)?,
        None => app.ids.next(),
    };
    let shown = app.feeds.memory(|memory| memory.shown(feed_id));
    let now = app.clock.now();
    let ask = Ask {
        user,
        surface,
        strategy: wanted,
        limit,
        shown: &shown,
        weights: &Weights::DEFAULT,
        now,
    };
    let mut chance = Seeded(u64::from_be_bytes(app.ids.bytes()));
    let cards = app.feeds.read(|known| feed::page(&known.state, &ask, &mut chance));
    let is_full = cards.len() == limit;
    let may_follow = app.feeds.memory(|memory| memory.remember(feed_id, &cards)) && is_full;
    let data = shown_now(app, &cards);
    let feed = Feed {
        feed_id,
        model_version: MODEL_VERSION,
        strategy: wanted.as_str(),
        ttl_ms: TTL_MS,
        data,
        next_cursor: may_follow.then(|| app.cursors.seal(&filter, &feed_id)),
    };
    Ok(Answer { feed, is_personal: user.is_some() })
}

/// The cards as they are written; what went off the air since they were chosen is left out.
fn shown_now(app: &App, cards: &[feed::Card]) -> Vec<Card> {
    let now = app.clock.now();
    let shown = app.feeds.read(|known| {
        cards.iter().filter_map(|card| Card::of(known, card, now)).collect::<Vec<_>>()
    });
    shown.into_iter().zip(1..).map(|(card, pos)| Card { pos, ..card }).collect()
}

/// One card of each channel.
pub(super) fn once_a_channel(mut answer: Answer) -> Answer {
    let mut seen: HashSet<ChannelId> = HashSet::new();
    answer.feed.data.retain(|card| seen.insert(card.channel.id));
    for (card, pos) in answer.feed.data.iter_mut().zip(1..) {
        card.pos = pos;
    }
    answer
}

fn opened(app: &App, filter: &str, cursor: &str) -> Result<FeedId, Problem> {
    app.cursors.open(filter, cursor).map_err(|error| {
        let code = match error {
            CursorError::Mismatch => "cursor_mismatch",
            CursorError::Invalid => "invalid_cursor",
        };
        refusal::of(http::StatusCode::BAD_REQUEST, code, error.to_string())
    })
}
