//! A good stream has no finding; a mutation for each rule has the one it breaks.

use super::*;
use crate::hls::playlist;
use crate::packager::simulation::{START, Source, Stand};
use crate::packager::{Profile, Rid};
use crate::time::Span;

const GOOD: [(&str, &str); 3] = [
    ("Content-Type", "application/vnd.apple.mpegurl"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cache-Control", "public, max-age=1"),
];

fn see(checker: &mut Checker, url: &str, at: Wall, body: &str) -> Vec<&'static str> {
    let header = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let headers: Vec<_> = GOOD.into_iter().map(header).collect();
    let exchange = Exchange { url, query: "", at, status: 200, headers: &headers, body };
    checker.see(&exchange).iter().map(|finding| finding.rule.id).collect()
}

/// Every version of the playlists of forty good seconds.
fn versions() -> Vec<(Rid, Wall, String)> {
    let mut stand = Stand::new(Profile::Low);
    stand.renders = true;
    stand.dvr = Span::from_seconds(20);
    let now = stand.publish(&Source::new(30, 1), 40, START);
    stand.end(now);
    stand.playlists
}

#[test]
fn a_good_stream_has_no_finding() {
    let mut checker = Checker::new();
    for (rid, at, text) in versions() {
        // The first GOP has no precedent: what is hinted then may not come.
        let findings = see(&mut checker, &format!("/{rid}/media.m3u8"), at, &text);
        assert!(findings.is_empty(), "{findings:?} {text}");
    }
}

#[test]
fn a_lost_encoder_is_no_finding_either() {
    let mut stand = Stand::new(Profile::Low);
    stand.renders = true;
    let source = Source::new(25, 1);
    let now = stand.publish(&source, 21, START);
    let now = stand.wait(9, now);
    stand.packager.reconnect(now).unwrap();
    let now = stand.publish(&source, 12, now);
    stand.end(now);
    let mut checker = Checker::new();
    for (rid, at, text) in &stand.playlists {
        let findings = see(&mut checker, &format!("/{rid}/media.m3u8"), *at, text);
        // Media stopped for longer than a part, and the hinted part never came.
        let told: Vec<_> = findings.iter().filter(|id| !["L3", "PH3"].contains(id)).collect();
        assert!(told.is_empty(), "{told:?} {text}");
    }
}

fn without(text: &str, start: &str) -> String {
    text.lines().filter(|line| !line.starts_with(start)).collect::<Vec<_>>().join("\n")
}

