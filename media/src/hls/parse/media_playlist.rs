//! Media playlists.

use super::{Attributes, span, tag};
use crate::time::{Span, Wall};
use std::collections::BTreeMap;

/// A media playlist as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Media {
    /// `EXT-X-VERSION`.
    pub version: Option<u64>,
    /// `EXT-X-TARGETDURATION`.
    pub target_seconds: Option<u64>,
    /// `PART-TARGET`.
    pub part_target: Option<Span>,
    /// `EXT-X-SERVER-CONTROL`.
    pub control: Option<ServerControl>,
    /// `EXT-X-MEDIA-SEQUENCE`, zero where absent.
    pub media_sequence: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE`.
    pub discontinuity_sequence: Option<u64>,
    /// `EXT-X-PLAYLIST-TYPE`.
    pub playlist_type: Option<String>,
    /// `EXT-X-INDEPENDENT-SEGMENTS`.
    pub independent_segments: bool,
    /// `SKIPPED-SEGMENTS` of a delta update.
    pub skipped: Option<u64>,
    /// Complete segments, after those skipped.
    pub segments: Vec<Segment>,
    /// What is listed of the segment after them; its URI and duration are empty.
    pub open: Segment,
    /// `EXT-X-PRELOAD-HINT`.
    pub hints: Vec<Hint>,
    /// `EXT-X-RENDITION-REPORT`.
    pub reports: Vec<Report>,
    /// `EXT-X-ENDLIST`.
    pub ended: bool,
    /// How often each tag stands.
    pub tags: BTreeMap<String, u32>,
    /// Tags of a segment that stand after its first part, where they mean nothing.
    pub misplaced: Vec<String>,
}

/// What a server says it can do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerControl {
    /// As written.
    pub attributes: Attributes,
    /// `CAN-BLOCK-RELOAD=YES`.
    pub can_block_reload: bool,
    /// `CAN-SKIP-UNTIL`.
    pub can_skip_until: Option<Span>,
    /// `HOLD-BACK`.
    pub hold_back: Option<Span>,
    /// `PART-HOLD-BACK`.
    pub part_hold_back: Option<Span>,
}

/// A segment as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segment {
    /// Its media sequence number.
    pub msn: u64,
    /// Its discontinuity sequence number.
    pub discontinuity_sequence: u64,
    /// As written.
    pub uri: String,
    /// `EXTINF`.
    pub duration: Span,
    /// `EXT-X-DISCONTINUITY`.
    pub discontinuity: bool,
    /// `EXT-X-GAP`.
    pub gap: bool,
    /// URI of the `EXT-X-MAP` that applies.
    pub map: Option<String>,
    /// `EXT-X-PROGRAM-DATE-TIME`, as written for this segment.
    pub pdt: Option<Wall>,
    /// `EXT-X-BYTERANGE`.
    pub byte_range: Option<String>,
    /// `EXT-X-PART`.
    pub parts: Vec<Part>,
}

/// A part as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// As written.
    pub uri: String,
    /// `DURATION`.
    pub duration: Span,
    /// `INDEPENDENT=YES`.
    pub independent: bool,
    /// `GAP=YES`.
    pub gap: bool,
    /// `BYTERANGE`.
    pub byte_range: Option<String>,
}

/// A preload hint as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hint {
    /// `TYPE`.
    pub kind: String,
    /// As written.
    pub uri: String,
    /// `BYTERANGE-START`.
    pub range_start: Option<u64>,
}

/// A rendition report as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// As written.
    pub uri: String,
    /// `LAST-MSN`.
    pub last_msn: Option<u64>,
    /// `LAST-PART`.
    pub last_part: Option<u32>,
}

impl Media {
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut reader = Reader::default();
        for line in lines.map(str::trim_end).filter(|line| !line.is_empty()) {
            match tag(line) {
                Some((name, value)) => reader.tag(name, value),
                None if line.starts_with('#') => {}
                None => reader.uri(line),
            }
        }
        reader.finish()
    }

    /// The number of the segment after the last complete one.
    pub fn next_msn(&self) -> u64 {
        self.segments.last().map_or(self.first_msn(), |last| last.msn.saturating_add(1))
    }

    /// The number of the first segment that is not skipped.
    pub fn first_msn(&self) -> u64 {
        self.media_sequence.saturating_add(self.skipped.unwrap_or(0))
    }

    /// The listed segment of this number.
    pub fn segment(&self, msn: u64) -> Option<&Segment> {
        let at = usize::try_from(msn.checked_sub(self.first_msn())?).ok()?;
        self.segments.get(at)
    }

    /// The complete segments, and the open one.
    pub fn all(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().chain([&self.open])
    }

    /// Length of all that is listed, the open segment's parts included.
    pub fn duration(&self) -> Span {
        let segments: Span = self.segments.iter().map(|segment| segment.duration).sum();
        segments + self.open.parts.iter().map(|part| part.duration).sum()
    }

    /// The full playlist that a delta update and an earlier playlist make.
    ///
    /// None if the earlier one lacks a skipped segment.
    #[must_use]
    pub fn merge(&self, delta: &Self) -> Option<Self> {
        let skipped = delta.skipped.unwrap_or(0);
        let wanted = delta.media_sequence..delta.media_sequence.saturating_add(skipped);
        let mut segments: Vec<_> = self
            .segments
            .iter()
            .filter(|segment| wanted.contains(&segment.msn))
            .map(|segment| Segment { parts: Vec::new(), ..segment.clone() })
            .collect();
        if segments.len() as u64 != skipped {
            return None;
        }
        segments.extend(delta.segments.iter().cloned());
        let mut merged = Self { skipped: None, segments, ..delta.clone() };
        let mut sequence = delta.discontinuity_sequence.unwrap_or(0);
        for segment in merged.segments.iter_mut().chain([&mut merged.open]) {
            sequence = sequence.saturating_add(u64::from(segment.discontinuity));
            segment.discontinuity_sequence = sequence;
        }
        Some(merged)
    }
}

#[derive(Default)]
struct Reader {
    media: Media,
    /// The segment whose tags are being read.
    next: Segment,
    map: Option<String>,
    sequence: u64,
    msn: Option<u64>,
    extinf: Option<Span>,
}

impl Reader {
    fn tag(&mut self, name: &str, value: &str) {
        *self.media.tags.entry(name.to_owned()).or_default() += 1;
        let number = || value.trim().parse().ok();
        match name {
            "EXT-X-VERSION" => self.media.version = number(),
            "EXT-X-TARGETDURATION" => self.media.target_seconds = number(),
            "EXT-X-MEDIA-SEQUENCE" => self.media.media_sequence = number().unwrap_or(0),
            "EXT-X-DISCONTINUITY-SEQUENCE" => {
                self.media.discontinuity_sequence = number();
                self.sequence = number().unwrap_or(0);
            }
            "EXT-X-PLAYLIST-TYPE" => self.media.playlist_type = Some(value.to_owned()),
            "EXT-X-INDEPENDENT-SEGMENTS" => self.media.independent_segments = true,
            "EXT-X-ENDLIST" => self.media.ended = true,
            "EXTINF" => self.extinf = span(value.split(',').next().unwrap_or("")),
            _ => self.segment_tag(name, value),
        }
    }

    fn segment_tag(&mut self, name: &str, value: &str) {
        let is_head = matches!(
            name,
            "EXT-X-DISCONTINUITY" | "EXT-X-PROGRAM-DATE-TIME" | "EXT-X-MAP" | "EXT-X-KEY"
        );
        if is_head && !self.next.parts.is_empty() {
            self.media.misplaced.push(name.to_owned());
        }
        match name {
            "EXT-X-DISCONTINUITY" => {
                self.next.discontinuity = true;
                self.sequence = self.sequence.saturating_add(1);
            }
            "EXT-X-GAP" => self.next.gap = true,
            "EXT-X-PROGRAM-DATE-TIME" => self.next.pdt = value.trim().parse().ok(),
            "EXT-X-BYTERANGE" => self.next.byte_range = Some(value.to_owned()),
            "EXT-X-MAP" => self.map = Attributes::read(value).get("URI").map(str::to_owned),
            _ => self.attribute_tag(name, &Attributes::read(value)),
        }
    }

    fn attribute_tag(&mut self, name: &str, list: &Attributes) {
        let text = |name| list.get(name).unwrap_or_default().to_owned();
        let length = |name| list.get(name).and_then(span);
        let number = |name| list.get(name).and_then(|value| value.parse().ok());
        match name {
            "EXT-X-PART-INF" => self.media.part_target = length("PART-TARGET"),
            "EXT-X-SKIP" => self.media.skipped = number("SKIPPED-SEGMENTS"),
            "EXT-X-PART" => self.next.parts.push(Part {
                uri: text("URI"),
                duration: length("DURATION").unwrap_or_default(),
                independent: list.is_yes("INDEPENDENT"),
                gap: list.is_yes("GAP"),
                byte_range: list.get("BYTERANGE").map(str::to_owned),
            }),
            "EXT-X-PRELOAD-HINT" => {
                let range_start = number("BYTERANGE-START");
                self.media.hints.push(Hint { kind: text("TYPE"), uri: text("URI"), range_start });
            }
            "EXT-X-RENDITION-REPORT" => self.media.reports.push(Report {
                uri: text("URI"),
                last_msn: number("LAST-MSN"),
                last_part: list.get("LAST-PART").and_then(|value| value.parse().ok()),
            }),
            "EXT-X-SERVER-CONTROL" => {
                self.media.control = Some(ServerControl {
                    can_block_reload: list.is_yes("CAN-BLOCK-RELOAD"),
                    can_skip_until: length("CAN-SKIP-UNTIL"),
                    hold_back: length("HOLD-BACK"),
                    part_hold_back: length("PART-HOLD-BACK"),
                    attributes: list.clone(),
                });
            }
            _ => {}
        }
    }

    fn uri(&mut self, uri: &str) {
        let mut segment = self.take_next();
        uri.clone_into(&mut segment.uri);
        segment.duration = self.extinf.take().unwrap_or_default();
        self.msn = Some(segment.msn.saturating_add(1));
        self.media.segments.push(segment);
    }

    fn next_number(&self) -> u64 {
        self.msn.unwrap_or_else(|| self.media.first_msn())
    }

    fn take_next(&mut self) -> Segment {
        Segment {
            msn: self.next_number(),
            discontinuity_sequence: self.sequence,
            map: self.map.clone(),
            ..std::mem::take(&mut self.next)
        }
    }

    fn finish(mut self) -> Media {
        self.media.open = self.take_next();
        self.media
    }
}
