//! `POST /v1/analytics-events`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use domain::id::{BroadcastId, ChannelId, EventId, FeedId, Id, OrgId, RecordingId, UserId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{self, analytics_events, broadcasts, recordings};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::auth::{Caller, Principal};
use crate::extract::Json;
use crate::feeds::Subject;
use crate::{App, refusal, schema};

/// Signals of one report.
const SIGNALS_MAX: usize = 100;
/// Later signals are still believed about their time; older ones count as arriving.
const AGE_MAX: Duration = Duration::from_hours(24);
/// Watching that one mark can tell: a day.
const WATCHED_MS_MAX: i64 = 86_400_000;
/// Characters of a type, an id or a session.
const WORD_CHARS_MAX: usize = 64;

/// A batch of signals.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AnalyticsReport, example = json!({"events": [{
    "type": "watch", "at": "2026-11-25T18:30:10.000Z",
    "broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "watched_ms": 10000
}]}))]
pub struct Report {
    /// At most 100.
    #[schema(max_items = 100)]
    pub events: Vec<Signal>,
}

/// One signal. Unknown members are ignored: players of other versions may tell more.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0a4-1c5e-7c3a-8b5d-2f6e9a1b3c4d", "type": "impression", "at": "2026-11-25T18:30:10.000Z",
    "broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "feed_id": "fed_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "pos": 1
}))]
pub struct Signal {
    /// Any text of the sender's: the same one again is the same signal.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub id: Option<String>,
    /// `watch` (at 10 s, 30 s, 1 min, 5 min, then each minute), `impression`, or a word of the sender's.
    #[serde(rename = "type")]
    #[schema(max_length = 64)]
    pub kind: String,
    /// When it happened, by the sender's clock; one that can't be is taken as now.
    #[serde(default)]
    pub at: Option<String>,
    /// What was watched or shown.
    #[serde(default)]
    #[schema(value_type = Option<schema::BroadcastId>)]
    pub broadcast_id: Option<BroadcastId>,
    /// What was watched or shown.
    #[serde(default)]
    #[schema(value_type = Option<schema::RecordingId>)]
    pub recording_id: Option<RecordingId>,
    /// The feed that showed the card.
    #[serde(default)]
    #[schema(value_type = Option<schema::FeedId>)]
    pub feed_id: Option<FeedId>,
    /// How long it was watched so far.
    #[serde(default)]
    pub watched_ms: Option<i64>,
    /// The card's place on its page.
    #[serde(default)]
    pub pos: Option<u32>,
    /// The player's own session, for viewers without a token.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub session: Option<String>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"accepted": 3, "repeated": 1, "clamped": 1, "ignored": 0}))]
pub struct Reported {
    /// Signals that were kept.
    pub accepted: usize,
    /// Signals that were known already.
    pub repeated: usize,
    /// Kept signals whose time could not be and was taken as now.
    pub clamped: usize,
    /// Signals about nothing that exists.
    pub ignored: usize,
}

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Too many signals.
    #[error("a report has at most {SIGNALS_MAX} events")]
    TooMany,
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::TooMany => refusal::invalid("/events", "too_many", &error.to_string()),
        }
    }
}

/// Reports what was watched and shown. Nobody waits for it: a page may forget it.
#[utoipa::path(
    post,
    path = "/v1/analytics-events",
    operation_id = "createAnalyticsEvents",
    tag = "analytics",
    security((), ("bearer" = []), ("session" = [])),
    request_body = Report,
    responses((status = 202, description = "Taken, as far as it makes sense.", body = Reported)),
)]
pub(crate) async fn report(
    State(app): State<App>,
    Caller(caller): Caller,
    Json(report): Json<Report>,
) -> Result<(StatusCode, Json<Reported>), Problem> {
    if report.events.len() > SIGNALS_MAX {
        return Err(ReportError::TooMany.into());
    }
    let received = Received::of(&app, caller.as_ref(), report.events).await?;
    let rows = received.rows.clone();
    let written = app.database.write_low::<_, Infallible, _>(move |tx| {
        let rows = rows.clone();
        async move { Ok(analytics_events::insert_many(tx, &rows).await?) }.boxed()
    });
    let fresh = written.await.map_err(database::Error::from)?;
    let reported = Reported {
        accepted: fresh.len(),
        repeated: received.rows.len() - fresh.len(),
        clamped: received.clamped.iter().filter(|id| fresh.contains(id)).count(),
        ignored: received.ignored,
    };
    metrics::counter!("headwater_analytics_events_total").increment(fresh.len() as u64);
    metrics::counter!("headwater_analytics_clamped_total").increment(reported.clamped as u64);
    received.teach(&app, &fresh);
    Ok((StatusCode::ACCEPTED, Json(reported)))
}

/// Signals made ready to be kept.
struct Received {
    user_id: Option<UserId>,
    /// Whose ids these are.
    who: String,
    now: Timestamp,
    rows: Vec<analytics_events::New>,
    feeds: HashMap<EventId, FeedId>,
    clamped: HashSet<EventId>,
    ignored: usize,
}

