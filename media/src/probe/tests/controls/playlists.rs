//! 1.3 to 1.5 and 1.7 to 1.11: what playlists say.

use super::{Ask, Control, Kind, Sound};
use crate::time::Wall;

fn without(text: &str, start: &str) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with(start)).collect();
    kept.join("\n") + "\n"
}

/// The playlist with all but its last segments removed in front, and numbered so.
fn shortened(text: &str, kept: usize) -> String {
    let (head, tail) = text.split_once("#EXT-X-MAP:URI=\"1/init-0.mp4\"\n").unwrap();
    let segments: Vec<_> = tail.split("#EXT-X-PROGRAM").skip(1).collect();
    let gone = segments.len().saturating_sub(kept + 1);
    let head = head.replace("MEDIA-SEQUENCE:0", &format!("MEDIA-SEQUENCE:{gone}"));
    let tail: Vec<_> =
        segments.iter().skip(gone).map(|text| format!("#EXT-X-PROGRAM{text}")).collect();
    format!("{head}#EXT-X-MAP:URI=\"1/init-0.mp4\"\n{}", tail.concat())
}

/// Everything is seen so much later from the second version on.
fn delay(sound: &mut Sound, ms: i64) {
    let mut is_first = true;
    sound.each(Ask::Follow, |got| {
        if !is_first {
            got.at = Wall(got.at.0 + ms);
        }
        is_first = false;
    });
}

fn follow(sound: &mut Sound, from: &str, to: &str) {
    sound.text(Ask::Follow, |text| text.replace(from, to));
}

fn newest(sound: &mut Sound, from: &str, to: &str) {
    sound.newest(|text| text.replace(from, to));
}

fn open(sound: &mut Sound, from: &str, to: &str) {
    sound.text(Ask::Open, |text| text.replace(from, to));
}

