//! Media: what the newest version of a playlist lists, and what has just left it.

use std::collections::BTreeSet;

use http::Method;
use media::hls::parse::{Media, Segment};
use media::probe::{Ask, Exchange, resolve};

use super::{Asking, Probe};

/// Segments fetched of each playlist, with their parts.
const SEGMENTS: usize = 3;

impl Probe {
    /// Init sections, the newest segments with their parts, and the oldest segment.
    pub(super) async fn fetch_pieces(&self, url: &str, playlist: &Media) -> Vec<Exchange> {
        let mut seen = Vec::new();
        let present = || playlist.segments.iter().filter(|segment| !segment.gap);
        let newest: Vec<&Segment> = present().rev().take(SEGMENTS).collect();
        let oldest = present().next();
        let inits: BTreeSet<&String> = newest
            .iter()
            .copied()
            .chain(oldest)
            .filter_map(|segment| segment.map.as_ref())
            .collect();
        for uri in inits {
            seen.push(self.ask(&Asking::get(Ask::Init, &resolve(url, uri))).await);
        }
        for segment in newest.iter().rev().filter(|segment| segment.byte_range.is_none()) {
            let whole = resolve(url, &segment.uri);
            seen.push(self.ask(&Asking::get(Ask::Segment, &whole)).await);
            let parts = segment.parts.iter().filter(|part| part.byte_range.is_none() && !part.gap);
            for part in parts {
                seen.push(self.ask(&Asking::get(Ask::Part, &resolve(url, &part.uri))).await);
            }
        }
        if let Some(segment) = newest.first() {
            seen.extend(self.check_piece(&resolve(url, &segment.uri)).await);
        }
        if let Some(oldest) = oldest {
            seen.push(self.ask(&Asking::get(Ask::Oldest, &resolve(url, &oldest.uri))).await);
        }
        seen
    }

    /// How a segment is answered when it is asked in other ways.
    async fn check_piece(&self, url: &str) -> Vec<Exchange> {
        let head = Asking { method: Method::HEAD, ..Asking::get(Ask::Head, url) };
        let range = |range: &str| vec![("range", range.to_owned())];
        let slice = Asking::with(Ask::Slice, url, range("bytes=2-9"));
        let beyond = Asking::with(Ask::Beyond, url, range("bytes=999999999999-"));
        vec![self.ask(&head).await, self.ask(&slice).await, self.ask(&beyond).await]
    }

    /// The first segment that `new` lists no more, the first part whose tag it has no more, and the
    /// hint that it does not keep.
    pub(super) async fn fetch_leaving(&self, url: &str, old: &Media, new: &Media) -> Vec<Exchange> {
        let mut seen = Vec::new();
        if let Some(first) = old.segments.first().filter(|first| first.msn < new.first_msn()) {
            if !first.gap {
                seen.push(self.ask(&Asking::get(Ask::Removed, &resolve(url, &first.uri))).await);
            }
            let query = format!("_HLS_msn={}", first.msn);
            seen.push(self.ask(&Asking::query(Ask::Old, url, query)).await);
        }
        let hinted = old.hints.iter().find(|hint| hint.kind == "PART");
        let is_kept = |uri: &String| {
            let mut parts = new.all().flat_map(|segment| &segment.parts).map(|part| &part.uri);
            parts.any(|part| part == uri) || new.hints.iter().any(|hint| hint.uri == *uri)
        };
        let closed = old.next_msn().checked_add(1) == Some(new.next_msn());
        if let Some(hint) = hinted.filter(|hint| closed && !is_kept(&hint.uri)) {
            seen.push(self.ask(&Asking::get(Ask::Withdrawn, &resolve(url, &hint.uri))).await);
        }
        let dropped = old.segments.iter().find(|segment| {
            let now = new.segment(segment.msn);
            !segment.parts.is_empty() && now.is_some_and(|now| now.parts.is_empty())
        });
        let part = dropped.filter(|_| !new.ended).and_then(|segment| segment.parts.first());
        if let Some(part) = part.filter(|part| !part.gap) {
            seen.push(self.ask(&Asking::get(Ask::Dropped, &resolve(url, &part.uri))).await);
        }
        seen
    }
}
