//! Adds the lines of new transfers to the sums of their accounts, so that hot accounts (the
//! platform's, a creator's) are never locked while gifts are sent.

use std::{convert::Infallible, time::Duration};

use infra::database::{Database, Error, account_rollups, unrolled};

use crate::Parts;

/// Transfers of one transaction.
const BATCH: u64 = 200;
/// How long sums may lie behind at rest.
const PAUSE: Duration = Duration::from_secs(1);
/// How long to wait after the database refused.
const TROUBLE: Duration = Duration::from_secs(5);

pub(crate) fn start(parts: &Parts) {
    let (database, draining) = (parts.database.clone(), parts.tasks.draining());
    parts.tasks.spawn("roll-up of accounts", async move {
        let mut draining = std::pin::pin!(draining);
        let mut commits = database.commits();
        loop {
            let pause = match round(&database).await {
                Ok(_) => PAUSE,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "roll-up waits");
                    TROUBLE
                }
            };
            tokio::select! {
                () = &mut draining => return,
                () = tokio::time::sleep(pause) => {}
            }
            // On a shared database others commit without our seeing it.
            if !database.is_shared() {
                tokio::select! {
                    () = &mut draining => return,
                    changed = commits.changed() => if changed.is_err() { return },
                }
            }
        }
    });
}

/// Rolls up all that waits; tells how many transfers.
async fn round(database: &Database) -> Result<usize, Error> {
    let mut rolled = 0;
    // An empty write would wake everyone who waits for commits, this worker too.
    while !unrolled::some(database.read(), 1).await?.is_empty() {
        let written = database.write_low::<_, Infallible, _>(|tx| {
            Box::pin(async move { Ok(account_rollups::roll_up(tx, BATCH).await?) })
        });
        rolled += written.await.map_err(Error::from)?;
    }
    Ok(rolled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn nothing_waits_in_a_fresh_ledger() {
        let world = World::new().await;
        assert_eq!(round(&world.parts.database).await.unwrap(), 0);
    }
}
