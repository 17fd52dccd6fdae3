//! An item as moderators see it.

use domain::id::{CommentId, Id, ItemId, QueueId, RoomId, UserId};
use domain::moderation::decide::SubjectKind;
use domain::time::Timestamp;
use infra::database::{self, comments, mod_claims, mod_items, users};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{App, schema};

/// Something that waits for a judgement.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ModerationItem, example = json!({
    "id": "itm_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "state": "open", "subject_kind": "comment",
    "subject_id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "author": { "id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Ana" },
    "comment": { "body": "buy followers", "kind": "chat", "status": "held", "sent_at": "2026-11-25T18:30:00.000Z", "pdt_at": "2026-11-25T18:29:58.500Z" },
    "source": "rule", "reason_codes": ["spam"], "risk": 0.7, "severity": 2, "report_count": 0,
    "priority": 1_400, "queue_id": "que_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "evidence": { "hits": [{ "kind": "terms", "variant": "folded", "spans": [[0, 13]] }] },
    "same_words_count": 1, "claim": null, "sla_at": "2026-11-25T18:35:00.000Z",
    "created_at": "2026-11-25T18:30:00.000Z", "updated_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Item {
    /// The item's id.
    #[schema(value_type = schema::ItemId)]
    pub id: ItemId,
    /// `open`, `claimed`, `decided` or `expired`.
    pub state: String,
    /// `comment`, `user`, `broadcast` or `recording`.
    pub subject_kind: String,
    /// What is judged, as an id of its kind.
    pub subject_id: String,
    /// The room it comes from.
    #[schema(value_type = Option<schema::RoomId>)]
    pub room_id: Option<RoomId>,
    /// Who made it.
    pub author: Option<ItemAuthor>,
    /// The words, when it is a comment.
    pub comment: Option<ItemComment>,
    /// What brought it first: `rule` or `report`.
    pub source: String,
    /// Why it is here: policies' keys and rules' kinds.
    pub reason_codes: Vec<String>,
    /// How likely it breaks a policy, 0 to 1.
    pub risk: f64,
    /// How bad that would be, 1 to 5.
    pub severity: i32,
    /// Reports so far.
    pub report_count: i64,
    /// The greater goes first.
    pub priority: i64,
    /// Its queue.
    #[schema(value_type = schema::QueueId)]
    pub queue_id: QueueId,
    /// `hits` of rules (rule, version, variant, `spans` as `[start, end)` in Unicode scalar values
    /// of the body, the reading that gave it away) and `reports`.
    #[schema(value_type = Object)]
    pub evidence: Value,
    /// Waiting items with the same words, this one included.
    pub same_words_count: usize,
    /// Who has it now.
    pub claim: Option<ItemClaim>,
    /// When a decision is due.
    #[schema(value_type = schema::Timestamp)]
    pub sla_at: Timestamp,
    /// When it came in.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = schema::Timestamp)]
    pub updated_at: Timestamp,
}

/// Who made the subject of an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({ "id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Ana" }))]
pub struct ItemAuthor {
    /// The user.
    #[schema(value_type = schema::UserId)]
    pub id: UserId,
    /// How they are called now.
    pub display_name: String,
}

/// The words of an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "body": "buy followers", "kind": "chat", "status": "held", "sent_at": "2026-11-25T18:30:00.000Z",
    "pdt_at": "2026-11-25T18:29:58.500Z"
}))]
pub struct ItemComment {
    /// As written.
    pub body: String,
    /// `chat`, `danmaku` or `question`.
    pub kind: String,
    /// What became of it so far.
    pub status: String,
    /// When it was written.
    #[schema(value_type = schema::Timestamp)]
    pub sent_at: Timestamp,
    /// The programme time that its author was watching.
    #[schema(value_type = schema::Timestamp)]
    pub pdt_at: Timestamp,
}

