//! One HTTP/1.1 exchange, plain or TLS, with the system's root certificates.

use std::sync::Arc;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Request, response};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

/// The longest body that is read.
pub(super) const BODY_BYTES_MAX: usize = 32 << 20;

/// Head and body of an answer.
pub(crate) type Whole = (response::Parts, Bytes);

/// Makes one connection for each call: what a probe sees must not depend on the one before.
#[derive(Clone)]
pub(crate) struct Client {
    pub(super) tls: TlsConnector,
}

impl Client {
    /// Reads the system's root certificates.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// The protocol that the URL's host takes when HTTP/2 is offered before HTTP/1.1.
    pub(crate) async fn protocol(&self, url: &Url) -> anyhow::Result<Option<Vec<u8>>> {
        let (socket, host) = connect(url).await?;
        let offered = ["h2", "http/1.1"].map(|name| name.as_bytes().to_vec()).to_vec();
        let name = ServerName::try_from(host)?;
        let stream = self.tls.with_alpn(offered).connect(name, socket).await?;
        Ok(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec))
    }

    /// Sends the requests one after another on one connection; the whole answers.
    pub(crate) async fn in_turn(
        &self,
        url: &Url,
        requests: Vec<Request<Empty<Bytes>>>,
    ) -> anyhow::Result<Vec<Whole>> {
        let (socket, host) = connect(url).await?;
        match url.scheme() {
            "http" => exchange(socket, requests).await,
            "https" => {
                let name = ServerName::try_from(host)?;
                exchange(self.tls.connect(name, socket).await?, requests).await
            }
            other => bail!("{other}:// is not supported: use http:// or https://"),
        }
    }
}

/// A connection to the URL's host, and the host's name.
pub(super) async fn connect(url: &Url) -> anyhow::Result<(TcpStream, String)> {
    let host = url.host_str().context("the URL names no host")?;
    let port = url.port_or_known_default().context("the URL's scheme has no port")?;
    let socket = TcpStream::connect((host.trim_matches(['[', ']']), port))
        .await
        .with_context(|| format!("cannot connect to {host}:{port}"))?;
    socket.set_nodelay(true)?;
    Ok((socket, host.trim_matches(['[', ']']).to_owned()))
}

async fn exchange(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    requests: Vec<Request<Empty<Bytes>>>,
) -> anyhow::Result<Vec<Whole>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let answer = async {
        let mut answers = Vec::new();
        for request in requests {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
            let body = body.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
            answers.push((head, body));
        }
        anyhow::Ok(answers)
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answered = &mut answer => answered,
        ended = &mut connection => {
            ended?;
            answer.await
        }
    }
}
