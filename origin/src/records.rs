//! The origin's rows: what it asks of the database, in its own words.

use std::convert::Infallible;

use domain::broadcast::Status;
use domain::channel::WhenNotLive;
use domain::id::{BroadcastId, ChannelId, Id, RecordingId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::auth::secret;
use infra::database::broadcasts::{self, Opening, Step};
use infra::database::leases::{self, Holder, Kind};
use infra::database::{self, Refused, channels, ingest_log, recordings};
use media::packager::Profile;
use media::time::Span;

use crate::Context;
use crate::archive::Missing;
use crate::control::Action;
use crate::ingest::Refusal;
use crate::ingest::log::Line;
use crate::live::lifecycle::Fact;
use crate::live::{Identity, Live};

/// SHA-256 of a stream key.
pub(crate) type KeyHash = [u8; 32];

/// The hash of a stream key, as its row holds it.
pub(crate) fn key_hash(key: &str) -> KeyHash {
    secret::hash(key)
}

/// A broadcast that this process now holds.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) identity: Identity,
    /// Of the lease: grows with each publisher.
    pub(crate) fence: i64,
    /// When its first publisher came, if this one is not the first.
    pub(crate) resumed_since: Option<Timestamp>,
    /// What its row names.
    pub(crate) profile: Option<Profile>,
    /// What the channel's last broadcast showed.
    pub(crate) longest_gop: Option<Span>,
}

/// Why a publisher was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// The database is away.
    Unavailable,
    /// A rule refuses it.
    Refused { refusal: Refusal, channel: Option<ChannelId> },
}

/// What the row of a broadcast that is not in memory says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Ended,
    TakenDown,
}

/// Whether a broadcast is still ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Ours { control_version: i64, ordered: Option<Action> },
    Lost,
}

/// A broadcast of a process that is gone.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    pub(crate) identity: Identity,
    /// Of the lease as it was found.
    pub(crate) fence: i64,
    pub(crate) profile: Option<Profile>,
    pub(crate) started_at: Timestamp,
    pub(crate) last_seen: Timestamp,
}

/// A write that only the database can refuse.
type Written<T> = Result<T, Refused<Infallible>>;

fn only_database<T>(written: Written<T>) -> Result<T, database::Error> {
    written.map_err(database::Error::from)
}

/// Puts the channel of a key on air.
pub(crate) async fn open(context: &Context, key: &KeyHash) -> Result<Opened, OpenError> {
    let opening = Opening {
        key_hash: *key,
        now: context.clock.now(),
        node: context.node.clone(),
        address: String::new(),
        reconnect_window: context.settings.reconnect_window,
        is_recorded: context.settings.record,
    };
    let ids = context.ids.clone();
    let write = context.database.write(move |tx| {
        let (ids, opening) = (ids.clone(), opening.clone());
        async move { broadcasts::open(tx, &ids, &opening).await }.boxed()
    });
    let opened = write.await.map_err(refused)?;
    let profile = opened.profile.as_deref().and_then(|profile| profile.parse().ok());
    let gop_ms = opened.gop_ms.and_then(|gop_ms| u64::try_from(gop_ms).ok());
    Ok(Opened {
        identity: Identity {
            broadcast: opened.broadcast_id,
            channel: opened.channel_id,
            recording: opened.recording_id,
            slug: opened.slug,
        },
        fence: opened.fence,
        resumed_since: opened.is_resumed.then_some(opened.started_at),
        profile,
        longest_gop: gop_ms.map(Span::from_ms),
    })
}

fn refused(refused: Refused<broadcasts::OpenError>) -> OpenError {
    use broadcasts::OpenError as Rule;
    let (refusal, channel) = match refused {
        Refused::Rule(Rule::UnknownKey) => (Refusal::UnknownKey, None),
        Refused::Rule(Rule::KeyRevoked(channel)) => (Refusal::KeyRevoked, Some(channel)),
        Refused::Rule(Rule::Suspended(channel)) => (Refusal::ChannelSuspended, Some(channel)),
        Refused::Rule(Rule::AlreadyLive(channel)) => (Refusal::AlreadyLive, Some(channel)),
        Refused::Database(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a publisher can't be looked up"
            );
            return OpenError::Unavailable;
        }
    };
    OpenError::Refused { refusal, channel }
}

