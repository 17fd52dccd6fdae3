//! What a client saw of a stream: answers, the versions of playlists among them, and media.

use super::resolve::{file_name, resolve};
use super::track::{Piece, Track};
use crate::hls::parse::{self, Media, Multivariant, Playlist};
use crate::time::{Span, Wall};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Why a request was made: rules find by it the answers that they judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// The address that was given, as a player opens it.
    Open,
    /// A media playlist as a player reloads it; these are its versions.
    Follow,
    /// A playlist for someone who refuses gzip.
    Identity,
    /// A playlist with `Range: bytes=0-`.
    Ranged,
    /// A playlist with the validator of the answer before.
    Known,
    /// The preflight that a browser sends before a ranged request of another site.
    Preflight,
    /// A blocking reload over HTTP/2, with pings while it waits.
    Http2,
    /// A blocking reload, sent twice at once.
    Repeat,
    /// A blocking reload with its directives in two orders, sent at once.
    Order,
    /// A directive far beyond the live edge.
    FarAhead,
    /// `_HLS_part` without `_HLS_msn`.
    PartAlone,
    /// `_HLS_msn` that is no number.
    Malformed,
    /// A directive that does not exist.
    Unknown,
    /// A segment that has left the window.
    Old,
    /// The part after the last one of a complete segment.
    BeyondParent,
    /// `_HLS_msn` of the open segment alone.
    SegmentOnly,
    /// The multivariant playlist with directives.
    Directed,
    /// An ended playlist with directives, a delta update among them.
    Late,
    /// A delta update.
    Delta,
    /// The whole playlist, asked together with the delta update.
    Whole,
    /// A playlist that does not exist.
    NoPlaylist,
    /// A part that is neither listed nor hinted.
    NoPart,
    /// An init section.
    Init,
    /// A complete segment.
    Segment,
    /// The head alone of a segment that was fetched.
    Head,
    /// Bytes 2 to 9 of a segment that was fetched.
    Slice,
    /// Bytes beyond the end of a segment.
    Beyond,
    /// A listed part.
    Part,
    /// The hinted part, before it is listed.
    Hinted,
    /// The hinted part again, once it is listed.
    HintedAgain,
    /// A part that was hinted and that the next version neither lists nor hints.
    Withdrawn,
    /// The oldest segment listed.
    Oldest,
    /// A segment that has just left the playlist.
    Removed,
    /// A part whose tag has just left the playlist.
    Dropped,
    /// An I-frame playlist.
    IFrames,
    /// An I-frame playlist with the number of the next segment, and a part of it.
    IFramesNext,
    /// The bytes of an entry of an I-frame playlist.
    Picture,
}

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Why it was asked.
    pub ask: Ask,
    /// The URL that was asked, without the directives in `query`.
    pub url: String,
    /// Directives, without `?`; empty if none.
    pub query: String,
    /// It was answered over HTTP/2.
    pub is_http2: bool,
    /// When the request was sent.
    pub asked_at: Wall,
    /// When the answer's head was there.
    pub head_at: Wall,
    /// When the answer was complete.
    pub at: Wall,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body, with any content coding undone.
    pub body: Bytes,
}

impl Exchange {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// Milliseconds until the answer's head was there.
    pub fn waited_ms(&self) -> i64 {
        self.head_at.since(self.asked_at)
    }

    /// The body as text.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// One version of a media playlist.
#[derive(Debug, Clone)]
pub struct Version {
    /// The playlist's URL, without directives.
    pub url: String,
    /// The directives that were answered with it.
    pub query: String,
    /// When it was asked for.
    pub asked_at: Wall,
    /// When it was there.
    pub at: Wall,
    /// As read.
    pub text: String,
    /// As understood.
    pub media: Media,
}

impl Version {
    /// The number of the open segment, and how many parts it has.
    pub fn edge(&self) -> (u64, usize) {
        edge(&self.media)
    }

    /// The absolute URL of one of its URIs.
    pub fn resolve(&self, uri: &str) -> String {
        resolve(&self.url, uri)
    }
}

pub(super) fn edge(media: &Media) -> (u64, usize) {
    (media.next_msn(), media.open.parts.len())
}

/// Everything that was seen of one stream.
#[derive(Debug, Default)]
pub struct Capture {
    exchanges: Vec<Exchange>,
    /// The URL and the text of the multivariant playlist, if there is one.
    pub(super) multivariant: Option<(String, String, Multivariant)>,
    playlists: BTreeMap<String, Vec<Version>>,
    tracks: BTreeMap<String, Option<Track>>,
    pieces: Vec<Piece>,
}

impl Capture {
    /// Reads what the answers hold.
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        let mut capture = Self { exchanges, ..Self::default() };
        for exchange in capture.exchanges.iter().filter(|exchange| exchange.status == 200) {
            let text = exchange.text().into_owned();
            match (exchange.ask, parse::parse(&text)) {
                (Ask::Open, Ok(Playlist::Multivariant(playlist))) => {
                    capture.multivariant = Some((exchange.url.clone(), text, playlist));
                }
                (Ask::Follow, Ok(Playlist::Media(media))) => {
                    let Exchange { url, query, asked_at, at, .. } = exchange.clone();
                    let version =
                        Version { query, asked_at, at, text, media: *media, url: url.clone() };
                    capture.playlists.entry(url).or_default().push(version);
                }
                (Ask::Init, _) => {
                    let track = Track::read(&exchange.body);
                    capture.tracks.insert(exchange.url.clone(), track);
                }
                _ => {}
            }
        }
        capture.pieces = capture.find_pieces();
        capture
    }

