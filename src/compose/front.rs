//! One listener for media and everything else: `/hls/` and `/vod/` go to the origin, the rest to the API.

use std::convert::Infallible;
use std::pin::Pin;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use infra::http::Body;
use origin::Delivery;
use tower::ServiceExt as _;

/// The service behind the listener.
#[derive(Clone)]
pub(super) struct Front<R> {
    delivery: Delivery,
    router: R,
}

impl<R> Front<R> {
    /// Media by `delivery`, all else by `router`.
    pub(super) fn new(delivery: Delivery, router: R) -> Self {
        Self { delivery, router }
    }
}

/// Whether the origin answers a path.
fn is_media(path: &str) -> bool {
    path.starts_with("/hls/") || path.starts_with("/vod/")
}

impl<R, B> Service<Request<Incoming>> for Front<R>
where
    R: tower::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    R::Future: Send + 'static,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<infra::http::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if is_media(request.uri().path()) {
            let delivery = self.delivery.clone();
            let (parts, _) = request.into_parts();
            return Box::pin(async move { Ok(delivery.respond(&parts).await) });
        }
        let router = self.router.clone();
        Box::pin(async move { Ok(router.oneshot(request).await?.map(Body::boxed)) })
    }
}

#[cfg(test)]
mod tests {
    use super::is_media;

    #[test]
    fn only_media_paths_go_to_the_origin() {
        for (path, media) in [
            ("/hls/demo/index.m3u8", true),
            ("/vod/rec_1/index.m3u8", true),
            ("/", false),
            ("/hls", false),
            ("/v1/channels", false),
            ("/watch/hls/", false),
        ] {
            assert_eq!(is_media(path), media, "{path}");
        }
    }
}
