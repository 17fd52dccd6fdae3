//! What runs in a room's channel now, and how its programme time maps to media time.

use std::sync::Arc;
use std::time::Duration;

use domain::id::{BroadcastId, Id};
use domain::time::Timestamp;
use infra::database::{self, broadcast_timeline, broadcasts};
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

/// Maps programme time to media time, across discontinuities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline(Vec<Stretch>);

/// A run of media without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    pdt_start: i64,
    media_start_ms: i64,
    duration_ms: Option<i64>,
}

impl Timeline {
    /// The timeline of a broadcast's rows.
    pub fn of(rows: &[broadcast_timeline::Model]) -> Self {
        let mut stretches: Vec<_> = rows
            .iter()
            .map(|row| Stretch {
                pdt_start: row.pdt_start,
                media_start_ms: row.media_start_ms,
                duration_ms: row.duration_ms,
            })
            .collect();
        stretches.sort_by_key(|stretch| stretch.pdt_start);
        Self(stretches)
    }

    /// The media time of a programme time; in a break, the end of what came before it.
    ///
    /// Nothing before the first media.
    pub fn media_ms(&self, pdt: Timestamp) -> Option<i64> {
        let after = self.0.partition_point(|stretch| stretch.pdt_start <= pdt.as_millis());
        let stretch = self.0.get(after.checked_sub(1)?)?;
        let into = pdt.as_millis() - stretch.pdt_start;
        let next = self.0.get(after).map(|next| next.media_start_ms - stretch.media_start_ms);
        let end = [stretch.duration_ms, next].into_iter().flatten().min();
        Some(stretch.media_start_ms + end.map_or(into, |end| into.min(end)))
    }

    /// The programme time of a media time; the inverse of [`Timeline::media_ms`] outside breaks.
    pub fn pdt(&self, media_ms: i64) -> Option<Timestamp> {
        let mut by_media = self.0.clone();
        by_media.sort_by_key(|stretch| stretch.media_start_ms);
        let after = by_media.partition_point(|stretch| stretch.media_start_ms <= media_ms);
        let stretch = by_media.get(after.saturating_sub(1))?;
        Some(Timestamp(stretch.pdt_start + (media_ms - stretch.media_start_ms)))
    }
}

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
            timeline: Timeline::of(&rows),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn timeline(stretches: &[(i64, i64, Option<i64>)]) -> Timeline {
        let stretch = |&(pdt_start, media_start_ms, duration_ms)| Stretch {
            pdt_start,
            media_start_ms,
            duration_ms,
        };
        Timeline(stretches.iter().map(stretch).collect())
    }

    #[test]
    fn programme_time_maps_across_a_break() {
        // 10 s of media, a break of 50 s, then the rest.
        let timeline = timeline(&[(1_000, 0, Some(10_000)), (61_000, 10_000, None)]);
        for (pdt, media) in [
            (999, None),
            (1_000, Some(0)),
            (6_000, Some(5_000)),
            (11_000, Some(10_000)),
            (40_000, Some(10_000)),
            (61_000, Some(10_000)),
            (65_000, Some(14_000)),
        ] {
            assert_eq!(timeline.media_ms(Timestamp(pdt)), media, "{pdt}");
        }
        assert_eq!(Timeline::default().media_ms(Timestamp(5)), None);
    }

    #[test]
    fn an_open_stretch_ends_where_the_next_one_begins() {
        let timeline = timeline(&[(0, 0, None), (60_000, 20_000, None)]);
        assert_eq!(timeline.media_ms(Timestamp(50_000)), Some(20_000));
    }

    proptest! {
        #[test]
        fn media_time_never_goes_back(at in 0_i64..200_000, step in 0_i64..10_000) {
            let timeline = timeline(&[(0, 0, Some(30_000)), (80_000, 30_000, Some(20_000)), (120_000, 50_000, None)]);
            let before = timeline.media_ms(Timestamp(at)).unwrap();
            let after = timeline.media_ms(Timestamp(at + step)).unwrap();
            prop_assert!(after >= before);
        }

        #[test]
        fn media_time_is_the_inverse_of_programme_time(media in 0_i64..200_000) {
            let timeline = timeline(&[(0, 0, Some(30_000)), (80_000, 30_000, Some(20_000)), (120_000, 50_000, None)]);
            let pdt = timeline.pdt(media).unwrap();
            prop_assert_eq!(timeline.media_ms(pdt), Some(media));
        }
    }

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
