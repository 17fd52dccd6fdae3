//! From the access unit that completes a part to a thousand answers: `cargo bench --bench wake`.
//!
//! A whole origin in this process takes the test picture over a real RTMP socket in real time, while
//! every waiter asks for the next part of the playlist. The time ends when the answer is ready to be
//! written; sockets of viewers are left out, because their cost is the kernel's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use infra::bootstrap;
use infra::bus::Bus;
use infra::clock::{Clock as _, SystemClock};
use infra::database::Database;
use infra::http::Connections;
use infra::ids::Ids;
use infra::object::Memory;
use infra::tasks::Tasks;
use media::flv::Tag;
use media::rtmp::Limits;
use media::rtmp::client::{Event, Session};
use media::rtmp::target::Address;
use media::testcard::{Encoder, FRAMES_PER_SECOND};
use origin::{Delivery, Origin, Parts, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Requests that wait for the same part.
const WAITERS: usize = 1_000;
/// How long frames are sent.
const SECONDS: u64 = 20;
/// Frames of a part of a third of a second.
const PART_FRAMES: u64 = FRAMES_PER_SECOND / 3;
/// From an answer to the next request of the same player.
const WAY: Duration = Duration::from_millis(20);
/// Parts of a segment of the profile `low`.
const SEGMENT_PARTS: u64 = 6;
/// The first part that is waited for: everyone is there by then.
const FIRST_PART: u64 = 3 * SEGMENT_PARTS;
/// The first part that nobody waits for: the last ones end with the broadcast.
const LAST_PART: u64 = (SECONDS - 2) * 3;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (clock, tasks) = (SystemClock::new(), Tasks::new());
    let database = database(directory.path(), &tasks, clock).await;
    let ids = Ids::new(Arc::new(clock));
    bootstrap::first_start(&database, &ids).await.expect("the first start");
    let channel = bootstrap::channel(&database, &ids, "bench", "Bench").await.expect("a channel");
    let settings = Settings {
        rtmp: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        journal: Some(directory.path().to_owned()),
        ..Settings::default()
    };
    let parts = Parts {
        database,
        bus: Bus::memory(),
        store: Arc::new(Memory::default()),
        clock: Arc::new(clock),
        tasks: tasks.clone(),
        connections: Connections::default(),
    };
    let origin = Origin::start(settings, parts).await.expect("the origin starts");
    let rtmp = origin.rtmp_address().expect("publishers are taken");
    let key = channel.stream_key.expose().to_owned();
    let sending = publish(rtmp, key, clock);
    let (ready, mut woken) = mpsc::channel(WAITERS);
    let delivery = origin.delivery();
    let watching = async {
        let path = media_playlist(&delivery).await;
        for _ in 0..WAITERS {
            let waiter = wait(delivery.clone(), path.clone(), clock, ready.clone());
            tasks.spawn("waiter", waiter);
        }
        drop(ready);
        let mut seen: BTreeMap<u64, Vec<Duration>> = BTreeMap::new();
        while let Some(woken) = woken.recv().await {
            for (part, when) in woken.into_iter().filter(|(part, _)| *part >= FIRST_PART) {
                seen.entry(part).or_default().push(when);
            }
        }
        seen
    };
    let (sent, seen) = tokio::join!(sending, watching);
    report(&sent, &seen);
}

async fn database(directory: &std::path::Path, tasks: &Tasks, clock: SystemClock) -> Database {
    let config = infra::config::Database::sqlite(directory.join("headwater.db"));
    let opened = Database::open(&config, tasks, Arc::new(clock)).await;
    let database = opened.expect("the database opens");
    database.migrate().await.expect("the migrations apply");
    database
}

