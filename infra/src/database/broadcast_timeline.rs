//! `broadcast_timeline`: which programme time each stretch of media shows.

use domain::{id::BroadcastId, time::Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// A row of `broadcast_timeline`: a stretch of media without a break.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Model {
    /// The broadcast.
    pub broadcast_id: Uuid,
    /// 0, 1, 2, …
    pub ordinal: i64,
    /// The programme time of its first frame.
    pub pdt_start: i64,
    /// The media before it.
    pub media_start_ms: i64,
    /// How long it is, once it is over.
    pub duration_ms: Option<i64>,
}

/// Begins a stretch, which ends the one before. The same stretch again changes nothing.
pub async fn mark(
    db: &impl ConnectionTrait,
    id: BroadcastId,
    pdt_start: Timestamp,
    media_start_ms: i64,
) -> Result<(), Error> {
    let rows = of(db, id).await?;
    if rows.iter().any(|row| row.pdt_start == pdt_start.as_millis()) {
        return Ok(());
    }
    end(db, id, media_start_ms).await?;
    let sql = "insert into broadcast_timeline
        (broadcast_id, ordinal, pdt_start, media_start_ms) values ($1, $2, $3, $4)";
    let ordinal = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let values: [Value; 4] =
        [id.uuid().into(), ordinal.into(), pdt_start.as_millis().into(), media_start_ms.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Ends the open stretch where the media has this length in all.
pub async fn end(
    db: &impl ConnectionTrait,
    id: BroadcastId,
    media_end_ms: i64,
) -> Result<(), Error> {
    let sql = "update broadcast_timeline set duration_ms = $2 - media_start_ms
        where broadcast_id = $1 and duration_ms is null";
    let values: [Value; 2] = [id.uuid().into(), media_end_ms.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// The stretches of a broadcast, in their order.
pub async fn of(db: &impl ConnectionTrait, id: BroadcastId) -> Result<Vec<Model>, Error> {
    let sql = "select broadcast_id, ordinal, pdt_start, media_start_ms, duration_ms
        from broadcast_timeline where broadcast_id = $1 order by ordinal";
    let values: [Value; 1] = [id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).all(db).await?)
}

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
    pub fn new(rows: &[Model]) -> Self {
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
}
