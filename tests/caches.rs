//! Any number of players behind a real cache cost the origin what one does, with the configurations
//! that we ship; and every player has the right bytes in time.
//!
//! Each case is played twice on addresses that nobody asked for before: by one player, then by a
//! crowd in lockstep. The origin's own counter says what it cost.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use infra::clock::SystemClock;

use crate::harness::caches::{Cache, Kind};
use crate::harness::client::{Client, PATIENCE, Reply};
use crate::harness::encoder::Encoder;
use crate::harness::partner::Partner;
use crate::harness::player::{Playlist, renditions};
use crate::harness::program::{Backend, Options, Program};
use crate::live::until_live;

/// Players of the crowd.
const PLAYERS: usize = 40;

/// The most that a crowd may cost beside one player.
const EXCESS: f64 = 1.05;

/// The longest time between the first and the last of the crowd: a quarter of a hold, more than the
/// half second of nginx's lock; a busy test machine is no measuring instrument.
const SPREAD_MAX: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread")]
async fn behind_each_cache_a_crowd_costs_what_one_player_does() {
    join_all([Kind::Nginx, Kind::Varnish, Kind::TrafficServer].map(proven)).await;
}

async fn proven(kind: Kind) {
    let mut scene = Scene::open(kind).await;
    let mut bill = Bill::default();
    for players in [1, PLAYERS] {
        bill.add("blocking reload, part", players, scene.part_reloads(players).await);
        bill.add("blocking reload, segment", players, scene.segment_reload(players).await);
        bill.add("hinted part", players, scene.hinted_parts(players).await);
        bill.add("query noise", players, scene.noise(players).await);
        bill.add("gzip and plain", players, scene.encodings(players).await);
        bill.add("range from the first byte", players, scene.ranged(players).await);
        bill.add("plain polls", players, scene.polls(players).await);
        bill.add("404", players, scene.unknown(players).await);
        bill.add("400", players, scene.impossible(players).await);
        bill.add("join", players, scene.join(players).await);
    }
    scene.other_words().await;
    scene.room_is_live().await;
    for players in [1, PLAYERS] {
        bill.add("delta update", players, scene.deltas(players).await);
    }
    scene.end().await;
    for players in [1, PLAYERS] {
        bill.add("VOD", players, scene.replay(players).await);
    }
    scene.lose_the_store().await;
    for players in [1, PLAYERS] {
        bill.add("503", players, scene.unavailable(players).await);
    }
    bill.settle(kind);
}

/// What each case cost the origin: once for one player, once for the crowd.
#[derive(Debug, Default)]
struct Bill {
    lines: Vec<(&'static str, usize, Cost)>,
}

/// Requests that reached the origin, and how long after the first of a crowd the last had its answer,
/// each time.
#[derive(Debug, Default)]
struct Cost {
    requests: u64,
    spreads: Vec<Duration>,
}

impl Cost {
    /// The median: a busy machine makes one round late, a bad cache all.
    fn spread(&self) -> Duration {
        let mut sorted = self.spreads.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }
}

impl Bill {
    fn add(&mut self, case: &'static str, players: usize, cost: Cost) {
        self.lines.push((case, players, cost));
    }

