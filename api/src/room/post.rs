//! Comments on their way into a room: batched into one transaction, answered when they are shown.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use domain::comment::{Body, ClientId, Kind, Status};
use domain::event::{self, Author, Danmaku, RoomEvent, Topic};
use domain::id::{BroadcastId, CommentId, OrgId, RoomId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use infra::database::{
    self, DatabaseTransaction, Refused, comments, danmaku_attrs, outbox, room_events, rooms,
};
use tokio::sync::oneshot;

use super::commit::{Command, Landed, row, stamp};
use super::frame::Stamped;
use super::rooms::{Room, Surroundings};

/// Rows that belong to a comment and are written with it, such as an item for the moderators.
pub type With = Arc<
    dyn for<'t> Fn(
            &'t DatabaseTransaction,
            &'t comments::Model,
        ) -> BoxFuture<'t, Result<(), database::Error>>
        + Send
        + Sync,
>;

/// A comment that passed every check.
#[derive(Clone)]
pub struct Draft {
    /// Its id.
    pub id: CommentId,
    /// Whose room it is.
    pub org_id: OrgId,
    /// Who wrote it; the id is there.
    pub author: Author,
    /// What it is.
    pub kind: Kind,
    /// The words.
    pub body: Body,
    /// The comment that it answers.
    pub parent_id: Option<CommentId>,
    /// How a danmaku flies.
    pub danmaku: Option<Danmaku>,
    /// The broadcast that runs, if one does.
    pub broadcast_id: Option<BroadcastId>,
    /// The programme time that the author is watching.
    pub pdt_at: Timestamp,
    /// The id that the author's page gave.
    pub client_id: Option<ClientId>,
    /// Published, held, or shown to its author alone.
    pub status: Status,
    /// How likely it breaks a policy, 0 to 1.
    pub risk: f64,
    /// When we took it.
    pub at: Timestamp,
    /// What else is written with it.
    pub with: Option<With>,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Draft")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A comment as it is stored.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The comment.
    pub comment: comments::Model,
    /// Whether this call made it; not when its client id was known already.
    pub is_new: bool,
}

/// A draft with the one who waits for its answer.
pub(super) struct Posting {
    draft: Draft,
    answer: oneshot::Sender<Result<Posted, database::Error>>,
}

impl Room {
    /// Posts a comment: durable and shown, or known already, when this returns.
    ///
    /// # Errors
    /// When the database fails; the same client id may be tried again.
    pub async fn post(&self, draft: Draft) -> Result<Posted, database::Error> {
        let (answer, answered) = oneshot::channel();
        let posting = Box::new(Posting { draft, answer });
        if self.queue.send(Command::Post(posting)).await.is_err() {
            return Err(database::Error::Overloaded);
        }
        answered.await.unwrap_or(Err(database::Error::Overloaded))
    }
}

/// What became of each draft of a batch, in its order, and what the room is shown.
struct Batch {
    posted: Vec<Posted>,
    events: Vec<Stamped>,
}

/// Commits a batch in one transaction; when that fails, each comment in its own.
pub(super) async fn commit(around: Surroundings, room: RoomId, postings: Vec<Posting>) -> Landed {
    let (drafts, answers): (Vec<_>, Vec<_>) =
        postings.into_iter().map(|posting| (posting.draft, posting.answer)).unzip();
    let mut landed = Vec::with_capacity(answers.len());
    let mut events = Vec::new();
    match write(&around, room, drafts.clone()).await {
        Ok(batch) => {
            events = batch.events;
            landed.extend(batch.posted.into_iter().map(Ok));
        }
        Err(error) if error.is_unavailable() || drafts.len() == 1 => {
            landed.extend(std::iter::once(Err(error)));
            landed.resize_with(drafts.len(), || Err(database::Error::Overloaded));
        }
        Err(_) => {
            for draft in drafts {
                let alone = write(&around, room, vec![draft]).await;
                landed.push(alone.and_then(|mut batch| {
                    events.append(&mut batch.events);
                    batch.posted.pop().ok_or(database::Error::Overloaded)
                }));
            }
        }
    }
    let answer = Box::new(move || {
        for (answer, result) in answers.into_iter().zip(landed) {
            // Whoever went away does not want it any more; the comment stays.
            drop(answer.send(result));
        }
    });
    Landed { events, answer }
}

