//! HTTPS from our own listener: certificates, HTTP/2, and what a wrong path says.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::conformance;
use crate::harness::client::PATIENCE;
use crate::harness::player::{Playlist, resolve};
use crate::harness::program::{Backend, Options, Program, headwater};

/// A certificate of this machine, its key, and the lines that configure them.
pub(crate) struct Pair {
    folder: TempDir,
    certificate: CertificateDer<'static>,
    pub(crate) config: String,
}

impl Pair {
    /// Another certificate and key in the same files.
    fn renew(&mut self) {
        self.certificate = issue(self.folder.path());
    }

    /// The file of the certificate, for clients that shall trust it.
    pub(crate) fn certificate_file(&self) -> String {
        self.folder.path().join("cert.pem").display().to_string()
    }
}

pub(crate) fn pair() -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = issue(folder.path());
    let config = configured(&folder.path().join("cert.pem"), &folder.path().join("key.pem"));
    Pair { folder, certificate, config }
}

fn issue(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a pair");
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).expect("a file");
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("a file");
    made.cert.der().clone()
}

fn configured(certificate: &Path, key: &Path) -> String {
    let (certificate, key) = (certificate.display(), key.display());
    format!("http.tls_certificate = \"{certificate}\"\nhttp.tls_key = \"{key}\"\n")
}

/// A connection that offers these protocols.
async fn connect(program: &Program, pair: &Pair, offered: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(pair.certificate.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.expect("protocols").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
    let http = program.http();
    let address = http.strip_prefix("https://").expect("the ready line says https");
    let socket = TcpStream::connect(address).await.expect("a connection");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, socket);
    tokio::time::timeout(PATIENCE, connecting).await.expect("in time").expect("a handshake")
}

async fn get(sender: &mut SendRequest<Empty<Bytes>>, path: &str) -> (StatusCode, Bytes) {
    let request = Request::get(format!("https://127.0.0.1{path}")).body(Empty::new());
    let reply = sender.send_request(request.expect("a request")).await.expect("an answer");
    let (status, body) = (reply.status(), reply.into_body());
    (status, body.collect().await.expect("a body").to_bytes())
}

async fn playlist(sender: &mut SendRequest<Empty<Bytes>>, path: &str) -> Playlist {
    let (status, body) = get(sender, path).await;
    let text = String::from_utf8_lossy(&body).into_owned();
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    Playlist { path: path.split('?').next().unwrap_or_default().to_owned(), text }
}

