//! One viewer's socket in a crowd, and its bytes in chunks (RFC 9112, 7.1).

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write as _};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use infra::http::{Place, Taken};
use tokio::net::TcpStream;

use super::stream::{Step, Stream};

/// The line that ends a chunk.
const LINE_END: &[u8] = b"\r\n";
/// The chunk that ends a body.
const END: &[u8] = b"0\r\n\r\n";
/// Bytes of the line before a chunk: a length in hexadecimal digits.
const LINE_BYTES: usize = 18;

/// A viewer and its socket.
#[derive(Debug)]
pub(super) struct Outlet {
    stream: Stream,
    socket: TcpStream,
    /// What the socket has not taken yet.
    unsent: VecDeque<Bytes>,
    is_over: bool,
    _place: Place,
}

/// Where a viewer stands after it was served.
#[derive(Debug)]
pub(super) enum Progress {
    /// It has everything; until this moment nothing has to be done.
    Until(Duration),
    /// Its socket takes no more.
    Blocked,
    /// It has to read the table, up to this position.
    History(u64),
    /// It is gone.
    Gone,
}

impl Outlet {
    /// A viewer whose answer has not begun.
    pub(super) fn new(stream: Stream, taken: Taken) -> Self {
        let Taken { stream: socket, head, place } = taken;
        Self { stream, socket, unsent: VecDeque::from([head]), is_over: false, _place: place }
    }

    /// Sends what there is.
    pub(super) fn serve(&mut self, now: Duration) -> Progress {
        if self.has_spoken() {
            return Progress::Gone;
        }
        loop {
            match self.flush() {
                Ok(true) if self.is_over => return Progress::Gone,
                Ok(true) => {}
                Ok(false) => return Progress::Blocked,
                Err(_) => return Progress::Gone,
            }
            let sent = match self.stream.step(now) {
                Step::Bytes(bytes) => self.send(bytes),
                Step::Wait(until) => return Progress::Until(until),
                Step::History(tail) => return Progress::History(tail),
                Step::Over => {
                    self.is_over = true;
                    self.unsent.push_back(Bytes::from_static(END));
                    Ok(())
                }
            };
            if sent.is_err() {
                return Progress::Gone;
            }
        }
    }

    /// Reads what the ring forgot, to be sent when it is back in its shard.
    pub(super) async fn replay(&mut self, tail: u64) {
        let bytes = self.stream.replay(tail).await;
        if !bytes.is_empty() {
            let mut line = [0; LINE_BYTES];
            let line = Bytes::copy_from_slice(size_line(&mut line, bytes.len()));
            self.unsent.extend([line, bytes, Bytes::from_static(LINE_END)]);
        }
    }

    /// Ready when the viewer has said something or has gone, or when its socket takes bytes again.
    pub(super) fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        if !self.unsent.is_empty() && self.socket.poll_write_ready(context).is_ready() {
            return Poll::Ready(());
        }
        ready!(self.socket.poll_read_ready(context)).unwrap_or_default();
        Poll::Ready(())
    }

    /// Whether the viewer is gone, or has spoken: a stream of events takes no further requests.
    fn has_spoken(&self) -> bool {
        let read = self.socket.try_read(&mut [0; 1]);
        !matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// One chunk; what the socket does not take is kept.
    fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        let mut line = [0; LINE_BYTES];
        let line = size_line(&mut line, bytes.len());
        let pieces = [IoSlice::new(line), IoSlice::new(&bytes), IoSlice::new(LINE_END)];
        let written = match self.socket.try_write_vectored(&pieces) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        if written < line.len() + bytes.len() + LINE_END.len() {
            let line = Bytes::copy_from_slice(line);
            self.unsent.extend([line, bytes, Bytes::from_static(LINE_END)]);
            self.advance(written);
        }
        Ok(())
    }

    /// Whether everything is sent.
    fn flush(&mut self) -> io::Result<bool> {
        while let Some(first) = self.unsent.front() {
            match self.socket.try_write(first) {
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.unsent.front_mut() {
            if written < first.len() {
                first.advance(written);
                return;
            }
            written -= first.len();
            self.unsent.pop_front();
        }
    }
}

/// The line before a chunk of so many bytes.
fn size_line(line: &mut [u8; LINE_BYTES], length: usize) -> &[u8] {
    let mut rest: &mut [u8] = line;
    write!(rest, "{length:x}\r\n").expect("sixteen digits are enough");
    let left = rest.len();
    line.get(..LINE_BYTES - left).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_says_its_length_in_hexadecimal() {
        let mut line = [0; LINE_BYTES];
        assert_eq!(size_line(&mut line, 4_096), b"1000\r\n");
        assert_eq!(size_line(&mut line, 11), b"b\r\n");
        assert_eq!(size_line(&mut line, usize::MAX), b"ffffffffffffffff\r\n");
    }
}
