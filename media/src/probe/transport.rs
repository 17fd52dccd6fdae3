//! 1.1: HTTP transport.

use super::rule::{Rule, Verdict, rule};
use super::{Ask, Capture, Exchange, Level, resolve};
use crate::hls::parse;
use bytes::Bytes;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(Level::Must, "T1", ["a low-latency stream is served over HTTP/2", "offer `h2` by ALPN on every TLS listener"], t1),
    rule(Level::Should, "T2", ["the same is served over HTTP/1.1", "keep HTTP/1.1 on for CDNs, Chromium's own player and VLC"], t2),
    rule(Level::Must, "T3", ["where priorities are sent, playlists have u=1 and media u=2 to u=6", "send `priority: u=1` with playlists and 2 to 6 with media, or no priority at all"], t3),
    rule(Level::Must, "T4", ["an HTTP/2 connection lives through a blocking wait and answers pings", "answer PING frames while requests wait, and close no connection that has an open request"], t4),
    rule(Level::Must, "T5", ["one host serves every playlist of a low-latency stream", "use relative URIs in the multivariant playlist"], t5),
    rule(Level::AppleMust, "T6", ["playlists are compressed for those who accept gzip, and for no one else", "serve gzip where `Accept-Encoding` has it, with `Vary: Accept-Encoding`"], t6),
    rule(Level::Should, "T7", ["media is never content-encoded", "switch compression off for init sections, segments and parts"], t7),
    rule(Level::Must, "T8", ["every answer has the content type of what it is", "use application/vnd.apple.mpegurl, video/mp4 or audio/mp4, and video/iso.segment"], t8),
    rule(Level::AppleMust, "T9", ["media requests are not redirected", "answer at the address that was asked"], t9),
    rule(Level::Must, "T10", ["byte ranges of media are answered exactly", "answer 206 with the exact Content-Range, and 416 beyond the end"], t10),
    rule(Level::Practice, "T11", ["a playlist asked with `Range: bytes=0-` comes whole and plain", "ignore ranges on playlists, and leave gzip out where a range was asked: Chromium asks so"], t11),
    rule(Level::Practice, "T12", ["HEAD is GET without a body, and scripts of other sites may read answers, errors and headers", "send Access-Control-Allow-Origin with every status, allow `Range` in preflights, expose Age"], t12),
    rule(Level::Should, "T13", ["TLS is version 1.2 or later", "switch older versions off"], t13),
    rule(Level::Must, "T15", ["an answer hangs on nothing but its request: the same one twice at once is answered twice", "keep no state per client between playlist requests"], t15),
    rule(Level::Should, "T16", ["the origin itself sends no Age", "let only shared caches add Age"], t16),
];

/// Requests for playlists that exist, as players send them.
const PLAYLISTS: [Ask; 5] = [Ask::Open, Ask::Follow, Ask::Repeat, Ask::Whole, Ask::Delta];
const MEDIA: [Ask; 6] =
    [Ask::Init, Ask::Segment, Ask::Part, Ask::Hinted, Ask::Oldest, Ask::Removed];

fn sound<'a>(capture: &'a Capture, asks: &'a [Ask]) -> impl Iterator<Item = &'a Exchange> {
    capture.exchanges().filter(|exchange| exchange.status == 200 && asks.contains(&exchange.ask))
}

fn t1(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Http2).filter(|_| capture.is_low_latency()) {
        verdict.case(&exchange.url, exchange.is_http2, || "`h2` was offered, not taken".to_owned());
    }
}

fn t2(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Open).filter(|exchange| !exchange.is_http2) {
        let is_sound = exchange.status == 200;
        verdict.case(&exchange.url, is_sound, || format!("status {}", exchange.status));
    }
}

