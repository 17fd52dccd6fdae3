//! 1.1, 1.2, 1.6: answers, their lifetimes, and directives.

use super::{Ask, Control, Exchange, Kind, Sound};
use crate::time::Wall;
use bytes::Bytes;

fn later(got: &mut Exchange, ms: i64) {
    got.head_at = Wall(got.asked_at.0 + ms);
    got.at = got.head_at;
}

/// The first version of the video playlist instead of the current one.
fn outdate(sound: &mut Sound, ask: Ask) {
    let mut first = sound.exchanges.iter();
    let first = first.find(|got| got.ask == Ask::Follow && got.url.contains("/v0/")).unwrap();
    let body = first.body.clone();
    sound.each(ask, |got| got.body = body.clone());
}

pub(super) const CONTROLS: &[Control] = &[
    ("T1", Kind::Live, |sound| sound.each(Ask::Http2, |got| got.is_http2 = false)),
    ("T2", Kind::Live, |sound| sound.status(Ask::Open, 505)),
    ("T3", Kind::Live, |sound| sound.header(Ask::Follow, "Priority", Some("u=4, i"))),
    ("T3", Kind::Live, |sound| sound.header(Ask::Segment, "Priority", Some("u=1"))),
    ("T4", Kind::Live, |sound| sound.status(Ask::Http2, 0)),
    ("T5", Kind::Live, |sound| {
        sound.text(Ask::Open, |text| text.replace("\na0/", "\nhttps://other/a0/"));
    }),
    ("T6", Kind::Live, |sound| sound.header(Ask::Follow, "Vary", None)),
    ("T6", Kind::Live, |sound| sound.header(Ask::Follow, "Content-Encoding", None)),
    ("T6", Kind::Live, |sound| sound.header(Ask::Identity, "Content-Encoding", Some("gzip"))),
    ("T7", Kind::Live, |sound| sound.header(Ask::Part, "Content-Encoding", Some("gzip"))),
    ("T8", Kind::Live, |sound| sound.header(Ask::Follow, "Content-Type", Some("text/plain"))),
    ("T8", Kind::Live, |sound| sound.header(Ask::Init, "Content-Type", Some("text/html"))),
    ("T9", Kind::Live, |sound| sound.status(Ask::Part, 302)),
    ("T10", Kind::Live, |sound| sound.status(Ask::Slice, 200)),
    ("T10", Kind::Live, |sound| sound.header(Ask::Slice, "Content-Range", Some("bytes 2-9/*"))),
    ("T10", Kind::Live, |sound| sound.status(Ask::Beyond, 200)),
    ("T11", Kind::Live, |sound| sound.status(Ask::Ranged, 416)),
    ("T11", Kind::Live, |sound| sound.header(Ask::Ranged, "Content-Encoding", Some("gzip"))),
    ("T12", Kind::Live, |sound| {
        sound.header(Ask::NoPart, "Access-Control-Allow-Origin", None);
    }),
    ("T12", Kind::Live, |sound| {
        sound.header(Ask::Follow, "Access-Control-Expose-Headers", Some("Date"));
    }),
    ("T12", Kind::Live, |sound| sound.status(Ask::Preflight, 405)),
    ("T12", Kind::Live, |sound| sound.header(Ask::Head, "ETag", None)),
    ("T13", Kind::Live, |sound| sound.status(Ask::Open, 0)),
    ("T15", Kind::Live, |sound| sound.status(Ask::Repeat, 409)),
    ("T16", Kind::Live, |sound| sound.header(Ask::Follow, "Age", Some("3"))),
    ("C1", Kind::Live, |sound| sound.header(Ask::Follow, "Cache-Control", Some("max-age=2"))),
    ("C1", Kind::Live, |sound| sound.header(Ask::Follow, "Cache-Control", Some("no-store"))),
    ("C2", Kind::Live, |sound| sound.header(Ask::FarAhead, "Cache-Control", Some("max-age=60"))),
    ("C3", Kind::Live, |sound| sound.header(Ask::Old, "Cache-Control", Some("max-age=12"))),
    ("C4", Kind::Live, |sound| sound.header(Ask::NoPlaylist, "Cache-Control", Some("max-age=60"))),
    ("C5", Kind::Live, |sound| sound.header(Ask::Part, "Cache-Control", Some("max-age=2"))),
    ("C6", Kind::Live, |sound| sound.header(Ask::NoPart, "Cache-Control", Some("max-age=60"))),
    ("C7", Kind::Live, |sound| sound.header(Ask::PartAlone, "Cache-Control", Some("no-store"))),
    ("C8", Kind::Live, |sound| sound.header(Ask::Open, "Cache-Control", Some("max-age=60"))),
    ("C8", Kind::Ended, |sound| sound.header(Ask::Late, "Cache-Control", Some("max-age=600"))),
    ("C9", Kind::Live, |sound| sound.header(Ask::Init, "Cache-Control", Some("max-age=2"))),
    ("C12", Kind::Live, |sound| {
        let old = Some("Sun, 06 Nov 1994 23:59:00 GMT");
        sound.header(Ask::Follow, "Last-Modified", old);
    }),
    ("C13", Kind::Live, |sound| sound.status(Ask::Known, 200)),
    ("C13", Kind::Live, |sound| sound.header(Ask::Part, "ETag", Some("W/\"1\""))),
    ("C14", Kind::Live, |sound| {
        let mut is_second = false;
        sound.each(Ask::Order, |got| {
            if is_second {
                got.status = 400;
            }
            is_second = true;
        });
    }),
    ("DD1", Kind::Live, |sound| outdate(sound, Ask::SegmentOnly)),
    ("DD2", Kind::Live, |sound| {
        sound.text(Ask::Follow, |text| text.replace("CAN-BLOCK-RELOAD=YES,", ""));
    }),
    ("DD2", Kind::Live, |sound| outdate(sound, Ask::Follow)),
    ("DD3", Kind::Live, |sound| sound.status(Ask::BeyondParent, 400)),
    ("DD4", Kind::Live, |sound| sound.status(Ask::Old, 400)),
    ("DD5", Kind::Ended, |sound| sound.status(Ask::Late, 400)),
    ("DD5", Kind::Ended, |sound| sound.each(Ask::Late, |got| later(got, 6_000))),
    ("DD6", Kind::Live, |sound| sound.status(Ask::FarAhead, 200)),
    ("DD6", Kind::Live, |sound| sound.each(Ask::FarAhead, |got| later(got, 6_000))),
    ("DD7", Kind::Live, |sound| sound.status(Ask::PartAlone, 200)),
    ("DD8", Kind::Live, |sound| sound.status(Ask::Malformed, 500)),
    ("DD8", Kind::Live, |sound| sound.status(Ask::Unknown, 400)),
    ("DD11", Kind::Ending, |sound| {
        let mut count = 0;
        sound.each(Ask::Follow, |_| count += 1);
        let mut at = 0;
        sound.each(Ask::Follow, |got| {
            at += 1;
            got.status = if at == count { 404 } else { got.status };
        });
    }),
    ("DD13", Kind::Live, |sound| sound.status(Ask::Directed, 400)),
    ("DD14", Kind::Live, |sound| outdate(sound, Ask::Repeat)),
    ("L9", Kind::Live, |sound| sound.each(Ask::Part, |got| later(got, 1_500))),
    ("L9", Kind::Live, |sound| sound.each(Ask::Segment, |got| got.body.truncate(99))),
    ("LL10", Kind::Live, |sound| {
        for ask in [Ask::Preflight, Ask::Head, Ask::Slice] {
            sound.each(ask, |got| later(got, 900));
        }
    }),
    ("L6", Kind::Live, |sound| sound.status(Ask::Removed, 404)),
    ("L7", Kind::Live, |sound| sound.status(Ask::Dropped, 404)),
    ("VD2", Kind::Ended, |sound| sound.status(Ask::Late, 404)),
    ("VD3", Kind::Ended, |sound| {
        sound.text(Ask::Late, |text| text.replacen("#EXTINF:2.00000", "#EXTINF:1.99999", 1));
    }),
    ("VD5", Kind::Live, |sound| sound.status(Ask::Oldest, 404)),
    ("PH3", Kind::Live, |sound| sound.status(Ask::Hinted, 404)),
    ("PH3", Kind::Live, |sound| {
        // It trickles: the head comes early, the bytes when the media does.
        sound.each(Ask::Hinted, |got| got.at = Wall(got.head_at.0 + 700));
    }),
    ("PH3", Kind::Live, |sound| {
        sound.each(Ask::HintedAgain, |got| got.body = Bytes::from_static(b"other"));
    }),
    ("PH6", Kind::Live, |sound| sound.status(Ask::Withdrawn, 503)),
    ("PH5", Kind::Live, |sound| sound.each(Ask::NoPart, |got| later(got, 6_000))),
];
