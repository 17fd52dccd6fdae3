//! A plain HTTP client with what the tests look at: status, headers, bytes, and an event stream.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// The longest that any wait of a test may take before it counts as a failure.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; the test fails with the body in the message when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// A header as text, empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// This reply, if its status is the wanted one; otherwise the test fails with the body.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

/// A client of one server, with headers that go along on each request.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    base: String,
    headers: Vec<(String, String)>,
    pool: Pool<HttpConnector, Full<Bytes>>,
}

impl Client {
    /// A client of `base`, which has no slash at its end.
    pub(crate) fn new(base: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            base: base.trim_end_matches('/').to_owned(),
            headers: Vec::new(),
            pool: Pool::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// The same client with one more header.
    #[must_use]
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client with a bearer token.
    #[must_use]
    pub(crate) fn bearer(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// Where `path` is; a whole URL stays as it is.
    pub(crate) fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    /// Any request.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let response = self.open(method, path, body).await;
        let (parts, body) = response.into_parts();
        let body = tokio::time::timeout(PATIENCE, body.collect())
            .await
            .expect("the body ends in time")
            .expect("the body arrives whole")
            .to_bytes();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// POST of JSON.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    /// The response of a request as soon as its head is there.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> http::Response<Incoming> {
        let mut request = Request::builder().method(method.clone()).uri(self.url(path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let bytes = match &body {
            Some(value) => {
                let merge = method == Method::PATCH;
                let kind = if merge { "application/merge-patch+json" } else { "application/json" };
                request = request.header("content-type", kind);
                Bytes::from(value.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes)).expect("a well-formed request");
        tokio::time::timeout(PATIENCE, self.pool.request(request))
            .await
            .unwrap_or_else(|_| panic!("{method} {path}: no answer in {PATIENCE:?}"))
            .unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    /// An event stream.
    pub(crate) async fn events(&self, path: &str) -> Events {
        let response = self.open(Method::GET, path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        Events { body: response.into_body(), buffer: String::new() }
    }
}

/// One event of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// An open event stream.
#[derive(Debug)]
pub(crate) struct Events {
    body: Incoming,
    buffer: String,
}

impl Events {
    /// The next event; comments and lone `retry` lines are passed over.
    pub(crate) async fn next(&mut self) -> Event {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("an event in time")
    }

    /// The first event from here on that `wanted` takes.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await;
            if wanted(&event) {
                return event;
            }
        }
    }

    /// The first event of that name from here on.
    pub(crate) async fn named(&mut self, name: &str) -> Event {
        self.until(|event| event.name == name).await
    }

    async fn read(&mut self) -> Event {
        loop {
            while let Some(end) = self.buffer.find("\n\n") {
                let block: String = self.buffer.drain(..end + 2).collect();
                if let Some(event) = parse(&block) {
                    return event;
                }
            }
            let frame = self.body.frame().await.expect("the stream goes on").expect("a frame");
            if let Ok(data) = frame.into_data() {
                self.buffer.push_str(&String::from_utf8_lossy(&data));
            }
        }
    }
}

fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let prefix = format!("{name}: ");
        block.lines().find_map(|line| line.strip_prefix(&prefix)).map(ToOwned::to_owned)
    };
    let data = field("data")?;
    Some(Event {
        id: field("id").unwrap_or_default(),
        name: field("event").unwrap_or_default(),
        data: serde_json::from_str(&data).expect("event data is JSON"),
    })
}
