//! Follows a stream over HTTP as a player does, asks what no player asks, and has
//! `media::probe` judge all of it.

mod checks;
pub(crate) mod connection;
mod pieces;
mod timed;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use futures_util::future::{join, join_all};
use http::Method;
use infra::clock::SharedClock;
use media::hls::parse::{self, Media, Playlist};
use media::probe::{Ask, Capture, Exchange, Row, judge, resolve};
use url::Url;

use connection::{PATIENCE, request};
use timed::Timed;

/// Playlist text that is kept of one playlist: half an hour of a low-latency one of 15 minutes.
pub(crate) const TEXT_BYTES_MAX: usize = 64 << 20;
/// How often a stream that can't block is asked, if it names no target duration.
const POLL: Duration = Duration::from_secs(1);

/// What the probe found.
pub(crate) struct Report {
    /// Every rule with its verdict.
    pub(crate) rows: Vec<Row>,
    /// The media playlists that were followed.
    pub(crate) playlists: usize,
    /// The answers that were judged.
    pub(crate) answers: usize,
    /// A playlist was followed no further because of [`TEXT_BYTES_MAX`].
    pub(crate) is_cut_short: bool,
}

/// A stream under the probe.
pub(crate) struct Probe {
    client: Timed,
    clock: SharedClock,
}

/// A request, and why it is made.
struct Asking<'a> {
    ask: Ask,
    method: Method,
    url: &'a str,
    query: String,
    headers: Vec<(&'static str, String)>,
}

impl<'a> Asking<'a> {
    /// A GET as players send it.
    fn get(ask: Ask, url: &'a str) -> Self {
        let headers = vec![("accept-encoding", "gzip".to_owned())];
        Self { ask, method: Method::GET, url, query: String::new(), headers }
    }

    /// The same with directives.
    fn query(ask: Ask, url: &'a str, query: impl Into<String>) -> Self {
        Self { query: query.into(), ..Self::get(ask, url) }
    }

    /// The same method and URL with these headers alone.
    fn with(ask: Ask, url: &'a str, headers: Vec<(&'static str, String)>) -> Self {
        Self { headers, ..Self::get(ask, url) }
    }
}

/// What following one playlist brought.
#[derive(Default)]
struct Followed {
    seen: Vec<Exchange>,
    last: Option<Media>,
    is_cut_short: bool,
}

impl Probe {
    /// A probe with the system's root certificates.
    pub(crate) fn new(clock: SharedClock) -> anyhow::Result<Self> {
        Ok(Self { client: Timed::new(SharedClock::clone(&clock))?, clock })
    }

    /// Follows the stream for so long, or looks once at one that is over.
    pub(crate) async fn follow(self, url: &str, time: Duration) -> anyhow::Result<Report> {
        Url::parse(url).with_context(|| format!("`{url}`"))?;
        let opened = self.try_ask(&Asking::get(Ask::Open, url)).await?;
        if opened.status != 200 {
            bail!("{url}: status {}", opened.status);
        }
        let (media, scrubbing) = match parse::parse(&opened.text()) {
            Ok(Playlist::Multivariant(playlist)) => {
                let all = |uris: &mut dyn Iterator<Item = &str>| -> BTreeSet<String> {
                    uris.map(|uri| resolve(url, uri)).collect()
                };
                let scrubbing = &mut playlist.iframes.iter().filter_map(|list| list.get("URI"));
                (all(&mut playlist.uris().into_iter()), all(scrubbing))
            }
            Ok(Playlist::Media(_)) => (BTreeSet::from([url.to_owned()]), BTreeSet::new()),
            Err(error) => bail!("{url} is no playlist: {error}"),
        };
        let until = self.clock.monotonic() + time;
        let following = join_all(media.iter().map(|url| self.follow_one(url, until)));
        let checking = async {
            let mut seen = self.check(url, &media).await;
            seen.extend(self.check_iframes(&scrubbing).await);
            seen
        };
        let (followed, checked) = join(following, checking).await;
        let mut seen = vec![opened];
        seen.extend(checked);
        let is_cut_short = followed.iter().any(|followed| followed.is_cut_short);
        for (url, followed) in media.iter().zip(followed) {
            seen.extend(followed.seen);
            if let Some(last) = &followed.last {
                seen.extend(self.fetch_pieces(url, last).await);
            }
        }
        let (playlists, answers) = (media.len(), seen.len());
        Ok(Report { rows: judge(&Capture::new(seen)), playlists, answers, is_cut_short })
    }

