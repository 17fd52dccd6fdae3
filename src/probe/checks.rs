//! The requests that no player makes by itself, and that rows of the contract need.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use http::Method;
use media::hls::parse::{self, Media, Segment};
use media::probe::{Ask, Exchange, resolve};

use super::{Asking, Probe, wanted};

/// A number that no live playlist reaches.
const FAR: u64 = 1_000_000_000;

impl Probe {
    /// All checks of a stream: those of playlists on the first of them.
    pub(super) async fn check(&self, url: &str, media: &BTreeSet<String>) -> Vec<Exchange> {
        let mut seen = Vec::new();
        // The last in their order is the picture where both are there: `v0` after `a0`.
        let Some(first) = media.last() else { return seen };
        if first != url {
            let directed = "_HLS_msn=0&_HLS_part=0";
            seen.push(self.ask(&Asking::query(Ask::Directed, url, directed)).await);
        }
        seen.extend(self.check_answers(first).await);
        let whole = self.ask(&Asking::get(Ask::Whole, first)).await;
        let Some(playlist) = parse::media(&whole.text()) else { return seen };
        if playlist.ended {
            for query in ["_HLS_msn=0&_HLS_part=0", "_HLS_msn=1000000000", "_HLS_skip=YES"] {
                for url in media {
                    seen.push(self.ask(&Asking::query(Ask::Late, url, query)).await);
                }
            }
            seen.extend(self.check_http2(first, "").await);
        } else {
            seen.extend(self.check_directives(first, &playlist).await);
        }
        seen
    }

