//! The `moov` box: which tracks there are and where their samples lie.

use bytes::Bytes;
use media::{
    codec::{Audio, Video, aac, avc},
    unit::TrackConfig,
};

use super::boxes::Cursor;

/// One track as its `trak` box tells it; the tables are not expanded yet.
#[derive(Debug)]
pub(super) struct Track<'a> {
    pub(super) id: u32,
    pub(super) is_enabled: bool,
    /// `vide`, `soun`, or what else it is.
    pub(super) handler: [u8; 4],
    pub(super) timescale: u32,
    /// The sample entry's name: `avc1`, `mp4a`, `hvc1`.
    pub(super) entry: [u8; 4],
    /// What a decoder needs, when it is a codec that we carry.
    pub(super) config: Result<TrackConfig, String>,
    /// Degrees clockwise, when it is not to be shown as it is coded; `None` for a mirrored picture.
    pub(super) rotation: Option<u16>,
    pub(super) edits: Vec<Edit>,
    /// The content of `stbl`.
    pub(super) tables: &'a [u8],
}

/// One line of an edit list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// How long it shows, in ticks of the movie.
    pub(super) duration: u64,
    /// What it shows from, in ticks of the track; -1 shows nothing.
    pub(super) media_time: i64,
}

/// The movie.
#[derive(Debug)]
pub(super) struct Movie<'a> {
    pub(super) timescale: u32,
    /// Samples lie in fragments too.
    pub(super) is_fragmented: bool,
    pub(super) tracks: Vec<Track<'a>>,
}

/// Tracks of one movie that are looked at.
const TRACKS_MAX: usize = 64;
const EDITS_MAX: usize = 64;

impl<'a> Movie<'a> {
    /// Reads the content of a `moov` box; tracks that make no sense are left out.
    pub(super) fn parse(moov: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(moov);
        let timescale = timescale(cursor.find(*b"mvhd")?)?;
        let (mut is_fragmented, mut tracks) = (false, Vec::new());
        while let Some((name, content)) = cursor.next_box() {
            match &name {
                b"mvex" => is_fragmented = true,
                b"trak" if tracks.len() < TRACKS_MAX => tracks.extend(Track::parse(content)),
                _ => {}
            }
        }
        // A box that reaches past the end hides what follows: no half import. `QuickTime` may end
        // with a zero word.
        (cursor.rest().len() < 8).then_some(Self { timescale, is_fragmented, tracks })
    }
}

impl<'a> Track<'a> {
    fn parse(trak: &'a [u8]) -> Option<Self> {
        let cursor = Cursor::new(trak);
        let (id, is_enabled, rotation) = header(cursor.find(*b"tkhd")?)?;
        let mdia = Cursor::new(cursor.find(*b"mdia")?);
        let tables = Cursor::new(mdia.find(*b"minf")?).find(*b"stbl")?;
        let (entry, config) = description(Cursor::new(tables).find(*b"stsd")?)?;
        let edits = cursor.find(*b"edts").and_then(|edts| Cursor::new(edts).find(*b"elst"));
        Some(Self {
            id,
            is_enabled,
            handler: handler(mdia.find(*b"hdlr")?)?,
            timescale: timescale(mdia.find(*b"mdhd")?)?,
            entry,
            config,
            rotation,
            edits: edits.and_then(self::edits).unwrap_or_default(),
            tables,
        })
    }
}

/// `mvhd` and `mdhd` begin alike. A scale of zero is none.
fn timescale(content: &[u8]) -> Option<u32> {
    let mut cursor = Cursor::new(content);
    match cursor.version()? {
        1 => cursor.take(16)?,
        _ => cursor.take(8)?,
    };
    cursor.u32().filter(|&scale| scale > 0)
}

fn header(tkhd: &[u8]) -> Option<(u32, bool, Option<u16>)> {
    let mut cursor = Cursor::new(tkhd);
    let version = cursor.u8()?;
    let flags = cursor.take(3)?;
    let is_enabled = flags.last().is_some_and(|last| last & 1 == 1);
    cursor.take(if version == 1 { 16 } else { 8 })?;
    let id = cursor.u32()?;
    // Reserved, duration, reserved, layer, group, volume, reserved.
    cursor.take(4 + if version == 1 { 8 } else { 4 } + 8 + 8)?;
    let mut matrix = [0_i32; 9];
    for value in &mut matrix {
        *value = cursor.i32()?;
    }
    Some((id, is_enabled, rotation(&matrix)))
}

/// The turn that a matrix of 16.16 numbers makes, whatever it also moves or scales.
fn rotation(matrix: &[i32; 9]) -> Option<u16> {
    let [a, b, _, c, d, ..] = matrix.map(i32::signum);
    match (a, b, c, d) {
        (1, 0, 0, 1) => Some(0),
        (0, 1, -1, 0) => Some(90),
        (-1, 0, 0, -1) => Some(180),
        (0, -1, 1, 0) => Some(270),
        _ => None,
    }
}

