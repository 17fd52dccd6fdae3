//! Lifecycle steps become rows: in order, in the background, tried until they are written.

use std::sync::Arc;
use std::time::Duration;

use domain::time::Timestamp;
use infra::database::broadcasts::Mark;
use tokio::sync::mpsc;

use super::Live;
use crate::{Context, records};

/// Steps that may wait for the database.
pub(crate) const FACTS_MAX: usize = 256;
/// The first and the longest pause between two tries.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How often the lease is renewed and the control version read.
pub(crate) const LEASE_EVERY: Duration = Duration::from_secs(2);

/// One step in the life of a broadcast.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// Media time starts, or breaks: media time `media_ms` is shown at `pdt_ms`.
    Mark(Mark),
    /// The publisher is gone; why.
    Interrupted(&'static str),
    /// The publisher is back.
    Resumed,
    /// Over.
    Ended { reason: &'static str, duration_ms: i64 },
    /// Removed by a decision.
    TakenDown,
    /// The process goes down; the next one may go on.
    Left,
}

impl Fact {
    /// What the creator reads of the step in the ingest log.
    pub(crate) const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Interrupted(_) => Some("interrupted"),
            Self::Resumed => Some("resumed"),
            Self::Ended { .. } => Some("ended"),
            Self::TakenDown => Some("taken_down"),
            Self::Mark(_) | Self::Left => None,
        }
    }
}

/// Writes the steps of one broadcast until it is over.
pub(crate) async fn write_down(
    context: Arc<Context>,
    live: Arc<Live>,
    mut facts: mpsc::Receiver<(Timestamp, Fact)>,
) {
    while let Some((at, fact)) = facts.recv().await {
        let mut pause = PAUSE.0;
        loop {
            match records::write(&context, (live.identity.broadcast, live.fence()), at, &fact).await
            {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(
                        broadcast.id = %live.identity.broadcast,
                        error = &error as &dyn std::error::Error,
                        "a lifecycle step is not written yet"
                    );
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
    }
}
