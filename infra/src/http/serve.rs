//! The one accept loop: HTTP/1.1, HTTP/2 (by prior knowledge or ALPN) and TLS on one listener.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{
    body::Incoming,
    rt::{Read, Write},
    server::conn::http1,
    service::Service,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::ServerConfig;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::Body;
use super::handover::{Connections, Offer, Place};
use crate::tasks::Tasks;

mod plain;

/// Sent but unacknowledged for so long: the peer is gone.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// How HTTP/2 begins by prior knowledge (RFC 9113, 3.4): no method of HTTP/1 does.
const PREFACE: &[u8; 3] = b"PRI";
/// How long to wait when the process has no descriptor left for the next socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Limits of one listener.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Connections at a time; the next ones wait in the kernel.
    pub connections_max: usize,
    /// From the accept to the first byte, and the whole TLS handshake.
    pub handshake_timeout: Duration,
    /// For the whole head of a request; also the longest idle time between two requests.
    pub head_timeout: Duration,
    /// Bytes of the head of an HTTP/1 request.
    pub head_bytes_max: usize,
    /// Requests at a time on one HTTP/2 connection.
    pub streams_max: u32,
    /// Counts what is connected.
    pub connections: Connections,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections_max: 100_000,
            handshake_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_mins(1),
            head_bytes_max: 64 << 10,
            streams_max: 1_000,
            connections: Connections::default(),
        }
    }
}

/// Who asks, and how: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The other end of the socket; a proxy's, when one stands before us.
    pub address: SocketAddr,
    /// Whether the socket speaks TLS.
    pub is_tls: bool,
}

/// What answers requests: any hyper service that can't fail.
pub trait Handler:
    Service<
        http::Request<Incoming>,
        Response = http::Response<Body>,
        Error = Infallible,
        Future: Send + Unpin + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Handler for S where
    S: Service<
            http::Request<Incoming>,
            Response = http::Response<Body>,
            Error = Infallible,
            Future: Send + Unpin + 'static,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// Tells each request who asks.
#[derive(Clone)]
struct WithPeer<S> {
    service: S,
    peer: Peer,
}

impl<S: Handler> Service<http::Request<Incoming>> for WithPeer<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = S::Future;

    fn call(&self, mut request: http::Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(self.peer);
        self.service.call(request)
    }
}

/// Serves until the process drains; then accepts nothing more and lets each connection finish.
///
/// Returns when it no longer accepts; the connections are tasks of `tasks`, which waits for them.
pub async fn serve<S: Handler>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    settings: Settings,
    service: S,
    tasks: Tasks,
) {
    let slots = Arc::new(Semaphore::new(settings.connections_max));
    let server = Server {
        tls: tls.map(TlsAcceptor::from),
        http: protocol(&settings, &tasks),
        http1: http1(&settings),
        settings,
        tasks: tasks.clone(),
    };
    let draining = tasks.draining();
    tokio::pin!(draining);
    loop {
        let accepted = tokio::select! {
            // Both are cancel safe: a permit or a socket is either ours or not yet taken.
            accepted = accept(&listener, &slots) => accepted,
            () = &mut draining => return,
        };
        match accepted {
            Ok((stream, address, slot)) => {
                tasks.spawn(
                    "http connection",
                    server.clone().connection(stream, address, service.clone(), slot),
                );
            }
            Err(error) => {
                metrics::counter!("headwater_http_accept_errors_total").increment(1);
                tracing::warn!(error = &error as &dyn std::error::Error, "accept failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<Accepted> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, address, slot))
}

/// What every connection of a listener shares.
#[derive(Clone)]
struct Server {
    tls: Option<TlsAcceptor>,
    http: auto::Builder<Executor>,
    http1: http1::Builder,
    settings: Settings,
    tasks: Tasks,
}

/// Starts the tasks of HTTP/2 streams where everyone else's tasks are.
#[derive(Clone, Debug)]
struct Executor(Tasks);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn("http stream", future);
    }
}

fn http1(settings: &Settings) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.head_timeout)
        .max_buf_size(settings.head_bytes_max)
        .keep_alive(true);
    http
}

/// Never with `pipeline_flush`: it copies every body.
fn protocol(settings: &Settings, tasks: &Tasks) -> auto::Builder<Executor> {
    let mut http = auto::Builder::new(Executor(tasks.clone()));
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head_timeout)
        .max_buf_size(settings.head_bytes_max)
        .keep_alive(true);
    http.http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .max_frame_size(64 << 10)
        .max_send_buf_size(1 << 20)
        .max_concurrent_streams(settings.streams_max)
        .max_header_list_size(u32::try_from(settings.head_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    http
}

impl Server {
    async fn connection<S: Handler>(
        mut self,
        stream: TcpStream,
        address: SocketAddr,
        service: S,
        slot: OwnedSemaphorePermit,
    ) {
        let place = Place::new(slot, self.settings.connections.clone());
        let peer = Peer { address, is_tls: self.tls.is_some() };
        let service = WithPeer { service, peer };
        let ended = match prepare(&stream) {
            Ok(()) => match self.tls.take() {
                Some(tls) => self.secure(tls, stream, service).await,
                None => return self.plain(stream, service, place).await,
            },
            Err(error) => Err(error.into()),
        };
        note(ended);
        drop(place);
    }

    async fn plain<S: Handler>(self, stream: TcpStream, service: S, place: Place) {
        match self.plain_exchange(stream, service).await {
            Ok(Some((stream, offer))) => offer.accept(stream, place),
            ended => note(ended.map(drop)),
        }
    }

    /// Ends with an answer that takes its socket over, or without one.
    async fn plain_exchange<S: Handler>(
        self,
        stream: TcpStream,
        service: S,
    ) -> Result<Option<(TcpStream, Offer)>, super::BoxError> {
        // The protocol is told by the first bytes; a peer that sends none holds nothing for long.
        let mut start = [0; PREFACE.len()];
        let seen = timeout(self.settings.handshake_timeout, stream.peek(&mut start)).await??;
        if PREFACE.starts_with(start.get(..seen).unwrap_or_default()) {
            let http = self.http.clone();
            self.exchange(http, TokioIo::new(stream), service).await?;
            return Ok(None);
        }
        Ok(plain::exchange(&self.http1, stream, service, &self.tasks).await?)
    }

    async fn secure<S: Handler>(
        self,
        tls: TlsAcceptor,
        stream: TcpStream,
        service: S,
    ) -> Result<(), super::BoxError> {
        let stream = timeout(self.settings.handshake_timeout, tls.accept(stream)).await??;
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let http = self.http.clone();
        let http = if is_h2 { http.http2_only() } else { http.http1_only() };
        self.exchange(http, TokioIo::new(stream), service).await
    }

    async fn exchange<I, S: Handler>(
        self,
        http: auto::Builder<Executor>,
        io: I,
        service: S,
    ) -> Result<(), super::BoxError>
    where
        I: Read + Write + Unpin + Send + 'static,
    {
        let connection = http.serve_connection(io, service);
        tokio::pin!(connection);
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = self.tasks.draining() => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            ended = connection => ended,
            () = self.tasks.stopping() => Ok(()),
        }
    }
}

fn note(ended: Result<(), super::BoxError>) {
    if let Err(error) = ended {
        tracing::debug!(error = &*error as &dyn std::error::Error, "connection ended early");
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT))?;
    let probes = TcpKeepalive::new()
        .with_time(Duration::from_mins(1))
        .with_interval(Duration::from_secs(15));
    socket.set_tcp_keepalive(&probes)
}

#[cfg(test)]
mod tests;
