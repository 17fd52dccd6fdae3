//! One HTTP exchange on a connection of its own, with the times at which its pieces came.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use infra::clock::SharedClock;
use media::time::Wall;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::connection::{BOTH, Client, Scheme, connect, gunzip, over, scheme, whole};

/// How often a waiting HTTP/2 connection is pinged, and how long its answer may take.
const PING_EVERY: Duration = Duration::from_millis(500);
const PONG_WITHIN: Duration = Duration::from_secs(3);

/// A client that looks at the clock.
pub(super) struct Timed {
    client: Client,
    clock: SharedClock,
}

/// An answer, and when it came.
pub(super) struct Answer {
    pub(super) head: response::Parts,
    /// With gzip undone.
    pub(super) body: Bytes,
    pub(super) is_http2: bool,
    /// When the request went out: the connection was there.
    pub(super) asked_at: Wall,
    pub(super) head_at: Wall,
    pub(super) at: Wall,
}

impl Timed {
    /// With the system's root certificates.
    pub(super) fn new(clock: SharedClock) -> anyhow::Result<Self> {
        Ok(Self { client: Client::new()?, clock })
    }

    /// Sends the request to the URL's host; the whole answer.
    pub(super) async fn fetch(
        &self,
        url: &Url,
        request: Request<Empty<Bytes>>,
        offers_http2: bool,
    ) -> anyhow::Result<Answer> {
        match scheme(url)? {
            Scheme::Plain => self.over_http1(connect(url).await?, request).await,
            Scheme::Tls => {
                let offered = if offers_http2 { BOTH } else { &[] };
                let socket = self.client.secure(url, offered).await?;
                if socket.get_ref().1.alpn_protocol() == Some(b"h2") {
                    self.over_http2(socket, request, url).await
                } else {
                    self.over_http1(socket, request).await
                }
            }
        }
    }

    /// The time, by the clock that everything is measured with.
    pub(super) fn now(&self) -> Wall {
        Wall(self.clock.now().0)
    }

    async fn over_http1(
        &self,
        socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request<Empty<Bytes>>,
    ) -> anyhow::Result<Answer> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        let asked_at = self.now();
        let answer = async {
            let response = sender.send_request(request).await?;
            self.read(response, asked_at, false).await
        };
        over(connection, answer).await
    }

    async fn over_http2(
        &self,
        socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        mut request: Request<Empty<Bytes>>,
        url: &Url,
    ) -> anyhow::Result<Answer> {
        *request.uri_mut() = format!(
            "{}://{}{}",
            url.scheme(),
            url.authority(),
            request.uri().path_and_query().map_or("/", |path| path.as_str())
        )
        .parse()?;
        request.headers_mut().remove(http::header::HOST);
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new());
        builder.keep_alive_interval(PING_EVERY).keep_alive_timeout(PONG_WITHIN);
        builder.keep_alive_while_idle(true);
        let (mut sender, connection) = builder.handshake(TokioIo::new(socket)).await?;
        let asked_at = self.now();
        let answer = async {
            let response = sender.send_request(request).await?;
            self.read(response, asked_at, true).await
        };
        over(connection, answer).await
    }

    async fn read(
        &self,
        response: Response<Incoming>,
        asked_at: Wall,
        is_http2: bool,
    ) -> anyhow::Result<Answer> {
        let head_at = self.now();
        let (head, body) = response.into_parts();
        let body = whole(body).await?;
        let at = self.now();
        let coding = head.headers.get(http::header::CONTENT_ENCODING);
        let is_gzip = coding.is_some_and(|coding| coding == "gzip") && !body.is_empty();
        let body = if is_gzip { gunzip(&body)?.into() } else { body };
        Ok(Answer { head, body, is_http2, asked_at, head_at, at })
    }
}