fn handler(hdlr: &[u8]) -> Option<[u8; 4]> {
    let mut cursor = Cursor::new(hdlr);
    cursor.version()?;
    cursor.take(4)?;
    cursor.take(4)?.try_into().ok()
}

fn edits(elst: &[u8]) -> Option<Vec<Edit>> {
    let mut cursor = Cursor::new(elst);
    let version = cursor.version()?;
    let count = cursor.rows(if version == 1 { 20 } else { 12 })?;
    (0..count.min(EDITS_MAX))
        .map(|_| {
            let (duration, media_time) = match version {
                1 => (cursor.u64()?, cursor.i64()?),
                _ => (u64::from(cursor.u32()?), i64::from(cursor.i32()?)),
            };
            cursor.take(4)?;
            Some(Edit { duration, media_time })
        })
        .collect()
}

/// The first sample entry. Its boxes may stand in any order: some encoders write `pasp` before
/// `avcC`.
fn description(stsd: &[u8]) -> Option<([u8; 4], Result<TrackConfig, String>)> {
    let mut cursor = Cursor::new(stsd);
    cursor.version()?;
    cursor.take(4)?;
    let (name, content) = cursor.next_box()?;
    let config = match &name {
        b"avc1" | b"avc3" => video(content),
        b"mp4a" => audio(content),
        other => Err(format!("the codec `{}` is not supported", printable(*other))),
    };
    Some((name, config))
}

fn video(entry: &[u8]) -> Result<TrackConfig, String> {
    // Reserved, data reference, size, resolution, frame count, compressor, depth.
    let boxes = Cursor::new(entry.get(78..).unwrap_or_default());
    let record = boxes.find(*b"avcC").ok_or("the H.264 track has no configuration (`avcC`)")?;
    avc::Config::parse(Bytes::copy_from_slice(record))
        .map(|config| TrackConfig::Video(Video::Avc(config)))
        .map_err(|error| error.to_string())
}

fn audio(entry: &[u8]) -> Result<TrackConfig, String> {
    let specific = esds(entry)
        .and_then(specific_config)
        .ok_or("the audio track has no AAC configuration (`esds`)")?;
    aac::Config::parse(Bytes::copy_from_slice(specific))
        .map(|config| TrackConfig::Audio(Audio::Aac(config)))
        .map_err(|error| error.to_string())
}

/// The `esds` box; `QuickTime` files have a longer entry and put it into `wave`.
fn esds(entry: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(entry);
    cursor.take(8)?;
    let version = cursor.u16()?;
    let boxes = match version {
        1 => entry.get(28 + 16..)?,
        2 => entry.get(28 + 36..)?,
        _ => entry.get(28..)?,
    };
    let boxes = Cursor::new(boxes);
    boxes.find(*b"esds").or_else(|| Cursor::new(boxes.find(*b"wave")?).find(*b"esds"))
}

/// The `AudioSpecificConfig` inside the descriptors (ISO/IEC 14496-1, 7.2.6).
fn specific_config(esds: &[u8]) -> Option<&[u8]> {
    const ES: u8 = 3;
    const DECODER_CONFIG: u8 = 4;
    const DECODER_SPECIFIC: u8 = 5;
    const AAC: [u8; 4] = [0x40, 0x66, 0x67, 0x68];
    let mut cursor = Cursor::new(esds);
    cursor.version()?;
    let mut es = Cursor::new(descriptor(&mut cursor, ES)?);
    es.take(2)?;
    let flags = es.u8()?;
    if flags & 0x80 != 0 {
        es.take(2)?;
    }
    if flags & 0x40 != 0 {
        let length = es.u8()?;
        es.take(usize::from(length))?;
    }
    if flags & 0x20 != 0 {
        es.take(2)?;
    }
    let mut decoder = Cursor::new(descriptor(&mut es, DECODER_CONFIG)?);
    let object_type = decoder.u8()?;
    decoder.take(12)?;
    AAC.contains(&object_type).then(|| descriptor(&mut decoder, DECODER_SPECIFIC)).flatten()
}

/// The content of the next descriptor, when it has this tag; others are passed over.
fn descriptor<'a>(cursor: &mut Cursor<'a>, tag: u8) -> Option<&'a [u8]> {
    loop {
        let found = cursor.u8()?;
        let mut length = 0_usize;
        for _ in 0..4 {
            let byte = cursor.u8()?;
            length = (length << 7) | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let content = cursor.take(length.min(cursor.rest().len()))?;
        if found == tag {
            return Some(content);
        }
    }
}

/// A box name for people.
pub(super) fn printable(name: [u8; 4]) -> String {
    name.iter()
        .map(|&byte| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '?' })
        .collect()
}
