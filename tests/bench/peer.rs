//! An origin of hyper and nothing else: what live delivery costs at least on this machine today.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use infra::tasks::Tasks;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::time::interval;

/// Segments that a playlist lists, as a delta update of ours does.
const LISTED: u64 = 7;
/// Events that a stream may be behind.
const BEHIND_MAX: usize = 256;

/// What the peer pretends to be.
#[derive(Debug, Args)]
pub(crate) struct Shape {
    /// Milliseconds of a part
    #[arg(long, default_value_t = 333)]
    part_ms: u64,
    /// Parts of a segment
    #[arg(long, default_value_t = 6)]
    parts: u32,
    /// Bytes of a part
    #[arg(long, default_value_t = 100_000)]
    bytes: usize,
}

/// A playlist and its last part.
#[derive(Debug, Clone)]
struct Version {
    edge: (u64, u32),
    text: Bytes,
}

struct Peer {
    parts: u32,
    media: Bytes,
    playlist: watch::Receiver<Version>,
    events: broadcast::Sender<Bytes>,
}

type Body = BoxBody<Bytes, Infallible>;

/// Serves until it is killed; prints its address first.
pub(crate) async fn serve(shape: Shape) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let mut next = (0, 0);
    let (versions, playlist) = watch::channel(version(next, &shape));
    let (events, _) = broadcast::channel(BEHIND_MAX);
    let media = Bytes::from(vec![0; shape.bytes]);
    let peer = Arc::new(Peer { parts: shape.parts, media, playlist, events });
    tasks.spawn("parts", async move {
        let mut pace = interval(Duration::from_millis(shape.part_ms));
        loop {
            pace.tick().await;
            next = after(next, shape.parts);
            versions.send_replace(version(next, &shape));
        }
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    crate::print(&json!({"http": format!("http://{address}"), "pid": std::process::id()}));
    loop {
        let (stream, _) = listener.accept().await?;
        tasks.spawn("connection", connection(stream, Arc::clone(&peer)));
    }
}

async fn connection(stream: TcpStream, peer: Arc<Peer>) {
    let service = service_fn(move |request| answer(Arc::clone(&peer), request));
    if stream.set_nodelay(true).is_ok() {
        let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A client that goes away is how every measurement ends.
        served.await.unwrap_or_default();
    }
}

async fn answer(peer: Arc<Peer>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path();
    let body = if path == "/media.m3u8" {
        let wanted = wanted(request.uri().query().unwrap_or_default(), peer.parts);
        let mut playlist = peer.playlist.clone();
        let ready = playlist.wait_for(|version| wanted.is_none_or(|at| version.edge >= at)).await;
        Full::new(ready.map_or_else(|_| Bytes::new(), |version| version.text.clone())).boxed()
    } else if path == "/events" {
        let frames = futures_util::stream::unfold(peer.events.subscribe(), |mut events| async {
            let event = events.recv().await.ok()?;
            Some((Ok(Frame::data(event)), events))
        });
        StreamBody::new(frames).boxed()
    } else if path == "/comments" {
        let posted = request.into_body().collect().await;
        let posted = posted.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
        let text = String::from_utf8_lossy(&posted);
        let event = format!("event: comment.created\ndata: {text}\n\n");
        // Nobody listens: nobody misses it.
        peer.events.send(event.into()).unwrap_or_default();
        Full::new(Bytes::from_static(b"{}")).boxed()
    } else {
        Full::new(peer.media.clone()).boxed()
    };
    Ok(Response::new(body))
}

/// The position that a blocked reload asks for; past a segment's end it is the next one's start.
fn wanted(query: &str, parts: u32) -> Option<(u64, u32)> {
    let number = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
    let msn: u64 = number("_HLS_msn=")?.parse().ok()?;
    let part = number("_HLS_part=")?.parse().ok()?;
    Some(if part < parts { (msn, part) } else { (msn + 1, 0) })
}

fn after((msn, part): (u64, u32), parts: u32) -> (u64, u32) {
    if part + 1 < parts { (msn, part + 1) } else { (msn + 1, 0) }
}

fn version(edge: (u64, u32), shape: &Shape) -> Version {
    let first = edge.0.saturating_sub(LISTED);
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
    );
    for msn in first..=edge.0 {
        let open = msn == edge.0;
        text.push_str("#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n");
        for part in (0..if open { edge.1 + 1 } else { shape.parts }).filter(|_| edge.0 - msn < 3) {
            line(&mut text, "#EXT-X-PART:DURATION=0.333,URI", (msn, part));
        }
        if !open {
            writeln!(text, "#EXTINF:2.000,\n{msn}.m4s").unwrap_or_default();
        }
    }
    line(&mut text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI", after(edge, shape.parts));
    Version { edge, text: text.into() }
}

fn line(text: &mut String, tag: &str, (msn, part): (u64, u32)) {
    writeln!(text, "{tag}=\"{msn}.{part}.m4s\"").unwrap_or_default();
}
