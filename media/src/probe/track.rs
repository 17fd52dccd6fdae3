//! Media that was fetched: an init section as a track, segments and parts as access units.

use super::{Exchange, Version};
use crate::codec::{Video, VideoCoding, aac};
use crate::fmp4;
use crate::hls::parse::Segment;
use crate::time::Span;
use crate::unit::{AccessUnit, Kind, Timescale};
use bytes::Bytes;
use mp4_atom::{Codec, DecodeAtom as _, FourCC, Ftyp, Header, Moov};

/// What an init section says.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) kind: Kind,
    pub(super) scale: Timescale,
    /// As RFC 6381 names it; none for a codec that is not known here.
    pub(super) codec: Option<String>,
    /// The name of the sample entry's box.
    pub(super) entry: Option<&'static str>,
    pub(super) brands: Vec<String>,
    /// The names of the boxes at the top.
    pub(super) boxes: Vec<String>,
    pub(super) moov: Moov,
}

impl Track {
    /// Reads ftyp and moov; none if the bytes are no init section of one known kind of track.
    pub(super) fn read(bytes: &Bytes) -> Option<Self> {
        let boxes = fmp4::boxes(bytes)?;
        let body = |wanted: [u8; 4]| {
            let found = boxes.iter().find(|found| found.name == wanted)?;
            bytes.get(found.body..found.end)
        };
        let mut moov = body(*b"moov")?;
        let header = Header { kind: FourCC::new(b"moov"), size: Some(moov.len()) };
        let moov = Moov::decode_atom(&header, &mut moov).ok()?;
        let brands = body(*b"ftyp").and_then(|mut body| {
            let header = Header { kind: FourCC::new(b"ftyp"), size: Some(body.len()) };
            Ftyp::decode_atom(&header, &mut body).ok()
        });
        let brands = brands.map_or_else(Vec::new, |ftyp| {
            let all = [ftyp.major_brand].into_iter().chain(ftyp.compatible_brands);
            all.map(|brand| text(brand.into())).collect()
        });
        let media = &moov.trak.first()?.mdia;
        let kind = match &<[u8; 4]>::from(media.hdlr.handler) {
            b"vide" => Kind::Video,
            b"soun" => Kind::Audio,
            _ => return None,
        };
        let (entry, codec) = match media.minf.stbl.stsd.codecs.first() {
            Some(Codec::Avc1(_)) => (Some("avc1"), video_name(bytes, VideoCoding::Avc, *b"avcC")),
            Some(Codec::Mp4a(mp4a)) => {
                let specific = mp4a.esds.es_desc.dec_config.dec_specific.as_ref();
                let config = specific.map(|specific| specific.raw.clone().into());
                let config = config.and_then(|raw| aac::Config::parse(raw).ok());
                (Some("mp4a"), config.map(|config| config.codec))
            }
            Some(Codec::Hev1(_)) => (Some("hev1"), None),
            Some(Codec::Hvc1(_)) => (Some("hvc1"), video_name(bytes, VideoCoding::Hevc, *b"hvcC")),
            Some(Codec::Av01(_)) => (Some("av01"), video_name(bytes, VideoCoding::Av1, *b"av1C")),
            Some(Codec::Opus(_)) => (Some("Opus"), Some("Opus".to_owned())),
            Some(_) | None => (None, None),
        };
        let scale = Timescale::new(media.mdhd.timescale)?;
        let boxes = boxes.iter().map(|found| text(found.name)).collect();
        Some(Self { kind, scale, codec, entry, brands, boxes, moov })
    }
}

fn text(name: [u8; 4]) -> String {
    String::from_utf8_lossy(&name).into_owned()
}

/// The codec's name as the box with its record in these bytes has it.
fn video_name(init: &Bytes, coding: VideoCoding, name: [u8; 4]) -> Option<String> {
    let at = init.windows(4).position(|window| window == name.as_slice())?;
    let size = init.get(at.checked_sub(4)?..at)?.try_into().ok().map(u32::from_be_bytes)?;
    let end = at.checked_add(usize::try_from(size).ok()?)?.checked_sub(4)?;
    let record = init.get(at + 4..end)?;
    let config = Video::parse(coding, Bytes::copy_from_slice(record)).ok()?;
    Some(config.codec().to_owned())
}

/// A segment or a part that was fetched, and what its playlist says of it.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) url: String,
    pub(super) playlist: String,
    /// As listed.
    pub(super) segment: Segment,
    /// The part's place among those of its segment; none for a whole segment.
    pub(super) part: Option<usize>,
    pub(super) bytes: Bytes,
    pub(super) track: Option<Track>,
    /// Its units, if its track is known and they can be read; else why not.
    pub(super) units: Result<Vec<AccessUnit>, String>,
}

impl Piece {
    pub(super) fn read(
        exchange: &Exchange,
        version: &Version,
        (segment, part): (&Segment, Option<usize>),
        track: Option<&Track>,
    ) -> Self {
        let bytes = exchange.body.clone();
        let units = match track {
            Some(track) => fmp4::units(track.kind, &bytes).map_err(|error| error.to_string()),
            None => Err("its init section is not known".to_owned()),
        };
        Self {
            url: exchange.url.clone(),
            playlist: version.url.clone(),
            segment: segment.clone(),
            part,
            bytes,
            track: track.cloned(),
            units,
        }
    }

    /// Playlist, segment, then the whole before its parts.
    pub(super) fn order(&self) -> (&str, u64, Option<usize>) {
        (&self.playlist, self.segment.msn, self.part)
    }

    /// Its units and their timescale; none if it has none that can be read.
    pub(super) fn timed(&self) -> Option<(&[AccessUnit], Timescale)> {
        let units = self.units.as_ref().ok().filter(|units| !units.is_empty())?;
        Some((units, self.track.as_ref()?.scale))
    }

    /// When its first unit is decoded, and when the one after its last would be, in ticks.
    pub(super) fn ticks(&self) -> Option<(i64, i64)> {
        let (units, _) = self.timed()?;
        let (first, last) = (units.first()?, units.last()?);
        Some((first.decode, last.decode.saturating_add(i64::from(last.duration))))
    }

    /// How long its units are, and the longest of them.
    pub(super) fn length(&self) -> Option<(Span, Span)> {
        let (units, scale) = self.timed()?;
        let (start, end) = self.ticks()?;
        let longest = units.iter().map(|unit| unit.duration).max().unwrap_or(0);
        Some((Span::from_ticks(end - start, scale), Span::from_ticks(i64::from(longest), scale)))
    }

    /// Bits a second, by the printed length.
    pub(super) fn rate(&self) -> Option<u64> {
        let bits = self.bytes.len() as u64 * 8;
        let length = self.segment.duration.0;
        (length > 0).then(|| bits.saturating_mul(Span::SECOND.0) / length)
    }
}
