//! What a former process left on air: it goes on when its encoder may still come back, otherwise
//! it is ended with what the store holds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::BroadcastId;
use domain::time::Timestamp;
use media::packager::{Packager, Profile, Resume, Settings};
use media::time::Span;
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use super::past::{again, leftovers, records_of, refill, retold_by, wind_up};
use super::{Archived, Missing, load};
use crate::journal::Recovered;
use crate::live::lifecycle::Fact;
use crate::live::{Live, Past, Stage, launch};
use crate::records::{self, Left};
use crate::{Context, Moment};

/// How long the start of the process waits for them: players find what they had.
const START_PATIENCE: Duration = Duration::from_secs(2);
/// How often broadcasts are looked for whose process is gone.
const EVERY: Duration = Duration::from_secs(2);
/// A broadcast that nobody holds for so long has lost its process. After the database was away, its
/// holder needs a moment to say that it is there.
const ALONE_MIN: Duration = Duration::from_secs(6);

/// Takes up every broadcast that the database still shows on air and nobody holds, now and later.
///
/// Returns when the first round is done, or after a moment: a store or a database that is away is
/// asked again in the background.
pub(crate) async fn restore(context: &Arc<Context>) {
    let (done, told) = oneshot::channel::<()>();
    let (again, draining) = (Arc::clone(context), context.tasks.draining());
    context.tasks.spawn("restore of broadcasts", async move {
        tokio::select! {
            () = look_out(&again, done) => {}
            () = draining => {}
        }
    });
    if tokio::time::timeout(START_PATIENCE, told).await.is_err() {
        tracing::warn!("broadcasts of a former process can't all be taken up yet");
    }
}

/// `first` is dropped when all that was there at the start is taken up.
async fn look_out(context: &Arc<Context>, first: oneshot::Sender<()>) {
    let mut first = Some(first);
    let mut alone = HashMap::new();
    let mut rounds = tokio::time::interval(EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !context.tasks.is_draining() {
        rounds.tick().await;
        // What this node had before it started is nobody's; what it has now is its own.
        let node = if first.is_some() { &*context.node } else { "" };
        match records::left_behind(context, node).await {
            Ok(left) => {
                let patience = if first.is_some() {
                    leftovers(context, &left).await;
                    Duration::ZERO
                } else {
                    ALONE_MIN
                };
                if round(context, left, (&mut alone, patience)).await {
                    first = None;
                }
            }
            Err(error) => {
                alone.clear();
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "broadcasts of a former process can't be listed"
                );
            }
        }
    }
}

/// Takes up what has been alone for long enough: whether nothing had to be put off.
async fn round(
    context: &Arc<Context>,
    left: Vec<Left>,
    (alone, patience): (&mut HashMap<BroadcastId, Duration>, Duration),
) -> bool {
    let now = context.clock.monotonic();
    alone.retain(|id, _| left.iter().any(|left| left.identity.broadcast == *id));
    let mut is_complete = true;
    for left in left {
        let broadcast = left.identity.broadcast;
        let since = *alone.entry(broadcast).or_insert(now);
        if context.registry.get(broadcast).is_some() || now < since + patience {
            continue;
        }
        if take_up(context, &left).await == Err(Missing::Unavailable) {
            context.registry.delay(broadcast, &left.identity.slug);
            is_complete = false;
        } else {
            context.registry.settle(broadcast);
        }
    }
    is_complete
}

/// Puts a broadcast on air again when its encoder may still come; otherwise it is over.
async fn take_up(context: &Arc<Context>, left: &Left) -> Result<(), Missing> {
    let taking = context.taking_up.acquire().await;
    let _held = taking.map_err(|_| Missing::Unavailable)?;
    let broadcast = left.identity.broadcast;
    if context.registry.get(broadcast).is_some() {
        // Its publisher was faster.
        return Ok(());
    }
    let known = known(context, left).await?;
    let left = Left { fence: lease(context, broadcast).await?, ..left.clone() };
    let now = context.now();
    if now.wall.since(left.last_seen) >= context.settings.reconnect_window {
        end(context, &left, now.wall, known.duration_ms()).await;
        if let Known { archived: Some(archived), recovered: Some(recovered) } = known {
            wind_up(context, (left.identity, left.fence), (&archived, recovered), Stage::Ended);
        }
        return Ok(());
    }
    tracing::info!(
        broadcast.id = %broadcast,
        "a broadcast of a former process waits for its encoder"
    );
    let (packager, past) = resumed(context, &left, known);
    launch(context, (left.identity, left.fence), packager, past);
    Ok(())
}

async fn lease(context: &Context, broadcast: BroadcastId) -> Result<i64, Missing> {
    records::take_up(context, broadcast).await.map_err(|error| {
        tracing::warn!(
            broadcast.id = %broadcast,
            error = &error as &dyn std::error::Error,
            "the lease of a broadcast can't be taken"
        );
        Missing::Unavailable
    })
}

/// The broadcast that a publisher was let into and that another process began: its numbers go on.
///
/// When how far it was can't be read, the broadcast is given back as it was found.
pub(crate) async fn resume(context: &Arc<Context>, left: Left) -> Result<Arc<Live>, Missing> {
    let taking = context.taking_up.acquire().await;
    let _held = taking.map_err(|_| Missing::Unavailable)?;
    let broadcast = left.identity.broadcast;
    if let Some(live) = context.registry.get(broadcast).filter(|live| live.stage().is_on_air()) {
        live.raise_fence(left.fence);
        return Ok(live);
    }
    match known(context, &left).await {
        Ok(known) => {
            let (packager, past) = resumed(context, &left, known);
            Ok(launch(context, (left.identity, left.fence), packager, past))
        }
        Err(missing) => {
            give_back(context, &left).await;
            Err(missing)
        }
    }
}

