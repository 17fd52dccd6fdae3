//! The index of a rendition, whole in memory: what each segment and init section is. It is written
//! in pages of 64 segments (`media::hls::index`), and once more as a sheet about the renditions.

use bytes::Bytes;
use domain::id::BroadcastId;
use media::codec::{aac, avc};
use media::hls::index::{Entry, page_of};
use media::packager::{self, Control, Rid};
use media::time::Span;
use media::unit::{FrameRate, TrackConfig};
use serde::{Deserialize, Serialize};

use crate::cache::Seal;

/// The key of a page; no CDN may read below `meta/`.
pub(crate) fn page_key(broadcast: BroadcastId, rid: Rid, page: u64) -> String {
    format!("meta/{broadcast}/{rid}/{page}")
}

/// The key of the sheet about a broadcast's renditions.
pub(crate) fn sheet_key(broadcast: BroadcastId) -> String {
    format!("meta/{broadcast}/renditions")
}

/// What an entry's object must be.
pub(crate) fn seal(entry: &Entry) -> Seal {
    Seal { bytes: entry.bytes, crc32c: entry.crc32c }
}

/// One init section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InitEntry {
    pub(crate) fence: u64,
    pub(crate) generation: u32,
    pub(crate) bytes: u64,
    pub(crate) crc32c: u32,
}

/// The whole index of a rendition; segments are consecutive.
#[derive(Debug, Default, Clone)]
pub(crate) struct Index {
    segments: Vec<Entry>,
    inits: Vec<InitEntry>,
}

impl Index {
    /// Puts pages together, in their order; what does not follow is left out.
    pub(crate) fn from_pages(
        pages: impl IntoIterator<Item = Vec<Entry>>,
        inits: Vec<InitEntry>,
    ) -> Self {
        let mut index = Self { segments: Vec::new(), inits };
        for entry in pages.into_iter().flatten() {
            index.push(entry);
        }
        index
    }

    /// Adds the next segment; a number that does not follow is refused.
    pub(crate) fn push(&mut self, entry: Entry) -> bool {
        let follows = self.segments.last().is_none_or(|last| entry.msn == last.msn + 1);
        if follows {
            self.segments.push(entry);
        }
        follows
    }

    /// Adds an init section.
    pub(crate) fn push_init(&mut self, init: InitEntry) {
        self.inits.push(init);
    }

    /// Every segment, oldest first.
    pub(crate) fn segments(&self) -> &[Entry] {
        &self.segments
    }

    /// Every init section, oldest first.
    pub(crate) fn inits(&self) -> &[InitEntry] {
        &self.inits
    }

    /// One segment.
    pub(crate) fn get(&self, msn: u64) -> Option<&Entry> {
        self.segments.get(self.at(msn)?)
    }

    /// One init section.
    pub(crate) fn init(&self, fence: u64, generation: u32) -> Option<&InitEntry> {
        self.inits.iter().find(|init| init.fence == fence && init.generation == generation)
    }

    /// Marks a segment whose bytes were lost: replay shows a gap.
    pub(crate) fn lose(&mut self, msn: u64) {
        if let Some(entry) = self.at(msn).and_then(|at| self.segments.get_mut(at)) {
            entry.gap = true;
        }
    }

    /// The segments of one page.
    pub(crate) fn page(&self, page: u64) -> &[Entry] {
        let first = self.segments.partition_point(|entry| page_of(entry.msn) < page);
        let end = self.segments.partition_point(|entry| page_of(entry.msn) <= page);
        self.segments.get(first..end).unwrap_or_default()
    }

    /// The length of all segments.
    pub(crate) fn duration(&self) -> Span {
        self.segments.iter().map(|entry| entry.duration).sum()
    }

    fn at(&self, msn: u64) -> Option<usize> {
        usize::try_from(msn.checked_sub(self.segments.first()?.msn)?).ok()
    }
}

/// What is known of a broadcast's renditions beside their segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sheet {
    version: u32,
    pub(crate) renditions: Vec<Row>,
}

/// One rendition of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    rid: String,
    /// The decoder configuration, in hex.
    record: String,
    /// Frames, and the seconds in which they are shown.
    frame_rate: Option<(u32, u32)>,
    target_seconds: u32,
    part_target: Option<u64>,
    independent_segments: bool,
    first_msn: u64,
    pub(crate) last_msn: Option<u64>,
    pub(crate) inits: Vec<InitEntry>,
}

/// Why a sheet can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SheetError {
    #[error("the sheet of renditions is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    #[error("the sheet of renditions has version {0}, this program reads {SHEET_VERSION}")]
    Version(u32),
    #[error("the sheet names a rendition that can't be: {0}")]
    Rendition(String),
}

const SHEET_VERSION: u32 = 1;

