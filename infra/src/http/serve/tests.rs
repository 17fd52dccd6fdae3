//! The accept loop over real sockets.

use std::pin::Pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Notify,
};
use tokio_rustls::TlsConnector;

use super::*;
use crate::http::{Handover, Taken, tls};

type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

/// Says what it was asked and over what; `/held` waits for the notice.
#[derive(Clone)]
struct Echo(Arc<Notify>);

impl Service<http::Request<Incoming>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: http::Request<Incoming>) -> Answer {
        let held = Arc::clone(&self.0);
        Box::pin(async move {
            let peer = *request.extensions().get::<Peer>().expect("the loop tells the peer");
            if request.uri().path() == "/held" {
                held.notified().await;
            }
            if request.uri().path() == "/taken" {
                let mut answer = http::Response::new(Body::full("a body"));
                answer.extensions_mut().insert(Handover::new(take));
                return Ok(answer);
            }
            let text =
                format!("{:?} {} tls={}", request.version(), request.uri().path(), peer.is_tls);
            Ok(http::Response::new(Body::full(text)))
        })
    }
}

/// Sends one chunk by itself.
fn take(Taken { stream, head, place }: Taken) {
    let said = [&*head, b"5\r\ntaken\r\n0\r\n\r\n"].concat();
    assert_eq!(stream.try_write(&said).unwrap(), said.len());
    drop((stream, place));
}

struct Running {
    address: SocketAddr,
    tasks: Tasks,
    release: Arc<Notify>,
}

async fn start(tls: Option<Arc<ServerConfig>>, settings: Settings) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tasks, release) = (Tasks::new(), Arc::new(Notify::new()));
    let service = Echo(Arc::clone(&release));
    tasks.spawn("accept", serve(listener, tls, settings, service, tasks.clone()));
    Running { address, tasks, release }
}

fn ask(path: &str) -> http::Request<Empty<Bytes>> {
    http::Request::get(path).header("host", "localhost").body(Empty::new()).unwrap()
}

async fn text(response: http::Response<Incoming>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn one_listener_speaks_http1_and_http2_by_prior_knowledge() {
    let running = start(None, Settings::default()).await;
    let clients = Tasks::new();

    let io = TokioIo::new(TcpStream::connect(running.address).await.unwrap());
    let (mut h1, connection) = http1::handshake(io).await.unwrap();
    clients.spawn("client", async move { connection.await.unwrap() });
    assert_eq!(text(h1.send_request(ask("/a")).await.unwrap()).await, "HTTP/1.1 /a tls=false");

    let io = TokioIo::new(TcpStream::connect(running.address).await.unwrap());
    let (mut h2, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    clients.spawn("client", async move { connection.await.unwrap() });
    let request = http::Request::get("http://localhost/b").body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(text(h2.send_request(request).await.unwrap()).await, "HTTP/2.0 /b tls=false");

    assert!(running.tasks.shutdown(Duration::from_secs(10)).await.is_empty());
}

#[tokio::test]
async fn alpn_chooses_the_protocol_of_a_tls_connection() {
    tls::install_provider();
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = crate::config::Tls {
        certificate: folder.path().join("c.pem"),
        key: folder.path().join("k.pem"),
    };
    std::fs::write(&files.certificate, pair.cert.pem()).unwrap();
    std::fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
    let server = tls::Certificate::read(&files).unwrap().server(tls::HTTP).unwrap();
    let running = start(Some(server), Settings::default()).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pair.cert.der().clone()).unwrap();

    for (offered, expected) in
        [("h2", "HTTP/2.0 /t tls=true"), ("http/1.1", "HTTP/1.1 /t tls=true")]
    {
        let mut client = rustls::ClientConfig::builder()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        client.alpn_protocols = vec![offered.into()];
        let socket = TcpStream::connect(running.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(client)).connect(name, socket).await.unwrap();
        let clients = Tasks::new();
        let answer = if offered == "h2" {
            let (mut sender, connection) =
                http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            clients.spawn("client", async move { drop(connection.await) });
            let request = http::Request::get("https://localhost/t").body(Empty::<Bytes>::new());
            sender.send_request(request.unwrap()).await.unwrap()
        } else {
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
            clients.spawn("client", async move { drop(connection.await) });
            sender.send_request(ask("/t")).await.unwrap()
        };
        assert_eq!(text(answer).await, expected);
    }
}

#[tokio::test]
async fn a_plain_socket_is_taken_over_and_everyone_else_gets_the_body() {
    let running = start(None, Settings::default()).await;
    for (asked, said) in [
        ("GET /taken HTTP/1.1", "\r\n\r\n5\r\ntaken\r\n0\r\n\r\n"),
        ("GET /a HTTP/1.1\r\nhost: x\r\n\r\nGET /taken HTTP/1.1", "\r\n5\r\ntaken\r\n0\r\n\r\n"),
        ("GET /taken HTTP/1.0", "\r\n\r\na body"),
        ("POST /taken HTTP/1.1\r\nconnection: close", "\r\n\r\na body"),
    ] {
        let mut socket = TcpStream::connect(running.address).await.unwrap();
        socket.write_all(format!("{asked}\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with(said), "{asked}: {answer}");
    }
    let io = TokioIo::new(TcpStream::connect(running.address).await.unwrap());
    let (mut h2, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    Tasks::new().spawn("client", async move { connection.await.unwrap() });
    let request = http::Request::get("http://localhost/taken").body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(text(h2.send_request(request).await.unwrap()).await, "a body");
}

#[tokio::test]
async fn a_request_in_flight_is_finished_while_draining_and_no_new_socket_is_taken() {
    let running = start(None, Settings::default()).await;
    let mut socket = TcpStream::connect(running.address).await.unwrap();
    socket.write_all(b"GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut other = TcpStream::connect(running.address).await.unwrap();
    other.write_all(b"GET /first HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut start = [0; 15];
    other.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");

    running.tasks.begin_drain();
    running.release.notify_one();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("HTTP/1.1 /held tls=false"), "{answer}");
    assert!(running.tasks.shutdown(Duration::from_secs(10)).await.is_empty());
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_closed() {
    let settings = Settings { handshake_timeout: Duration::from_millis(20), ..Settings::default() };
    let running = start(None, settings).await;
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn connections_above_the_cap_wait_for_a_place() {
    let settings = Settings { connections_max: 1, ..Settings::default() };
    let running = start(None, settings).await;
    let ask = b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = TcpStream::connect(running.address).await.unwrap();
    first.write_all(ask).await.unwrap();
    let mut byte = [0; 1];
    first.read_exact(&mut byte).await.unwrap();
    let mut second = TcpStream::connect(running.address).await.unwrap();
    second.write_all(ask).await.unwrap();
    let early = timeout(Duration::from_millis(50), second.read_exact(&mut byte)).await;
    assert!(early.is_err(), "the second is served beside the first");
    drop(first);
    second.read_exact(&mut byte).await.unwrap();
    assert_eq!(&byte, b"H");
}