/// Writes one step of a broadcast down.
pub(crate) async fn write(
    context: &Context,
    (broadcast, fence): (BroadcastId, i64),
    at: Timestamp,
    fact: &Fact,
) -> Result<(), database::Error> {
    let (ids, fact) = (context.ids.clone(), fact.clone());
    let written = context.database.write(move |tx| {
        let (ids, fact) = (ids.clone(), fact.clone());
        async move {
            let step = match &fact {
                Fact::Mark(mark) => Step::Mark(*mark),
                Fact::Interrupted(reason) => Step::Interrupted { reason },
                Fact::Resumed => Step::Resumed,
                Fact::Ended { reason, duration_ms } => {
                    Step::Ended { duration_ms: *duration_ms, reason }
                }
                Fact::TakenDown => Step::TakenDown,
                Fact::Left => Step::Left,
            };
            let written = broadcasts::step(tx, &ids, (broadcast, fence), step, at).await;
            written.map_err(Refused::Database)
        }
        .boxed()
    });
    let ours: Written<bool> = written.await;
    if !only_database(ours)? {
        tracing::warn!(broadcast.id = %broadcast, "another node holds the broadcast: step dropped");
    }
    Ok(())
}

/// Renews the lease of a broadcast and reads what was ordered.
pub(crate) async fn hold(context: &Context, live: &Live) -> Result<Held, database::Error> {
    let (id, fence, now) = (live.identity.broadcast, live.fence(), context.clock.now());
    let held = context.database.write(move |tx| {
        async move { broadcasts::hold(tx, id, fence, now).await.map_err(Refused::Database) }.boxed()
    });
    let held: Written<broadcasts::Held> = held.await;
    Ok(match only_database(held)? {
        broadcasts::Held::Lost => Held::Lost,
        broadcasts::Held::Ours { control_version, control_action, .. } => {
            let ordered = match control_action.as_deref() {
                Some("end") => Some(Action::End),
                Some("take_down") => Some(Action::TakeDown),
                Some("key_revoked") => Some(Action::KeyRevoked),
                _ => None,
            };
            Held::Ours { control_version, ordered }
        }
    })
}

/// The broadcasts on the air whose process is gone; those of `node` count as such too.
pub(crate) async fn left_behind(
    context: &Context,
    node: &str,
) -> Result<Vec<Left>, database::Error> {
    let now = context.clock.now();
    let read = context.database.read();
    let mut left = Vec::new();
    for broadcasts::Left { row, fence, last_seen } in
        broadcasts::left_behind(read, node, now).await?
    {
        let channel = Id::from_uuid(row.channel_id);
        let Some(slug) = channels::find(read, channel).await?.map(|channel| channel.slug) else {
            continue;
        };
        let last_seen = last_seen.max(row.interrupted_at.map_or(last_seen, Timestamp));
        left.push(Left {
            fence,
            identity: Identity {
                broadcast: Id::from_uuid(row.id),
                channel,
                recording: row.recording_id.map(Id::from_uuid),
                slug,
            },
            profile: row.profile.and_then(|profile| profile.parse().ok()),
            started_at: row.started_at.map_or(last_seen, Timestamp),
            last_seen,
        });
    }
    Ok(left)
}

/// Takes the lease of a broadcast: whoever had it finds a higher fence.
pub(crate) async fn take_up(
    context: &Context,
    broadcast: BroadcastId,
) -> Result<i64, database::Error> {
    let (node, now) = (context.node.clone(), context.clock.now());
    let taken = context.database.write(move |tx| {
        let node = node.clone();
        async move {
            let holder = Holder { node: &node, address: "" };
            let subject = broadcast.to_string();
            let taken = leases::take(tx, Kind::Broadcast, &subject, holder, now).await;
            taken.map_err(Refused::Database)
        }
        .boxed()
    });
    let taken: Written<i64> = taken.await;
    only_database(taken)
}

/// What a broadcast that is not in memory allows.
pub(crate) async fn standing(context: &Context, id: BroadcastId) -> Result<Standing, Missing> {
    let row = broadcasts::find(context.database.read(), id).await.map_err(unavailable)?;
    standing_of(&row.ok_or(Missing::Unknown)?)
}

fn standing_of(row: &broadcasts::Model) -> Result<Standing, Missing> {
    if row.control_action.as_deref() == Some("take_down") {
        return Ok(Standing::TakenDown);
    }
    match Status::parse(&row.status) {
        Some(Status::Ended | Status::Archived) => Ok(Standing::Ended),
        // On the air, and not in memory (yet): a player must not take it for gone.
        Some(Status::Live | Status::Interrupted) => Err(Missing::Unavailable),
        _ => Err(Missing::Unknown),
    }
}