impl Sheet {
    /// A sheet of these renditions.
    pub(crate) fn new(renditions: Vec<Row>) -> Self {
        Self { version: SHEET_VERSION, renditions }
    }

    /// Reads a stored sheet.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SheetError> {
        let sheet: Self = serde_json::from_slice(bytes)?;
        if sheet.version == SHEET_VERSION {
            Ok(sheet)
        } else {
            Err(SheetError::Version(sheet.version))
        }
    }

    /// The text that is stored.
    pub(crate) fn render(&self) -> Bytes {
        match serde_json::to_vec(self) {
            Ok(text) => text.into(),
            Err(error) => unreachable!("numbers and lists have a JSON form: {error}"),
        }
    }
}

impl Row {
    /// What is to be kept of a rendition.
    pub(crate) fn new(about: &packager::Rendition, index: &Index) -> Self {
        let record = match &about.config {
            TrackConfig::Video(config) => &config.record,
            TrackConfig::Audio(config) => &config.specific,
        };
        Self {
            rid: about.rid.to_string(),
            record: to_hex(record),
            frame_rate: about.frame_rate.map(|r| (r.numerator.get(), r.denominator.get())),
            target_seconds: about.control.target_seconds,
            part_target: about.control.part_target.map(|span| span.0),
            independent_segments: about.control.independent_segments,
            first_msn: about.first_msn,
            last_msn: index.segments().last().map(|entry| entry.msn),
            inits: index.inits().to_vec(),
        }
    }

    /// The rendition as its packager described it.
    pub(crate) fn about(&self) -> Result<packager::Rendition, SheetError> {
        let refuse = || SheetError::Rendition(self.rid.clone());
        let rid: Rid = self.rid.parse().map_err(|_| refuse())?;
        let record: Bytes = hex(&self.record).ok_or_else(refuse)?.into();
        let config = match rid.kind {
            media::unit::Kind::Video => {
                TrackConfig::Video(avc::Config::parse(record).map_err(|_| refuse())?)
            }
            media::unit::Kind::Audio => {
                TrackConfig::Audio(aac::Config::parse(record).map_err(|_| refuse())?)
            }
        };
        let frame_rate = self.frame_rate.and_then(|(numerator, denominator)| {
            Some(FrameRate {
                numerator: numerator.try_into().ok()?,
                denominator: denominator.try_into().ok()?,
            })
        });
        Ok(packager::Rendition {
            rid,
            config,
            frame_rate,
            control: Control {
                target_seconds: self.target_seconds,
                part_target: self.part_target.map(Span),
                independent_segments: self.independent_segments,
            },
            first_msn: self.first_msn,
            discontinuity_sequence: 0,
        })
    }
}

fn to_hex(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use media::hls::index::{decode, encode};
    use media::time::Wall;

    use super::*;

    fn entry(msn: u64) -> Entry {
        Entry {
            msn,
            fence: 1,
            generation: 0,
            duration: Span::from_seconds(2),
            pdt: Wall(1_700_000_000_000 + i64::try_from(msn).unwrap() * 2_000),
            discontinuity: false,
            gap: false,
            bytes: 1_000,
            crc32c: 7,
            parts: Vec::new(),
        }
    }

    fn filled(range: std::ops::Range<u64>) -> Index {
        let mut index = Index::default();
        index.push_init(InitEntry { fence: 1, generation: 0, bytes: 800, crc32c: 9 });
        for msn in range {
            assert!(index.push(entry(msn)));
        }
        index
    }

    #[test]
    fn pages_put_together_are_the_index() {
        let index = filled(10..200);
        let pages: Vec<Vec<Entry>> =
            (0..5).map(|page| decode(&encode(index.page(page))).unwrap()).collect();
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [54, 64, 64, 8, 0]);
        let again = Index::from_pages(pages, index.inits().to_vec());
        assert_eq!(again.segments(), index.segments());
        assert_eq!(again.duration(), Span::from_seconds(380));
    }

    #[test]
    fn a_segment_is_found_by_its_number() {
        let index = filled(10..200);
        assert_eq!(index.get(10).map(|entry| entry.msn), Some(10));
        assert_eq!(index.get(199).map(|entry| entry.msn), Some(199));
        assert_eq!(index.get(9), None);
        assert_eq!(index.get(200), None);
    }

    #[test]
    fn numbers_do_not_jump() {
        let mut index = filled(0..3);
        assert!(!index.push(entry(5)));
        assert!(!index.push(entry(2)));
        assert_eq!(index.segments().len(), 3);
    }

    #[test]
    fn hex_reads_whole_bytes_only() {
        assert_eq!(hex("00ff1a"), Some(vec![0, 255, 26]));
        assert_eq!(to_hex(&[0, 255, 26]), "00ff1a");
        assert_eq!(hex("0"), None);
        assert_eq!(hex("zz"), None);
    }
}
