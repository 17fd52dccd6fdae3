//! A stream as an answer: a body for whoever needs one, and a place in the crowd for plain sockets.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use infra::http::Handover;
use parking_lot::Mutex;

use super::stream::Stream;

impl Stream {
    /// The stream as an answer, to which headers may be added.
    pub fn into_response(self) -> Response {
        // Whoever comes first takes it: the body when it is read, or the crowd.
        let shared = Arc::new(Mutex::new(Some(self)));
        let crowd = Arc::clone(&shared);
        let body = stream::unfold((shared, None), |(shared, stream)| async move {
            let mut stream: Self = match stream {
                Some(stream) => stream,
                None => shared.lock().take()?,
            };
            let bytes = stream.next().await?;
            Some((Ok::<_, Infallible>(bytes), (shared, Some(stream))))
        });
        let mut response = Response::new(Body::from_stream(body));
        response.extensions_mut().insert(Handover::new(move |taken| {
            if let Some(stream) = crowd.lock().take() {
                let room = stream.room();
                room.crowd().enter(stream, taken);
            }
        }));
        response
    }
}
