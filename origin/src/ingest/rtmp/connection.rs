//! One publisher's connection: bytes in, units to its broadcast, replies out.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use media::demux::{self, Demux, Demuxed};
use media::rtmp::SessionError;
use media::rtmp::server::{self, Event, RefusalCode, Session};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Limits;
use crate::ingest::Refusal;
use crate::ingest::admission::Admission;
use crate::live::{Input, Seat};

/// Bytes taken from the socket at once.
const READ_BYTES: usize = 64 * 1_024;
/// How long the publisher may take to accept our bytes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a publisher that was sent away may go on sending before the socket closes.
const LINGER: Duration = Duration::from_secs(2);

/// Why a connection ended other than by the publisher's wish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error("the socket failed: {0}")]
    Socket(#[from] std::io::Error),
    #[error("the peer broke the protocol: {0}")]
    Session(#[from] SessionError),
    #[error("nothing was published in {0:?}")]
    NotPublishing(Duration),
    #[error("nothing was sent for {0:?}")]
    Idle(Duration),
    #[error("the peer did not take our bytes for {WRITE_TIMEOUT:?}")]
    Stuck,
    #[error("refused: {0}")]
    Refused(Refusal),
}

/// What the loop does after an event.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Continue,
    /// The publisher said goodbye.
    Leave,
}

/// What publishers' bytes come over: a socket, or TLS on one.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Connection<S> {
    socket: S,
    session: Session,
    demux: Demux,
    buffer: BytesMut,
    admission: Arc<Admission>,
    seat: Option<Seat>,
}

/// Drives a connection to its end; the broadcast learns of it whatever the way.
pub(crate) async fn run<S: Stream>(
    socket: S,
    limits: Limits,
    admission: Arc<Admission>,
) -> Result<(), ConnectionError> {
    let mut connection = Connection {
        socket,
        session: Session::new(media::rtmp::Limits::default()),
        demux: Demux::default(),
        buffer: BytesMut::with_capacity(READ_BYTES),
        admission,
        seat: None,
    };
    let opened = tokio::time::timeout(limits.publish_timeout, connection.until_published()).await;
    let ended = match opened {
        Err(_) => Err(ConnectionError::NotPublishing(limits.publish_timeout)),
        Ok(Err(error)) => Err(error),
        Ok(Ok(())) => connection.until_left(limits.idle_timeout).await,
    };
    if let Some(seat) = connection.seat.take() {
        seat.leave(ended.is_ok()).await;
    }
    ended
}

impl<S: Stream> Connection<S> {
    async fn until_published(&mut self) -> Result<(), ConnectionError> {
        while self.seat.is_none() {
            if self.read().await? == 0 || self.take().await? == Next::Leave {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads until the publisher leaves, falls silent, or is sent away.
    async fn until_left(&mut self, idle: Duration) -> Result<(), ConnectionError> {
        let Some(mut dismissal) = self.seat.as_ref().map(Seat::dismissal) else { return Ok(()) };
        loop {
            // Both branches are cancel safe: a read that loses the race has taken no byte.
            let read = tokio::select! {
                refusal = dismissal.told() => return self.dismiss(refusal).await,
                read = tokio::time::timeout(idle, self.read()) => read,
            };
            match read {
                Err(_) => return Err(ConnectionError::Idle(idle)),
                Ok(Ok(0)) => {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                }
                Ok(Ok(_)) if self.take().await? == Next::Leave => return Ok(()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error.into()),
            }
        }
    }

    async fn read(&mut self) -> std::io::Result<usize> {
        self.buffer.reserve(READ_BYTES);
        self.socket.read_buf(&mut self.buffer).await
    }

    /// Feeds what was read to the session and serves its events.
    async fn take(&mut self) -> Result<Next, ConnectionError> {
        self.session.receive(&self.buffer.split())?;
        while let Some(event) = self.session.poll() {
            if self.serve(event).await? == Next::Leave {
                self.flush().await?;
                return Ok(Next::Leave);
            }
        }
        self.flush().await?;
        Ok(Next::Continue)
    }

    async fn serve(&mut self, event: Event) -> Result<Next, ConnectionError> {
        match event {
            Event::Publish { key, parameters, .. } => {
                match self.admission.admit(&key, &parameters).await {
                    Ok(seat) => {
                        self.seat = Some(seat);
                        self.session.accept()?;
                    }
                    Err(refusal) => self.dismiss(refusal).await?,
                }
            }
            Event::Video { timestamp_ms, payload } => {
                let demuxed = self.demux.video(timestamp_ms, &payload);
                self.forward(demuxed).await?;
            }
            Event::Audio { timestamp_ms, payload } => {
                let demuxed = self.demux.audio(timestamp_ms, &payload);
                self.forward(demuxed).await?;
            }
            Event::Metadata(metadata) => self.send(Input::Metadata(metadata)).await,
            Event::Unpublish => return Ok(Next::Leave),
        }
        Ok(Next::Continue)
    }

    async fn forward(
        &mut self,
        demuxed: Result<Demuxed, demux::Refused>,
    ) -> Result<(), ConnectionError> {
        match demuxed {
            Ok(Demuxed::Config(config)) => self.send(Input::Config(config)).await,
            Ok(Demuxed::Unit(unit)) => self.send(Input::Unit(unit)).await,
            Ok(Demuxed::Ignored(why)) => {
                metrics::counter!("headwater_ingest_ignored_total", "why" => why.as_str())
                    .increment(1);
            }
            Err(refused) => {
                if let Some(seat) = &self.seat {
                    self.admission.note(seat.live(), refused.code());
                }
                tracing::info!(%refused, "a publisher's codec is not taken");
                self.dismiss(Refusal::CodecUnsupported).await?;
            }
        }
        Ok(())
    }

    /// Waits while the broadcast's queue is full: the publisher feels it as a slow socket.
    async fn send(&mut self, input: Input) {
        if let Some(seat) = &self.seat {
            seat.send(input).await;
        }
    }

    /// Tells the publisher why it must go, and flushes that before the socket closes.
    async fn dismiss(&mut self, refusal: Refusal) -> Result<(), ConnectionError> {
        self.session.refuse(&server::Refusal {
            code: match refusal {
                Refusal::UnknownKey | Refusal::KeyRevoked | Refusal::AlreadyLive => {
                    RefusalCode::BadName
                }
                _ => RefusalCode::Denied,
            },
            reason: format!("{}: {refusal}", refusal.code()),
        });
        self.flush().await?;
        self.socket.shutdown().await?;
        // Closing on unread bytes would reset the connection, and the reason with it.
        if tokio::time::timeout(LINGER, self.drain()).await.is_err() {
            tracing::debug!("a publisher that was sent away goes on sending");
        }
        Err(ConnectionError::Refused(refusal))
    }

    /// Reads and forgets until the publisher closes.
    async fn drain(&mut self) {
        loop {
            self.buffer.clear();
            if !matches!(self.read().await, Ok(1..)) {
                return;
            }
        }
    }

    async fn flush(&mut self) -> Result<(), ConnectionError> {
        let output: Bytes = self.session.take_output();
        if output.is_empty() {
            return Ok(());
        }
        let writing = async {
            self.socket.write_all(&output).await?;
            self.socket.flush().await
        };
        match tokio::time::timeout(WRITE_TIMEOUT, writing).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(ConnectionError::Stuck),
        }
    }
}
