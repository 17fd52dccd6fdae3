//! The durable log of each room: what its streams replay.

use domain::id::RoomId;
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _,
};

use super::Error;

/// One event of a room.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_events")]
pub struct Model {
    /// The room.
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: Uuid,
    /// Identity of the history.
    #[sea_orm(primary_key, auto_increment = false)]
    pub epoch: String,
    /// The place in it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Priority, 0 to 5.
    pub class: i32,
    /// The dotted name.
    pub r#type: String,
    /// The event as JSON text, with its `type`.
    pub payload: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Appends events in one statement.
///
/// # Errors
/// The database's.
pub async fn insert_many(tx: &impl ConnectionTrait, events: Vec<Model>) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = events.into_iter().map(|event| event.into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The events after a place, in order, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn page_after(
    conn: &impl ConnectionTrait,
    room: RoomId,
    epoch: &str,
    seq: u64,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let found = Entity::find()
        .filter(Column::RoomId.eq(room.uuid()))
        .filter(Column::Epoch.eq(epoch))
        .filter(Column::Seq.gt(i64::try_from(seq).unwrap_or(i64::MAX)))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(conn);
    Ok(found.await?)
}

/// Takes the words out of these comments' events: who replays the history is told of each that it
/// was removed, in its place, so that the sequence keeps no hole.
///
/// # Errors
/// The database's.
pub async fn redact(
    tx: &impl ConnectionTrait,
    room: RoomId,
    epoch: &str,
    seqs: &[i64],
) -> Result<(), Error> {
    let found = Entity::find()
        .filter(Column::RoomId.eq(room.uuid()))
        .filter(Column::Epoch.eq(epoch))
        .filter(Column::Seq.is_in(seqs.iter().copied()))
        .all(tx);
    for event in found.await? {
        let Some(payload) = redacted(&event.payload) else { continue };
        let mut changed = event.into_active_model();
        changed.r#type = Set(DELETED.to_owned());
        changed.payload = Set(payload);
        Entity::update(changed).exec(tx).await?;
    }
    Ok(())
}

/// The name of the event that stands in for a removed comment's.
const DELETED: &str = "comment.deleted";

/// The deletion of the comment that an event shows; `None` when it shows none.
fn redacted(payload: &str) -> Option<String> {
    let event: serde_json::Value = serde_json::from_str(payload).ok()?;
    let id = event.get("comment")?.get("id")?;
    Some(serde_json::json!({"type": DELETED, "comment_id": id, "by": "moderation"}).to_string())
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn a_removed_comment_leaves_its_id_and_no_word() {
        let event = r#"{"type":"comment.created","comment":{"id":"cmt_1","body":"secret"}}"#;
        let told = redacted(event).expect("a comment's event");
        assert!(told.contains("cmt_1") && !told.contains("secret"), "{told}");
        assert_eq!(redacted(r#"{"type":"room.cleared"}"#), None);
    }
}
