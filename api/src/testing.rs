//! A whole API over a real SQLite database in a directory of its own, for the tests of this crate.
//!
//! ```text
//! let world = World::new().await;
//! let made = world.owner().post("/v1/channels", json!({"slug": "a"})).await.expect(201);
//! ```

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use domain::id::{ChannelId, OrgId, RoomId, UserId};
use domain::time::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use infra::auth::secret;
use infra::bus::Bus;
use infra::clock::{ManualClock, SharedClock};
use infra::config;
use infra::database::{self, Database, api_keys};
use infra::ids::Ids;
use infra::tasks::Tasks;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::layer::limit::Quotas;
use crate::{Api, App, Parts, Settings};

/// An API that runs.
pub(crate) struct World {
    /// The state behind the router.
    pub(crate) app: App,
    /// Stands still until a test moves it.
    pub(crate) clock: Arc<ManualClock>,
    /// The organisation of the first start.
    pub(crate) org_id: OrgId,
    /// Its owner.
    pub(crate) owner_id: UserId,
    router: Router,
    owner_cookie: String,
    /// Removed at the end.
    _directory: tempfile::TempDir,
}

/// A channel with its room.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The channel.
    pub(crate) channel_id: ChannelId,
    /// Its room.
    pub(crate) room_id: RoomId,
}

impl World {
    /// A world after its first start.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = ManualClock::new(Timestamp(1_760_000_000_000));
        let shared: SharedClock = Arc::<ManualClock>::clone(&clock);
        let tasks = Tasks::new();
        let config = config::Database::sqlite(directory.path().join("headwater.db"));
        let database = Database::open(&config, &tasks, Arc::clone(&shared)).await.unwrap();
        database.migrate().await.unwrap();
        let ids = Ids::seeded(Arc::clone(&shared), 7);
        let first = infra::bootstrap::first_start(&database, &ids).await.unwrap().unwrap();
        let mut settings = settings();
        change(&mut settings);
        let bus = Bus::memory();
        let parts = Parts { database, bus, clock: shared, ids, tasks, settings };
        let api = Api::start(parts).await.unwrap();
        let mut world = Self {
            app: api.app().clone(),
            clock,
            org_id: first.org_id,
            owner_id: first.owner_id,
            router: api.router(),
            owner_cookie: String::new(),
            _directory: directory,
        };
        let token = json!({ "setup_token": first.setup_token });
        let signed_in = world.anyone().post("/v1/auth/setup-sessions", token).await;
        let cookie = signed_in.header("set-cookie");
        world.owner_cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        world
    }

    /// Whoever comes by.
    pub(crate) fn anyone(&self) -> Client<'_> {
        Client { world: self, headers: HeaderMap::new() }
    }

    /// The owner in a browser, on our own pages.
    pub(crate) fn owner(&self) -> Client<'_> {
        self.anyone().with("cookie", &self.owner_cookie).with("sec-fetch-site", "same-origin")
    }

    /// Someone with this token or key.
    pub(crate) fn bearer(&self, token: &str) -> Client<'_> {
        self.anyone().with("authorization", &format!("Bearer {token}"))
    }

    /// A fresh API key of the organisation.
    pub(crate) async fn key(&self, scopes: &[&str]) -> String {
        self.key_of(self.org_id, scopes).await
    }

    /// A fresh API key of another organisation.
    pub(crate) async fn foreign_key(&self, scopes: &[&str]) -> String {
        let (org, now) = (self.app.ids.next(), self.app.clock.now());
        let slug = format!("org-{}", self.app.ids.uuid().simple());
        self.write(move |tx| {
            let slug = slug.clone();
            Box::pin(async move { Ok(database::orgs::insert(tx, org, &slug, "Other", now).await?) })
        })
        .await;
        self.key_of(org, scopes).await
    }

    async fn key_of(&self, org_id: OrgId, scopes: &[&str]) -> String {
        let secret = secret::make(secret::Kind::ApiKey, &self.app.ids);
        let new = api_keys::New {
            id: self.app.ids.next(),
            org_id,
            name: "test".to_owned(),
            prefix: secret.prefix().to_owned(),
            hash: secret.hash(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            created_at: self.app.clock.now(),
            expires_at: None,
        };
        self.write(move |tx| {
            let new = new.clone();
            Box::pin(async move { Ok(api_keys::insert(tx, new).await?) })
        })
        .await;
        secret.expose().to_owned()
    }

    /// Writes rows behind the API's back.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl for<'t> Fn(
            &'t database::DatabaseTransaction,
        ) -> futures_util::future::BoxFuture<
            't,
            Result<T, database::Refused<std::convert::Infallible>>,
        > + Send
        + Sync
        + 'static,
    ) -> T {
        self.app.database.write(work).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// A fresh public channel.
    pub(crate) async fn place(&self, slug: &str) -> Place {
        let made = self.owner().post("/v1/channels", json!({ "slug": slug })).await;
        let body = made.expect(201);
        Place {
            channel_id: body["id"].as_str().unwrap().parse().unwrap(),
            room_id: body["room_id"].as_str().unwrap().parse().unwrap(),
        }
    }

    /// The token of a viewer in `room`.
    pub(crate) async fn viewer(&self, room: RoomId, name: &str, capabilities: &[&str]) -> String {
        let key = self.key(&["*"]).await;
        let body = json!({
            "room_id": room, "user": {"external_id": name, "display_name": name},
            "capabilities": capabilities, "ttl_s": 3600
        });
        let made = self.bearer(&key).post("/v1/viewer-tokens", body).await;
        made.expect(201)["token"].as_str().unwrap().to_owned()
    }

    /// Moves the clock.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn settings() -> Settings {
    let many = NonZeroU32::new(600_000).expect("a positive constant");
    Settings {
        rtmp_url: "rtmp://127.0.0.1:1935/live".to_owned(),
        rtmps_url: Some("rtmps://127.0.0.1:1936/live".to_owned()),
        allowed_origins: Vec::new(),
        demo: false,
        secure_cookies: false,
        quotas: Quotas { key: many, user: many, address: many },
        metrics: infra::telemetry::Metrics::detached(),
    }
}

/// Someone who asks.
#[derive(Clone)]
pub(crate) struct Client<'w> {
    world: &'w World,
    headers: HeaderMap,
}

impl Client<'_> {
    /// The same with one more header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, "application/json", Body::from(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        let media_type = "application/merge-patch+json";
        self.send(Method::PATCH, path, media_type, Body::from(body.to_string())).await
    }

    pub(crate) async fn put(&self, path: &str) -> Answer {
        self.send(Method::PUT, path, "", Body::empty()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "", Body::empty()).await
    }

    /// Any request; the whole answer is read.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Body,
    ) -> Answer {
        let response = self.open(method, path, media_type, body).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body, text }
    }

    /// Any request; the body is left to the caller.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Body,
    ) -> http::Response<Body> {
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        *request.headers_mut() = self.headers.clone();
        if !media_type.is_empty() {
            let value = HeaderValue::from_str(media_type).unwrap();
            request.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        self.world.router.clone().oneshot(request).await.unwrap()
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The body, when the status is the expected one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }

    /// Checks that this is a whole problem with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        let said = (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default());
        assert_eq!(said, (status, code), "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        for member in ["type", "title", "request_id", "instance"] {
            assert!(self.body[member].is_string(), "{member} in {}", self.text);
        }
    }

    /// A header's text; empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
