//! Answers to viewers: playlists as shared snapshots, media as shared bytes, nothing per viewer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request};
use infra::http::Body;
use infra::http::problem::Problem;

pub(crate) use answer::Text;
pub(crate) use route::Listing;

use crate::{Context, StartError};
use answer::{Asked, CacheTag, Lifetime, finish, preflight};
use route::{Kind, Route};
use tally::Tally;
use waiting::Waiting;

mod answer;
mod bytes;
mod playlist;
mod range;
pub(crate) mod route;
pub(crate) mod tally;
mod waiting;

/// Numbers the answers of this process, so that whoever stands behind a cache can tell how many of
/// the answers that reached them are one answer of ours.
const ANSWER: HeaderName = HeaderName::from_static("headwater-answer");

/// How long to keep an answer about something that has no target duration of its own.
const UNKNOWN_TARGET: Duration = Duration::from_secs(2);

/// What the service is told at start.
#[derive(Debug)]
pub(crate) struct Settings {
    cache_tag: Option<HeaderName>,
}

impl Settings {
    pub(crate) fn read(settings: &crate::Settings) -> Result<Self, StartError> {
        let parse = |name: &String| {
            name.parse::<HeaderName>().map_err(|_| StartError::CacheTag(name.clone()))
        };
        Ok(Self { cache_tag: settings.cache_tag.as_ref().map(parse).transpose()? })
    }
}

/// The media service: a plain hyper service; clones share everything.
#[derive(Debug, Clone)]
pub struct Delivery {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    context: Arc<Context>,
    tag: CacheTag,
    waiting: Waiting,
    answers: AtomicU64,
    tally: Tally,
    /// Requests that came, by kind; looked up once, not for each.
    requests: [metrics::Counter; Kind::ALL.len()],
}

/// Why a request for media is answered with a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refused {
    /// Nothing has that name (now).
    NotFound { target: Duration },
    /// The channel is not live.
    NotLive,
    /// Named in a playlist as a gap, or a hint that was withdrawn.
    NoBytes { target: Duration },
    /// Taken down.
    Gone { target: Duration },
    /// Directives that can't be.
    Directives(String),
    /// The media did not come in time.
    TooLate,
    /// Too many wait already.
    Overloaded,
    /// The store does not answer.
    StoreAway,
    /// The store sends other bytes than it was given.
    StoreDamaged,
    /// Only GET, HEAD and OPTIONS.
    Method,
}

impl Refused {
    fn answer(&self) -> Response<Body> {
        let seconds = |target: &Duration| Lifetime::Seconds(target.as_secs());
        let soon = Duration::from_secs(1);
        let (problem, life) = match self {
            Self::NotFound { target } => (Problem::not_found(), seconds(target)),
            Self::NotLive => (
                Problem::new(StatusCode::NOT_FOUND, "not_live", "The channel is not live")
                    .retry_after(UNKNOWN_TARGET),
                seconds(&UNKNOWN_TARGET),
            ),
            Self::NoBytes { target } => (
                Problem::new(StatusCode::NOT_FOUND, "gap", "There is no media here"),
                seconds(target),
            ),
            Self::Gone { target } => (
                Problem::new(StatusCode::GONE, "taken_down", "The broadcast was taken down"),
                seconds(target),
            ),
            Self::Directives(why) => (
                Problem::new(StatusCode::BAD_REQUEST, "invalid_directives", "Invalid directives")
                    .detail(why.clone()),
                Lifetime::Seconds(1),
            ),
            Self::TooLate => (Problem::unavailable("too_late", soon), Lifetime::Seconds(1)),
            Self::Overloaded => (Problem::unavailable("overloaded", soon), Lifetime::Seconds(1)),
            Self::StoreAway => {
                (Problem::unavailable("store_unavailable", UNKNOWN_TARGET), Lifetime::Seconds(1))
            }
            Self::StoreDamaged => (
                Problem::new(
                    StatusCode::BAD_GATEWAY,
                    "store_damaged",
                    "The store sent other bytes",
                ),
                Lifetime::Never,
            ),
            Self::Method => (
                Problem::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "Media is only read",
                ),
                Lifetime::Seconds(60),
            ),
        };
        let mut answer = problem.into_response();
        if *self == Self::Method {
            let allowed = http::HeaderValue::from_static("GET, HEAD, OPTIONS");
            answer.headers_mut().insert(header::ALLOW, allowed);
        }
        finish(&mut answer, life);
        answer
    }
}

impl Delivery {
    pub(crate) fn new(context: Arc<Context>, settings: Settings) -> Self {
        let waiting = Waiting::new(context.settings.waiting_max);
        let tag = CacheTag(settings.cache_tag);
        let requests = Kind::ALL
            .map(|kind| metrics::counter!("headwater_media_requests_total", "kind" => kind.word()));
        let (answers, tally) = (AtomicU64::new(0), Tally::default());
        Self { shared: Arc::new(Shared { context, tag, waiting, answers, tally, requests }) }
    }

    /// Answers one request; its body, if any, is not read.
    pub async fn respond(&self, request: &request::Parts) -> Response<Body> {
        let mut answer = self.shared.respond(request).await;
        if request.method == Method::HEAD {
            *answer.body_mut() = Body::empty();
        }
        let number = self.shared.answers.fetch_add(1, Ordering::Relaxed);
        answer.headers_mut().insert(ANSWER, HeaderValue::from(number));
        answer
    }

    /// What was asked for, and how it was answered.
    pub(crate) fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    /// Requests that wait for media now.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.count()
    }
}

impl Shared {
    async fn respond(&self, request: &request::Parts) -> Response<Body> {
        match request.method {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => return preflight(),
            _ => return Refused::Method.answer(),
        }
        let route = Route::parse(request.uri.path());
        let kind = route.as_ref().map_or(Kind::Unknown, Route::kind);
        self.requests[kind as usize].increment(1);
        let answer = match route {
            Some(route) => self.answer(&route, request).await,
            None => Refused::NotFound { target: UNKNOWN_TARGET }.answer(),
        };
        self.tally.answered(kind, &answer);
        answer
    }

    async fn answer(&self, route: &Route, request: &request::Parts) -> Response<Body> {
        let asked = Asked::of(request);
        let query = request.uri.query().unwrap_or_default();
        let answered = match route {
            Route::Channel(slug) => self.channel(slug, &asked).await,
            Route::Broadcast(id) => self.broadcast(*id, &asked).await,
            Route::Playlist(id, rid, listing) => {
                self.playlist((*id, *rid, *listing), query, &asked).await
            }
            Route::Recording(id) => self.recording(*id, &asked).await,
            Route::RecordingPlaylist(id, rid, listing) => {
                self.recording_playlist((*id, *rid, *listing), &asked).await
            }
            Route::Media(media) => self.media(media, &asked).await,
        };
        answered.unwrap_or_else(|refused| refused.answer())
    }
}

impl<B: Send + 'static> hyper::service::Service<Request<B>> for Delivery {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let delivery = self.clone();
        let (parts, _) = request.into_parts();
        async move { Ok(delivery.respond(&parts).await) }.boxed()
    }
}
