//! Sound captures: what a client sees of a simulated publisher on a server without faults.

use super::super::{Ask, Exchange};
use crate::fmp4;
use crate::hls::parse;
use crate::hls::{iframes, playlist};
use crate::packager::simulation::{START, Source, Stand};
use crate::packager::{Output, Profile, Rid};
use crate::time::{Span, Wall};
use bytes::Bytes;
use std::sync::OnceLock;

/// What is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Seconds of a live stream, with every check.
    Live,
    /// A window of 15 minutes that slides.
    Sliding,
    /// An event that ends while it is followed.
    Ending,
    /// A recording.
    Ended,
    /// A live stream whose encoder was lost for a while.
    Interrupted,
}

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Live, Self::Sliding, Self::Ending, Self::Ended, Self::Interrupted];
}

/// The exchanges of a sound stream; controls spoil them.
#[derive(Debug, Clone)]
pub(super) struct Sound {
    pub(super) exchanges: Vec<Exchange>,
}

const BASE: &str = "https://host/hls/brd";

const MULTIVARIANT: &str = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n\
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Sound\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"a0/media.m3u8\"\n\
#EXT-X-STREAM-INF:BANDWIDTH=1000000,AVERAGE-BANDWIDTH=900000,CODECS=\"avc1.64001e,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=30.000,CLOSED-CAPTIONS=NONE,SCORE=2,AUDIO=\"audio\"\n\
v0/media.m3u8\n\
#EXT-X-STREAM-INF:BANDWIDTH=1500000,AVERAGE-BANDWIDTH=900000,CODECS=\"avc1.64001e,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=30.000,CLOSED-CAPTIONS=NONE,SCORE=1,AUDIO=\"audio\"\n\
v0/media.m3u8\n\
#EXT-X-STREAM-INF:BANDWIDTH=60000,AVERAGE-BANDWIDTH=50000,CODECS=\"mp4a.40.2\",CLOSED-CAPTIONS=NONE,SCORE=0.5\n\
a0/media.m3u8\n\
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,CODECS=\"avc1.64001e\",RESOLUTION=640x360,URI=\"v0/iframes.m3u8\"\n";

impl Sound {
    /// The capture of this kind; each is made once.
    pub(super) fn of(kind: Kind) -> Self {
        static MADE: [OnceLock<Sound>; 5] = [const { OnceLock::new() }; 5];
        let at = Kind::ALL.iter().position(|other| *other == kind).unwrap();
        MADE[at].get_or_init(|| Self::make(kind)).clone()
    }

    fn make(kind: Kind) -> Self {
        let mut sound = Self { exchanges: Vec::new() };
        sound.add(Ask::Open, "index.m3u8", "", Bytes::from_static(MULTIVARIANT.as_bytes()));
        let stand = match kind {
            Kind::Live => publish(&Source::new(30, 1), 41, 60, 34_000),
            Kind::Ending | Kind::Ended => {
                let mut stand = publish(&Source::new(30, 1), 21, 60, 17_000);
                stand.end(START.plus_ms(21_000));
                stand
            }
            Kind::Sliding => publish(&Source::new(5, 1), 918, 904, 909_000),
            Kind::Interrupted => {
                let mut stand = Stand::new(Profile::Low);
                stand.renders = true;
                let source = Source::new(25, 1);
                let now = stand.publish(&source, 21, START);
                let now = stand.wait(9, now);
                stand.packager.reconnect(now).unwrap();
                let now = stand.publish(&source, 12, now);
                stand.end(now);
                stand
            }
        };
        match kind {
            Kind::Ended => sound.add_recording(&stand),
            Kind::Live | Kind::Sliding | Kind::Ending | Kind::Interrupted => {
                sound.add_versions(&stand, kind);
            }
        }
        if kind != Kind::Interrupted {
            sound.add_pieces(&stand);
        }
        if kind == Kind::Live {
            sound.add_checks(&stand);
        }
        sound
    }

    fn add(&mut self, ask: Ask, path: &str, query: &str, body: Bytes) -> &mut Exchange {
        let now = self.exchanges.last().map_or(START, |last| last.at);
        self.exchanges.push(Exchange {
            ask,
            url: format!("{BASE}/{path}"),
            query: query.to_owned(),
            is_http2: false,
            asked_at: now,
            head_at: now.plus_ms(2),
            at: now.plus_ms(3),
            status: 200,
            headers: headers(ask, query, &body),
            body,
        });
        self.exchanges.last_mut().unwrap()
    }