/// Writes down how much of a recording is missing, if any is.
pub(crate) async fn miss(context: &Context, recording: RecordingId, missing_ms: i64) {
    if missing_ms == 0 {
        return;
    }
    let written: Written<()> = context
        .database
        .write(move |tx| {
            async move {
                    recordings::miss(tx, recording, missing_ms).await.map_err(Refused::Database)
                }
                .boxed()
        })
        .await;
    if let Err(error) = only_database(written) {
        tracing::warn!(
            recording.id = %recording,
            error = &error as &dyn std::error::Error,
            "a recording does not say what it misses"
        );
    }
}

/// What a channel's address gives while it is not live: the broadcast of its newest recording, when
/// the channel says so.
pub(crate) async fn replay_of(
    context: &Context,
    slug: &str,
) -> Result<Option<BroadcastId>, database::Error> {
    let read = context.database.read();
    let channel = channels::find_by_slug(read, slug).await?;
    let channel = channel.filter(|channel| {
        channel.archived_at.is_none() && channel.when_not_live() == WhenNotLive::NewestRecording
    });
    let Some(channel) = channel else { return Ok(None) };
    let newest = recordings::newest_public_of(read, Id::from_uuid(channel.id)).await?;
    Ok(newest.and_then(|recording| recording.broadcast_id).map(Id::from_uuid))
}

/// A broadcast that is over, by name; nothing when it is on the air, or unknown.
pub(crate) async fn ended(
    context: &Context,
    id: BroadcastId,
) -> Result<Option<(Identity, Standing)>, Missing> {
    let read = context.database.read();
    let Some(row) = broadcasts::find(read, id).await.map_err(unavailable)? else { return Ok(None) };
    let standing = match standing_of(&row) {
        Ok(standing) => standing,
        Err(Missing::Unknown) => return Ok(None),
        Err(missing) => return Err(missing),
    };
    let channel = Id::from_uuid(row.channel_id);
    let slug = channels::find(read, channel).await.map_err(unavailable)?.map(|found| found.slug);
    let recording = row.recording_id.map(Id::from_uuid);
    Ok(slug.map(|slug| (Identity { broadcast: id, channel, recording, slug }, standing)))
}

/// The broadcast that a recording is made from.
pub(crate) async fn broadcast_of(
    context: &Context,
    id: RecordingId,
) -> Result<BroadcastId, Missing> {
    let row = recordings::find(context.database.read(), id).await.map_err(unavailable)?;
    let row = row.filter(|row| row.status == "ready").ok_or(Missing::Unknown)?;
    row.broadcast_id.map(Id::from_uuid).ok_or(Missing::Unknown)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn unavailable(error: database::Error) -> Missing {
    tracing::warn!(error = &error as &dyn std::error::Error, "a recording can't be looked up");
    Missing::Unavailable
}

/// Remembers the GOP that a channel's publisher uses: the next broadcast's target covers it.
pub(crate) async fn remember_gop(context: &Context, channel: ChannelId, gop_ms: i64) {
    let written = context.database.write_low(move |tx| {
        async move { channels::set_gop(tx, channel, gop_ms).await.map_err(Refused::Database) }
            .boxed()
    });
    let written: Written<()> = written.await;
    if let Err(error) = only_database(written) {
        tracing::debug!(error = &error as &dyn std::error::Error, "a channel's GOP is not kept");
    }
}

/// Writes a line of a channel's ingest log.
pub(crate) async fn note(
    context: &Context,
    channel: ChannelId,
    line: &Line,
) -> Result<(), database::Error> {
    let Some(row) = channels::find(context.database.read(), channel).await? else { return Ok(()) };
    let new = ingest_log::New {
        id: context.ids.uuid(),
        org_id: Id::from_uuid(row.org_id),
        channel_id: channel,
        broadcast_id: line.broadcast_id,
        at: line.at,
        code: line.code.to_owned(),
        args: line.args.clone().unwrap_or_else(|| serde_json::json!({})),
    };
    let written = context.database.write_low(move |tx| {
        let new = new.clone();
        async move { ingest_log::append(tx, new).await.map_err(Refused::Database) }.boxed()
    });
    only_database(written.await)
}