    /// Every version of one playlist, and what has just left it.
    async fn follow_one(&self, url: &str, until: Duration) -> Followed {
        let mut followed = Followed::default();
        let mut query = String::new();
        let mut bytes = 0;
        loop {
            let got = self.ask(&Asking::query(Ask::Follow, url, query.clone())).await;
            let media = parse::media(&got.text()).filter(|_| got.status == 200);
            bytes += got.body.len();
            followed.seen.push(got);
            let Some(media) = media else { break };
            let next = wanted(&media);
            let is_over = media.ended;
            if let Some(last) = followed.last.replace(media.clone()) {
                followed.seen.extend(self.fetch_leaving(url, &last, &media).await);
            }
            followed.is_cut_short = bytes > TEXT_BYTES_MAX;
            if is_over || followed.is_cut_short || self.clock.monotonic() >= until {
                break;
            }
            query = if let Some(query) = next {
                query
            } else {
                let target = media.target_seconds.map(Duration::from_secs);
                tokio::time::sleep(target.map_or(POLL, |target| target / 2)).await;
                String::new()
            };
        }
        followed
    }

    /// The exchange, with status 0 if there was no answer.
    async fn ask(&self, asking: &Asking<'_>) -> Exchange {
        let asked_at = self.client.now();
        match self.try_ask(asking).await {
            Ok(exchange) => exchange,
            Err(error) => {
                tracing::debug!(error = &*error as &dyn std::error::Error, "no answer");
                let at = self.client.now();
                let (ask, url, query) = (asking.ask, asking.url.to_owned(), asking.query.clone());
                let (headers, body) = (Vec::new(), Bytes::new());
                let (head_at, is_http2) = (at, false);
                Exchange {
                    ask,
                    url,
                    query,
                    is_http2,
                    asked_at,
                    head_at,
                    at,
                    status: 0,
                    headers,
                    body,
                }
            }
        }
    }

    async fn try_ask(&self, asking: &Asking<'_>) -> anyhow::Result<Exchange> {
        let mut asked = Url::parse(asking.url)?;
        if !asking.query.is_empty() {
            let own = asked.query().map(|own| format!("{own}&")).unwrap_or_default();
            asked.set_query(Some(&format!("{own}{}", asking.query)));
        }
        let headers = asking.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request = request(&asking.method, &asked, headers)?;
        let whole = Box::pin(self.client.fetch(&asked, request, asking.ask == Ask::Http2));
        let answered = tokio::time::timeout(PATIENCE, whole).await;
        let answer = answered
            .with_context(|| format!("{asked}: no answer in {PATIENCE:?}"))?
            .with_context(|| format!("cannot fetch {asked}"))?;
        let headers = answer.head.headers.iter().map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Ok(Exchange {
            ask: asking.ask,
            url: asking.url.to_owned(),
            query: asking.query.clone(),
            is_http2: answer.is_http2,
            asked_at: answer.asked_at,
            head_at: answer.head_at,
            at: answer.at,
            status: answer.head.status.as_u16(),
            headers: headers.collect(),
            body: answer.body,
        })
    }
}

/// The query of the next request: a blocking reload where the server offers it.
fn wanted(playlist: &Media) -> Option<String> {
    if !playlist.control.as_ref().is_some_and(|control| control.can_block_reload) {
        return None;
    }
    let msn = playlist.next_msn();
    Some(match playlist.part_target {
        Some(_) => format!("_HLS_msn={msn}&_HLS_part={}", playlist.open.parts.len()),
        None => format!("_HLS_msn={msn}"),
    })
}
