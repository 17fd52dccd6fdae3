//! 1.12: fragmented MP4.

use super::rule::{Rule, Verdict, rule};
use super::track::Piece;
use super::{Ask, Capture, Level, Version};
use crate::fmp4;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "MF1", ["an init section is ftyp with iso6 or later, then moov with a track and no samples", "write mvex, durations of 0 and empty sample tables"], mf1),
    rule(Level::Must, "MF2", ["every fragment says its time and finds its data from its own start", "write tfdt, and set default-base-is-moof"], mf2),
    rule(Level::Must, "MF3", ["fMP4 segments have an EXT-X-MAP", "print EXT-X-MAP before the first segment"], mf3),
    rule(Level::AppleMust, "MF4", ["each fragment begins where the one before it ends", "carry the decode time on over parts and segments"], mf4),
    rule(Level::AppleShould, "MF5", ["parameter sets are in the init section, and tracks in files of their own", "use avc1 or hvc1, and a playlist for each track"], mf5),
    rule(Level::Practice, "MF6", ["files are CMAF: one track, a CMAF brand, chunks of moof and mdat", "print brand cmfc or cmf2, and nothing between the chunks that players do not know"], mf6),
];

fn mf1(capture: &Capture, verdict: &mut Verdict) {
    for (url, track) in capture.tracks() {
        let Some(track) = track else {
            verdict.case(url, false, || "it is no init section that can be read".to_owned());
            continue;
        };
        let boxes: Vec<_> = track.boxes.iter().map(String::as_str).collect();
        let is_modern = |brand: &String| {
            let known = ["iso6", "iso7", "iso8", "iso9", "cmfc", "cmf2", "cmfs"];
            known.contains(&brand.as_str())
        };
        let begins = boxes.first() == Some(&"ftyp") && boxes.contains(&"moov");
        verdict.case(url, begins && !boxes.contains(&"mdat"), || format!("it holds {boxes:?}"));
        let brands = &track.brands;
        verdict.case(url, brands.iter().any(is_modern), || format!("its brands are {brands:?}"));
        let moov = &track.moov;
        let is_empty = moov.mvex.is_some()
            && moov.mvhd.duration == 0
            && moov.trak.iter().all(|trak| trak.tkhd.duration == 0)
            && moov.trak.iter().all(|trak| trak.mdia.minf.stbl.stts.entries.is_empty());
        verdict.case(url, is_empty, || "it has samples or a length, or no mvex".to_owned());
    }
}

fn mf2(capture: &Capture, verdict: &mut Verdict) {
    for piece in capture.pieces().filter(|piece| piece.track.is_some()) {
        // Units are found by their distance from the moof; without tfdt there is none.
        let is_sound = piece.timed().is_some() && says_base(piece);
        verdict.case(&piece.url, is_sound, || match &piece.units {
            Ok(units) if units.is_empty() => "it has no samples".to_owned(),
            Ok(_) => "default-base-is-moof is not set".to_owned(),
            Err(why) => why.clone(),
        });
    }
}

/// Whether every tfhd has the flag default-base-is-moof.
fn says_base(piece: &Piece) -> bool {
    const BASE_IS_MOOF: u8 = 0x02;
    let mut found = piece.bytes.windows(6).filter(|bytes| bytes.starts_with(b"tfhd"));
    found.next().is_some_and(|tfhd| tfhd.get(5).is_some_and(|flags| flags & BASE_IS_MOOF != 0))
}

fn mf3(capture: &Capture, verdict: &mut Verdict) {
    for Version { url, media, .. } in capture.versions().filter(|v| v.media.skipped.is_none()) {
        let is_mp4 = |uri: &str| {
            let name = super::resolve::file_name(uri);
            [".m4s", ".mp4", ".cmfv", ".cmfa", ".m4a", ".m4v"].iter().any(|end| name.ends_with(end))
        };
        let mut mp4 = media.segments.iter().filter(|segment| is_mp4(&segment.uri)).peekable();
        if mp4.peek().is_some() {
            let bare = mp4.find(|segment| segment.map.is_none());
            verdict.case(url, bare.is_none(), || {
                format!("segment {} has none", bare.map_or(0, |segment| segment.msn))
            });
        }
    }
}

fn mf4(capture: &Capture, verdict: &mut Verdict) {
    let pieces: Vec<_> = capture.pieces().collect();
    for piece in &pieces {
        let Some((units, _)) = piece.timed() else { continue };
        let mut pairs = units.iter().zip(units.iter().skip(1));
        let broken = pairs.find(|(unit, next)| {
            unit.decode.saturating_add(i64::from(unit.duration)) != next.decode
        });
        verdict.case(&piece.url, broken.is_none(), || {
            let (from, to) = broken.map_or((0, 0), |(unit, next)| (unit.decode, next.decode));
            format!("after the sample at {from} comes one at {to}")
        });
    }
    let (wholes, parts): (Vec<&Piece>, Vec<&Piece>) =
        pieces.iter().copied().partition(|piece| piece.part.is_none());
    for pieces in [wholes, parts] {
        for (one, next) in pieces.iter().zip(pieces.iter().skip(1)) {
            check_joint(one, next, verdict);
        }
    }
}

/// The case that the second piece begins where the first one ends, if it follows it.
fn check_joint(one: &Piece, next: &Piece, verdict: &mut Verdict) {
    let (Some((_, end)), Some((start, _))) = (one.ticks(), next.ticks()) else { return };
    let follows = match (one.part, next.part) {
        (Some(at), Some(then)) => one.segment.msn == next.segment.msn && at + 1 == then,
        _ => one.segment.msn.checked_add(1) == Some(next.segment.msn),
    };
    if one.playlist == next.playlist && follows && !next.segment.discontinuity {
        verdict.case(&next.url, start == end, || {
            format!("it begins at {start}, the one before it ends at {end}")
        });
    }
}

fn mf5(capture: &Capture, verdict: &mut Verdict) {
    for (url, track) in capture.tracks() {
        let Some(track) = track else { continue };
        let is_inline = track.entry == Some("hev1");
        let count = track.moov.trak.len();
        verdict.case(url, !is_inline && count == 1, || {
            format!("sample entry {:?}, {count} tracks", track.entry)
        });
    }
}

fn mf6(capture: &Capture, verdict: &mut Verdict) {
    for (url, track) in capture.tracks() {
        let Some(track) = track else { continue };
        let is_cmaf = track.brands.iter().any(|brand| brand == "cmfc" || brand == "cmf2");
        verdict.case(url, is_cmaf, || format!("its brands are {:?}", track.brands));
    }
    let known = [*b"styp", *b"prft", *b"emsg", *b"moof", *b"mdat", *b"sidx"];
    for exchange in capture.asked(Ask::Segment).filter(|exchange| exchange.status == 200) {
        let Some(boxes) = fmp4::boxes(&exchange.body) else { continue };
        let other = boxes.iter().find(|found| !known.contains(&found.name));
        verdict.case(&exchange.url, other.is_none(), || {
            format!("it holds {:?}", other.map(|found| String::from_utf8_lossy(&found.name)))
        });
    }
}
