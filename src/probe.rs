//! Follows a stream over HTTP as a player does and lets `media::probe` judge each answer.

pub(crate) mod connection;

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use infra::clock::SharedClock;
use media::hls::parse::{self, Media, Playlist};
use media::probe::{Checker, Exchange, Finding};
use media::time::Wall;
use url::Url;

use connection::Client;

/// Longer than any hold: three target durations of the longest profile, and the way back.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the probe found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    /// The media playlists that were followed.
    pub(crate) playlists: usize,
    /// The answers that were judged.
    pub(crate) answers: usize,
}

/// A stream under the probe.
pub(crate) struct Probe {
    client: Client,
    clock: SharedClock,
    checker: Checker,
    findings: Vec<Finding>,
    answers: usize,
}

impl Probe {
    /// A probe with the system's root certificates.
    pub(crate) fn new(clock: SharedClock) -> anyhow::Result<Self> {
        let client = Client::new()?;
        Ok(Self { client, clock, checker: Checker::new(), findings: Vec::new(), answers: 0 })
    }

    /// Follows the stream for so long, or looks once at one that is over.
    pub(crate) async fn follow(mut self, url: &str, time: Duration) -> anyhow::Result<Report> {
        let url = Url::parse(url).with_context(|| format!("`{url}`"))?;
        let first = self.get(&url, "").await?;
        let media: Vec<Url> = match parse::parse(&first) {
            Ok(Playlist::Multivariant(playlist)) => {
                let joined = playlist.uris().into_iter().filter_map(|uri| url.join(uri).ok());
                joined.collect::<BTreeSet<_>>().into_iter().collect()
            }
            Ok(Playlist::Media(_)) => vec![url],
            Err(error) => bail!("{url} is no playlist: {error}"),
        };
        let until = self.clock.monotonic() + time;
        let mut next = vec![String::new(); media.len()];
        let mut open = media.len();
        while open > 0 {
            open = 0;
            for (url, query) in media.iter().zip(&mut next) {
                if query == OVER {
                    continue;
                }
                let text = self.get(url, query).await?;
                *query = parse::media(&text).map_or(OVER.to_owned(), |playlist| wanted(&playlist));
                open += usize::from(query != OVER);
            }
            if self.clock.monotonic() >= until {
                break;
            }
        }
        Ok(Report { findings: self.findings, playlists: media.len(), answers: self.answers })
    }

    /// Fetches a playlist and has it judged; returns its text.
    async fn get(&mut self, url: &Url, query: &str) -> anyhow::Result<String> {
        let mut asked = url.clone();
        if !query.is_empty() {
            asked.set_query(Some(query));
        }
        let target = &asked[url::Position::BeforePath..url::Position::AfterQuery];
        let request = Request::get(target)
            .header("host", asked.authority())
            .header("accept-encoding", "gzip")
            .body(Empty::<Bytes>::new())?;
        let whole = self.client.fetch(&asked, request);
        let answered = tokio::time::timeout(PATIENCE, whole).await;
        let (head, body) = answered
            .with_context(|| format!("{asked}: no answer in {PATIENCE:?}"))?
            .with_context(|| format!("cannot fetch {asked}"))?;
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let gzipped =
            headers.iter().any(|(name, value)| name == "content-encoding" && value == "gzip");
        let text =
            if gzipped { gunzip(&body)? } else { String::from_utf8_lossy(&body).into_owned() };
        self.answers += 1;
        let exchange = Exchange {
            url: url.as_str(),
            query,
            at: Wall(self.clock.now().0),
            status: head.status.as_u16(),
            headers: &headers,
            body: &text,
        };
        self.findings.extend(self.checker.see(&exchange));
        if !head.status.is_success() {
            bail!("{asked}: {}", head.status);
        }
        Ok(text)
    }
}

/// Stands for "nothing more to ask": the playlist is over, or none.
const OVER: &str = "over";

/// The query of the next request: a blocking reload where the server offers it.
fn wanted(playlist: &Media) -> String {
    if playlist.ended {
        return OVER.to_owned();
    }
    if !playlist.control.as_ref().is_some_and(|control| control.can_block_reload) {
        return String::new();
    }
    let msn = playlist.next_msn();
    if playlist.part_target.is_none() {
        return format!("_HLS_msn={msn}");
    }
    format!("_HLS_msn={msn}&_HLS_part={}", playlist.open.parts.len())
}

fn gunzip(body: &[u8]) -> anyhow::Result<String> {
    const TEXT_MAX: u64 = 64 << 20;
    let mut text = String::new();
    let mut reader = flate2::read::MultiGzDecoder::new(body).take(TEXT_MAX);
    reader.read_to_string(&mut text).context("the body is no gzipped text")?;
    Ok(text)
}