/// What a signal is about, as far as it exists.
#[derive(Clone, Copy)]
struct Place {
    channel: ChannelId,
    org: OrgId,
}

impl Received {
    async fn of(
        app: &App,
        caller: Option<&Principal>,
        signals: Vec<Signal>,
    ) -> Result<Self, Problem> {
        let mut places: HashMap<Subject, Option<Place>> = HashMap::new();
        let mut received = Self {
            user_id: caller.and_then(Principal::user_id),
            who: caller.map_or_else(String::new, Principal::name),
            now: app.clock.now(),
            rows: Vec::new(),
            feeds: HashMap::new(),
            clamped: HashSet::new(),
            ignored: 0,
        };
        for signal in signals {
            let subject = subject(&signal).filter(|_| is_word(&signal.kind));
            let place = match subject {
                None => None,
                Some(subject) => match places.entry(subject) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(unknown) => *unknown.insert(find(app, subject).await?),
                },
            };
            match place {
                Some(place) => {
                    let id = received.id_of(app, &signal);
                    received.keep(id, signal, place);
                }
                None => received.ignored += 1,
            }
        }
        Ok(received)
    }

    fn id_of(&self, app: &App, signal: &Signal) -> EventId {
        signal.id.as_deref().map_or_else(|| app.ids.next(), |text| derived(&self.who, text))
    }

    fn keep(&mut self, id: EventId, signal: Signal, place: Place) {
        let (at, is_clamped) = believed(signal.at.as_deref(), self.now);
        if is_clamped {
            self.clamped.insert(id);
        }
        if let Some(feed) = signal.feed_id {
            self.feeds.insert(id, feed);
        }
        self.rows.push(analytics_events::New {
            id,
            org_id: Some(place.org),
            kind: signal.kind,
            at,
            received_at: self.now,
            user_id: self.user_id,
            session: signal.session.map(|text| text.chars().take(WORD_CHARS_MAX).collect()),
            broadcast_id: signal.broadcast_id,
            recording_id: signal.recording_id.filter(|_| signal.broadcast_id.is_none()),
            channel_id: Some(place.channel),
            watched_ms: signal.watched_ms.unwrap_or(0).clamp(0, WATCHED_MS_MAX),
            payload: serde_json::json!({ "feed_id": signal.feed_id, "pos": signal.pos }),
        });
    }

    /// Tells the feeds of what is new. Its own clock counts: a signal from next month moves nothing.
    fn teach(&self, app: &App, fresh: &[EventId]) {
        for row in self.rows.iter().filter(|row| fresh.contains(&row.id)) {
            let Some(channel) = row.channel_id else { continue };
            if app.feeds.owns(row.user_id, channel) {
                continue;
            }
            match row.kind.as_str() {
                "watch" => app.feeds.was_watched(row.user_id, channel, row.watched_ms),
                "impression" => {
                    let broadcast = row.broadcast_id.map(Subject::Broadcast);
                    let subject = broadcast.or(row.recording_id.map(Subject::Recording));
                    if let (Some(feed), Some(subject)) = (self.feeds.get(&row.id), subject) {
                        app.feeds.was_shown(*feed, subject, channel);
                    }
                }
                _ => {}
            }
        }
    }
}

fn subject(signal: &Signal) -> Option<Subject> {
    let broadcast = signal.broadcast_id.map(Subject::Broadcast);
    broadcast.or(signal.recording_id.map(Subject::Recording))
}

async fn find(app: &App, subject: Subject) -> Result<Option<Place>, database::Error> {
    let read = app.database.read();
    Ok(match subject {
        Subject::Broadcast(id) => broadcasts::find(read, id).await?.map(|row| Place {
            channel: Id::from_uuid(row.channel_id),
            org: Id::from_uuid(row.org_id),
        }),
        Subject::Recording(id) => recordings::find(read, id).await?.map(|row| Place {
            channel: Id::from_uuid(row.channel_id),
            org: Id::from_uuid(row.org_id),
        }),
    })
}

fn is_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=WORD_CHARS_MAX).contains(&text.len()) && text.chars().all(is_plain)
}

/// The sender's time when it can be true, otherwise the time of arrival.
fn believed(at: Option<&str>, now: Timestamp) -> (Timestamp, bool) {
    match at.and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(at) if at <= now && now.since(at) <= AGE_MAX => (at, false),
        Some(_) | None => (now, true),
    }
}

/// The same text of the same sender is the same event; two senders may choose the same text.
fn derived(who: &str, text: &str) -> EventId {
    let mut digest = Sha256::new();
    digest.update(who.as_bytes());
    digest.update([0]);
    digest.update(text.as_bytes());
    let digest: [u8; 32] = digest.finalize().into();
    let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    EventId::from_uuid(uuid::Uuid::from_bytes(*first))
}
