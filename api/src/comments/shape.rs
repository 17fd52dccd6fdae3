//! A comment as it is shown.

use std::collections::HashMap;

use domain::comment::{Kind, Status};
use domain::event::{self, Badge, DanmakuMode};
use domain::id::{BroadcastId, CommentId, Id, UserId};
use domain::time::Timestamp;
use infra::database::broadcast_timeline::Timeline;
use infra::database::{self, broadcast_timeline, comments, danmaku_attrs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{App, schema};

/// A comment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "seq": 18240, "status": "published", "kind": "chat", "body": "hello",
    "author": {"id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Mira", "badges": []},
    "sent_at": "2026-11-25T18:30:00.000Z", "pdt_at": "2026-11-25T18:29:58.500Z", "media_ms": 298_500,
    "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "broadcast_id": null, "parent_id": null,
    "client_id": null, "danmaku": null
}))]
pub struct Comment {
    /// Its id.
    #[schema(value_type = schema::CommentId)]
    pub id: CommentId,
    /// Its place in the room's history, once published.
    pub seq: Option<i64>,
    /// `published`, `held`, `rejected`, `removed` or `retracted`.
    pub status: String,
    /// `chat`, `danmaku`, `question`, `system` or `announcement`.
    pub kind: String,
    /// The words; empty when they were taken away.
    pub body: String,
    /// Who wrote it.
    pub author: CommentAuthor,
    /// When we took it.
    #[schema(value_type = schema::Timestamp)]
    pub sent_at: Timestamp,
    /// The programme time that its author was watching.
    #[schema(value_type = schema::Timestamp)]
    pub pdt_at: Timestamp,
    /// The media time of that, when a broadcast ran.
    pub media_ms: Option<i64>,
    /// Where it was written.
    #[schema(value_type = schema::RoomId)]
    pub room_id: domain::id::RoomId,
    /// The broadcast that ran, if one did.
    #[schema(value_type = Option<schema::BroadcastId>)]
    pub broadcast_id: Option<BroadcastId>,
    /// The comment that it answers.
    #[schema(value_type = Option<schema::CommentId>)]
    pub parent_id: Option<CommentId>,
    /// The id that its author's page gave.
    pub client_id: Option<String>,
    /// How a danmaku flies.
    pub danmaku: Option<CommentDanmaku>,
}

/// Who wrote a comment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Mira", "badges": ["moderator"]
}))]
pub struct CommentAuthor {
    /// The user.
    #[schema(value_type = schema::UserId)]
    pub id: UserId,
    /// The shown name, as of then.
    pub display_name: String,
    /// What they are to the channel.
    #[schema(value_type = Vec<String>)]
    pub badges: Vec<Badge>,
}

/// How a danmaku is drawn.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"mode": "scroll", "color": 16_777_215, "size": 24}))]
pub struct CommentDanmaku {
    /// `scroll`, `top` or `bottom`.
    #[schema(value_type = String)]
    #[serde(default)]
    pub mode: DanmakuMode,
    /// 24-bit RGB.
    #[serde(default = "white")]
    #[schema(maximum = 16_777_215)]
    pub color: u32,
    /// Height in CSS pixels at a picture height of 540.
    #[serde(default = "usual_size")]
    #[schema(minimum = 12, maximum = 64)]
    pub size: u8,
}

fn white() -> u32 {
    0x00ff_ffff
}

fn usual_size() -> u8 {
    24
}

impl From<CommentDanmaku> for event::Danmaku {
    fn from(danmaku: CommentDanmaku) -> Self {
        Self { mode: danmaku.mode, color: danmaku.color, size: danmaku.size }
    }
}

/// Comments with their media times and danmaku, in the order given.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn show(
    app: &App,
    rows: Vec<comments::Model>,
) -> Result<Vec<Comment>, database::Error> {
    let read = app.database.read();
    let kind = Kind::Danmaku.as_str();
    let danmaku_ids = rows.iter().filter(|row| row.kind == kind).map(|row| row.id).collect();
    let danmaku: HashMap<_, _> = danmaku_attrs::of(read, danmaku_ids)
        .await?
        .into_iter()
        .map(|row| (row.comment_id, row))
        .collect();
    let mut timelines: HashMap<Uuid, Timeline> = HashMap::new();
    for broadcast in rows.iter().filter_map(|row| row.broadcast_id) {
        if let std::collections::hash_map::Entry::Vacant(entry) = timelines.entry(broadcast) {
            let stretches = broadcast_timeline::of(read, Id::from_uuid(broadcast)).await?;
            entry.insert(Timeline::new(&stretches));
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let timeline = row.broadcast_id.and_then(|id| timelines.get(&id));
            let media_ms = timeline.and_then(|timeline| timeline.media_ms(Timestamp(row.pdt_at)));
            let danmaku = danmaku.get(&row.id).map(flight);
            shape(row, media_ms, danmaku)
        })
        .collect())
}

pub(crate) fn flight(row: &danmaku_attrs::Model) -> CommentDanmaku {
    let mode = serde_json::from_value(row.mode.clone().into()).unwrap_or_default();
    CommentDanmaku {
        mode,
        color: u32::try_from(row.color).unwrap_or_else(|_| white()),
        size: u8::try_from(row.size).unwrap_or_else(|_| usual_size()),
    }
}

/// The comment of a row; the words of one that was taken away stay with the moderators.
pub(super) fn shape(
    row: comments::Model,
    media_ms: Option<i64>,
    danmaku: Option<CommentDanmaku>,
) -> Comment {
    let gone = matches!(Status::parse(&row.status), Some(Status::Removed | Status::Retracted));
    // Its author is not told that others don't see it.
    let status = if row.status == Status::AuthorOnly.as_str() {
        Status::Published.as_str().to_owned()
    } else {
        row.status
    };
    Comment {
        id: Id::from_uuid(row.id),
        seq: row.seq,
        status,
        kind: row.kind,
        body: if gone { String::new() } else { row.body },
        author: CommentAuthor {
            id: Id::from_uuid(row.author_id),
            display_name: row.author_name,
            badges: serde_json::from_value(row.author_badges).unwrap_or_default(),
        },
        sent_at: Timestamp(row.sent_at),
        pdt_at: Timestamp(row.pdt_at),
        media_ms,
        room_id: Id::from_uuid(row.room_id),
        broadcast_id: row.broadcast_id.map(Id::from_uuid),
        parent_id: row.parent_id.map(Id::from_uuid),
        client_id: row.client_id,
        danmaku,
    }
}

/// The comment of a row as a room's event carries it: for one that is published or restored later.
pub(crate) fn event_of(row: &comments::Model, danmaku: Option<event::Danmaku>) -> event::Comment {
    event::Comment {
        id: Id::from_uuid(row.id),
        author: event::Author {
            id: Some(Id::from_uuid(row.author_id)),
            display_name: row.author_name.clone(),
            badges: serde_json::from_value(row.author_badges.clone()).unwrap_or_default(),
        },
        kind: Kind::parse(&row.kind).unwrap_or_default(),
        body: row.body.clone(),
        sent_at: Timestamp(row.sent_at),
        pdt_at: Some(Timestamp(row.pdt_at)),
        broadcast_id: row.broadcast_id.map(Id::from_uuid),
        client_id: row.client_id.clone(),
        parent_id: row.parent_id.map(Id::from_uuid),
        danmaku,
        count: None,
    }
}