/// What a player does over one connection: playlists, a blocking reload, a part.
async fn plays(mut sender: SendRequest<Empty<Bytes>>) {
    const INDEX: &str = "/hls/demo/index.m3u8";
    while get(&mut sender, INDEX).await.0 != StatusCode::OK {
        tokio::task::yield_now().await;
    }
    let index = playlist(&mut sender, INDEX).await;
    let uri = index.text.lines().last().expect("a rendition");
    let path = resolve(INDEX, uri);
    let first = playlist(&mut sender, &path).await;
    let next = first.first_msn() + first.segment_count();
    let reload = playlist(&mut sender, &format!("{path}?_HLS_msn={next}")).await;
    assert!(reload.first_msn() + reload.segment_count() > next, "{}", reload.text);
    for uri in [reload.parts().pop().expect("a part"), reload.init()] {
        let (status, bytes) = get(&mut sender, &uri).await;
        assert_eq!(status, StatusCode::OK, "{uri}");
        assert!(!bytes.is_empty(), "{uri}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_follows_the_stream_over_one_http_2_connection() {
    let pair = pair();
    let mut options = Options::on(Backend::Embedded).demo();
    options.config.clone_from(&pair.config);
    let program = Program::start(options).await;
    over_http2(&program, &pair).await;
    // The same server under the probe: what only TLS shows.
    let certificate = pair.certificate_file();
    let url = format!("{}/hls/demo/index.m3u8", program.http());
    let report = conformance::sound_with(&url, 3, &[("SSL_CERT_FILE", &certificate)]).await;
    let passed = conformance::rules(&report, "must", "passed");
    assert!(passed.contains("T1") && passed.contains("T4"), "{passed:?}");
}

/// Plays over one HTTP/2 connection.
async fn over_http2(program: &Program, pair: &Pair) {
    let stream = connect(program, pair, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let connected =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = connected.expect("an HTTP/2 connection");
    let played = async {
        tokio::select! {
            () = plays(sender) => {}
            ended = connection => panic!("the connection ended: {ended:?}"),
        }
    };
    tokio::time::timeout(PATIENCE, played).await.expect("in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_no_http_2_gets_http_1() {
    let pair = pair();
    let mut options = Options::on(Backend::Embedded);
    options.config.clone_from(&pair.config);
    let program = Program::start(options).await;
    for (offered, agreed) in [(&["http/1.1"][..], Some(&b"http/1.1"[..])), (&[], None)] {
        let stream = connect(&program, &pair, offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed, "{offered:?}");
        let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = connected.expect("an HTTP/1.1 connection");
        let request =
            Request::get("/livez").header("host", "127.0.0.1").body(Empty::<Bytes>::new());
        let asked = sender.send_request(request.expect("a request"));
        let reply = tokio::select! {
            reply = asked => reply.expect("an answer"),
            ended = connection => panic!("the connection ended: {ended:?}"),
        };
        assert_eq!(reply.status(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_certificate_is_one_sentence_and_no_server() {
    let pair = pair();
    let folder = tempfile::tempdir().expect("a folder");
    let (missing, empty) = (folder.path().join("missing.pem"), folder.path().join("empty.pem"));
    std::fs::write(&empty, "").expect("a file");
    let file = folder.path().join("headwater.toml");
    let data = folder.path().join("data").display().to_string();
    let pem = pair.folder.path().join("cert.pem");
    for (certificate, reason) in [(&missing, "can't read"), (&empty, "holds no certificate")] {
        std::fs::write(&file, configured(certificate, &pem)).expect("a file");
        let (file, named) = (file.display().to_string(), certificate.display().to_string());
        let arguments =
            ["serve", "--config", &file, "--data", &data, "--http", "127.0.0.1:0", "--rtmp"];
        let ended = headwater(&[&arguments[..], &["127.0.0.1:0"]].concat()).await;
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let told: Vec<&str> =
            ended.stderr.lines().filter(|line| line.starts_with("headwater: ")).collect();
        let [sentence] = *told else { panic!("{}", ended.stderr) };
        assert!(sentence.contains(reason) && sentence.contains(&named), "{sentence}");
    }
}

/// An HTTP/1.1 connection that stays open; the certificate that it was opened with.
async fn stays(program: &Program, pair: &Pair) -> (Http1, Vec<u8>) {
    let stream = connect(program, pair, &["http/1.1"]).await;
    let shown = stream.get_ref().1.peer_certificates().expect("a certificate").to_vec();
    let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = connected.expect("an HTTP/1.1 connection");
    (Http1 { sender, connection: Box::pin(connection) }, shown[0].to_vec())
}

struct Http1 {
    sender: hyper::client::conn::http1::SendRequest<Empty<Bytes>>,
    connection: std::pin::Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
}

impl Http1 {
    async fn asks(&mut self) -> StatusCode {
        let request = Request::get("/livez").header("host", "127.0.0.1").body(Empty::new());
        let asked = async {
            let reply = self.sender.send_request(request.expect("a request")).await;
            let (head, body) = reply.expect("an answer").into_parts();
            body.collect().await.expect("a body");
            head.status
        };
        tokio::select! {
            status = asked => status,
            ended = &mut self.connection => panic!("the connection ended: {ended:?}"),
        }
    }
}

/// Tells the program to read its certificate again, and waits until it says how that ended.
async fn reread(program: &Program, said: &str) {
    program.signal("HUP").await;
    let told = async {
        while !program.log().contains(said) {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, told).await.is_ok();
    assert!(in_time, "{}", program.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_for_new_connections_and_a_spoilt_one_for_none() {
    let mut pair = pair();
    let mut options = Options::on(Backend::Embedded);
    options.config.clone_from(&pair.config);
    let program = Program::start(options).await;
    let (mut old, first) = stays(&program, &pair).await;
    assert_eq!(old.asks().await, StatusCode::OK);

    pair.renew();
    reread(&program, "new connections get the renewed certificate").await;
    let (mut new, second) = stays(&program, &pair).await;
    assert_eq!(second, pair.certificate.to_vec());
    assert_ne!(second, first);
    assert_eq!((old.asks().await, new.asks().await), (StatusCode::OK, StatusCode::OK));

    std::fs::write(pair.folder.path().join("key.pem"), "cut off").expect("a file");
    reread(&program, "the former certificate stays").await;
    let log = program.log();
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("former")).collect();
    let [complaint] = *complaints else { panic!("{log}") };
    assert!(complaint.contains("key.pem` holds no private key"), "{complaint}");
    let (mut third, shown) = stays(&program, &pair).await;
    assert_eq!(shown, second);
    for connection in [&mut old, &mut new, &mut third] {
        assert_eq!(connection.asks().await, StatusCode::OK);
    }
    let (status, metrics) = metrics(&program, &pair).await;
    assert_eq!(status, StatusCode::OK);
    for result in ["renewed", "failed"] {
        let counted = format!("headwater_certificate_reads_total{{result=\"{result}\"}} 1");
        assert!(metrics.contains(&counted), "{metrics}");
    }
}

/// What `/metrics` says over HTTP/2.
pub(crate) async fn metrics(program: &Program, pair: &Pair) -> (StatusCode, String) {
    let stream = connect(program, pair, &["h2"]).await;
    let connected =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.expect("an HTTP/2 connection");
    let (status, body) = tokio::select! {
        reply = get(&mut sender, "/metrics") => reply,
        ended = connection => panic!("the connection ended: {ended:?}"),
    };
    (status, String::from_utf8_lossy(&body).into_owned())
}
