//! The sheet about a broadcast's renditions, as the origin reads it: `meta/{broadcast}/renditions`.

use media::{hls::index::Entry, packager::Control, unit::TrackConfig};
use serde::Serialize;

use super::plan::Rendition;

#[derive(Debug, Serialize)]
pub(super) struct Sheet {
    version: u32,
    renditions: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    rid: String,
    /// The decoder configuration, in hex.
    record: String,
    /// Frames, and the seconds in which they are shown.
    frame_rate: Option<(u32, u32)>,
    target_seconds: u32,
    part_target: Option<u64>,
    independent_segments: bool,
    first_msn: u64,
    last_msn: Option<u64>,
    inits: Vec<Init>,
}

/// An init section and what its object must be.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Init {
    pub(super) fence: u64,
    pub(super) generation: u32,
    pub(super) bytes: u64,
    pub(super) crc32c: u32,
}

const VERSION: u32 = 1;

impl Sheet {
    pub(super) const fn new(renditions: Vec<Row>) -> Self {
        Self { version: VERSION, renditions }
    }

    pub(super) fn render(&self) -> bytes::Bytes {
        serde_json::to_vec(self).expect("numbers and lists have a JSON form").into()
    }
}

impl Row {
    pub(super) fn new(
        rendition: &Rendition,
        control: &Control,
        init: Init,
        entries: &[Entry],
    ) -> Self {
        let record = match &rendition.config {
            TrackConfig::Video(config) => &config.record,
            TrackConfig::Audio(config) => &config.specific,
        };
        Self {
            rid: rendition.rid.to_string(),
            record: hex(record),
            frame_rate: rendition.frame_rate.map(|r| (r.numerator.get(), r.denominator.get())),
            target_seconds: control.target_seconds,
            part_target: control.part_target.map(|span| span.0),
            independent_segments: control.independent_segments,
            first_msn: entries.first().map_or(0, |entry| entry.msn),
            last_msn: entries.last().map(|entry| entry.msn),
            inits: vec![init],
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