    /// Prints the bill; the crowd's column must be the other one's.
    #[expect(clippy::print_stdout, reason = "the figures of docs/OPERATING.md come from here")]
    fn settle(&self, kind: Kind) {
        let mut text = format!("{kind:?}: requests at the origin, 1 player and {PLAYERS}\n");
        let mut sound = true;
        for (case, _, one) in self.lines.iter().filter(|line| line.1 == 1) {
            let crowd = self.lines.iter().find(|line| line.0 == *case && line.1 == PLAYERS);
            let (_, _, crowd) = crowd.expect("each case is played by the crowd too");
            let fits = as_f64(crowd.requests) <= as_f64(one.requests) * EXCESS
                && crowd.requests >= one.requests
                && crowd.spread() <= SPREAD_MAX;
            sound &= fits;
            let (one, spread) = (one.requests, crowd.spread().as_millis());
            let mark = if fits { "" } else { "  <-- too many, or too late" };
            writeln!(text, "{case:26} {one:3} {:3}  {spread:4} ms{mark}", crowd.requests)
                .expect("a line");
        }
        println!("{text}");
        assert!(sound, "{text}");
    }
}

fn as_f64(count: u64) -> f64 {
    f64::from(u32::try_from(count).expect("a count"))
}

/// A broadcast on the air, and a cache in front of it.
struct Scene {
    program: Program,
    partner: Partner,
    encoder: Option<Encoder>,
    origin: Client,
    cache: Cache,
    cached: Client,
    /// The playlists of video and audio.
    media: Vec<String>,
    /// Numbers for names that nobody asked for before.
    next: u64,
    recording: String,
}

impl Scene {
    async fn open(kind: Kind) -> Self {
        let program = Program::start(Options::on(Backend::Embedded)).await;
        let partner = Partner::new(&program, "harbour").await;
        let encoder = Encoder::start(&partner.publish_url(&program)).await;
        let origin = program.client();
        until_live(&origin, &partner).await;
        let cache = Cache::in_front_of(kind, &program.http()).await;
        let cached = cache.client();
        let media = renditions(&origin, &partner.hls()).await;
        let live = partner.on_air().await;
        let recording = live["recording_id"].as_str().expect("a recording").to_owned();
        let encoder = Some(encoder);
        let next = 900_000;
        Self { program, partner, encoder, origin, cache, cached, media, next, recording }
    }

    fn video(&self) -> String {
        self.media.first().expect("a video playlist").clone()
    }

    /// One player looks at the picture, the crowd listens: addresses that nobody asked for before.
    fn own(&self, players: usize) -> String {
        self.media.get(usize::from(players > 1)).expect("video and audio").clone()
    }

    async fn asked(&self) -> u64 {
        let metrics = self.origin.get("/metrics").await.expect(200).text();
        let lines =
            metrics.lines().filter(|line| line.starts_with("headwater_media_requests_total"));
        let counts = lines.map(|line| line.rsplit(' ').next().expect("a value"));
        counts.map(|count| count.parse::<u64>().expect("a count")).sum()
    }

    /// All players ask at once, each in its own words; what they get, and what it costs.
    async fn together(
        &self,
        players: usize,
        cost: &mut Cost,
        ask: impl Fn(usize) -> (Client, String),
    ) -> Vec<Reply> {
        let before = self.asked().await;
        let clock = SystemClock::shared();
        let replies = join_all((0..players).map(|player| {
            let (client, path) = ask(player);
            let clock = &clock;
            async move { (client.get(&path).await, clock.monotonic()) }
        }))
        .await;
        cost.requests += self.asked().await - before;
        let times = replies.iter().map(|(_, at)| *at);
        let (first, last) = (times.clone().min(), times.max());
        cost.spreads.push(last.zip(first).map_or(Duration::ZERO, |(l, f)| l.saturating_sub(f)));
        replies.into_iter().map(|(reply, _)| reply).collect()
    }

    /// All players ask for the same; the one body that all of them get.
    async fn alike(&self, players: usize, cost: &mut Cost, status: u16, path: &str) -> Reply {
        let ask = |_| (self.cached.clone(), path.to_owned());
        let replies = self.together(players, cost, ask).await;
        alike(replies, status, path)
    }

    /// The origin's playlist now, on no bill.
    async fn now(&self, path: &str) -> Playlist {
        Playlist::fetch(&self.origin, path).await
    }

    /// A reload that waits for the part after next: some players' turn of a segment is in it.
    async fn part_reloads(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.video(), Cost::default());
        for _ in 0..4 {
            let (msn, part) = edge(&self.now(&path).await);
            let reload = format!("{path}?_HLS_msn={msn}&_HLS_part={}", part + 2);
            let reply = self.alike(players, &mut cost, 200, &reload).await;
            let got = edge(&playlist(&path, &reply));
            assert!(got >= (msn, part + 2), "{reload}: {got:?} is older");
        }
        cost
    }

