//! One of the two sides that are compared, the cache and the origin: requests and whole answers.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, Method, Request};
use http_body_util::Empty;
use infra::clock::SharedClock;
use url::Url;

use crate::probe::connection::{Client, PATIENCE, gunzip, request};

/// By this header the origin numbers its answers.
const NUMBER: &str = "headwater-answer";

/// Where a stream is asked for.
pub(super) struct Side {
    client: Client,
    clock: SharedClock,
    /// The address that was given.
    pub(super) index: Url,
    /// The media playlist that is looked at.
    pub(super) media: Url,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Bytes,
    /// When it was complete, by the clock of its side.
    pub(super) at: Duration,
    /// How long it took.
    pub(super) took: Duration,
}

impl Side {
    /// A side whose media playlist is not known yet.
    pub(super) fn new(index: Url, client: Client, clock: SharedClock) -> Self {
        Self { client, clock, media: index.clone(), index }
    }

    /// Time since the program started.
    pub(super) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// The media playlist with this query; none is the plain one.
    pub(super) async fn playlist(&self, query: &str) -> anyhow::Result<Answer> {
        self.playlist_with(query, &[]).await
    }

    /// The same with request headers.
    pub(super) async fn playlist_with(
        &self,
        query: &str,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let mut url = self.media.clone();
        if !query.is_empty() {
            url.set_query(Some(query));
        }
        self.send(Method::GET, &url, headers).await
    }

    /// What `uri` names beside the media playlist.
    pub(super) async fn object(
        &self,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        self.send(Method::GET, &self.media.join(uri)?, headers).await
    }

    /// The same request of so many players at once.
    pub(super) async fn crowd(&self, players: usize, url: &Url) -> anyhow::Result<Vec<Answer>> {
        let asked = (0..players).map(|_| self.send(Method::GET, url, &[]));
        join_all(asked).await.into_iter().collect()
    }

    /// Any request on a connection of its own.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let mut answers =
            self.in_turn(url, vec![request(&method, url, headers.iter().copied())?]).await?;
        answers.pop().context("an answer")
    }

    /// So many GETs, one after another on one connection.
    pub(super) async fn repeated(&self, url: &Url, times: usize) -> anyhow::Result<Vec<Answer>> {
        let requests = (0..times).map(|_| request(&Method::GET, url, []));
        self.in_turn(url, requests.collect::<anyhow::Result<_>>()?).await
    }

    /// What is spoken over TLS with whom HTTP/2 is offered.
    pub(super) async fn protocol(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let asked = tokio::time::timeout(PATIENCE, self.client.protocol(&self.index)).await;
        asked.with_context(|| format!("{}: no answer in {PATIENCE:?}", self.index))?
    }

    async fn in_turn(
        &self,
        url: &Url,
        requests: Vec<Request<Empty<Bytes>>>,
    ) -> anyhow::Result<Vec<Answer>> {
        let start = self.now();
        // Boxed: a check holds many of them.
        let asked = Box::pin(self.client.in_turn(url, requests));
        let answered = tokio::time::timeout(PATIENCE, asked).await;
        let answered = answered
            .with_context(|| format!("{url}: no answer in {PATIENCE:?}"))?
            .with_context(|| format!("cannot fetch {url}"))?;
        let at = self.now();
        let answers = answered.into_iter().map(|(head, body)| Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            at,
            took: at.saturating_sub(start),
        });
        Ok(answers.collect())
    }
}

impl Answer {
    /// A header as text, empty when it is absent.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Which of the origin's answers this is.
    pub(super) fn number(&self) -> Option<&str> {
        Some(self.header(NUMBER)).filter(|number| !number.is_empty())
    }

    /// How long caches may keep it, in seconds.
    pub(super) fn max_age(&self) -> Option<u64> {
        let directives = self.header("cache-control").split(',');
        directives
            .filter_map(|one| one.trim().strip_prefix("max-age="))
            .find_map(|n| n.parse().ok())
    }

    /// The body as text, unpacked once if it says that it is packed.
    pub(super) fn text(&self) -> anyhow::Result<String> {
        let text = match self.header("content-encoding") {
            "" | "identity" => self.body.to_vec(),
            "gzip" => gunzip(&self.body)?,
            other => bail!("it is encoded as {other}, which nobody asked for"),
        };
        Ok(String::from_utf8(text)?)
    }
}

#[cfg(test)]
impl Answer {
    /// An answer that came after so many milliseconds.
    pub(super) fn made(
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: impl Into<Bytes>,
        at_ms: u64,
    ) -> Self {
        let pairs = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        let at = Duration::from_millis(at_ms);
        Self { status, headers: pairs.collect(), body: body.into(), at, took: at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lifetime_is_that_of_max_age() {
        for (header, expected) in [
            ("public, max-age=12", Some(12)),
            ("max-age=1", Some(1)),
            ("no-store", None),
            ("public, s-maxage=5, max-age=2", Some(2)),
        ] {
            let answer = Answer::made(200, &[("cache-control", header)], "", 0);
            assert_eq!(answer.max_age(), expected, "{header}");
        }
    }

    #[test]
    fn an_answer_without_a_number_is_not_the_origins() {
        assert_eq!(Answer::made(504, &[], "", 0).number(), None);
        assert_eq!(Answer::made(200, &[(NUMBER, "17")], "", 0).number(), Some("17"));
    }
}
