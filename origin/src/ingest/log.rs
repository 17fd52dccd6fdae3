//! What the origin saw of each channel's publishers: a short history in memory, told on the bus.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use domain::id::{BroadcastId, ChannelId};
use domain::time::Timestamp;
use infra::bus::Bus;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::{Context, records};

/// Lines kept for one channel.
const LINES_MAX: usize = 50;
/// Channels whose lines are kept; the one that was silent longest goes first.
const CHANNELS_MAX: usize = 1_000;

/// One line of a channel's ingest log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, for programs: `accepted`, `interrupted`, `already_live`, …
    pub code: &'static str,
    /// The broadcast, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast_id: Option<BroadcastId>,
    /// Figures that go with the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<serde_json::Value>,
}

/// The log of all channels of this process.
#[derive(Debug, Clone)]
pub struct Log {
    bus: Bus,
    channels: Arc<Mutex<HashMap<ChannelId, VecDeque<Line>>>>,
}

impl Log {
    /// An empty log that tells each new line on `bus`.
    pub fn new(bus: Bus) -> Self {
        Self { bus, channels: Arc::default() }
    }

    /// Adds a line and publishes it as `hw.channel.<id>.ingest`.
    pub fn add(&self, channel: ChannelId, line: Line) {
        match serde_json::to_vec(&line) {
            Ok(text) => {
                self.bus.publish(format!("hw.channel.{channel}.ingest"), Bytes::from(text));
            }
            Err(error) => tracing::error!(%error, "an ingest log line has no JSON form"),
        }
        let mut channels = self.channels.lock();
        if !channels.contains_key(&channel) && channels.len() >= CHANNELS_MAX {
            let silent = channels
                .iter()
                .min_by_key(|(_, lines)| lines.back().map(|line| line.at))
                .map(|(id, _)| *id);
            if let Some(silent) = silent {
                channels.remove(&silent);
            }
        }
        let lines = channels.entry(channel).or_default();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The lines of one channel, oldest first.
    pub fn lines(&self, channel: ChannelId) -> Vec<Line> {
        self.channels
            .lock()
            .get(&channel)
            .map(|lines| lines.iter().cloned().collect())
            .unwrap_or_default()
    }
}

/// Writes lines down until the program drains; what then waits is in memory only.
pub(crate) async fn keep(context: Arc<Context>, mut lines: mpsc::Receiver<(ChannelId, Line)>) {
    let draining = context.tasks.draining();
    tokio::pin!(draining);
    loop {
        let next = tokio::select! {
            next = lines.recv() => next,
            () = &mut draining => None,
        };
        let Some((channel, line)) = next else { return };
        if let Err(error) = records::note(&context, channel, &line).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a line of the ingest log is not kept"
            );
        }
    }
}