fn t3(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.exchanges() {
        let Some(priority) = exchange.header("priority") else { continue };
        let mut members = priority.split(',').map(str::trim);
        let urgency = members.find_map(|member| member.strip_prefix("u=")?.parse::<u8>().ok());
        let urgency = urgency.unwrap_or(3);
        let is_sound = if PLAYLISTS.contains(&exchange.ask) {
            urgency == 1
        } else {
            !MEDIA.contains(&exchange.ask) || (2..=6).contains(&urgency)
        };
        verdict.case(&exchange.url, is_sound, || format!("priority `{priority}`"));
    }
}

fn t4(capture: &Capture, verdict: &mut Verdict) {
    let waited = capture.asked(Ask::Http2).filter(|exchange| !exchange.query.is_empty());
    for exchange in waited {
        verdict.case(&exchange.url, exchange.status != 0, || {
            format!("the connection ended after {} ms of waiting", exchange.waited_ms())
        });
    }
}

fn t5(capture: &Capture, verdict: &mut Verdict) {
    let Some((url, _, playlist)) = &capture.multivariant else { return };
    if !capture.is_low_latency() {
        return;
    }
    for uri in playlist.uris() {
        let meant = resolve(url, uri);
        let is_sound = resolve::origin(&meant) == resolve::origin(url);
        verdict.case(url, is_sound, || format!("`{uri}` is on another host"));
    }
}

fn t6(capture: &Capture, verdict: &mut Verdict) {
    for exchange in sound(capture, &PLAYLISTS) {
        let is_coded = exchange.header("content-encoding") == Some("gzip");
        let vary = exchange.header("vary").unwrap_or_default().to_ascii_lowercase();
        verdict.case(&exchange.url, is_coded, || "gzip was accepted, not sent".to_owned());
        let varies = vary == "*" || vary.contains("accept-encoding");
        verdict.case(&exchange.url, varies, || format!("Vary is `{vary}`"));
    }
    for exchange in sound(capture, &[Ask::Identity]) {
        let coding = exchange.header("content-encoding").unwrap_or("identity");
        let is_plain = coding == "identity";
        verdict.case(&exchange.url, is_plain, || format!("gzip was refused, `{coding}` sent"));
    }
}

fn t7(capture: &Capture, verdict: &mut Verdict) {
    for exchange in sound(capture, &MEDIA) {
        let coding = exchange.header("content-encoding").unwrap_or("identity");
        let is_plain = coding == "identity";
        verdict.case(&exchange.url, is_plain, || format!("Content-Encoding `{coding}`"));
    }
}

fn t8(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.exchanges().filter(|exchange| exchange.status == 200) {
        let wanted: &[&str] = match exchange.ask {
            Ask::Init => &["video/mp4", "audio/mp4"],
            ask if MEDIA.contains(&ask) => {
                &["video/iso.segment", "video/mp4", "audio/mp4", "video/mp2t", "audio/aac"]
            }
            ask if PLAYLISTS.contains(&ask) => &["application/vnd.apple.mpegurl", "audio/mpegurl"],
            _ => continue,
        };
        let kind = exchange.header("content-type").unwrap_or_default();
        let name = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_sound = wanted.contains(&name.as_str());
        verdict.case(&exchange.url, is_sound, || format!("content type `{kind}`"));
    }
}

fn t9(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.exchanges() {
        let is_moved = (300..400).contains(&exchange.status) && exchange.status != 304;
        verdict.case(&exchange.url, !is_moved, || format!("status {}", exchange.status));
    }
}

