//! Closes combos whose window passed, and tells their rooms the final count.

use std::time::Duration;

use domain::event::RoomEvent;
use domain::id::RoomId;
use futures_util::FutureExt as _;
use infra::database::{self, Refused, combos};

use super::order::shown;
use crate::App;

/// How often combos that are over are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Combos closed after one look.
const DUE_MAX: u64 = 200;

/// Runs until the process drains. What is left open is closed by the next process.
pub(crate) async fn close_combos(app: App) {
    let draining = app.tasks.draining();
    let mut draining = std::pin::pin!(draining);
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut draining => return,
        }
        if let Err(error) = close_due(&app).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "combos were not closed");
        }
    }
}

/// Closes what is over now; tells how many it closed.
pub(crate) async fn close_due(app: &App) -> Result<usize, database::Error> {
    let now = app.clock.now();
    let due = combos::due(app.database.read(), now.0, DUE_MAX).await?;
    let mut closed = 0;
    for combo in due {
        let Ok(room) = app.rooms.open(RoomId::from_uuid(combo.room_id)).await else { continue };
        let result = room
            .commit(move |tx| {
                async move {
                    let over = combos::close_due(tx.tx, combo.id, now.0).await?;
                    if let Some(over) = &over {
                        tx.publish(&RoomEvent::GiftComboClosed(shown(over))).await?;
                    }
                    Ok::<_, Refused<std::convert::Infallible>>(over.is_some())
                }
                .boxed()
            })
            .await;
        closed += usize::from(result.map_err(database::Error::from)?);
    }
    Ok(closed)
}
