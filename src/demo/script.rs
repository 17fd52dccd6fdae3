//! What the demo's viewers say. Each is a guest of the room and is labelled as scripted by its name.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// From one line to the next.
const PACE: Duration = Duration::from_millis(2_600);

/// The viewers' names.
const VIEWERS: [&str; 6] = [
    "Ondřej (demo)",
    "林小满 (demo)",
    "M. Fernández (demo)",
    "tide_pool (demo)",
    "山里来的人 (demo)",
    "Ngọc Ánh (demo)",
];

/// Who says what, and where: the list beside the picture, or on the picture.
const LINES: [(usize, &str, &str); 18] = [
    (0, "chat", "the clock on the picture is the real one"),
    (1, "danmaku", "前方高能"),
    (3, "chat", "the badge says how far behind live this is, measured from the frame"),
    (2, "danmaku", "buenas noches desde Oviedo"),
    (4, "chat", "从云南看到这里，画面很稳"),
    (5, "danmaku", "Xin chào từ Đà Lạt 🌿"),
    (0, "danmaku", "is that the beep on the full second?"),
    (1, "chat", "水声好治愈，开了耳机"),
    (3, "danmaku", "three streams joining"),
    (2, "chat", "seek back and the danmaku come again at the same frame"),
    (4, "danmaku", "刚来，错过了什么？"),
    (5, "chat", "try a gift: the coins here are demo coins"),
    (0, "chat", "same picture in VLC, a few seconds later"),
    (1, "danmaku", "这光线绝了！！"),
    (3, "chat", "no camera, no ffmpeg, no account"),
    (2, "danmaku", "qué calma"),
    (4, "chat", "小时候就喝这个水，冬天不结冰"),
    (5, "danmaku", "gorgeous"),
];

/// After so many lines somebody sends a gift.
const GIFT_EVERY: usize = 9;

/// The script of one room.
pub(super) struct Script {
    base: String,
    room: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Script {
    /// Talks to the API at `base`.
    pub(super) fn new(base: String, room: String) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { base, room, client }
    }

    /// Plays for ever; what is refused is logged and left out.
    pub(super) async fn play(&self) {
        let mut tokens = Vec::new();
        for name in VIEWERS {
            match self.guest(name).await {
                Ok(token) => tokens.push(token),
                Err(error) => tracing::debug!(error = format!("{error:#}"), "no demo viewer"),
            }
        }
        if tokens.is_empty() {
            return;
        }
        for (turn, (viewer, kind, body)) in LINES.iter().cycle().enumerate() {
            tokio::time::sleep(PACE).await;
            let Some(token) = tokens.get(viewer % tokens.len()) else { continue };
            let said = if turn % GIFT_EVERY == GIFT_EVERY - 1 {
                self.gift(token, turn).await
            } else {
                self.say(token, kind, body).await
            };
            if let Err(error) = said {
                tracing::debug!(error = format!("{error:#}"), "a demo viewer was refused");
            }
        }
    }

    async fn guest(&self, name: &str) -> anyhow::Result<String> {
        let body = json!({"room_id": self.room, "display_name": name});
        let reply = self.post("/v1/guest-sessions", None, None, &body).await?;
        reply["token"].as_str().map(str::to_owned).context("no token")
    }

    async fn say(&self, token: &str, kind: &str, body: &str) -> anyhow::Result<()> {
        let path = format!("/v1/rooms/{}/comments", self.room);
        self.post(&path, Some(token), None, &json!({"body": body, "kind": kind})).await.map(drop)
    }

    async fn gift(&self, token: &str, turn: usize) -> anyhow::Result<()> {
        let sku = if turn.is_multiple_of(2) { "leaf-boat" } else { "river-lantern" };
        let body = json!({"room_id": self.room, "gift": sku, "quantity": 1});
        let key = format!("demo-{}-{turn}", std::process::id());
        self.post("/v1/gifts", Some(token), Some(&key), &body).await.map(drop)
    }

    async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let mut request = Request::post(format!("{}{path}", self.base));
        request = request.header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Full::new(Bytes::from(body.to_string())))?;
        let response = self.client.request(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("{path}: {status} {}", String::from_utf8_lossy(&bytes));
        }
        Ok(serde_json::from_slice(&bytes)?)
    }
}