    async fn segment_reload(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.video(), Cost::default());
        let (msn, _) = edge(&self.now(&path).await);
        let reload = format!("{path}?_HLS_msn={}", msn + 1);
        let reply = self.alike(players, &mut cost, 200, &reload).await;
        let got = playlist(&path, &reply);
        assert!(got.first_msn() + got.segment_count() > msn + 1, "{reload}:\n{}", got.text);
        cost
    }

    async fn hinted_parts(&self, players: usize) -> Cost {
        let (path, mut cost, mut played) = (self.video(), Cost::default(), 0);
        while played < 4 {
            let hint = self.now(&path).await.hint().expect("a hint");
            let mut one = Cost::default();
            let ask = |_| (self.cached.clone(), hint.clone());
            let replies = self.together(players, &mut one, ask).await;
            let own = self.origin.get(&hint).await;
            let reply = alike(replies, own.status.as_u16(), &hint);
            // Where the clip is looped a segment closes early, and its hint is withdrawn.
            if own.status == 200 {
                assert_eq!(reply.body, own.body, "{hint}");
                cost.requests += one.requests;
                cost.spreads.extend(one.spreads);
                played += 1;
            }
        }
        cost
    }

    /// The directives in any order, among parameters that are different for each player.
    async fn noise(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.video(), Cost::default());
        for _ in 0..2 {
            let (msn, part) = edge(&self.now(&path).await);
            let part = part + 2;
            let replies = self.together(players, &mut cost, |player| {
                let query = match player % 4 {
                    0 => format!("_HLS_msn={msn}&_HLS_part={part}&utm_source=x{player}"),
                    1 => format!("from={player}&_HLS_part={part}&_HLS_msn={msn}"),
                    2 => format!("CMCD=bl%3D{player}&_HLS_msn={msn}&c&_HLS_part={part}"),
                    _ => format!("_HLS_part={part}&q=a=b?c{player}&_HLS_msn={msn}&&"),
                };
                (self.cached.clone(), format!("{path}?{query}"))
            });
            let reply = alike(replies.await, 200, &path);
            assert!(edge(&playlist(&path, &reply)) >= (msn, part), "{}", reply.text());
        }
        cost
    }

    /// Two players at least, as a playlist has two forms; browsers name many more encodings.
    async fn encodings(&self, players: usize) -> Cost {
        const ACCEPTED: [(&str, bool); 6] = [
            ("gzip, deflate, br, zstd", true),
            ("identity", false),
            ("gzip, deflate", true),
            ("", false),
            ("gzip", true),
            ("br;q=1, identity", false),
        ];
        let (path, mut cost) = (self.video(), Cost::default());
        for _ in 0..2 {
            let (msn, part) = edge(&self.now(&path).await);
            let reload = format!("{path}?_HLS_msn={msn}&_HLS_part={}", part + 2);
            let plain = self.together(players.max(2), &mut cost, |player| {
                let (accepted, _) = ACCEPTED[player % ACCEPTED.len()];
                (self.cached.with("accept-encoding", accepted), reload.clone())
            });
            let mut bodies = BTreeSet::new();
            for (player, reply) in plain.await.into_iter().enumerate() {
                let (accepted, gzip) = ACCEPTED[player % ACCEPTED.len()];
                let reply = reply.expect(200);
                let told = if gzip { "gzip" } else { "" };
                assert_eq!(reply.header("content-encoding"), told, "{accepted}");
                assert!(reply.header("vary").eq_ignore_ascii_case("accept-encoding"));
                bodies.insert(if gzip { gunzip(&reply.body) } else { reply.text() });
            }
            assert_eq!(bodies.len(), 1, "one playlist in two forms");
        }
        cost
    }

    /// As Chromium's own player asks for everything.
    async fn ranged(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.video(), Cost::default());
        let player = self.cached.with("range", "bytes=0-");
        let (open, _) = edge(&self.now(&path).await);
        let now = self.now(&format!("{path}?_HLS_msn={open}")).await;
        let (msn, part) = edge(&now);
        let reload = format!("{path}?_HLS_msn={msn}&_HLS_part={}", part + 2);
        for asked in [reload, now.parts().pop().expect("a part")] {
            let ask = |_| (player.clone(), asked.clone());
            let replies = self.together(players, &mut cost, ask).await;
            let whole = self.origin.get(&asked).await.expect(200).body;
            for reply in replies {
                assert!(matches!(reply.status.as_u16(), 200 | 206), "{asked}: {}", reply.status);
                let is_media = !asked.contains(".m3u8");
                assert!(!is_media || reply.body == whole, "{asked}");
            }
        }
        cost
    }

    /// Players that know no directives: each second's answer is fetched once, and nobody's is older
    /// than the poll before.
    async fn polls(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.own(players), Cost::default());
        let mut seen = (0, 0);
        for round in 0..2 {
            if round > 0 {
                // Nearly three seconds by the stream's own clock. The answer may be kept for one, and
                // caches count whole ones.
                let (msn, part) = (seen.0 + 1, seen.1 + 3);
                self.now(&format!("{path}?_HLS_msn={msn}&_HLS_part={part}")).await;
            }
            let ask = |_| (self.cached.clone(), path.clone());
            let replies = self.together(players, &mut cost, ask).await;
            let edges = replies.iter().map(|reply| edge(&playlist(&path, reply)));
            let (oldest, newest) = (edges.clone().min(), edges.max());
            assert!(oldest.is_some_and(|oldest| oldest >= seen), "{oldest:?} is before {seen:?}");
            seen = newest.expect("a player");
        }
        cost
    }

    async fn unknown(&mut self, players: usize) -> Cost {
        let mut cost = Cost::default();
        for _ in 0..3 {
            self.next += 1;
            let name = self.now(&self.video()).await.resolve(&format!("1/{}.m4s", self.next));
            let reply = self.alike(players, &mut cost, 404, &name).await;
            assert_eq!(reply.header("access-control-allow-origin"), "*");
        }
        cost
    }

    async fn impossible(&mut self, players: usize) -> Cost {
        let mut cost = Cost::default();
        for _ in 0..3 {
            self.next += 1;
            let reload = format!("{}?_HLS_msn={}", self.video(), self.next);
            self.alike(players, &mut cost, 400, &reload).await;
        }
        cost
    }

    /// What a player asks first after the playlist: its init section and newest segments.
    async fn join(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.own(players), Cost::default());
        let playlist = self.now(&path).await;
        let newest = playlist.segments().into_iter().rev().take(2);
        for uri in std::iter::once(playlist.init()).chain(newest) {
            let reply = self.alike(players, &mut cost, 200, &uri).await;
            assert_eq!(reply.body, self.origin.get(&uri).await.expect(200).body, "{uri}");
            let known = self.cached.with("if-none-match", reply.header("etag"));
            assert_eq!(known.get(&uri).await.status, 304, "{uri} is known");
        }
        cost
    }

    /// What one viewer asks in other words never becomes the answer to what the others ask.
    async fn other_words(&self) {
        let path = self.video();
        for case in 0..4 {
            let (msn, part) = edge(&self.now(&path).await);
            let part = part + 2;
            let foul = match case {
                0 => format!("_hls_msn={msn}&_hls_part={part}"),
                1 => format!("_HLS_msn={msn}&_HLS_part={part}&_HLS_msn=0"),
                2 => format!("x?_HLS_msn={msn}&_HLS_part={part}"),
                _ => format!("_HLS%5Fmsn={msn}&_HLS_part={part}"),
            };
            self.cached.get(&format!("{path}?{foul}")).await;
            let right = format!("{path}?_HLS_msn={msn}&_HLS_part={part}");
            let reply = self.cached.get(&right).await.expect(200);
            assert!(edge(&playlist(&path, &reply)) >= (msn, part), "{right} after {foul}");
        }
    }

    /// What is no media passes as it comes: a comment is posted, and heard on an open event stream.
    async fn room_is_live(&self) {
        let mut viewer = self.partner.viewer("ada").await;
        viewer.client = self.cached.bearer(&viewer.token);
        let mut events = viewer.client.events(&viewer.events_path()).await;
        events.named("stream.hello").await;
        viewer.say("through the cache").await.expect(201);
        events.named("comment.created").await;
    }

    async fn deltas(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.video(), Cost::default());
        // A broadcast that has just begun has nothing to skip.
        loop {
            let (msn, _) = edge(&self.now(&path).await);
            let delta = format!("{path}?_HLS_msn={msn}&_HLS_skip=YES");
            if self.now(&delta).await.tag("EXT-X-SKIP").is_some() {
                break;
            }
        }
        for _ in 0..3 {
            let (msn, part) = edge(&self.now(&path).await);
            let delta = format!("{path}?_HLS_msn={msn}&_HLS_part={}&_HLS_skip=YES", part + 2);
            let reply = self.alike(players, &mut cost, 200, &delta).await;
            let got = playlist(&path, &reply);
            assert!(got.tag("EXT-X-SKIP").is_some(), "{}", got.text);
            assert!(edge(&got) >= (msn, part + 2), "{}", got.text);
        }
        cost
    }

    /// The publisher goes; the broadcast is a recording.
    async fn end(&mut self) {
        self.encoder.take().expect("an encoder").stop().await;
        let path = self.video();
        let ended = async {
            while !self.now(&path).await.ended() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("ENDLIST in time");
    }

    /// The recording's playlist of one rendition.
    fn vod(&self, players: usize) -> String {
        let rendition = if players > 1 { "a0" } else { "v0" };
        format!("/vod/{}/{rendition}/media.m3u8", self.recording)
    }

    async fn replay(&self, players: usize) -> Cost {
        let (path, mut cost) = (self.vod(players), Cost::default());
        let reply = self.alike(players, &mut cost, 200, &path).await;
        let playlist = playlist(&path, &reply);
        assert!(playlist.ended(), "{}", playlist.text);
        let segments = playlist.segments().into_iter().take(4);
        for uri in std::iter::once(playlist.init()).chain(segments) {
            let reply = self.alike(players, &mut cost, 200, &uri).await;
            assert_eq!(reply.body, self.origin.get(&uri).await.expect(200).body, "{uri}");
        }
        cost
    }

    /// The program has nothing in memory but the recording's index, and its store can't be read.
    async fn lose_the_store(&mut self) {
        self.program.stop_and_restart().await;
        self.origin = self.program.client();
        for players in [1, PLAYERS] {
            self.now(&self.vod(players)).await;
        }
        let objects = self.program.data().join("objects");
        std::fs::rename(&objects, self.program.data().join("away")).expect("the objects move");
        // A link to itself: what is below it can't be looked up, which is not the same as absent.
        std::os::unix::fs::symlink("objects", &objects).expect("a link");
        assert!(self.partner.live().await.is_none());
        assert!(self.cache.client().get("/livez").await.status.is_success());
    }

    async fn unavailable(&self, players: usize) -> Cost {
        let mut cost = Cost::default();
        let playlist = self.now(&self.vod(players)).await;
        for uri in playlist.segments().iter().skip(5).take(3) {
            let reply = self.alike(players, &mut cost, 503, uri).await;
            assert_eq!(reply.header("cache-control"), "public, max-age=1");
        }
        cost
    }
}

/// One body and status for all; the first of the replies.
fn alike(replies: Vec<Reply>, status: u16, path: &str) -> Reply {
    let bodies: BTreeSet<&Bytes> = replies.iter().map(|reply| &reply.body).collect();
    assert_eq!(bodies.len(), 1, "all players get the same for {path}");
    for reply in &replies {
        assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.text());
    }
    replies.into_iter().last().expect("a player")
}

fn playlist(path: &str, reply: &Reply) -> Playlist {
    Playlist { path: path.to_owned(), text: reply.text() }
}

/// Segment and number of the newest part.
fn edge(playlist: &Playlist) -> (u64, u64) {
    let newest = playlist.parts().pop().expect("a part");
    let name = newest.rsplit('/').next().expect("a name").trim_end_matches(".m4s");
    let (msn, part) = name.split_once('.').expect("SEGMENT.PART");
    (msn.parse().expect("a number"), part.parse().expect("a number"))
}

fn gunzip(body: &Bytes) -> String {
    let mut text = String::new();
    let mut reader = flate2::read::MultiGzDecoder::new(body.as_ref());
    std::io::Read::read_to_string(&mut reader, &mut text).expect("gzip");
    text
}