/// A rule and what breaks it.
type Mutation = (&'static str, fn(&str) -> String);

#[test]
fn every_rule_about_one_playlist_catches_its_mutation() {
    let mutations: [Mutation; 24] = [
        ("P1", |text| text.replacen("#EXTM3U", "\u{feff}#EXTM3U", 1)),
        ("P1", |text| text.replacen("PART-TARGET=", "PART-TARGET=0.5,PART-TARGET=", 1)),
        ("P2", |text| text.replace("VERSION:6", "VERSION:3")),
        ("P3", |text| text.replace("VERSION:6", "VERSION:9")),
        ("P4", |text| text.replacen("#EXT-X-TARGET", "#EXT-X-TARGETDURATION:2\n#EXT-X-TARGET", 1)),
        ("P5", |text| text.replace("TARGETDURATION:2", "TARGETDURATION:1")),
        ("P8", |text| format!("{text}#EXT-X-MEDIA-SEQUENCE:1\n")),
        ("P9", |text| text.replace("#EXT-X-DISCONTINUITY-SEQUENCE:0\n", "")),
        ("P10", |text| text.replace("URI=\"../a0", "URI=\"http://host/a0")),
        ("L4", |text| {
            let (head, tail) = text.split_once("#EXT-X-MAP").unwrap();
            let kept =
                tail.split("#EXT-X-PROGRAM").skip(14).collect::<Vec<_>>().join("#EXT-X-PROGRAM");
            format!("{head}#EXT-X-MAP:URI=\"1/init-0.mp4\"\n#EXT-X-PROGRAM{kept}")
        }),
        ("L8", |text| text.replacen("#EXT-X-MAP", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MAP", 1)),
        ("LL1", |text| text.replace("#EXT-X-PART-INF:PART-TARGET=0.33334\n", "")),
        ("LL2", |text| text.replace("PART-TARGET=0.33334", "PART-TARGET=0.33333")),
        ("LL3", |text| text.replace("PART-TARGET=0.33334", "PART-TARGET=0.40000")),
        ("LL6", |text| text.replace("#EXT-X-PRELOAD", "#EXT-X-DISCONTINUITY\n#EXT-X-PRELOAD")),
        ("LL8", |text| text.replace("DURATION=0.33333,", "DURATION=0.00000,")),
        ("LL11", |text| text.replace("PART-HOLD-BACK=1.00002", "PART-HOLD-BACK=0.9")),
        ("LL12", |text| text.replace(",HOLD-BACK=6.00000", ",HOLD-BACK=5.9")),
        ("LL16", |text| text.replace("CAN-BLOCK-RELOAD=YES,", "")),
        ("SK1", |text| text.replace("CAN-SKIP-UNTIL=12.00000", "CAN-SKIP-UNTIL=11.9")),
        ("PH8", |text| format!("{text}#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\"\n")),
        ("PH7", |text| format!("{text}#EXT-X-ENDLIST\n")),
        ("RR2", |text| text.replace(",LAST-PART=", ",X=")),
        ("MF3", |text| text.replace("#EXT-X-MAP", "#EXT-X-NO")),
    ];
    let mut stand = Stand::new(Profile::Low);
    stand.dvr = Span::from_seconds(30);
    stand.publish(&Source::new(30, 1), 41, START);
    let good = playlist::full(stand.window(Rid::VIDEO), &stand.reports());
    for (rule, mutate) in mutations {
        let bad = mutate(&good);
        assert_ne!(bad, good, "{rule}");
        let found = see(&mut Checker::new(), "/v0/media.m3u8", START, &bad);
        assert!(found.contains(&rule), "{rule} is not in {found:?}");
    }
    for (rule, start) in [("PH1", "#EXT-X-PRELOAD-HINT"), ("DC1", "#EXT-X-PROGRAM-DATE-TIME")] {
        let found = see(&mut Checker::new(), "/v0/media.m3u8", START, &without(&good, start));
        assert!(found.contains(&rule), "{rule} is not in {found:?}");
    }
}

#[test]
fn every_rule_about_two_versions_catches_its_mutation() {
    let mutations: [Mutation; 6] = [
        ("L1", |text| text.replace("MEDIA-SEQUENCE:", "MEDIA-SEQUENCE:0")),
        ("P6", |text| text.replace("CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=13")),
        ("P11", |text| text.replace("\n1/", "\n2/")),
        ("P13", |text| text.replace("#EXTINF:2.00000", "#EXTINF:1.99999")),
        ("P13", |text| text.replacen("#EXTINF", "#EXT-X-GAP\n#EXTINF", 1)),
        ("DC1", |text| text.replace(".000Z", ".001Z")),
    ];
    let versions = versions();
    let video: Vec<_> = versions.iter().filter(|(rid, ..)| *rid == Rid::VIDEO).collect();
    let (_, at, old) = video[200];
    let later = video.iter().skip(201).find(|(.., text)| {
        let (old, new) = (parse::media(old).unwrap(), parse::media(text).unwrap());
        new.next_msn() > old.next_msn() && !new.open.parts.is_empty()
    });
    let (_, then, new) = later.unwrap();
    for (rule, mutate) in mutations {
        let mut checker = Checker::new();
        see(&mut checker, "/v0/media.m3u8", *at, old);
        let bad = if rule == "L1" {
            new.lines()
                .map(|line| match line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                    Some(_) => "#EXT-X-MEDIA-SEQUENCE:2\n".to_owned(),
                    None => format!("{}\n", line.replace("1/", "9/")),
                })
                .collect()
        } else {
            mutate(new)
        };
        let found = see(&mut checker, "/v0/media.m3u8", *then, &bad);
        assert!(found.contains(&rule), "{rule} is not in {found:?}");
    }
    let mut checker = Checker::new();
    see(&mut checker, "/v0/media.m3u8", *at, old);
    let hinted = &parse::media(old).unwrap().hints[0].uri;
    let found = see(&mut checker, "/v0/media.m3u8", *then, &new.replace(hinted, "another.m4s"));
    assert!(found.contains(&"PH3"), "PH3 is not in {found:?}");
}

#[test]
fn a_playlist_that_stands_still_is_found() {
    let mut stand = Stand::new(Profile::Low);
    stand.publish(&Source::new(30, 1), 20, START);
    let text = playlist::full(stand.window(Rid::VIDEO), &stand.reports());
    let mut checker = Checker::new();
    assert!(see(&mut checker, "/v0", START, &text).is_empty());
    assert_eq!(see(&mut checker, "/v0", START.plus_ms(2_000), &text), ["L3"]);
    assert_eq!(see(&mut checker, "/v0", START.plus_ms(4_000), &text), ["L2"]);
    assert!(see(&mut checker, "/v0", START.plus_ms(5_000), &text).is_empty(), "said once");
}

#[test]
fn answers_are_judged_by_their_headers() {
    let headers = [("Content-Encoding".to_owned(), "gzip".to_owned())];
    let body = "#EXTM3U\n";
    let exchange =
        Exchange { url: "/x", query: "", at: START, status: 200, headers: &headers, body };
    let ids: Vec<_> = Checker::new().see(&exchange).iter().map(|finding| finding.rule.id).collect();
    for id in ["T6", "T8", "T12"] {
        assert!(ids.contains(&id), "{id} is not in {ids:?}");
    }
    let moved = Exchange { status: 302, ..exchange };
    assert!(Checker::new().see(&moved).iter().any(|finding| finding.rule.id == "T9"));
}

#[test]
fn a_multivariant_playlist_is_judged() {
    let text = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\",URI=\"a\"\n\
                #EXT-X-STREAM-INF:BANDWIDTH=1\nv0/media.m3u8\n";
    let found = see(&mut Checker::new(), "/index.m3u8", START, text);
    assert_eq!(found, ["MV1", "MV4", "MV5"]);
}