pub(super) const CONTROLS: &[Control] = &[
    ("P1", Kind::Live, |s| follow(s, "#EXTM3U", "\u{feff}#EXTM3U")),
    ("P1", Kind::Live, |s| follow(s, "PART-TARGET=", "PART-TARGET=0.5,PART-TARGET=")),
    ("P1", Kind::Live, |s| follow(s, "#EXT-X-VERSION:6", " #EXT-X-VERSION:6")),
    ("P1", Kind::Live, |s| {
        s.each(Ask::Open, |got| got.body = [&got.body[..], &[0xff]].concat().into());
    }),
    ("P2", Kind::Live, |s| follow(s, "VERSION:6", "VERSION:3")),
    ("P2", Kind::Live, |s| s.text(Ask::Follow, |text| without(text, "#EXT-X-VERSION"))),
    ("P3", Kind::Live, |s| follow(s, "VERSION:6", "VERSION:9")),
    ("P4", Kind::Live, |s| follow(s, "#EXT-X-TARGET", "#EXT-X-TARGETDURATION:2\n#EXT-X-TARGET")),
    ("P4", Kind::Live, |s| open(s, "#EXT-X-STREAM", "#EXT-X-TARGETDURATION:2\n#EXT-X-STREAM")),
    ("P5", Kind::Live, |s| follow(s, "TARGETDURATION:2", "TARGETDURATION:1")),
    ("P5", Kind::Live, |s| newest(s, "TARGETDURATION:2", "TARGETDURATION:3")),
    ("P6", Kind::Live, |s| newest(s, "CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=13")),
    ("P6", Kind::Live, |s| newest(s, "PART-TARGET=0.33334", "PART-TARGET=0.33335")),
    ("P7", Kind::Live, |s| newest(s, "PART-HOLD-BACK=1.00002", "PART-HOLD-BACK=1.1")),
    ("P8", Kind::Live, |s| s.text(Ask::Follow, |text| format!("{text}#EXT-X-MEDIA-SEQUENCE:1\n"))),
    ("P9", Kind::Live, |s| follow(s, "#EXT-X-DISCONTINUITY-SEQUENCE:0\n", "")),
    ("P10", Kind::Live, |s| follow(s, "URI=\"../a0", "URI=\"https://host/a0")),
    ("P10", Kind::Live, |s| follow(s, ",URI=\"1/", ",X=\"1/")),
    ("P11", Kind::Live, |s| newest(s, "\n1/", "\n2/")),
    ("P12", Kind::Live, |s| s.newest(|text| text.trim_end().to_owned())),
    ("P12", Kind::Live, |s| {
        let is_it = |got: &&super::Exchange| got.ask == Ask::Follow && got.url.contains("/v0/");
        let first = s.exchanges.iter().find(is_it).unwrap().clone();
        s.exchanges.push(first);
    }),
    ("P13", Kind::Live, |s| newest(s, "#EXTINF:2.00000", "#EXTINF:1.99999")),
    ("P13", Kind::Live, |s| s.newest(|text| text.replacen("#EXTINF", "#EXT-X-GAP\n#EXTINF", 1))),
    ("L1", Kind::Live, |s| newest(s, "MEDIA-SEQUENCE:0", "MEDIA-SEQUENCE:7")),
    ("L1", Kind::Live, |s| {
        s.newest(|text| {
            shortened(text, 4).replace("\n1/", "\n2/").replace("SEQUENCE:1", "SEQUENCE:0")
        });
    }),
    ("L2", Kind::Live, |s| delay(s, 6_000)),
    ("L3", Kind::Live, |s| delay(s, 1_900)),
    ("L4", Kind::Live, |s| s.text(Ask::Follow, |text| shortened(text, 2))),
    ("L4a", Kind::Live, |s| s.text(Ask::Follow, |text| shortened(text, 5))),
    ("L5", Kind::Sliding, |s| {
        s.text(Ask::Follow, |text| text.replace("#EXTINF:2.00000", "#EXTINF:1.00000"));
    }),
    ("L7a", Kind::Live, |s| {
        let part = "#EXT-X-PART:DURATION=0.33333,URI=\"1/0.0.m4s\"\n#EXTINF";
        s.text(Ask::Follow, |text| text.replacen("#EXTINF", part, 1));
    }),
    ("L8", Kind::Live, |s| follow(s, "#EXT-X-MAP", "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP")),
    ("L11", Kind::Live, |s| {
        // Two seconds of media are missing, and nothing says so.
        let (at, later) = (
            "#EXT-X-PROGRAM-DATE-TIME:2025-11-24T16:00:1",
            "#EXT-X-PROGRAM-DATE-TIME:2025-11-24T16:00:3",
        );
        newest(s, at, later);
    }),
    ("L14", Kind::Live, |s| follow(s, "TARGETDURATION:2", "TARGETDURATION:8")),
    ("LL1", Kind::Live, |s| s.text(Ask::Follow, |text| without(text, "#EXT-X-PART-INF"))),
    ("LL2", Kind::Live, |s| follow(s, "PART-TARGET=0.33334", "PART-TARGET=0.33333")),
    ("LL3", Kind::Live, |s| follow(s, "PART-TARGET=0.33334", "PART-TARGET=0.40000")),
    ("LL6", Kind::Live, |s| follow(s, "#EXT-X-PRELOAD", "#EXT-X-DISCONTINUITY\n#EXT-X-PRELOAD")),
    ("LL8", Kind::Live, |s| follow(s, "DURATION=0.33333,", "DURATION=0.00000,")),
    ("LL9", Kind::Live, |s| {
        s.text(Ask::Follow, |text| {
            let last = text.rfind("#EXTINF").unwrap();
            let (kept, tail) = text.split_at(last);
            format!("{kept}{}", without(tail, "#EXT-X-PART:"))
        });
    }),
    ("LL11", Kind::Live, |s| follow(s, "PART-HOLD-BACK=1.00002", "PART-HOLD-BACK=0.6")),
    ("LL11a", Kind::Live, |s| follow(s, "PART-HOLD-BACK=1.00002", "PART-HOLD-BACK=0.9")),
    ("LL12", Kind::Live, |s| follow(s, ",HOLD-BACK=6.00000", ",HOLD-BACK=5.9")),
    ("LL14", Kind::Live, |s| {
        s.text(Ask::Follow, |text| text.replace("LAST-MSN=", "LAST-MSN=1"));
    }),
    ("LL15", Kind::Live, |s| s.text(Ask::Follow, |text| without(text, "#EXT-X-PART:"))),
    ("SK1", Kind::Live, |s| follow(s, "CAN-SKIP-UNTIL=12.00000", "CAN-SKIP-UNTIL=11.9")),
    ("SK2", Kind::Live, |s| {
        s.text(Ask::Delta, |text| text.replace("SKIPPED-SEGMENTS=", "SKIPPED-SEGMENTS=1"));
    }),
    ("SK2", Kind::Live, |s| s.text(Ask::Delta, |text| without(text, "#EXT-X-SKIP"))),
    ("SK3", Kind::Live, |s| {
        s.text(Ask::Delta, |text| text.replacen("#EXTINF:2.00000", "#EXTINF:1.99999", 1));
    }),
    ("SK5", Kind::Ended, |s| {
        s.text(Ask::Late, |text| {
            text.replace("#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-MAP")
        });
    }),
    ("SK6", Kind::Live, |s| s.text(Ask::Delta, |text| without(text, "#EXT-X-MAP"))),
    ("SK7", Kind::Live, |s| {
        s.text(Ask::Delta, |text| {
            let text = without(text, "#EXT-X-SKIP");
            text.replace("#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n#EXT-X-MAP")
        });
    }),
    ("SK8", Kind::Sliding, |s| follow(s, "CAN-SKIP-UNTIL=12.00000,", "")),
    ("PH1", Kind::Live, |s| s.text(Ask::Follow, |text| without(text, "#EXT-X-PRELOAD-HINT"))),
    ("PH2", Kind::Live, |s| {
        // The next segment to open has another init section.
        s.text(Ask::Follow, |text| {
            let map =
                "#EXT-X-MAP:URI=\"1/init-1.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2025-11-24T16:00:36";
            text.replace("#EXT-X-PROGRAM-DATE-TIME:2025-11-24T16:00:36", map)
        });
    }),
    ("PH3", Kind::Live, |s| follow(s, "TYPE=PART,URI=\"1/", "TYPE=PART,URI=\"3/")),
    ("PH3", Kind::Live, |s| {
        // The end of a segment is never foreseen.
        s.text(Ask::Follow, |text| match text.rsplit_once("#EXT-X-PRELOAD-HINT") {
            Some((head, tail)) => {
                let tail = tail.replacen(".0.m4s", ".6.m4s", 1);
                format!("{head}#EXT-X-PRELOAD-HINT{tail}")
            }
            None => text.to_owned(),
        });
    }),
    ("PH7", Kind::Ended, |s| {
        let hint = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\"\n#EXT-X-ENDLIST";
        follow(s, "#EXT-X-ENDLIST", hint);
    }),
    ("PH8", Kind::Live, |s| {
        s.text(Ask::Follow, |text| format!("{text}#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\"\n"));
    }),
    ("RR1", Kind::Live, |s| s.text(Ask::Follow, |text| without(text, "#EXT-X-RENDITION-REPORT"))),
    ("RR2", Kind::Live, |s| follow(s, ",LAST-MSN=", ",X=")),
    ("RR2", Kind::Live, |s| {
        s.text(Ask::Follow, |text| {
            text.replace("a0/media.m3u8\",LAST-MSN=", "a0/media.m3u8\",LAST-MSN=9")
        });
    }),
    ("RR3", Kind::Live, |s| {
        s.text(Ask::Follow, |text| {
            let at = text.find("LAST-MSN=").unwrap();
            format!("{}LAST-MSN=3,LAST-PART=0\n", text.split_at(at).0)
        });
    }),
    ("RR4", Kind::Live, |s| follow(s, ",LAST-PART=", ",X=")),
    ("DC1", Kind::Live, |s| s.text(Ask::Follow, |text| without(text, "#EXT-X-PROGRAM-DATE"))),
    ("DC1", Kind::Live, |s| newest(s, ".000Z", ".001Z")),
    ("DC1a", Kind::Live, |s| follow(s, ".000Z", "")),
    ("DC1a", Kind::Live, |s| {
        // A classic playlist without dates.
        s.text(Ask::Follow, |text| without(&without(text, "#EXT-X-PART"), "#EXT-X-PROGRAM-DATE"));
    }),
    ("DC2", Kind::Live, |s| newest(s, "16:00:10.000Z", "16:00:08.500Z")),
    ("DC5", Kind::Live, |s| newest(s, "DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1")),
    ("DC6", Kind::Live, |s| newest(s, "DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1")),
    ("DC7", Kind::Live, |s| {
        follow(s, "#EXT-X-PROGRAM-DATE-TIME:2025-11-24T16:00:08.000Z", "#EXT-X-DISCONTINUITY");
    }),
    ("DC8", Kind::Live, |s| {
        s.text(Ask::Follow, |text| {
            let last = text.rfind("#EXTINF").unwrap();
            let (head, tail) = text.split_at(last);
            format!("{head}#EXT-X-GAP\n{tail}")
        });
    }),
    ("DC8", Kind::Live, |s| {
        s.text(Ask::Follow, |text| {
            let part = |line: &str| {
                let gap = if line.starts_with("#EXT-X-PART:") { ",GAP=YES" } else { "" };
                format!("{line}{gap}\n")
            };
            text.lines().map(part).collect()
        });
    }),
    ("VD1", Kind::Ending, |s| s.newest(|text| shortened(text, 7))),
    ("VD3a", Kind::Ended, |s| follow(s, "#EXT-X-PLAYLIST-TYPE:VOD\n", "")),
    ("VD4", Kind::Ending, |s| newest(s, "\n1/", "\nvod/")),
    ("MV1", Kind::Live, |s| open(s, ",FRAME-RATE=30.000", "")),
    ("MV1", Kind::Live, |s| open(s, "avc1.64001e", "avc1.42c01e")),
    ("MV1", Kind::Live, |s| open(s, "avc1.64001e,mp4a.40.2", "avc1.64001e")),
    ("MV2", Kind::Live, |s| open(s, "BANDWIDTH=1000000", "BANDWIDTH=600000")),
    ("MV3", Kind::Live, |s| open(s, "BANDWIDTH=1000000", "BANDWIDTH=700000")),
    ("MV4", Kind::Live, |s| open(s, ",NAME=\"Sound\"", "")),
    ("MV4a", Kind::Live, |s| open(s, ",LANGUAGE=\"en\"", "")),
    ("MV4", Kind::Live, |s| open(s, "DEFAULT=YES,AUTOSELECT=YES", "DEFAULT=YES,AUTOSELECT=NO")),
    ("MV4", Kind::Live, |s| open(s, ",AUDIO=\"audio\"", ",AUDIO=\"other\"")),
    ("MV5", Kind::Live, |s| {
        open(s, "#EXT-X-INDEPENDENT-SEGMENTS\n", "");
        follow(s, "#EXT-X-INDEPENDENT-SEGMENTS\n", "");
    }),
    ("MV6", Kind::Live, |s| open(s, "BANDWIDTH=1500000", "BANDWIDTH=1000000")),
    ("LL13", Kind::Live, |s| {
        s.text(Ask::IFrames, |text| {
            text.replace("#EXT-X-I", "#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-I")
        });
    }),
    ("DD12", Kind::Live, |s| s.status(Ask::IFramesNext, 404)),
    ("DD12", Kind::Live, |s| {
        s.each(Ask::IFramesNext, |got| got.query = "_HLS_msn=99999&_HLS_part=0".to_owned());
    }),
    ("MF10", Kind::Live, |s| {
        s.text(Ask::IFrames, |text| without(text, "#EXT-X-I-FRAMES-ONLY"));
    }),
    ("MF10", Kind::Live, |s| {
        s.text(Ask::IFrames, |text| text.replace("TARGETDURATION:2", "TARGETDURATION:3"));
    }),
    ("MF10", Kind::Live, |s| s.status(Ask::IFrames, 404)),
    ("MF10", Kind::Live, |s| s.each(Ask::Picture, |got| got.body = got.body.slice(8..))),
    ("MV7", Kind::Live, |s| open(s, "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-NOTHING")),
    ("MV7", Kind::Live, |s| open(s, "INF:BANDWIDTH=100000,", "INF:")),
    ("MV8", Kind::Live, |s| {
        s.text(Ask::Open, |text| text.replacen(",CLOSED-CAPTIONS=NONE", "", 1));
    }),
    ("MV9", Kind::Live, |s| newest(s, "TARGETDURATION:2", "TARGETDURATION:3")),
    ("MV10", Kind::Ended, |s| newest(s, "#EXTINF:2.00000", "#EXTINF:1.50000")),
    ("MV11", Kind::Live, |s| s.text(Ask::Open, |text| text.replacen(",SCORE=2", "", 1))),
    ("MF3", Kind::Live, |s| follow(s, "#EXT-X-MAP", "#EXT-X-NO")),
];
