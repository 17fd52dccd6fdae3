//! The body of every answer: nothing, shared bytes, or a stream.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, StreamBody, combinators::UnsyncBoxBody};

/// Why a streamed body broke off.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What an answer carries. The first three kinds are never copied: hyper writes them with `writev`.
pub struct Body(Kind);

enum Kind {
    Empty,
    Full(Bytes),
    Chunks(Chunks),
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
}

/// Pieces that are sent one after the other.
pub(crate) struct Chunks {
    pieces: std::vec::IntoIter<Bytes>,
    left: u64,
}

impl Chunks {
    pub(crate) fn new(pieces: Vec<Bytes>) -> Self {
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces: pieces.into_iter(), left }
    }
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let piece = self.pieces.find(|piece| !piece.is_empty());
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Body {
    /// No bytes.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// These bytes.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() { Self::empty() } else { Self(Kind::Full(bytes)) }
    }

    /// These pieces, one after the other, with a known length.
    pub fn chunks(pieces: Vec<Bytes>) -> Self {
        Self(Kind::Chunks(Chunks::new(pieces)))
    }

    /// Pieces that come over time.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self::boxed(StreamBody::new(stream.map(|piece| piece.map(Frame::data))))
    }

    /// Any other body.
    pub fn boxed<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Boxed(body.map_err(Into::into).boxed_unsync()))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::Empty => "empty",
            Kind::Full(_) => "full",
            Kind::Chunks(_) => "chunks",
            Kind::Boxed(_) => "boxed",
        };
        f.debug_tuple("Body").field(&kind).finish()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::full(bytes)
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::full(text)
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::full(text)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Chunks(chunks) => Pin::new(chunks).poll_frame(context),
            Kind::Boxed(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full(_) => false,
            Kind::Chunks(chunks) => chunks.is_end_stream(),
            Kind::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Chunks(chunks) => chunks.size_hint(),
            Kind::Boxed(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;
    use http_body_util::BodyExt as _;

    use super::*;

    async fn check(body: Body, length: Option<u64>, expected: &str) {
        assert_eq!(body.size_hint().exact(), length);
        assert_eq!(body.collect().await.unwrap().to_bytes(), expected);
    }

    #[tokio::test]
    async fn every_kind_gives_its_bytes_and_tells_the_length_it_knows() {
        let pieces = || ["ab", "", "c"].map(|piece| Bytes::from_static(piece.as_bytes()));
        let stream = futures_util::stream::iter(pieces().map(Ok::<_, BoxError>));
        check(Body::empty(), Some(0), "").await;
        check(Body::full("abc"), Some(3), "abc").await;
        check(Body::full(""), Some(0), "").await;
        check(Body::chunks(pieces().into()), Some(3), "abc").await;
        check(Body::chunks(Vec::new()), Some(0), "").await;
        check(Body::stream(stream), None, "abc").await;
        check(Body::boxed(Body::full("abc")), Some(3), "abc").await;
    }

    #[test]
    fn a_body_without_bytes_has_ended_before_it_is_polled() {
        assert!(Body::full("").is_end_stream());
        assert!(Body::chunks(vec![Bytes::new()]).is_end_stream());
        assert!(!Body::full("x").is_end_stream());
    }
}