    /// The answers to one kind of request.
    pub(super) fn asked(&self, ask: Ask) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(move |exchange| exchange.ask == ask)
    }

    /// All answers.
    pub(super) fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    /// Each media playlist with its versions, oldest first.
    pub(super) fn playlists(&self) -> impl Iterator<Item = (&str, &[Version])> {
        self.playlists.iter().map(|(url, versions)| (url.as_str(), versions.as_slice()))
    }

    /// All versions of all media playlists.
    pub(super) fn versions(&self) -> impl Iterator<Item = &Version> {
        self.playlists.values().flatten()
    }

    /// The newest version of each media playlist.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Version> {
        self.playlists.values().filter_map(|versions| versions.last())
    }

    /// Each version with the one before it; one that is older than that is passed over.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Version, &Version)> {
        self.playlists.values().flat_map(|versions| {
            let mut newest: Option<&Version> = None;
            versions.iter().filter_map(move |version| {
                if newest.is_some_and(|newest| is_older(&newest.media, &version.media)) {
                    return None;
                }
                newest.replace(version).map(|old| (old, version))
            })
        })
    }

    /// The longest target duration promised.
    pub(super) fn target(&self) -> Option<Span> {
        let seconds = self.versions().filter_map(|version| version.media.target_seconds).max()?;
        Some(Span::from_seconds(seconds))
    }

    /// Whether any playlist promises parts.
    pub(super) fn is_low_latency(&self) -> bool {
        self.versions().any(|version| version.media.part_target.is_some())
    }

    /// Whether the stream was over when it was last seen.
    pub(super) fn is_over(&self) -> bool {
        !self.playlists.is_empty() && self.newest().all(|version| version.media.ended)
    }

    /// Init sections that were fetched.
    pub(super) fn tracks(&self) -> impl Iterator<Item = (&str, Option<&Track>)> {
        self.tracks.iter().map(|(url, track)| (url.as_str(), track.as_ref()))
    }

    /// Media that was fetched, with what playlists say of it, in their order.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter()
    }

    fn find_pieces(&self) -> Vec<Piece> {
        let media = [Ask::Segment, Ask::Part, Ask::Hinted, Ask::Oldest];
        let fetched = self
            .exchanges
            .iter()
            .filter(|exchange| exchange.status == 200 && media.contains(&exchange.ask));
        let mut pieces: Vec<_> = fetched.filter_map(|exchange| self.find_piece(exchange)).collect();
        pieces.sort_by(|one, other| one.order().cmp(&other.order()));
        pieces.dedup_by(|one, other| one.order() == other.order());
        pieces
    }

    /// The newest mention of what was fetched.
    fn find_piece(&self, exchange: &Exchange) -> Option<Piece> {
        let name = file_name(&exchange.url);
        let is_it = |version: &Version, uri: &str| {
            file_name(uri) == name && version.resolve(uri) == exchange.url
        };
        self.playlists.values().flat_map(|versions| versions.iter().rev()).find_map(|version| {
            let media = &version.media;
            media.segments.iter().rev().chain([&media.open]).find_map(|segment| {
                let part = segment.parts.iter().position(|part| is_it(version, &part.uri));
                if part.is_none() && !is_it(version, &segment.uri) {
                    return None;
                }
                let map = segment.map.as_ref().map(|uri| version.resolve(uri));
                let track = map.as_ref().and_then(|url| self.tracks.get(url)?.as_ref());
                Some(Piece::read(exchange, version, (segment, part), track))
            })
        })
    }
}

/// Whether `new` was made before `old`: two answers crossed, or caches differ.
pub(super) fn is_older(old: &Media, new: &Media) -> bool {
    edge(new) < edge(old) && new.media_sequence <= old.media_sequence && !new.ended && {
        // A restart goes back too, but with other segments under the same numbers.
        let last = new.segments.last();
        last.is_none_or(|last| old.segment(last.msn).is_some_and(|known| known.uri == last.uri))
    }
}