async fn give_back(context: &Context, left: &Left) {
    let (broadcast, at) = (left.identity.broadcast, context.clock.now());
    for fact in [Fact::Interrupted("store_unavailable"), Fact::Left] {
        if let Err(error) = records::write(context, (broadcast, left.fence), at, &fact).await {
            tracing::warn!(
                broadcast.id = %broadcast,
                error = &error as &dyn std::error::Error,
                "a broadcast that can't be taken up is not given back"
            );
        }
    }
}

/// What is known of a broadcast, and what its journal holds beside.
#[derive(Debug, Default)]
struct Known {
    archived: Option<Arc<Archived>>,
    recovered: Option<Recovered>,
}

impl Known {
    fn duration_ms(&self) -> i64 {
        self.archived.as_ref().map_or(0, |archived| archived.duration_ms())
    }
}

/// The journal of this node knows best, unless another node went on since.
async fn known(context: &Context, left: &Left) -> Result<Known, Missing> {
    let broadcast = left.identity.broadcast;
    if let Some(recovered) = context.journals.recover(broadcast).await
        && let Some(archived) = retold_by(broadcast, &recovered)
    {
        let is_overtaken = context.database.is_shared()
            && stored(context, left)
                .await
                .ok()
                .flatten()
                .is_some_and(|stored| newest(&stored) > newest(&archived));
        if !is_overtaken {
            let archived = Some(Arc::new(archived));
            return Ok(Known { archived, recovered: Some(recovered) });
        }
    }
    Ok(Known { archived: stored(context, left).await?, recovered: None })
}

/// What the store holds of a broadcast; nothing, when its process died before anything was stored.
async fn stored(context: &Context, left: &Left) -> Result<Option<Arc<Archived>>, Missing> {
    match load(context, left.identity.broadcast).await {
        Ok(archived) => Ok(Some(archived).filter(|archived| newest(archived).is_some())),
        Err(Missing::Unknown) => Ok(None),
        Err(missing) => Err(missing),
    }
}

/// The newest segment that any rendition has.
fn newest(archived: &Archived) -> Option<u64> {
    let last = |rendition: &super::Rendition| Some(rendition.index.segments().last()?.msn);
    archived.renditions().iter().filter_map(last).max()
}

async fn end(context: &Context, left: &Left, at: Timestamp, duration_ms: i64) {
    let broadcast = left.identity.broadcast;
    tracing::info!(broadcast.id = %broadcast, "a broadcast of a former process has ended");
    let fact = Fact::Ended { reason: "process_gone", duration_ms };
    if let Err(error) = records::write(context, (broadcast, left.fence), at, &fact).await {
        tracing::error!(
            broadcast.id = %broadcast,
            error = &error as &dyn std::error::Error,
            "its end could not be written"
        );
    }
}

/// A packager that goes on where the former one stopped, and what it goes on from.
fn resumed(context: &Context, left: &Left, known: Known) -> (Packager, Past) {
    let Known { archived, recovered } = known;
    let broadcast = left.identity.broadcast;
    let fence = u64::try_from(left.fence).unwrap_or_default();
    let profile = left.profile.unwrap_or(context.settings.profile);
    let new = Settings::new(profile, fence);
    let Some((archived, (last_msn, resume))) =
        archived.and_then(|archived| Some((Arc::clone(&archived), after(&archived)?)))
    else {
        let resume = by_time(profile, left.started_at, context.now());
        let journal = context.journals.create(broadcast, &[]);
        let past = Past { journal, ..Past::default() };
        return (Packager::new(Settings { resume: Some(resume), ..new }), past);
    };
    let renditions = again(context, &archived, last_msn);
    let journal = match recovered {
        Some(recovered) => {
            refill(context, &renditions, &recovered);
            Some(recovered.journal)
        }
        None => context.journals.create(broadcast, &records_of(&archived, last_msn)),
    };
    let past = Past { renditions, journal };
    (Packager::new(Settings { resume: Some(resume), ..new }), past)
}

/// All renditions go on from one segment: the newest that every one of them has.
fn after(archived: &Archived) -> Option<(u64, Resume)> {
    let lead = archived.renditions().first()?;
    let last_msn = archived
        .renditions()
        .iter()
        .filter_map(|rendition| Some(rendition.index.segments().last()?.msn))
        .min()?;
    let last = lead.index.get(last_msn)?;
    let discontinuities = lead.index.segments().iter().filter(|entry| entry.discontinuity).count();
    let resume = Resume {
        next_msn: last_msn + 1,
        edge: last.pdt.plus(last.duration),
        discontinuity_sequence: u64::try_from(discontinuities).unwrap_or(u64::MAX),
        target_seconds: lead.about.control.target_seconds,
        part_target: lead.about.control.part_target,
        independent_segments: lead.about.control.independent_segments,
        tracks: archived.renditions().iter().map(|r| r.about.config.clone()).collect(),
    };
    Some((last_msn, resume))
}

/// Nothing is stored, but something may have been seen: the first number is beyond all that so much
/// time can have made.
fn by_time(profile: Profile, started_at: Timestamp, now: Moment) -> Resume {
    /// The open segment, and one for a clock that runs ahead.
    const BEYOND: u64 = 2;
    let elapsed = Span::from_ms(now.wall.since(started_at).as_millis().try_into().unwrap_or(0));
    Resume {
        next_msn: elapsed.0.div_ceil(profile.segment().0.max(1)) + BEYOND,
        edge: now.steady,
        discontinuity_sequence: 0,
        target_seconds: 0,
        part_target: None,
        independent_segments: true,
        tracks: Vec::new(),
    }
}
