//! A publisher's TLS handshake, bounded in time; whoever speaks something else is refused by name.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The first byte of a TLS connection: a record of type handshake (RFC 8446, 5.1).
const TLS: u8 = 22;
/// The first byte of an RTMP connection: version 3.
const RTMP: u8 = 3;

/// Why there is no TLS with a publisher.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("plain RTMP came to the port of RTMPS: send to rtmps://, or to the port of RTMP")]
    PlainRtmp,
    #[error("neither TLS nor RTMP came to the port of RTMPS")]
    NotTls,
    #[error("the handshake took longer than {0:?}")]
    TooSlow(Duration),
    #[error("the handshake failed")]
    Failed(#[source] std::io::Error),
}

impl Refusal {
    /// The code that logs and metrics use.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::PlainRtmp => "plain_rtmp",
            Self::NotTls => "not_tls",
            Self::TooSlow(_) => "too_slow",
            Self::Failed(_) => "failed",
        }
    }
}

/// Answers a publisher's TLS, or says why not.
pub(super) async fn handshake(
    tls: &TlsAcceptor,
    socket: TcpStream,
    patience: Duration,
) -> Result<TlsStream<TcpStream>, Refusal> {
    let answered = tokio::time::timeout(patience, answer(tls, socket)).await;
    let answered = answered.unwrap_or(Err(Refusal::TooSlow(patience)));
    let result = answered.as_ref().map_or_else(Refusal::code, |_| "good");
    metrics::counter!("headwater_ingest_handshakes_total", "result" => result).increment(1);
    answered
}

async fn answer(tls: &TlsAcceptor, socket: TcpStream) -> Result<TlsStream<TcpStream>, Refusal> {
    let mut first = [0];
    let seen = socket.peek(&mut first).await.map_err(Refusal::Failed)?;
    match first {
        _ if seen == 0 => Err(Refusal::Failed(std::io::ErrorKind::UnexpectedEof.into())),
        [TLS] => tls.accept(socket).await.map_err(Refusal::Failed),
        [RTMP] => Err(Refusal::PlainRtmp),
        _ => Err(Refusal::NotTls),
    }
}