async fn write(
    around: &Surroundings,
    room: RoomId,
    drafts: Vec<Draft>,
) -> Result<Batch, database::Error> {
    let (drafts, ids) = (Arc::new(drafts), around.ids.clone());
    let written = around.database.write::<_, Infallible, _>(move |tx| {
        let (drafts, ids) = (Arc::clone(&drafts), ids.clone());
        async move { write_all(tx, &ids, room, &drafts).await.map_err(Refused::Database) }.boxed()
    });
    written.await.map_err(database::Error::from)
}

async fn write_all(
    tx: &DatabaseTransaction,
    ids: &infra::ids::Ids,
    room: RoomId,
    drafts: &[Draft],
) -> Result<Batch, database::Error> {
    let plan = plan(tx, room, drafts).await?;
    let fresh: Vec<_> = plan.fresh(drafts).collect();
    let shown = fresh.iter().filter(|draft| draft.status == Status::Published).count() as u64;
    let places = if shown > 0 { Some(rooms::take_places(tx, room, shown).await?) } else { None };
    let mut next = places.as_ref().map_or(0, |places| places.first);
    let (mut models, mut events) = (Vec::with_capacity(fresh.len()), Vec::new());
    for draft in &fresh {
        let seq = (draft.status == Status::Published).then_some(next);
        if let Some(seq) = seq {
            next += 1;
            events.push(stamp(&RoomEvent::CommentCreated { comment: shape(draft) }, seq, draft.at));
        }
        models.push(model(room, draft, seq));
    }
    comments::insert_many(tx, models.clone()).await?;
    danmaku_attrs::insert_many(tx, fresh.iter().filter_map(|draft| danmaku(draft)).collect())
        .await?;
    if let Some(places) = places {
        let rows = events.iter().map(|event| row(room, &places.epoch, event)).collect();
        room_events::insert_many(tx, rows).await?;
    }
    outbox::append_many(tx, fresh.iter().filter_map(|draft| told(ids, room, draft)).collect())
        .await?;
    for (draft, model) in fresh.iter().zip(&models) {
        if let Some(with) = &draft.with {
            with(tx, model).await?;
        }
    }
    Ok(Batch { posted: plan.posted(&models), events })
}

/// For each draft: what is known already, which draft of the batch it repeats, or that it is new.
struct Plan(Vec<Place>);

enum Place {
    Known(Box<comments::Model>),
    Repeats(usize),
    New,
}

async fn plan(
    tx: &DatabaseTransaction,
    room: RoomId,
    drafts: &[Draft],
) -> Result<Plan, database::Error> {
    let key = |draft: &Draft| {
        let author = draft.author.id?;
        draft.client_id.as_ref().map(|client| (author, client.as_str().to_owned()))
    };
    let keys: Vec<_> = drafts.iter().filter_map(key).collect();
    let asked: Vec<_> = keys.iter().map(|(author, client)| (*author, client.as_str())).collect();
    let mut known: HashMap<_, _> = HashMap::new();
    for model in comments::by_client_ids(tx, room, &asked).await? {
        known.insert((model.author_id, model.client_id.clone().unwrap_or_default()), model);
    }
    let mut firsts = HashMap::new();
    let mut fresh = 0;
    let places = drafts.iter().map(|draft| {
        let Some((author, client)) = key(draft) else {
            fresh += 1;
            return Place::New;
        };
        let key = (author.uuid(), client);
        if let Some(model) = known.get(&key) {
            return Place::Known(Box::new(model.clone()));
        }
        if let Some(&first) = firsts.get(&key) {
            return Place::Repeats(first);
        }
        firsts.insert(key, fresh);
        fresh += 1;
        Place::New
    });
    Ok(Plan(places.collect()))
}

