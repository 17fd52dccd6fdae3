//! 1.5, 1.10 and 1.12: what init sections, segments and parts hold.

use super::{Ask, Control, Kind, Sound};
use bytes::Bytes;

/// Replaces bytes by others as long, wherever they stand.
fn patch(sound: &mut Sound, ask: Ask, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut changed = false;
    sound.each(ask, |got| {
        let mut body = got.body.to_vec();
        while let Some(at) = body.windows(from.len()).position(|bytes| bytes == from) {
            body[at..at + to.len()].copy_from_slice(to);
            changed = true;
        }
        got.body = body.into();
    });
    assert!(changed, "nothing was spoilt");
}

/// Changes one of the video segments that were fetched.
fn last_segment(sound: &mut Sound, change: impl Fn(&mut Vec<crate::unit::AccessUnit>)) {
    let is_it = |got: &&mut super::Exchange| got.ask == Ask::Segment && got.url.contains("/v0/");
    let got = sound.exchanges.iter_mut().rfind(is_it).unwrap();
    let mut units = crate::fmp4::units(crate::unit::Kind::Video, &got.body).unwrap();
    change(&mut units);
    got.body = crate::fmp4::chunk(1, &units).unwrap();
}

pub(super) const CONTROLS: &[Control] = &[
    ("LL4", Kind::Live, |s| {
        let cut = |got: &mut super::Exchange| got.body = got.body.slice(..got.body.len() - 1);
        s.each(Ask::Part, cut);
    }),
    ("LL5", Kind::Live, |s| {
        s.text(Ask::Follow, |text| text.replace(",INDEPENDENT=YES", ""));
    }),
    ("LL5", Kind::Live, |s| s.units(|units| units.iter_mut().for_each(|u| u.is_sync = false))),
    ("LL7", Kind::Live, |s| patch(s, Ask::Part, b"moof", b"free")),
    ("L12", Kind::Live, |s| last_segment(s, |units| units.truncate(50))),
    ("L13", Kind::Live, |s| s.units(|units| units.iter_mut().for_each(|u| u.is_sync = false))),
    ("DC3", Kind::Live, |s| s.units(|units| units.iter_mut().for_each(|u| u.decode += 18_000))),
    ("DC4", Kind::Live, |s| {
        last_segment(s, |units| units.iter_mut().for_each(|u| u.decode += 180_000));
    }),
    ("MF1", Kind::Live, |s| patch(s, Ask::Init, b"mvex", b"free")),
    ("MF1", Kind::Live, |s| {
        patch(s, Ask::Init, b"iso6", b"iso5");
        patch(s, Ask::Init, b"cmfc", b"mp42");
    }),
    ("MF1", Kind::Live, |s| s.each(Ask::Init, |got| got.body = Bytes::from_static(b"no boxes"))),
    ("MF2", Kind::Live, |s| patch(s, Ask::Segment, b"tfdt", b"free")),
    ("MF2", Kind::Live, |s| patch(s, Ask::Part, b"tfhd\0\x02", b"tfhd\0\0")),
    ("MF4", Kind::Live, |s| {
        last_segment(s, |units| units.iter_mut().for_each(|u| u.decode += 1));
    }),
    ("MF4", Kind::Live, |s| s.units(|units| units.truncate(5))),
    ("MF5", Kind::Live, |s| {
        // A second track: the count in the file is what players see.
        s.each(Ask::Init, |got| {
            let body = got.body.to_vec();
            let at = body.windows(4).position(|name| name == b"trak").unwrap() - 4;
            let size = u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
            let trak = body[at..at + usize::try_from(size).unwrap()].to_vec();
            let moov = body.windows(4).position(|name| name == b"moov").unwrap() - 4;
            let whole = u32::from_be_bytes(body[moov..moov + 4].try_into().unwrap()) + size;
            let mut doubled = body;
            doubled.splice(at..at, trak);
            doubled[moov..moov + 4].copy_from_slice(&whole.to_be_bytes());
            got.body = doubled.into();
        });
    }),
    ("MF6", Kind::Live, |s| patch(s, Ask::Init, b"cmfc", b"mp42")),
    ("MF6", Kind::Live, |s| {
        s.each(Ask::Segment, |got| {
            got.body = [&got.body[..], &8_u32.to_be_bytes(), b"wide"].concat().into();
        });
    }),
];
