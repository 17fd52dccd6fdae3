//! Where a decision takes place: in a room, whose viewers see it at once, or beside all rooms.

use domain::comment::Status;
use domain::event::{CommentDeleted, DeletedBy, RoomEvent, Topic, VisibleReason};
use domain::id::{CommentId, DecisionId, OrgId, RoomId, UserId};
use domain::moderation::decide::{Outcome, comment_becomes};
use domain::time::Timestamp;
use infra::database::{
    self, DatabaseTransaction, audit_log, comments, danmaku_attrs, mod_decisions, outbox,
    room_events, rooms,
};
use infra::ids::Ids;
use serde_json::Value;

use crate::comments::{event_of, flight};
use crate::room::RoomTx;

/// A transaction in which something is decided.
#[derive(Clone, Debug)]
pub(crate) enum Scene<'t> {
    /// In a room.
    Room(RoomTx<'t>),
    /// Beside all rooms.
    Org {
        /// The transaction.
        tx: &'t DatabaseTransaction,
        /// The organisation.
        org: OrgId,
        /// Makes the ids of outbox rows.
        ids: Ids,
        /// When it happens.
        at: Timestamp,
    },
}

impl Scene<'_> {
    /// The transaction, for rows.
    pub(crate) fn tx(&self) -> &DatabaseTransaction {
        match self {
            Self::Room(room) => room.tx,
            Self::Org { tx, .. } => tx,
        }
    }

    /// When it happens.
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Self::Room(room) => room.at,
            Self::Org { at, .. } => *at,
        }
    }

    /// Tells partners, and the room where there is one; its place in the room's history.
    pub(crate) async fn publish(&self, event: &RoomEvent) -> Result<Option<u64>, database::Error> {
        match self {
            Self::Room(room) => Ok(Some(room.publish(event).await?)),
            Self::Org { tx, org, ids, at } => {
                let Some(topic) = Topic::parse(event.name()) else { return Ok(None) };
                let row = outbox::Row {
                    id: ids.next(),
                    org_id: Some(*org),
                    topic,
                    key: org.to_string(),
                    payload: serde_json::to_value(event).expect("an event is plain data"),
                    created_at: *at,
                };
                outbox::append(*tx, row).await?;
                Ok(None)
            }
        }
    }

    /// Does to a comment what a decision says. Tells the place whose words must go from memory.
    pub(crate) async fn judge_comment(
        &self,
        id: CommentId,
        outcome: Outcome,
        reason: Option<VisibleReason>,
    ) -> Result<Option<u64>, database::Error> {
        let Some(row) = comments::find(self.tx(), id).await? else { return Ok(None) };
        let Some(from) = Status::parse(&row.status) else { return Ok(None) };
        let Some(next) = comment_becomes(from, outcome) else { return Ok(None) };
        self.change(&row, from, next, reason).await
    }

    /// Puts a comment back to what it was before it was published: a moderator looks again.
    pub(crate) async fn hold_comment(&self, id: CommentId) -> Result<(), database::Error> {
        let (from, to) = (Status::Published.as_str(), Status::Held.as_str());
        if comments::change_status(self.tx(), id, from, to, None).await? {
            self.tell_deleted(id, None).await?;
        }
        Ok(())
    }

    async fn change(
        &self,
        row: &comments::Model,
        from: Status,
        next: Status,
        reason: Option<VisibleReason>,
    ) -> Result<Option<u64>, database::Error> {
        let id = CommentId::from_uuid(row.id);
        let goes = matches!(next, Status::Removed | Status::Rejected);
        let removed_at = goes.then_some(self.at().0);
        let (from_text, next_text) = (from.as_str(), next.as_str());
        if !comments::change_status(self.tx(), id, from_text, next_text, removed_at).await? {
            return Ok(None);
        }
        if next == Status::Published {
            self.tell_shown(row).await?;
            return Ok(None);
        }
        if from == Status::Published {
            self.tell_deleted(id, reason).await?;
            let room = RoomId::from_uuid(row.room_id);
            self.forget_words(room, row.seq.as_slice()).await?;
            return Ok(row.seq.and_then(|seq| u64::try_from(seq).ok()));
        }
        Ok(None)
    }

    /// A comment that nobody has seen yet is new to the room; one that was seen comes back.
    async fn tell_shown(&self, row: &comments::Model) -> Result<(), database::Error> {
        let flights = danmaku_attrs::of(self.tx(), vec![row.id]).await?;
        let danmaku = flights.first().map(|attrs| flight(attrs).into());
        let comment = event_of(row, danmaku);
        let event = match row.seq {
            Some(_) => RoomEvent::CommentRestored { comment },
            None => RoomEvent::CommentCreated { comment },
        };
        if let Some(seq) = self.publish(&event).await? {
            comments::place(self.tx(), CommentId::from_uuid(row.id), seq).await?;
        }
        Ok(())
    }

    async fn tell_deleted(
        &self,
        comment_id: CommentId,
        visible_reason: Option<VisibleReason>,
    ) -> Result<(), database::Error> {
        let by = DeletedBy::Moderation;
        let deleted = CommentDeleted { comment_id, by, visible_reason };
        self.publish(&RoomEvent::CommentDeleted(deleted)).await?;
        Ok(())
    }

    /// Takes words out of the room's stored history, which reconnecting pages read.
    async fn forget_words(&self, room: RoomId, seqs: &[i64]) -> Result<(), database::Error> {
        match rooms::find(self.tx(), room).await? {
            Some(row) if !seqs.is_empty() => {
                room_events::redact(self.tx(), room, &row.epoch, seqs).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Takes everything away that a user wrote in the room; the caller's event tells of it. Tells the
    /// places whose words must go from memory.
    pub(crate) async fn remove_comments_of(
        &self,
        user: UserId,
    ) -> Result<Vec<u64>, database::Error> {
        let Self::Room(room) = self else { return Ok(Vec::new()) };
        let removed = comments::remove_all_of(room.tx, room.room_id, user, room.at.0).await?;
        let seqs: Vec<_> = removed.iter().filter_map(|row| row.seq).collect();
        self.forget_words(room.room_id, &seqs).await?;
        Ok(seqs.into_iter().filter_map(|seq| u64::try_from(seq).ok()).collect())
    }

    /// Writes the audit row of a decision and tells partners.
    pub(crate) async fn record(
        &self,
        ids: &Ids,
        decision: &mod_decisions::Model,
        topic: Topic,
        payload: Value,
    ) -> Result<(), database::Error> {
        let org = OrgId::from_uuid(decision.org_id);
        let id = DecisionId::from_uuid(decision.id);
        let reviewer = decision.reviewer_id.map(UserId::from_uuid);
        let entry = audit_log::Entry {
            org_id: Some(org),
            actor: reviewer.map_or_else(|| "automaton".to_owned(), |user| user.to_string()),
            action: topic.as_str().to_owned(),
            target: id.to_string(),
            detail: payload.to_string(),
            at: self.at(),
        };
        audit_log::append(self.tx(), entry).await?;
        let row = outbox::Row {
            id: ids.next(),
            org_id: Some(org),
            topic,
            key: id.to_string(),
            payload,
            created_at: self.at(),
        };
        outbox::append(self.tx(), row).await
    }
}