impl Plan {
    fn fresh<'a>(&'a self, drafts: &'a [Draft]) -> impl Iterator<Item = &'a Draft> {
        let new = self.0.iter().zip(drafts);
        new.filter(|(place, _)| matches!(place, Place::New)).map(|(_, draft)| draft)
    }

    fn posted(self, models: &[comments::Model]) -> Vec<Posted> {
        let mut fresh = models.iter().cloned();
        let place = |place| match place {
            Place::Known(comment) => Posted { comment: *comment, is_new: false },
            Place::Repeats(first) => Posted { comment: models[first].clone(), is_new: false },
            Place::New => {
                Posted { comment: fresh.next().expect("one model for each draft"), is_new: true }
            }
        };
        self.0.into_iter().map(place).collect()
    }
}

fn model(room: RoomId, draft: &Draft, seq: Option<u64>) -> comments::Model {
    comments::Model {
        id: draft.id.uuid(),
        org_id: draft.org_id.uuid(),
        room_id: room.uuid(),
        broadcast_id: draft.broadcast_id.map(BroadcastId::uuid),
        author_id: draft.author.id.expect("a comment has an author").uuid(),
        author_name: draft.author.display_name.clone(),
        author_badges: serde_json::to_value(&draft.author.badges).expect("words"),
        kind: draft.kind.as_str().to_owned(),
        body: draft.body.as_str().to_owned(),
        body_norm_hash: domain::moderation::normalise::fingerprint(draft.body.as_str()),
        lang: None,
        parent_id: draft.parent_id.map(CommentId::uuid),
        status: draft.status.as_str().to_owned(),
        sent_at: draft.at.as_millis(),
        pdt_at: draft.pdt_at.as_millis(),
        seq: seq.and_then(|seq| i64::try_from(seq).ok()),
        client_id: draft.client_id.as_ref().map(|client| client.as_str().to_owned()),
        edited_at: None,
        removed_at: None,
        risk: draft.risk,
    }
}

fn danmaku(draft: &Draft) -> Option<danmaku_attrs::Model> {
    let danmaku = draft.danmaku?;
    let mode = serde_json::to_value(danmaku.mode).expect("a word");
    Some(danmaku_attrs::Model {
        comment_id: draft.id.uuid(),
        mode: mode.as_str().unwrap_or("scroll").to_owned(),
        color: i32::try_from(danmaku.color).unwrap_or(0x00ff_ffff),
        size: i32::from(danmaku.size),
    })
}

/// The comment as rooms and partners see it.
fn shape(draft: &Draft) -> event::Comment {
    event::Comment {
        id: draft.id,
        author: draft.author.clone(),
        kind: draft.kind,
        body: draft.body.as_str().to_owned(),
        sent_at: draft.at,
        pdt_at: Some(draft.pdt_at),
        broadcast_id: draft.broadcast_id,
        client_id: draft.client_id.as_ref().map(|client| client.as_str().to_owned()),
        parent_id: draft.parent_id,
        danmaku: draft.danmaku,
        count: None,
    }
}

/// What partners are told of a new comment; nothing of what only its author sees.
fn told(ids: &infra::ids::Ids, room: RoomId, draft: &Draft) -> Option<outbox::Row> {
    let topic = match draft.status {
        Status::Published => Topic::CommentCreated,
        Status::Held => Topic::CommentHeld,
        Status::AuthorOnly | Status::Rejected | Status::Removed | Status::Retracted => return None,
    };
    let payload = serde_json::json!({ "room_id": room, "comment": shape(draft) });
    Some(outbox::Row {
        id: ids.next(),
        org_id: Some(draft.org_id),
        topic,
        key: room.to_string(),
        payload,
        created_at: draft.at,
    })
}
