//! Viewers on plain sockets: what they receive is what a body would have said.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response, header};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use infra::tasks::Tasks;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use super::streams::{Events, restarted, wanted};
use crate::room::{Room, Stream};
use crate::testing::{Place, World};

type Answering =
    Pin<Box<dyn Future<Output = Result<Response<infra::http::Body>, Infallible>> + Send>>;

/// Answers behind the real accept loop.
async fn serve(
    tasks: &Tasks,
    answer: impl Fn(Request<Incoming>) -> Answering + Clone + Send + Sync + 'static,
) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (settings, service) = (infra::http::Settings::default(), service_fn(answer));
    tasks.spawn("listener", infra::http::serve(socket, None, settings, service, tasks.clone()));
    address
}

/// A world with a listener, and a token to listen with.
struct Stage {
    world: World,
    place: Place,
    token: String,
    listener: SocketAddr,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new().await;
        let place = world.place("a").await;
        let token = world.viewer(place.room_id, "ana", &["read"]).await;
        let router = crate::router::router(world.app.clone());
        let answer = move |request| -> Answering {
            let router = router.clone();
            Box::pin(async { Ok(router.oneshot(request).await?.map(infra::http::Body::boxed)) })
        };
        let listener = serve(&world.app.tasks, answer).await;
        Self { world, place, token, listener }
    }

    async fn say(&self, body: &str) {
        let path = format!("/v1/rooms/{}/comments", self.place.room_id);
        self.world.owner().post(&path, json!({ "body": body })).await.expect(201);
    }

    fn request(&self) -> Request<Body> {
        let request = Request::get(format!("/v1/rooms/{}/events", self.place.room_id))
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        request.body(Body::empty()).unwrap()
    }

    async fn open(&self) -> Events {
        connect(&self.world.app.tasks, self.listener, self.request()).await
    }

    async fn room(&self) -> Arc<Room> {
        self.world.app.rooms.open(self.place.room_id).await.unwrap()
    }
}

async fn connect(tasks: &Tasks, to: SocketAddr, request: Request<Body>) -> Events {
    let io = TokioIo::new(TcpStream::connect(to).await.unwrap());
    let (mut sender, connection) = http1::handshake(io).await.unwrap();
    tasks.spawn_service("client", async move { drop(connection.await) });
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[header::TRANSFER_ENCODING], "chunked");
    Events::of(response.map(Body::new))
}

async fn until_streams(room: &Room, wanted: usize) {
    while room.hub.streams() != wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_viewer_sees_every_event_once_and_leaves_when_its_socket_closes() {
    let stage = Stage::new().await;
    let mut viewers = Vec::new();
    for _ in 0..20 {
        viewers.push(stage.open().await);
    }
    for viewer in &mut viewers {
        assert_eq!(viewer.next().await.unwrap().name, "stream.hello");
    }
    for n in 0..10 {
        stage.say(&format!("{n}")).await;
    }
    for viewer in &mut viewers {
        for n in 0..10 {
            let event = viewer.next().await.unwrap();
            assert_eq!(event.data["comment"]["body"], json!(format!("{n}")));
        }
    }
    viewers.truncate(3);
    until_streams(&*stage.room().await, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_comes_back_gets_what_it_missed_from_the_table() {
    let stage = Stage::new().await;
    for n in 0..6 {
        stage.say(&format!("{n}")).await;
    }
    // A process that starts on the same database has forgotten everything.
    let room = restarted(&stage.world).open(stage.place.room_id).await.unwrap();
    let at = |seq: u64| format!("{}-{seq}", room.hub.epoch);
    let (known, missed_by) = (at(2), Arc::clone(&room));
    let answer = move |_| -> Answering {
        let stream = Stream::open(Arc::clone(&missed_by), wanted(Some(&known)));
        let answer = stream.into_response().map(infra::http::Body::boxed);
        Box::pin(async { Ok(answer) })
    };
    let listener = serve(&stage.world.app.tasks, answer).await;
    let mut viewer = connect(&stage.world.app.tasks, listener, stage.request()).await;
    assert_eq!(viewer.next().await.unwrap().id, at(2));
    for seq in 3..=6 {
        assert_eq!(viewer.next().await.unwrap().id, at(seq));
    }
}

/// Comments of four hundred letters: more than the buffers of a socket hold.
const SAID: usize = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_does_not_read_holds_nobody_up_and_misses_nothing() {
    let stage = Stage::new().await;
    let mut slow = TcpStream::connect(stage.listener).await.unwrap();
    let path = format!("/v1/rooms/{}/events", stage.place.room_id);
    let token = &stage.token;
    let asked = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    slow.write_all(asked.as_bytes()).await.unwrap();
    let mut fast = stage.open().await;
    until_streams(&*stage.room().await, 2).await;
    assert_eq!(fast.next().await.unwrap().name, "stream.hello");
    let long = "x".repeat(400);
    for _ in 0..SAID {
        stage.say(&long).await;
        assert_eq!(fast.next().await.unwrap().name, "comment.created");
    }
    let (mut text, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    while !String::from_utf8_lossy(&text).contains(&format!("-{SAID}\n")) {
        let read = slow.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the stream goes on");
        text.extend_from_slice(&buffer[..read]);
    }
    let (head, body) = split(&text);
    for name in
        ["transfer-encoding: chunked", "date: ", "x-request-id: ", "x-content-type-options: "]
    {
        assert!(head.contains(name), "every layer has its say: {head}");
    }
    let said = unchunked(body);
    let ids = said.lines().filter_map(|line| line.strip_prefix("id: ")?.split_once('-'));
    let mut seen: Vec<u64> = ids.map(|(_, seq)| seq.parse().unwrap()).collect();
    seen.dedup();
    assert_eq!(seen, (0..=SAID as u64).collect::<Vec<_>>());
}

fn split(text: &[u8]) -> (String, &[u8]) {
    let end = text.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&text[..end]).into_owned(), &text[end + 4..])
}

/// The whole chunks of a body, joined.
fn unchunked(mut body: &[u8]) -> String {
    let mut said = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        let Some(chunk) = body.get(end + 2..end + 2 + length) else { break };
        said.extend_from_slice(chunk);
        let Some(rest) = body.get(end + 2 + length + 2..) else { break };
        body = rest;
    }
    String::from_utf8(said).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draining_server_ends_its_streams_with_a_last_chunk() {
    let stage = Stage::new().await;
    let mut viewer = stage.open().await;
    assert_eq!(viewer.next().await.unwrap().name, "stream.hello");
    let room = stage.room().await;
    stage.world.app.tasks.begin_drain();
    while !room.is_draining() {
        tokio::task::yield_now().await;
    }
    // The stream has drawn its moment at the wake-up of the drain; all of them lie within five
    // seconds of a clock that only this test moves.
    let ended = async { while viewer.more().await {} };
    let passing = async {
        loop {
            stage.world.pass(std::time::Duration::from_secs(6));
            room.hub.wake();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = ended => {}
        () = passing => {}
    }
    assert!(viewer.text.contains("retry: "), "{}", viewer.text);
    until_streams(&room, 0).await;
}
