//! What runs in a room's channel now, and how its programme time maps to media time.

use std::sync::Arc;
use std::time::Duration;

use domain::id::{BroadcastId, Id};
use domain::time::Timestamp;
use infra::database::broadcast_timeline::{self, Timeline};
use infra::database::{self, broadcasts};
use parking_lot::Mutex;

use super::rooms::Room;

/// How old a look-up may be.
const AGE_MAX: Duration = Duration::from_secs(1);
/// How far behind the live edge a viewer usually is: the profile's part hold back and the way.
const USUAL_LATENCY: Duration = Duration::from_millis(1_500);

/// A broadcast on the air.
#[derive(Debug, Clone)]
pub struct Airing {
    /// Which.
    pub broadcast_id: BroadcastId,
    /// When its first media came.
    pub started_at: Option<Timestamp>,
    /// From programme time to media time.
    pub timeline: Timeline,
}

/// The last look-up of a room.
#[derive(Debug, Default)]
pub(super) struct AiringCache(Mutex<Option<(Duration, Option<Arc<Airing>>)>>);

impl Airing {
    /// The programme time of a comment: as told, but neither in the future nor before the start;
    /// untold, what its author most likely saw.
    pub fn clamp(&self, told: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let start = self.started_at.unwrap_or(Timestamp::MIN).min(now);
        told.unwrap_or_else(|| now.minus(USUAL_LATENCY)).clamp(start, now)
    }
}

impl Room {
    /// What runs now, as of a second ago at most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn airing(&self) -> Result<Option<Arc<Airing>>, database::Error> {
        let now = self.clock().monotonic();
        if let Some((at, airing)) = &*self.airing.0.lock()
            && now.saturating_sub(*at) < AGE_MAX
        {
            return Ok(airing.clone());
        }
        let airing = self.look_up().await?.map(Arc::new);
        *self.airing.0.lock() = Some((now, airing.clone()));
        Ok(airing)
    }

    /// Forgets the look-up: the broadcast changed.
    pub(crate) fn forget_airing(&self) {
        *self.airing.0.lock() = None;
    }

    async fn look_up(&self) -> Result<Option<Airing>, database::Error> {
        let read = self.around().database.read();
        let Some(row) = broadcasts::current_of(read, self.channel_id).await? else {
            return Ok(None);
        };
        let broadcast_id = Id::from_uuid(row.id);
        let rows = broadcast_timeline::of(read, broadcast_id).await?;
        Ok(Some(Airing {
            broadcast_id,
            started_at: row.started_at.map(Timestamp),
            timeline: Timeline::new(&rows),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_told_time_is_kept_between_start_and_now() {
        let airing = Airing {
            broadcast_id: Id::from_uuid(uuid::Uuid::nil()),
            started_at: Some(Timestamp(10_000)),
            timeline: Timeline::default(),
        };
        let clamp = |told: Option<i64>| airing.clamp(told.map(Timestamp), Timestamp(60_000));
        assert_eq!(clamp(Some(30_000)), Timestamp(30_000));
        assert_eq!(clamp(Some(5_000)), Timestamp(10_000));
        assert_eq!(clamp(Some(90_000)), Timestamp(60_000));
        assert_eq!(clamp(None), Timestamp(58_500));
    }
}
