//! The sheet about a broadcast's renditions: what its index pages do not say, as one JSON object.
//!
//! It lies in the object store as `meta/{brd}/renditions`; whoever makes a recording writes it, and
//! whoever reads one begins with it.

use super::index::Entry;
use crate::codec::{Audio, AudioCoding, Video, VideoCoding, aac, opus};
use crate::packager::{Control, Rendition};
use crate::time::Span;
use crate::unit::{FrameRate, Kind, TrackConfig};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// What is known of a broadcast's renditions beside their segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    version: u32,
    /// One row each, the leading one first.
    pub renditions: Vec<Row>,
}

/// One rendition of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    rid: String,
    /// The decoder configuration, in hex.
    record: String,
    /// The name of its sample entry; none is `avc1` or `mp4a`, as the first sheets had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coding: Option<String>,
    /// Samples in a packet of Opus, which its header does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packet_samples: Option<u32>,
    /// Frames, and the seconds in which they are shown.
    frame_rate: Option<(u32, u32)>,
    target_seconds: u32,
    part_target: Option<u64>,
    independent_segments: bool,
    first_msn: u64,
    /// The newest segment when the sheet was written.
    pub last_msn: Option<u64>,
    /// Every init section, oldest first.
    pub inits: Vec<Init>,
}

/// An init section, and what its object must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    /// The fence in its URI.
    pub fence: u64,
    /// Its number in its URI.
    pub generation: u32,
    /// Bytes of its object.
    pub bytes: u64,
    /// CRC-32C of its object.
    pub crc32c: u32,
}

/// Why a sheet can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// It is no such JSON.
    #[error("the sheet of renditions is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// A later program wrote it.
    #[error("the sheet of renditions has version {0}, this program reads {VERSION}")]
    Version(u32),
    /// A row contradicts itself.
    #[error("the sheet names a rendition that can't be: {0}")]
    Rendition(String),
}

const VERSION: u32 = 1;

impl Sheet {
    /// A sheet of these renditions.
    pub const fn new(renditions: Vec<Row>) -> Self {
        Self { version: VERSION, renditions }
    }

    /// Reads a stored sheet.
    pub fn parse(bytes: &[u8]) -> Result<Self, SheetError> {
        let sheet: Self = serde_json::from_slice(bytes)?;
        if sheet.version == VERSION { Ok(sheet) } else { Err(SheetError::Version(sheet.version)) }
    }

    /// The text that is stored.
    pub fn render(&self) -> Bytes {
        serde_json::to_vec(self).expect("numbers and lists have a JSON form").into()
    }
}

impl Row {
    /// What is to be kept of a rendition with these segments and init sections.
    pub fn new(about: &Rendition, segments: &[Entry], inits: &[Init]) -> Self {
        let (coding, packet_samples, record) = match &about.config {
            TrackConfig::Video(config) => (config.coding().name(), None, config.record()),
            TrackConfig::Audio(config) => {
                let is_opus = config.coding() == AudioCoding::Opus;
                let samples = is_opus.then(|| config.frame_samples());
                (config.coding().name(), samples, config.record())
            }
        };
        let is_usual = matches!(coding, "avc1" | "mp4a");
        Self {
            rid: about.rid.to_string(),
            coding: (!is_usual).then(|| coding.to_owned()),
            packet_samples,
            record: to_hex(record),
            frame_rate: about.frame_rate.map(|r| (r.numerator.get(), r.denominator.get())),
            target_seconds: about.control.target_seconds,
            part_target: about.control.part_target.map(|span| span.0),
            independent_segments: about.control.independent_segments,
            first_msn: about.first_msn,
            last_msn: segments.last().map(|entry| entry.msn),
            inits: inits.to_vec(),
        }
    }

