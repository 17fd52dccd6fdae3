//! One version of a rendition's playlist: made once, shared by all who ask.

use std::sync::OnceLock;

use media::hls::{Edge, Position};

use crate::delivery::Text;

/// A version of a playlist. The delta update is rendered with it, the whole one by the first
/// asker: low-latency players ask for deltas, and a whole one grows with the DVR window.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// What the playlist ends with.
    pub(crate) edge: Edge,
    /// The part that the preload hint names, with the fence of its URI.
    pub(crate) hint: Option<(u64, Position)>,
    /// The broadcast was taken down.
    pub(crate) gone: bool,
    /// `None` while there is nothing to skip.
    pub(crate) delta: Option<Text>,
    pub(super) full: OnceLock<Text>,
    /// The I-frame playlist, whole and as a delta update: few ask for it.
    pub(super) iframes: OnceLock<Text>,
    pub(super) iframes_delta: OnceLock<Option<Text>>,
}

impl Snapshot {
    /// Before the first part.
    pub(super) fn empty() -> Self {
        Self {
            edge: Edge {
                first_msn: 0,
                complete: None,
                complete_parts: 0,
                last: None,
                ended: false,
            },
            hint: None,
            gone: false,
            delta: None,
            full: OnceLock::new(),
            iframes: OnceLock::new(),
            iframes_delta: OnceLock::new(),
        }
    }

    /// Whether there is anything to list.
    pub(crate) fn is_empty(&self) -> bool {
        self.edge.last.is_none() && self.edge.complete.is_none()
    }

    /// How many complete segments are listed.
    pub(crate) fn segments(&self) -> u64 {
        self.edge.complete.map_or(0, |last| last + 1 - self.edge.first_msn.min(last + 1))
    }
}
