//! The whole import: file, objects, rows.

use std::{convert::Infallible, path::PathBuf};

use domain::{
    id::{BroadcastId, RecordingId},
    time::Timestamp,
};
use infra::database::{self, broadcasts, channels};

use super::{ImportError, Progress, Skipped, Source, package};
use crate::Parts;

/// What to import.
#[derive(Clone, Debug)]
pub struct Order {
    /// The file.
    pub file: PathBuf,
    /// The channel that it becomes a recording of.
    pub slug: String,
    /// For people; the name of the file when there is none.
    pub title: Option<String>,
}

/// What it became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The recording; it plays at `/vod/{recording}/index.m3u8`.
    pub recording_id: RecordingId,
    /// The broadcast whose name its objects have.
    pub broadcast_id: BroadcastId,
    /// How long it plays.
    pub duration_ms: i64,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// Imports a file. Nothing is listed before all of it is stored.
pub async fn import(
    parts: &Parts,
    order: Order,
    progress: impl FnMut(Progress) + Send,
) -> Result<Imported, ImportError> {
    let channel = channels::find_by_slug(parts.database.read(), &order.slug).await?;
    let channel = channel.ok_or(ImportError::UnknownChannel(order.slug))?;
    let path = order.file.clone();
    let opened = tokio::task::spawn_blocking(move || Source::open(&path)).await;
    let source = opened.map_err(|_| ImportError::Stopped)??;
    let (broadcast_id, recording_id) = (parts.ids.next(), parts.ids.next());
    let now = parts.clock.now();
    // As if it had been sent until now: comments of a replay never lie in the future.
    let starts_at = Timestamp(now.as_millis().saturating_sub(source.duration_ms()));
    let names = (broadcast_id, recording_id, starts_at);
    let packaged = package(&source, &parts.store, names, progress).await?;
    let title = order.title.unwrap_or_else(|| title_of(&order.file));
    let row = broadcasts::Imported {
        broadcast_id,
        recording_id,
        title,
        starts_at,
        duration_ms: packaged.duration_ms,
        byte_count: i64::try_from(packaged.bytes).unwrap_or(i64::MAX),
    };
    let ids = parts.ids.clone();
    let written = parts.database.write::<_, Infallible, _>(move |tx| {
        let (ids, channel, row) = (ids.clone(), channel.clone(), row.clone());
        Box::pin(async move { Ok(broadcasts::import(tx, &ids, &channel, row, now).await?) })
    });
    written.await.map_err(database::Error::from)?;
    let (duration_ms, skipped) = (packaged.duration_ms, source.skipped().to_vec());
    Ok(Imported { recording_id, broadcast_id, duration_ms, skipped })
}

fn title_of(file: &std::path::Path) -> String {
    file.file_stem().map_or_else(|| "Recording".to_owned(), |name| name.to_string_lossy().into())
}