fn t10(capture: &Capture, verdict: &mut Verdict) {
    let promises = capture.exchanges().any(|exchange| {
        let accepts = exchange.header("accept-ranges");
        MEDIA.contains(&exchange.ask) && accepts.is_some_and(|unit| unit.contains("bytes"))
    });
    let uses = |media: &parse::Media| {
        let parts = media.all().flat_map(|segment| &segment.parts);
        media.tags.contains_key("EXT-X-BYTERANGE")
            || parts.map(|part| &part.byte_range).any(Option::is_some)
    };
    if !promises && !capture.versions().any(|version| uses(&version.media)) {
        return;
    }
    for exchange in capture.asked(Ask::Slice) {
        let whole = capture.asked(Ask::Segment).find(|whole| whole.url == exchange.url);
        let Some(whole) = whole.map(|whole| &whole.body) else { continue };
        let told = exchange.header("content-range").unwrap_or_default();
        let is_exact = exchange.status == 206
            && whole.get(2..=9) == Some(&exchange.body[..])
            && told == format!("bytes 2-9/{}", whole.len());
        verdict.case(&exchange.url, is_exact, || {
            format!("`bytes=2-9`: status {}, Content-Range `{told}`", exchange.status)
        });
    }
    for exchange in capture.asked(Ask::Beyond) {
        let is_sound = exchange.status == 416;
        verdict.case(&exchange.url, is_sound, || {
            format!("a range beyond the end: status {}", exchange.status)
        });
    }
}

fn t11(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Ranged) {
        let is_whole = match exchange.status {
            200 => true,
            206 => exchange.header("content-range").is_some_and(|told| {
                let length: Bytes = exchange.body.clone();
                told.ends_with(&format!("/{}", length.len()))
            }),
            _ => false,
        };
        let coding = exchange.header("content-encoding").unwrap_or("identity");
        verdict.case(&exchange.url, is_whole && coding == "identity", || {
            format!("status {}, coding `{coding}`", exchange.status)
        });
    }
}

fn t12(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.exchanges().filter(|exchange| exchange.status != 0) {
        let (url, status) = (&exchange.url, exchange.status);
        let allowed = exchange.header("access-control-allow-origin").is_some();
        verdict
            .case(url, allowed, || format!("status {status} has no Access-Control-Allow-Origin"));
    }
    for exchange in sound(capture, &PLAYLISTS) {
        let exposed = exchange.header("access-control-expose-headers").unwrap_or_default();
        let names: Vec<_> =
            exposed.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
        let is_read = names.iter().any(|name| name == "age" || name == "*");
        verdict.case(&exchange.url, is_read, || "Age is not exposed to scripts".to_owned());
    }
    for exchange in capture.asked(Ask::Preflight) {
        let allowed = exchange.header("access-control-allow-headers").unwrap_or_default();
        let allows = allowed == "*" || allowed.to_ascii_lowercase().contains("range");
        verdict.case(&exchange.url, allows && exchange.status < 300, || {
            format!("preflight: status {}, headers allowed `{allowed}`", exchange.status)
        });
    }
    for head in capture.asked(Ask::Head) {
        let Some(get) = capture.asked(Ask::Segment).find(|get| get.url == head.url) else {
            continue;
        };
        for name in ["content-type", "content-length", "cache-control", "etag"] {
            let (told, got) = (head.header(name), get.header(name));
            let is_same = told == got && head.status == get.status;
            verdict.case(&head.url, is_same, || {
                format!("HEAD: status {}, {name} {told:?}; GET: {got:?}", head.status)
            });
        }
    }
}

fn t13(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Open).filter(|open| open.url.starts_with("https://")) {
        // The client speaks 1.2 and 1.3 only.
        verdict.case(&exchange.url, exchange.status != 0, || "no handshake".to_owned());
    }
}

fn t15(capture: &Capture, verdict: &mut Verdict) {
    for exchange in capture.asked(Ask::Repeat) {
        let is_sound = exchange.status == 200 && parse::media(&exchange.text()).is_some();
        verdict.case(&exchange.url, is_sound, || format!("status {}", exchange.status));
    }
}

fn t16(capture: &Capture, verdict: &mut Verdict) {
    for exchange in sound(capture, &PLAYLISTS) {
        let is_cached = ["via", "x-cache", "cf-cache-status"]
            .iter()
            .any(|name| exchange.header(name).is_some());
        if !is_cached {
            let age = exchange.header("age");
            verdict.case(&exchange.url, age.is_none(), || format!("Age {}", age.unwrap_or("")));
        }
    }
}