/// Sends the picture in real time; returns when each frame was sent.
async fn publish(rtmp: SocketAddr, key: String, clock: SystemClock) -> Vec<Duration> {
    let address = Address::parse(&format!("rtmp://{rtmp}/live/{key}")).expect("an address");
    let mut socket = TcpStream::connect(rtmp).await.expect("the origin listens");
    socket.set_nodelay(true).expect("a socket option");
    let mut session = Session::new(Limits::default(), address);
    let mut buffer = BytesMut::new();
    while !matches!(session.poll(), Some(Event::Accepted)) {
        socket.write_all(&session.take_output()).await.expect("the origin reads");
        socket.read_buf(&mut buffer).await.expect("the origin answers");
        session.receive(&buffer.split()).expect("the origin speaks RTMP");
    }
    session.send(&Tag::config(&Encoder::config()));
    // Made before it is sent: an encoder has a machine of its own.
    let mut encoder = Encoder::new();
    let frames =
        (0..SECONDS * FRAMES_PER_SECOND).map(|frame| Tag::unit(&encoder.frame(frame, frame * 33)));
    let (frames, mut sent) = (frames.collect::<Vec<_>>(), Vec::new());
    let mut pace = tokio::time::interval(Duration::from_nanos(1_000_000_000 / FRAMES_PER_SECOND));
    for frame in &frames {
        session.send(frame);
        let output = session.take_output();
        pace.tick().await;
        sent.push(clock.monotonic());
        socket.write_all(&output).await.expect("the origin reads");
    }
    session.close();
    socket.write_all(&session.take_output()).await.expect("the origin reads");
    sent
}

async fn get(delivery: &Delivery, path: &str) -> Option<String> {
    let request = http::Request::get(path).body(()).expect("a request");
    let answer = delivery.respond(&request.into_parts().0).await;
    let good = answer.status().is_success();
    let body = answer.into_body().collect().await.ok().filter(|_| good)?;
    String::from_utf8(body.to_bytes().to_vec()).ok()
}

async fn media_playlist(delivery: &Delivery) -> String {
    loop {
        if let Some(text) = get(delivery, "/hls/bench/index.m3u8").await {
            let uri = text.lines().last().expect("a rendition");
            return format!("/hls/{}", uri.trim_start_matches("../"));
        }
        tokio::task::yield_now().await;
    }
}

/// Waits for part after part, until the picture is nearly over.
async fn wait(
    delivery: Delivery,
    path: String,
    clock: SystemClock,
    ready: mpsc::Sender<Vec<(u64, Duration)>>,
) {
    let mut woken = Vec::new();
    for part in 1..LAST_PART {
        let (msn, rest) = (part / SEGMENT_PARTS, part % SEGMENT_PARTS);
        let asked = format!("{path}?_HLS_msn={msn}&_HLS_part={rest}");
        let request = http::Request::get(asked).body(()).expect("a request").into_parts().0;
        let mut answering = Box::pin(delivery.respond(&request));
        // Who did not have to wait came late, and shows nothing of the wake-up.
        if answering.as_mut().now_or_never().is_none() {
            let answer = answering.await;
            let when = clock.monotonic();
            assert!(answer.status().is_success(), "{}", answer.status());
            woken.push((part, when));
            // A player asks again when the answer has reached it.
            tokio::time::sleep(WAY).await;
        }
    }
    ready.send(woken).await.expect("the figure is awaited");
}

#[expect(clippy::print_stdout, reason = "the figure")]
fn report(sent: &[Duration], seen: &BTreeMap<u64, Vec<Duration>>) {
    // Which unit completes a part is what most parts say: the one that was sent last before the first
    // answer. All parts have as many units.
    let last_before = |when: Duration| sent.partition_point(|sent| *sent <= when) as u64;
    let mut leads: Vec<u64> = seen
        .iter()
        .filter_map(|(part, whens)| {
            last_before(*whens.iter().min()?).checked_sub(part * PART_FRAMES)
        })
        .collect();
    leads.sort_unstable();
    let lead = *leads.get(leads.len() / 2).expect("parts were seen");
    let completed = |part: u64| {
        let place = (part * PART_FRAMES + lead).checked_sub(1)?;
        sent.get(usize::try_from(place).ok()?).copied()
    };
    let mut delays: Vec<Duration> = seen
        .iter()
        .filter_map(|(part, whens)| Some((completed(*part)?, whens)))
        .flat_map(|(sent, whens)| whens.iter().map(move |when| when.saturating_sub(sent)))
        .collect();
    delays.sort_unstable();
    let ms = |per_mille: usize| {
        let at = delays.len().saturating_sub(1) * per_mille / 1_000;
        delays.get(at).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    let (first, p50, p99, max) = (ms(10), ms(500), ms(990), ms(1_000));
    let answers = delays.len();
    println!(
        "{{\"waiters\":{WAITERS},\"answers\":{answers},\"first_ms\":{first:.2},\"p50_ms\":{p50:.2},\"p99_ms\":{p99:.2},\"max_ms\":{max:.2}}}"
    );
}
