//! Forgets what is kept for a time only, in small pieces, and finds objects that nobody needs.

use std::{convert::Infallible, time::Duration};

use domain::time::Timestamp;
use infra::database::{
    Error, analytics_events, idempotency_keys, jobs, outbox, recordings, revoked_viewer_tokens,
    sessions,
};

use crate::{Parts, purge};

/// How often.
const PERIOD: Duration = Duration::from_mins(1);
/// The partners' ordered log.
const OUTBOX: Duration = Duration::from_hours(30 * 24);
/// What players told; roll-ups keep the rest.
const ANALYTICS: Duration = Duration::from_hours(30 * 24);
/// Done jobs, for those who look what happened.
const JOBS: Duration = Duration::from_hours(7 * 24);
/// Deleted recordings taken up in one round.
const PURGES: u64 = 50;

pub(crate) fn start(parts: &Parts) {
    let parts = parts.clone();
    let draining = parts.tasks.draining();
    parts.tasks.clone().spawn("sweeps", async move {
        let mut draining = std::pin::pin!(draining);
        loop {
            if let Err(error) = round(&parts).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a sweep waits");
            }
            tokio::select! {
                () = &mut draining => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    });
}

/// One round over every table that forgets; tells how many rows went.
async fn round(parts: &Parts) -> Result<u64, Error> {
    enqueue_purges(parts).await?;
    let mut gone = 0;
    for table in Table::ALL {
        loop {
            let swept = sweep(parts, table).await?;
            gone += swept;
            if swept < table.batch() {
                break;
            }
        }
    }
    Ok(gone)
}

/// What forgets.
#[derive(Clone, Copy, Debug)]
enum Table {
    Analytics,
    IdempotencyKeys,
    Jobs,
    Outbox,
    Sessions,
    ViewerTokens,
}

impl Table {
    const ALL: [Self; 6] = [
        Self::Analytics,
        Self::IdempotencyKeys,
        Self::Jobs,
        Self::Outbox,
        Self::Sessions,
        Self::ViewerTokens,
    ];

    /// Rows that one statement takes; the others take all at once.
    const fn batch(self) -> u64 {
        match self {
            Self::Analytics | Self::Jobs | Self::Outbox | Self::Sessions => 500,
            Self::IdempotencyKeys | Self::ViewerTokens => u64::MAX,
        }
    }
}

async fn sweep(parts: &Parts, table: Table) -> Result<u64, Error> {
    let now = parts.clock.now();
    let swept = parts.database.write_low::<_, Infallible, _>(move |tx| {
        Box::pin(async move {
            Ok(match table {
                Table::Analytics => analytics_events::sweep(tx, now.minus(ANALYTICS)).await?,
                Table::IdempotencyKeys => idempotency_keys::sweep(tx, now).await?,
                Table::Jobs => jobs::sweep(tx, now.minus(JOBS)).await?,
                Table::Outbox => outbox::sweep(tx, now.minus(OUTBOX)).await?,
                Table::Sessions => sessions::sweep(tx, now).await?,
                Table::ViewerTokens => revoked_viewer_tokens::sweep(tx, now).await?,
            })
        })
    });
    swept.await.map_err(Error::from)
}

/// Wants the objects of deleted recordings gone, once for each.
async fn enqueue_purges(parts: &Parts) -> Result<(), Error> {
    let now = parts.clock.now();
    let due = recordings::purge_due(parts.database.read(), now, PURGES).await?;
    for row in due {
        let (ids, new_at): (_, Timestamp) = (parts.ids.clone(), now);
        let written = parts.database.write_low::<_, Infallible, _>(move |tx| {
            let job = purge::job(&ids, &row, new_at);
            Box::pin(async move { Ok(jobs::enqueue(tx, job).await?) })
        });
        written.await.map_err(Error::from)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