    /// The rendition as its packager described it.
    pub fn about(&self) -> Result<Rendition, SheetError> {
        let refuse = || SheetError::Rendition(self.rid.clone());
        let rid: crate::packager::Rid = self.rid.parse().map_err(|_| refuse())?;
        let record: Bytes = hex(&self.record).ok_or_else(refuse)?.into();
        let config = self.config(rid.kind, record).ok_or_else(refuse)?;
        let frame_rate = self.frame_rate.and_then(|(numerator, denominator)| {
            Some(FrameRate {
                numerator: numerator.try_into().ok()?,
                denominator: denominator.try_into().ok()?,
            })
        });
        Ok(Rendition {
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

impl Row {
    fn config(&self, kind: Kind, record: Bytes) -> Option<TrackConfig> {
        let named = self.coding.as_deref().map(str::as_bytes);
        Some(match kind {
            Kind::Video => {
                let coding = named.map_or(Some(VideoCoding::Avc), VideoCoding::named)?;
                TrackConfig::Video(Video::parse(coding, record).ok()?)
            }
            Kind::Audio => {
                let coding = named.map_or(Some(AudioCoding::Aac), AudioCoding::named)?;
                TrackConfig::Audio(match coding {
                    AudioCoding::Aac => Audio::Aac(aac::Config::parse(record).ok()?),
                    AudioCoding::Opus => {
                        Audio::Opus(opus::Config::parse(record, self.packet_samples?).ok()?)
                    }
                })
            }
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
    use super::*;
    use crate::packager::Rid;
    use crate::testcard;

    fn about(config: TrackConfig) -> Rendition {
        let rid = match config.kind() {
            Kind::Video => Rid::VIDEO,
            Kind::Audio => Rid::AUDIO,
        };
        Rendition {
            rid,
            config,
            frame_rate: FrameRate {
                numerator: 30_000.try_into().unwrap(),
                denominator: 1_001.try_into().unwrap(),
            }
            .into(),
            control: Control {
                target_seconds: 2,
                part_target: Some(Span(33_334)),
                independent_segments: true,
            },
            first_msn: 7,
            discontinuity_sequence: 0,
        }
    }

    #[test]
    fn a_sheet_that_is_read_back_names_the_same_renditions() {
        let audio = aac::Config::parse(Bytes::from_static(&[0x11, 0x90])).unwrap();
        let video = |coding, record: &'static [u8]| {
            TrackConfig::Video(Video::parse(coding, Bytes::from_static(record)).unwrap())
        };
        let hevc = include_bytes!("../../../fuzz/corpus/hevc_config/main");
        let av1 = include_bytes!("../../../fuzz/corpus/av1_config/svt");
        let opus = Bytes::from_static(include_bytes!("../../../fuzz/corpus/opus_config/mono"));
        let opus = Audio::Opus(opus::Config::parse(opus, 480).unwrap());
        let known = [
            about(testcard::Encoder::config()),
            about(TrackConfig::Audio(Audio::Aac(audio))),
            about(video(VideoCoding::Hevc, hevc)),
            about(video(VideoCoding::Av1, av1)),
            about(TrackConfig::Audio(opus)),
        ];
        let init = Init { fence: 3, generation: 1, bytes: 700, crc32c: 9 };
        let rows = known.iter().map(|about| Row::new(about, &[], &[init])).collect();
        let again = Sheet::parse(&Sheet::new(rows).render()).unwrap();
        let read: Vec<_> = again.renditions.iter().map(|row| row.about().unwrap()).collect();
        assert_eq!(read, known);
        assert_eq!(again.renditions.first().map(|row| &*row.inits), Some(&[init][..]));
    }

    #[test]
    fn a_sheet_that_can_not_be_is_refused_by_name() {
        let refusal = |text: &str| match Sheet::parse(text.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(sheet) => sheet.renditions.first().unwrap().about().unwrap_err().to_string(),
        };
        assert!(refusal("{").contains("damaged"));
        assert!(refusal(r#"{"version":2,"renditions":[]}"#).contains("version 2"));
        let row = |rid: &str, record: &str| {
            format!(
                r#"{{"version":1,"renditions":[{{"rid":"{rid}","record":"{record}","frame_rate":null,
                "target_seconds":2,"part_target":null,"independent_segments":true,"first_msn":0,
                "last_msn":null,"inits":[]}}]}}"#
            )
        };
        for text in [row("x9", "1190"), row("a0", "119"), row("a0", "zz"), row("v0", "1190")] {
            assert!(refusal(&text).contains("can't be"), "{text}");
        }
    }

    #[test]
    fn hex_reads_whole_bytes_only() {
        assert_eq!(hex("00ff1a"), Some(vec![0, 255, 26]));
        assert_eq!(to_hex(&[0, 255, 26]), "00ff1a");
        assert_eq!(hex("0"), None);
        assert_eq!(hex("zz"), None);
    }
}
