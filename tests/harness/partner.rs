//! A partner's back end: an API key, a channel, viewers with tokens.

use serde_json::{Value, json};

use super::client::{Client, PATIENCE};
use super::program::Program;

/// A channel with its key, its room, and a client that may do everything.
#[derive(Debug, Clone)]
pub(crate) struct Partner {
    pub(crate) client: Client,
    pub(crate) channel_id: String,
    pub(crate) slug: String,
    pub(crate) room_id: String,
    pub(crate) stream_key: String,
}

impl Partner {
    /// Makes a key and a channel with the command line, as an operator does.
    pub(crate) async fn new(program: &Program, slug: &str) -> Self {
        let key = program.json(&["key", "new", "--scope", "*", "--json"]).await;
        let secret = key["key"].as_str().expect("a key").to_owned();
        let channel = program.json(&["channel", "new", slug, "--title", slug, "--json"]).await;
        let text = |name: &str| channel[name].as_str().expect("a text").to_owned();
        Self {
            client: program.client().bearer(&secret),
            channel_id: text("id"),
            slug: slug.to_owned(),
            room_id: text("room_id"),
            stream_key: text("stream_key"),
        }
    }

    /// Where an encoder publishes.
    pub(crate) fn publish_url(&self, program: &Program) -> String {
        format!("{}/{}", program.rtmp(), self.stream_key)
    }

    /// The address that a creator shares.
    pub(crate) fn hls(&self) -> String {
        format!("/hls/{}/index.m3u8", self.slug)
    }

    /// A viewer of this channel's room, with a token of their own.
    pub(crate) async fn viewer(&self, name: &str) -> Viewer {
        let body = json!({
            "room_id": self.room_id,
            "user": {"external_id": name, "display_name": name},
            "capabilities": ["read", "comment", "gift"],
            "ttl_s": 3600,
        });
        let reply = self.client.post("/v1/viewer-tokens", body).await.expect(201).json();
        let token = reply["token"].as_str().expect("a token").to_owned();
        let client = Client::new(&self.client.url("")).bearer(&token);
        let user_id = reply["user_id"].as_str().expect("an id").to_owned();
        Viewer { client, user_id, room_id: self.room_id.clone(), token }
    }

    /// The channel's broadcast that is live now.
    pub(crate) async fn live(&self) -> Option<Value> {
        let path = format!("/v1/broadcasts?channel_id={}&status=live", self.channel_id);
        self.client.get(&path).await.expect(200).json()["data"].get(0).cloned()
    }

    /// Its broadcast on the air: players see it at once, the row follows in the background.
    pub(crate) async fn on_air(&self) -> Value {
        let written = async {
            loop {
                if let Some(live) = self.live().await {
                    return live;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, written).await.expect("live in time")
    }
}

/// A viewer with a token.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) client: Client,
    pub(crate) user_id: String,
    pub(crate) room_id: String,
    pub(crate) token: String,
}

impl Viewer {
    /// Posts a chat comment; the reply as it is.
    pub(crate) async fn say(&self, body: &str) -> super::client::Reply {
        let path = format!("/v1/rooms/{}/comments", self.room_id);
        self.client.post(&path, json!({"body": body, "kind": "chat"})).await
    }

    /// The path of the room's event stream.
    pub(crate) fn events_path(&self) -> String {
        format!("/v1/rooms/{}/events", self.room_id)
    }
}
