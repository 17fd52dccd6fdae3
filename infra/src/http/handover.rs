//! A connection that leaves HTTP: whoever answers takes the socket and sends the rest by itself.
//!
//! An answer that lives for minutes costs more as a body than its bytes: a task, the state of the
//! protocol, a timer, several polls for each piece. On a plain HTTP/1.1 connection its sender may
//! take the socket instead, and write many of them in one sweep.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::response::Parts;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// A socket that was taken over; nothing of the answer is written yet.
#[derive(Debug)]
pub struct Taken {
    /// The socket, non-blocking.
    pub stream: TcpStream,
    /// The head of the answer, with `Transfer-Encoding: chunked` (RFC 9112, 7.1).
    pub head: Bytes,
    /// Counts as a connection of the listener while it is held.
    pub place: Place,
}

/// A connection's place among those that a listener may have at once.
#[derive(Debug)]
pub struct Place {
    #[expect(dead_code, reason = "held, never read")]
    permit: OwnedSemaphorePermit,
    connections: Connections,
}

impl Place {
    pub(super) fn new(permit: OwnedSemaphorePermit, connections: Connections) -> Self {
        metrics::gauge!("headwater_http_connections").increment(1);
        connections.0.fetch_add(1, Ordering::Relaxed);
        Self { permit, connections }
    }
}

/// How many connections there are, over every listener that shares it; a cheap handle.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<AtomicUsize>);

impl Connections {
    /// Connections now, those included whose socket was taken over.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("headwater_http_connections").decrement(1);
        self.connections.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Take = Box<dyn FnOnce(Taken) + Send>;

/// An extension of an answer to a GET: its body may be left alone, and the socket taken instead.
///
/// On other connections (TLS, HTTP/2, HTTP/1.0) nobody asks, and the body is sent.
#[derive(Clone)]
pub struct Handover(Arc<Mutex<Option<Take>>>);

impl Handover {
    /// `take` gets the socket, in place of the body.
    pub fn new(take: impl FnOnce(Taken) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(take)))))
    }

    pub(super) fn take(&self) -> Option<Take> {
        self.0.lock().take()
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handover").finish_non_exhaustive()
    }
}

/// An answer whose socket is to be handed over.
pub(super) struct Offer {
    head: Bytes,
    take: Take,
}

impl Offer {
    pub(super) fn new(answer: &Parts, take: Take) -> Self {
        Self { head: head(answer), take }
    }

    pub(super) fn accept(self, stream: TcpStream, place: Place) {
        (self.take)(Taken { stream, head: self.head, place });
    }
}

/// The head of an answer as it stands on the wire.
fn head(answer: &Parts) -> Bytes {
    let mut text = Vec::with_capacity(512);
    write!(text, "HTTP/1.1 {}\r\n", answer.status).expect("memory takes every text");
    for (name, value) in &answer.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    text.into()
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Response, header};

    use super::*;

    #[test]
    fn a_head_names_its_status_and_every_header() {
        let mut answer = Response::new(());
        answer.headers_mut().insert(header::VARY, HeaderValue::from_static("a"));
        answer.headers_mut().append(header::VARY, HeaderValue::from_static("b"));
        let wanted = "HTTP/1.1 200 OK\r\nvary: a\r\nvary: b\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(head(&answer.into_parts().0), wanted);
    }
}
