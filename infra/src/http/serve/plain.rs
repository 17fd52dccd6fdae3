//! HTTP/1.1 on a plain socket, which an answer may take over.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Method, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;

use super::Handler;
use crate::http::Body;
use crate::http::handover::{Handover, Offer};
use crate::tasks::Tasks;

type Slot = Arc<Mutex<Option<Offer>>>;

/// Serves until the connection is over, or until an answer wants its socket.
pub(super) async fn exchange<S: Handler>(
    http: &http1::Builder,
    stream: TcpStream,
    service: S,
    tasks: &Tasks,
) -> Result<Option<(TcpStream, Offer)>, hyper::Error> {
    let slot = Slot::default();
    let service = Offering { service, slot: Arc::clone(&slot) };
    let mut connection = http.serve_connection(TokioIo::new(stream), service);
    let mut draining = pin!(tasks.draining());
    let mut stopping = pin!(tasks.stopping());
    let mut is_draining = false;
    let offer = loop {
        // The answer is made while the connection is polled: an offer is seen in the same poll.
        let progress = poll_fn(|context| {
            if let Poll::Ready(ended) = Pin::new(&mut connection).poll(context) {
                return Poll::Ready(ended.map(|()| None));
            }
            slot.lock().take().map_or(Poll::Pending, |offer| Poll::Ready(Ok(Some(offer))))
        });
        tokio::select! {
            progress = progress => break progress?,
            () = &mut draining, if !is_draining => is_draining = true,
            () = &mut stopping => return Ok(None),
        }
        Pin::new(&mut connection).graceful_shutdown();
    };
    Ok(offer.map(|offer| (connection.into_parts().io.into_inner(), offer)))
}

/// Lets answers offer to take the socket.
struct Offering<S> {
    service: S,
    slot: Slot,
}

impl<S: Handler> Service<http::Request<Incoming>> for Offering<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        let may = request.method() == Method::GET && request.version() == Version::HTTP_11;
        let slot = may.then(|| Arc::clone(&self.slot));
        Answering { answer: self.service.call(request), slot, is_offered: false }
    }
}

/// An answer that may become an offer; then it never comes.
struct Answering<F> {
    answer: F,
    slot: Option<Slot>,
    is_offered: bool,
}

impl<F> Future for Answering<F>
where
    F: Future<Output = Result<http::Response<Body>, Infallible>> + Unpin,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if this.is_offered {
            return Poll::Pending;
        }
        let Ok(mut answer) = ready!(Pin::new(&mut this.answer).poll(context));
        let take = answer.extensions_mut().remove::<Handover>().and_then(|known| known.take());
        if let (Some(slot), Some(take)) = (&this.slot, take) {
            *slot.lock() = Some(Offer::new(&answer.into_parts().0, take));
            this.is_offered = true;
            return Poll::Pending;
        }
        Poll::Ready(Ok(answer))
    }
}
