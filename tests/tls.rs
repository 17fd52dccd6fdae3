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
struct Pair {
    folder: TempDir,
    certificate: CertificateDer<'static>,
    config: String,
}

fn pair() -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a pair");
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let config = configured(&certificate, &key);
    Pair { folder, certificate: made.cert.der().clone(), config }
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
    let certificate = pair.folder.path().join("cert.pem").display().to_string();
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