    /// How a playlist is answered, whatever it says.
    async fn check_answers(&self, url: &str) -> Vec<Exchange> {
        let plain = || vec![("accept-encoding", "identity".to_owned())];
        let identity = self.ask(&Asking::with(Ask::Identity, url, plain())).await;
        let mut seen = Vec::new();
        if let Some(tag) = identity.header("etag") {
            let mut headers = plain();
            headers.push(("if-none-match", tag.to_owned()));
            seen.push(self.ask(&Asking::with(Ask::Known, url, headers)).await);
        }
        seen.push(identity);
        let ranged = [("range", "bytes=0-"), ("accept-encoding", "gzip")];
        let ranged = ranged.map(|(name, value)| (name, value.to_owned())).to_vec();
        seen.push(self.ask(&Asking::with(Ask::Ranged, url, ranged)).await);
        let preflight = [
            ("origin", "https://player.example"),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "range"),
        ];
        let headers = preflight.map(|(name, value)| (name, value.to_owned())).to_vec();
        let preflight =
            Asking { method: Method::OPTIONS, ..Asking::with(Ask::Preflight, url, headers) };
        seen.push(self.ask(&preflight).await);
        let missing = resolve(url, "no-such-playlist.m3u8");
        seen.push(self.ask(&Asking::get(Ask::NoPlaylist, &missing)).await);
        seen
    }

    /// I-frame playlists, the newest picture of each, and how a live one waits.
    pub(super) async fn check_iframes(&self, urls: &BTreeSet<String>) -> Vec<Exchange> {
        let mut seen = Vec::new();
        for url in urls {
            let got = self.ask(&Asking::get(Ask::IFrames, url)).await;
            let playlist = parse::media(&got.text()).unwrap_or_default();
            seen.push(got);
            let newest = playlist.segments.iter().rev().find(|segment| !segment.gap);
            let range = newest.and_then(|segment| Some((segment, bytes(segment)?)));
            if let Some((segment, range)) = range {
                let headers = vec![("range", range)];
                let picture = resolve(url, &segment.uri);
                seen.push(self.ask(&Asking::with(Ask::Picture, &picture, headers)).await);
            }
            if wanted(&playlist).is_some() && !playlist.ended {
                let query = format!("_HLS_msn={}&_HLS_part=0", playlist.next_msn());
                seen.push(self.ask(&Asking::query(Ask::IFramesNext, url, query)).await);
            }
        }
        seen
    }

    /// How a live playlist answers directives.
    async fn check_directives(&self, url: &str, playlist: &Media) -> Vec<Exchange> {
        let mut seen = Vec::new();
        let msn = playlist.next_msn();
        if let Some(part) = no_part(playlist) {
            seen.push(self.ask(&Asking::get(Ask::NoPart, &resolve(url, &part))).await);
        }
        if wanted(playlist).is_none() {
            seen.extend(self.check_delta(url, "").await);
            return seen;
        }
        let mut queries = vec![
            (Ask::FarAhead, format!("_HLS_msn={FAR}")),
            (Ask::PartAlone, "_HLS_part=0".to_owned()),
            (Ask::Malformed, "_HLS_msn=x".to_owned()),
            (Ask::Unknown, "_HLS_unknown=1&unknown=2".to_owned()),
        ];
        if let Some(old) = playlist.media_sequence.checked_sub(1) {
            queries.push((Ask::Old, format!("_HLS_msn={old}")));
        }
        let closed = playlist.segments.last().filter(|closed| !closed.parts.is_empty());
        if let Some(closed) = closed {
            let beyond = closed.parts.len();
            queries
                .push((Ask::BeyondParent, format!("_HLS_msn={}&_HLS_part={beyond}", closed.msn)));
        }
        for (ask, query) in queries {
            seen.push(self.ask(&Asking::query(ask, url, query)).await);
        }
        seen.extend(self.check_hint(url).await);
        seen.extend(self.check_pairs(url).await);
        seen.extend(self.check_http2(url, &self.next(url).await).await);
        let alone = format!("_HLS_msn={}", msn.saturating_add(1));
        seen.push(self.ask(&Asking::query(Ask::SegmentOnly, url, alone)).await);
        seen
    }

    /// The directives of a player that has just read the playlist.
    async fn next(&self, url: &str) -> String {
        let now = self.ask(&Asking::get(Ask::Whole, url)).await;
        parse::media(&now.text()).and_then(|playlist| wanted(&playlist)).unwrap_or_default()
    }

    /// The hinted part before it is listed, and again afterwards.
    async fn check_hint(&self, url: &str) -> Vec<Exchange> {
        let now = self.ask(&Asking::get(Ask::Whole, url)).await;
        let playlist = parse::media(&now.text()).unwrap_or_default();
        let hint = playlist.hints.iter().find(|hint| hint.kind == "PART");
        let Some(hint) = hint.filter(|hint| hint.range_start.is_none()) else { return Vec::new() };
        let part = resolve(url, &hint.uri);
        let hinted = self.ask(&Asking::get(Ask::Hinted, &part)).await;
        let again = self.ask(&Asking::get(Ask::HintedAgain, &part)).await;
        vec![hinted, again]
    }

    /// Requests of which two are sent at once.
    async fn check_pairs(&self, url: &str) -> Vec<Exchange> {
        let next = self.next(url).await;
        let repeat = || self.one(Ask::Repeat, url, next.clone());
        let (one, other) = join(repeat(), repeat()).await;
        let mut seen = vec![one, other];
        let next = self.next(url).await;
        let turned: Vec<&str> = next.split('&').rev().collect();
        let turned = format!("unknown=1&{}", turned.join("&unknown=2&"));
        let (one, other) =
            join(self.one(Ask::Order, url, next), self.one(Ask::Order, url, turned)).await;
        seen.extend([one, other]);
        for _ in 0..2 {
            let next = self.next(url).await;
            seen.extend(self.check_delta(url, &next).await);
        }
        seen
    }

    async fn one(&self, ask: Ask, url: &str, query: String) -> Exchange {
        self.ask(&Asking::query(ask, url, query)).await
    }

    /// A delta update and the whole playlist of the same moment.
    async fn check_delta(&self, url: &str, next: &str) -> Vec<Exchange> {
        let skip =
            if next.is_empty() { "_HLS_skip=YES".into() } else { format!("{next}&_HLS_skip=YES") };
        let asked = [(Ask::Delta, skip), (Ask::Whole, next.to_owned())];
        join_all(asked.map(|(ask, query)| self.one(ask, url, query))).await
    }

    /// A blocking reload over HTTP/2, where TLS can offer it.
    async fn check_http2(&self, url: &str, query: &str) -> Option<Exchange> {
        if !url.starts_with("https:") {
            return None;
        }
        Some(self.ask(&Asking::query(Ask::Http2, url, query)).await)
    }
}

/// The byte range of an entry, as a request has it.
fn bytes(segment: &Segment) -> Option<String> {
    let (length, start) = segment.byte_range.as_deref()?.split_once('@')?;
    let (length, start) = (length.parse::<u64>().ok()?, start.parse::<u64>().ok()?);
    Some(format!("bytes={start}-{}", start.checked_add(length)?.checked_sub(1)?))
}

/// A part that is neither listed nor hinted: the number after the dots of a listed one, far ahead.
fn no_part(playlist: &Media) -> Option<String> {
    let part = playlist.all().flat_map(|segment| &segment.parts).last()?;
    let (folder, name) = part.uri.rsplit_once('/').unwrap_or(("", &part.uri));
    let at = name.find(|character: char| character.is_ascii_digit())?;
    let (head, digits) = name.split_at(at);
    let rest = digits.trim_start_matches(|character: char| character.is_ascii_digit());
    let slash = if folder.is_empty() { "" } else { "/" };
    Some(format!("{folder}{slash}{head}{FAR}{rest}"))
}
