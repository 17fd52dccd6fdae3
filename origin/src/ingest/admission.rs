//! Who may publish: a key names a channel, the channel has a broadcast, the broadcast has a seat.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::{BroadcastId, ChannelId};
use media::packager::{Packager, Settings};
use parking_lot::Mutex;

use super::Refusal;
use super::log::Line;
use crate::Context;
use crate::archive::{self, Missing};
use crate::live::{Identity, Live, Past, Seat, launch};
use crate::records::{self, KeyHash, Left, OpenError};

/// A key that was seen so lately resumes its own broadcast without the database.
const REMEMBER: Duration = Duration::from_mins(10);
/// Keys remembered; the oldest goes first.
const REMEMBERED_MAX: usize = 10_000;

/// Lets publishers in.
#[derive(Debug)]
pub(crate) struct Admission {
    context: Arc<Context>,
    seen: Mutex<HashMap<KeyHash, Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    broadcast: BroadcastId,
    at: Duration,
}

impl Admission {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, seen: Mutex::default() }
    }

    /// A seat at the broadcast that `key` selects, or why there is none.
    pub(crate) async fn admit(&self, key: &str, parameters: &str) -> Result<Seat, Refusal> {
        let admitted = self.try_admit(key).await;
        let result = match &admitted {
            Ok(seat) => {
                self.note(seat.live(), "accepted");
                tracing::info!(
                    broadcast.id = %seat.live().identity.broadcast,
                    ingest.parameters = parameters.len(),
                    "a publisher was let in"
                );
                "accepted"
            }
            Err(refusal) => {
                tracing::info!(ingest.refusal = refusal.code(), "a publisher was refused");
                refusal.code()
            }
        };
        metrics::counter!("headwater_ingest_publishers_total", "result" => result).increment(1);
        admitted
    }

    async fn try_admit(&self, key: &str) -> Result<Seat, Refusal> {
        if self.context.tasks.is_draining() {
            return Err(Refusal::Draining);
        }
        let hash = records::key_hash(key);
        let live = match records::open(&self.context, &hash).await {
            Ok(opened) => self.on_air(opened).await?,
            Err(OpenError::Unavailable) => self.remembered(&hash)?,
            // Its publisher may be gone, and the row not know it yet: its owner task does.
            Err(OpenError::Refused { refusal: Refusal::AlreadyLive, channel: Some(channel) }) => {
                self.ours(channel)?
            }
            Err(OpenError::Refused { refusal, channel }) => {
                if let Some(channel) = channel {
                    self.context.note(channel, None, refusal.code());
                }
                return Err(refusal);
            }
        };
        let seat = Seat::take(Arc::clone(&live)).await.inspect_err(|refusal| {
            self.note(&live, refusal.code());
        })?;
        self.remember(hash, live.identity.broadcast);
        Ok(seat)
    }

    /// The broadcast in memory, one that another process left, or a new one.
    async fn on_air(&self, opened: records::Opened) -> Result<Arc<Live>, Refusal> {
        let known = self.context.registry.get(opened.identity.broadcast);
        if let Some(live) = known.filter(|live| live.stage().is_on_air()) {
            live.raise_fence(opened.fence);
            return Ok(live);
        }
        let records::Opened { identity, fence, resumed_since, profile, longest_gop } = opened;
        if let Some(started_at) = resumed_since {
            let last_seen = self.context.clock.now();
            let left = Left { identity, fence, profile, started_at, last_seen };
            return archive::resume(&self.context, left).await.map_err(|missing| match missing {
                Missing::TakenDown => Refusal::TakenDown,
                Missing::Unknown => Refusal::Ended,
                Missing::Unavailable => Refusal::StoreUnavailable,
            });
        }
        let profile = profile.unwrap_or(self.context.settings.profile);
        let in_keys = u64::try_from(fence).unwrap_or_default();
        let settings = Settings { longest_gop, ..Settings::new(profile, in_keys) };
        let journal = self.context.journals.create(identity.broadcast, &[]);
        let past = Past { journal, ..Past::default() };
        Ok(launch(&self.context, (identity, fence), Packager::new(settings), past))
    }

    /// The broadcast of a channel, if this process holds it.
    fn ours(&self, channel: ChannelId) -> Result<Arc<Live>, Refusal> {
        let live =
            self.context.registry.of_channel(channel).filter(|live| live.stage().is_on_air());
        live.ok_or_else(|| {
            self.context.note(channel, None, Refusal::AlreadyLive.code());
            Refusal::AlreadyLive
        })
    }

    /// The broadcast of a key seen lately, while the database is away.
    fn remembered(&self, hash: &KeyHash) -> Result<Arc<Live>, Refusal> {
        let now = self.context.clock.monotonic();
        let seen = self.seen.lock().get(hash).copied();
        seen.filter(|seen| now < seen.at + REMEMBER)
            .and_then(|seen| self.context.registry.get(seen.broadcast))
            .filter(|live| live.stage().is_on_air())
            .ok_or(Refusal::DatabaseUnavailable)
    }

    fn remember(&self, hash: KeyHash, broadcast: BroadcastId) {
        let at = self.context.clock.monotonic();
        let mut seen = self.seen.lock();
        if seen.len() >= REMEMBERED_MAX {
            seen.retain(|_, seen| at < seen.at + REMEMBER);
            if let Some(oldest) = seen.iter().min_by_key(|(_, seen)| seen.at).map(|(key, _)| *key)
                && seen.len() >= REMEMBERED_MAX
            {
                seen.remove(&oldest);
            }
        }
        seen.insert(hash, Seen { broadcast, at });
    }

    /// Adds a line to the channel's ingest log.
    pub(crate) fn note(&self, live: &Live, code: &'static str) {
        let Identity { channel, broadcast, .. } = live.identity;
        self.context.note(channel, Some(broadcast), code);
    }
}

impl Context {
    /// Adds a line to a channel's ingest log.
    pub(crate) fn note(
        &self,
        channel: ChannelId,
        broadcast_id: Option<BroadcastId>,
        code: &'static str,
    ) {
        let at = self.clock.now();
        let line = Line { at, code, broadcast_id, args: None };
        self.happened.ingest(at, (channel, broadcast_id), code);
        self.log.add(channel, line.clone());
        if self.lines.try_send((channel, line)).is_err() {
            // The log in memory and on the bus has it.
            metrics::counter!("headwater_ingest_lines_dropped_total").increment(1);
        }
    }
}