/// Who has an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "reviewer_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "reviewer_name": "Mo",
    "lease_until": "2026-11-25T18:31:00.000Z"
}))]
pub struct ItemClaim {
    /// Who.
    #[schema(value_type = schema::UserId)]
    pub reviewer_id: UserId,
    /// How they are called.
    pub reviewer_name: String,
    /// Until when, unless it is extended.
    #[schema(value_type = schema::Timestamp)]
    pub lease_until: Timestamp,
}

/// Items with what they are about, in the order given.
pub(crate) async fn show(
    app: &App,
    rows: Vec<mod_items::Model>,
) -> Result<Vec<Item>, database::Error> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let claims = mod_claims::of(app.database.read(), &ids).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let claim = claims.iter().find(|claim| claim.item_id == row.id);
        items.push(one(app, row, claim).await?);
    }
    Ok(items)
}

async fn one(
    app: &App,
    row: mod_items::Model,
    claim: Option<&mod_claims::Model>,
) -> Result<Item, database::Error> {
    let read = app.database.read();
    let kind = SubjectKind::parse(&row.subject_kind);
    let comment = match kind {
        Some(SubjectKind::Comment) => {
            comments::find(read, CommentId::from_uuid(row.subject_id)).await?
        }
        Some(SubjectKind::Broadcast | SubjectKind::Recording | SubjectKind::User) | None => None,
    };
    let author = match row.subject_author_id.map(UserId::from_uuid) {
        Some(id) => Some(ItemAuthor { id, display_name: name(app, id).await? }),
        None => None,
    };
    let now = app.clock.now();
    let claim = match claim.filter(|claim| row.state == "claimed" && claim.lease_until > now.0) {
        Some(claim) => {
            let reviewer_id = UserId::from_uuid(claim.reviewer_id);
            let reviewer_name = name(app, reviewer_id).await?;
            let lease_until = Timestamp(claim.lease_until);
            Some(ItemClaim { reviewer_id, reviewer_name, lease_until })
        }
        None => None,
    };
    let same_words_count = match row.body_norm_hash {
        Some(hash) => mod_items::count_same_words(read, row.org_id, hash).await?,
        None => 1,
    };
    Ok(Item {
        id: Id::from_uuid(row.id),
        state: row.state,
        subject_id: subject_text(kind, row.subject_id),
        subject_kind: row.subject_kind,
        room_id: row.room_id.map(Id::from_uuid),
        author,
        comment: comment.map(words),
        source: row.source,
        reason_codes: serde_json::from_value(row.reason_codes).unwrap_or_default(),
        risk: row.risk,
        severity: row.severity,
        report_count: row.report_count,
        priority: row.priority,
        queue_id: Id::from_uuid(row.queue_id),
        evidence: row.evidence,
        same_words_count,
        claim,
        sla_at: Timestamp(row.sla_at),
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
    })
}

fn words(row: comments::Model) -> ItemComment {
    ItemComment {
        body: row.body,
        kind: row.kind,
        status: row.status,
        sent_at: Timestamp(row.sent_at),
        pdt_at: Timestamp(row.pdt_at),
    }
}

async fn name(app: &App, id: UserId) -> Result<String, database::Error> {
    let user = users::find(app.database.read(), id).await?;
    Ok(user.map_or_else(String::new, |user| user.display_name))
}

/// The id of a subject with the prefix of its kind.
pub(crate) fn subject_text(kind: Option<SubjectKind>, id: uuid::Uuid) -> String {
    match kind {
        Some(SubjectKind::Comment) => Id::<domain::id::Comment>::from_uuid(id).to_string(),
        Some(SubjectKind::Broadcast) => Id::<domain::id::Broadcast>::from_uuid(id).to_string(),
        Some(SubjectKind::Recording) => Id::<domain::id::Recording>::from_uuid(id).to_string(),
        Some(SubjectKind::User) => Id::<domain::id::User>::from_uuid(id).to_string(),
        None => id.simple().to_string(),
    }
}