    /// The versions of both playlists, each asked for when the one before it was there.
    fn add_versions(&mut self, stand: &Stand, kind: Kind) {
        for rid in [Rid::AUDIO, Rid::VIDEO] {
            let mut known: Option<(Wall, parse::Media)> = None;
            for (_, at, text) in stand.playlists.iter().filter(|(of, ..)| *of == rid) {
                let media = parse::media(text).unwrap();
                let edge = |media: &parse::Media| (media.next_msn(), media.open.parts.len());
                let is_new = |(_, known): &(Wall, parse::Media)| {
                    edge(known) != edge(&media) || known.ended != media.ended
                };
                if !known.as_ref().is_none_or(is_new) {
                    continue;
                }
                let text = match kind {
                    Kind::Ending => {
                        text.replacen("#EXT-X-MAP", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MAP", 1)
                    }
                    _ => text.clone(),
                };
                let (asked_at, query) = known.as_ref().map_or((*at, String::new()), |known| {
                    let next = (known.1.next_msn(), known.1.open.parts.len());
                    (known.0, format!("_HLS_msn={}&_HLS_part={}", next.0, next.1))
                });
                let got = self.add(Ask::Follow, &format!("{rid}/media.m3u8"), &query, text.into());
                (got.asked_at, got.head_at, got.at) = (asked_at, *at, at.plus_ms(1));
                known = Some((at.plus_ms(1), media));
            }
        }
    }

    fn add_recording(&mut self, stand: &Stand) {
        for rid in [Rid::AUDIO, Rid::VIDEO] {
            let text = playlist::full(stand.window(rid), &[]);
            let text = text.replacen("#EXT-X-MAP", "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP", 1);
            let path = format!("{rid}/media.m3u8");
            self.add(Ask::Follow, &path, "", text.clone().into());
            for query in ["_HLS_msn=0&_HLS_part=0", "_HLS_skip=YES"] {
                self.add(Ask::Late, &path, query, text.clone().into());
            }
        }
    }

    /// Init sections, and the last three complete segments with their parts.
    fn add_pieces(&mut self, stand: &Stand) {
        for rid in [Rid::AUDIO, Rid::VIDEO] {
            let init = stand.outputs.iter().find_map(|(_, output)| match output {
                Output::Init(init) if init.rid == rid => Some(init.bytes.clone()),
                _ => None,
            });
            self.add(Ask::Init, &format!("{rid}/1/init-0.mp4"), "", init.unwrap());
            let media = parse::media(&playlist::full(stand.window(rid), &[])).unwrap();
            let closed: Vec<_> = media.segments.iter().rev().take(3).map(|s| s.msn).collect();
            for msn in closed.into_iter().rev() {
                let parts: Vec<_> =
                    stand.parts(rid).into_iter().filter(|part| part.at.msn == msn).collect();
                let bytes: Vec<_> = parts.iter().map(|part| part.bytes.clone()).collect();
                self.add(Ask::Segment, &format!("{rid}/1/{msn}.m4s"), "", bytes.concat().into());
                for part in parts {
                    let path = format!("{rid}/1/{}.m4s", part.at);
                    self.add(Ask::Part, &path, "", part.bytes.clone());
                }
            }
            let oldest = media.segments.first().unwrap().msn;
            let parts = stand.parts(rid).into_iter().filter(|part| part.at.msn == oldest);
            let whole: Bytes =
                parts.map(|part| part.bytes.clone()).collect::<Vec<_>>().concat().into();
            for ask in [Ask::Oldest, Ask::Removed, Ask::Dropped] {
                self.add(ask, &format!("{rid}/1/{oldest}.m4s"), "", whole.clone());
            }
        }
    }

    fn add_checks(&mut self, stand: &Stand) {
        const PLAYLIST: &str = "v0/media.m3u8";
        let window = stand.window(Rid::VIDEO);
        let whole: Bytes = playlist::full(window, &stand.reports()).into();
        let media = parse::media(std::str::from_utf8(&whole).unwrap()).unwrap();
        let (msn, parts) = (media.next_msn(), media.open.parts.len());
        let now = format!("_HLS_msn={msn}&_HLS_part={}", parts - 1);
        let turned = format!("x=1&_HLS_part={}&_HLS_msn={msn}", parts - 1);
        let delta: Bytes = playlist::delta(window, &stand.reports()).unwrap().into();
        let closed = media.segments.last().unwrap();
        let beyond = format!("_HLS_msn={}&_HLS_part={}", closed.msn, closed.parts.len());
        let alone = format!("_HLS_msn={}", closed.msn);
        let skip = format!("{now}&_HLS_skip=YES");
        let text = || whole.clone();
        self.add(Ask::Http2, PLAYLIST, &now, text()).is_http2 = true;
        for (ask, query) in [
            (Ask::Identity, ""),
            (Ask::Ranged, ""),
            (Ask::Repeat, &*now),
            (Ask::Repeat, &*now),
            (Ask::Order, &*now),
            (Ask::Order, &*turned),
            (Ask::Unknown, "_HLS_unknown=1"),
            (Ask::Old, "_HLS_msn=0"),
            (Ask::BeyondParent, &*beyond),
            (Ask::SegmentOnly, &*alone),
            (Ask::Whole, &*now),
        ] {
            self.add(ask, PLAYLIST, query, text());
        }
        self.add(Ask::Delta, PLAYLIST, &skip, delta);
        self.add(Ask::Directed, "index.m3u8", &now, Bytes::from_static(MULTIVARIANT.as_bytes()));
        for (ask, path, query, status) in [
            (Ask::Known, PLAYLIST, "", 304),
            (Ask::Preflight, PLAYLIST, "", 204),
            (Ask::FarAhead, PLAYLIST, "_HLS_msn=1000000000", 400),
            (Ask::PartAlone, PLAYLIST, "_HLS_part=0", 400),
            (Ask::Malformed, PLAYLIST, "_HLS_msn=x", 400),
            (Ask::NoPlaylist, "v0/none.m3u8", "", 404),
            (Ask::NoPart, "v0/1/99999.0.m4s", "", 404),
            (Ask::Withdrawn, "v0/1/9.6.m4s", "", 404),
            (Ask::Beyond, "v0/1/19.m4s", "", 416),
        ] {
            self.add(ask, path, query, Bytes::new()).status = status;
        }
        self.add_piece_checks(stand, closed.msn);
        self.add_iframes(stand, closed.msn);
    }

    fn add_iframes(&mut self, stand: &Stand, msn: u64) {
        const PLAYLIST: &str = "v0/iframes.m3u8";
        let text: Bytes = iframes::full(stand.window(Rid::VIDEO)).into();
        self.add(Ask::IFrames, PLAYLIST, "", text.clone());
        self.add(Ask::IFramesNext, PLAYLIST, &format!("_HLS_msn={msn}&_HLS_part=0"), text);
        let part = stand.parts(Rid::VIDEO).into_iter().find(|part| part.at.msn == msn).unwrap();
        let picture = part.bytes.slice(..usize::try_from(part.intra).unwrap());
        let told = format!("bytes 0-{}/{}", part.intra - 1, part.bytes.len());
        let got = self.add(Ask::Picture, &format!("v0/1/{msn}.m4s"), "", picture);
        got.status = 206;
        got.headers.push(("Content-Range".to_owned(), told));
    }

    fn add_piece_checks(&mut self, stand: &Stand, msn: u64) {
        let path = format!("v0/1/{msn}.m4s");
        let url = format!("{BASE}/{path}");
        let got =
            |sound: &Self| sound.exchanges.iter().find(|got| got.url == url).cloned().unwrap();
        let whole = got(self);
        let head = Exchange { ask: Ask::Head, body: Bytes::new(), ..whole.clone() };
        self.exchanges.push(head);
        let slice = self.add(Ask::Slice, &path, "", whole.body.slice(2..10));
        slice.status = 206;
        let told = format!("bytes 2-9/{}", whole.body.len());
        slice.headers.push(("Content-Range".to_owned(), told));
        // The part before the newest one was hinted.
        let parts = stand.parts(Rid::VIDEO);
        let hinted = parts[parts.len() - 2];
        for ask in [Ask::Hinted, Ask::HintedAgain] {
            self.add(ask, &format!("v0/1/{}.m4s", hinted.at), "", hinted.bytes.clone());
        }
    }

    /// Changes the answers to one kind of request.
    pub(super) fn each(&mut self, ask: Ask, change: impl FnMut(&mut Exchange)) {
        let before = self.exchanges.len();
        self.exchanges.iter_mut().filter(|got| got.ask == ask).for_each(change);
        assert_eq!(before, self.exchanges.len());
    }

    /// Changes the body, as text, of the answers to one kind of request.
    pub(super) fn text(&mut self, ask: Ask, change: impl Fn(&str) -> String) {
        let mut changed = false;
        self.each(ask, |got| {
            let text = change(&got.text());
            changed |= text.as_bytes() != got.body;
            got.body = text.into();
        });
        assert!(changed, "nothing was spoilt");
    }

    /// Changes the newest version of the video playlist alone.
    pub(super) fn newest(&mut self, change: impl Fn(&str) -> String) {
        let is_it = |got: &&mut Exchange| got.ask == Ask::Follow && got.url.contains("/v0/");
        let got = self.exchanges.iter_mut().rfind(is_it).unwrap();
        let text = change(&got.text());
        assert_ne!(text, got.text(), "nothing was spoilt");
        got.body = text.into();
    }

    /// Sets a header of the answers to one kind of request; none takes it away.
    pub(super) fn header(&mut self, ask: Ask, name: &str, value: Option<&str>) {
        self.each(ask, |got| {
            got.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            got.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        });
    }

    /// Sets the status of the answers to one kind of request.
    pub(super) fn status(&mut self, ask: Ask, status: u16) {
        self.each(ask, |got| got.status = status);
    }

    /// Changes the units of every video segment and part that was fetched.
    pub(super) fn units(&mut self, change: impl Fn(&mut Vec<crate::unit::AccessUnit>)) {
        for got in &mut self.exchanges {
            if [Ask::Segment, Ask::Part].contains(&got.ask) && got.url.contains("/v0/") {
                let mut units = fmp4::units(crate::unit::Kind::Video, &got.body).unwrap();
                change(&mut units);
                got.body = fmp4::chunk(1, &units).unwrap();
            }
        }
    }
}

/// A publisher in real time, with the versions from `from_ms` on.
fn publish(source: &Source, seconds: u64, window_seconds: u64, from_ms: u64) -> Stand {
    let mut stand = Stand::new(Profile::Low);
    stand.dvr = Span::from_seconds(window_seconds);
    stand.configure(source, START);
    for (ms, unit) in source.units(seconds) {
        stand.renders = ms >= from_ms;
        stand.push(unit, START.plus_ms(i64::try_from(ms).unwrap()));
    }
    stand
}

fn headers(ask: Ask, query: &str, body: &[u8]) -> Vec<(String, String)> {
    let media = [Ask::Init, Ask::Segment, Ask::Part, Ask::Hinted, Ask::HintedAgain, Ask::Slice];
    let old = [Ask::Oldest, Ask::Removed, Ask::Dropped];
    let length = body.len().to_string();
    let mut headers = vec![
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "Age, Date"),
        ("ETag", "\"1\""),
        ("Content-Length", &*length),
    ];
    let life = match ask {
        _ if media.contains(&ask) || old.contains(&ask) => "public, max-age=31536000, immutable",
        Ask::Late => "public, max-age=60",
        Ask::FarAhead | Ask::PartAlone | Ask::Malformed => "public, max-age=1",
        _ if query.contains("_HLS_part=") => "public, max-age=12",
        _ => "public, max-age=1",
    };
    headers.push(("Cache-Control", life));
    if ask == Ask::Preflight {
        headers.push(("Access-Control-Allow-Headers", "Range"));
    } else if ask == Ask::Init {
        headers.extend([("Content-Type", "video/mp4"), ("Priority", "u=3")]);
    } else if media.contains(&ask) || old.contains(&ask) {
        headers.extend([("Content-Type", "video/iso.segment"), ("Priority", "u=3")]);
        headers.push(("Accept-Ranges", "bytes"));
    } else {
        headers.extend([("Content-Type", "application/vnd.apple.mpegurl"), ("Priority", "u=1")]);
        headers.push(("Last-Modified", "Sun, 06 Nov 1994 23:59:58 GMT"));
        headers.push(("Date", "Mon, 07 Nov 1994 00:00:00 GMT"));
        if ![Ask::Identity, Ask::Ranged].contains(&ask) {
            headers.extend([("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]);
        }
    }
    headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
