//! One HTTP/1.1 exchange, plain or TLS, with the system's root certificates.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Method, Request, response};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

use crate::trust;

/// The longest body that is read, and the longest that one is unpacked to.
const BODY_BYTES_MAX: usize = 32 << 20;
/// Longer than any hold: three target durations of the longest profile, and the way back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Head and body of an answer.
pub(crate) type Whole = (response::Parts, Bytes);

/// Makes one connection for each call: what a probe sees must not depend on the one before.
#[derive(Clone)]
pub(crate) struct Client {
    tls: TlsConnector,
}

impl Client {
    /// Reads the system's root certificates.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { tls: trust::connector()? })
    }

    /// The protocol that the URL's host takes when HTTP/2 is offered before HTTP/1.1.
    pub(crate) async fn protocol(&self, url: &Url) -> anyhow::Result<Option<Vec<u8>>> {
        let stream = self.secure(url, BOTH).await?;
        Ok(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec))
    }

    /// Sends the requests one after another on one connection; the whole answers.
    pub(crate) async fn in_turn(
        &self,
        url: &Url,
        requests: Vec<Request<Empty<Bytes>>>,
    ) -> anyhow::Result<Vec<Whole>> {
        match scheme(url)? {
            Scheme::Plain => exchange(connect(url).await?, requests).await,
            Scheme::Tls => exchange(self.secure(url, &[]).await?, requests).await,
        }
    }

    /// A connection with TLS, over which these protocols are offered.
    pub(super) async fn secure(
        &self,
        url: &Url,
        offered: &[&str],
    ) -> anyhow::Result<TlsStream<TcpStream>> {
        let offered = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(host(url)?.to_owned())?;
        Ok(self.tls.with_alpn(offered).connect(name, connect(url).await?).await?)
    }
}

/// Offers HTTP/2 before HTTP/1.1.
pub(super) const BOTH: &[&str] = &["h2", "http/1.1"];

/// How the bytes travel.
pub(super) enum Scheme {
    Plain,
    Tls,
}

pub(super) fn scheme(url: &Url) -> anyhow::Result<Scheme> {
    match url.scheme() {
        "http" => Ok(Scheme::Plain),
        "https" => Ok(Scheme::Tls),
        other => bail!("{other}:// is not supported: use http:// or https://"),
    }
}

fn host(url: &Url) -> anyhow::Result<&str> {
    Ok(url.host_str().context("the URL names no host")?.trim_matches(['[', ']']))
}

/// A request without a body, as players send it.
pub(crate) fn request<'a>(
    method: &Method,
    url: &Url,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> anyhow::Result<Request<Empty<Bytes>>> {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut request = Request::builder().method(method).uri(target).header("host", url.authority());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    Ok(request.body(Empty::new())?)
}

/// Undoes gzip.
pub(crate) fn gunzip(body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut plain = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(body).take(BODY_BYTES_MAX as u64);
    reader.read_to_end(&mut plain).context("the body is not gzip")?;
    Ok(plain)
}

/// What an exchange brings, while its connection is driven.
pub(super) async fn over<T>(
    connection: impl Future<Output = hyper::Result<()>>,
    exchange: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::pin!(exchange, connection);
    tokio::select! {
        biased;
        exchanged = &mut exchange => exchanged,
        ended = &mut connection => {
            ended?;
            exchange.await
        }
    }
}

/// The whole body.
pub(super) async fn whole(body: Incoming) -> anyhow::Result<Bytes> {
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
    Ok(body.map_err(|error| anyhow::anyhow!(error))?.to_bytes())
}

pub(super) async fn connect(url: &Url) -> anyhow::Result<TcpStream> {
    let host = host(url)?;
    let port = url.port_or_known_default().context("the URL's scheme has no port")?;
    let socket = TcpStream::connect((host, port))
        .await
        .with_context(|| format!("cannot connect to {host}:{port}"))?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

async fn exchange(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    requests: Vec<Request<Empty<Bytes>>>,
) -> anyhow::Result<Vec<Whole>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let exchange = async {
        let mut answers = Vec::new();
        for request in requests {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            answers.push((head, whole(body).await?));
        }
        Ok(answers)
    };
    over(connection, exchange).await
}
