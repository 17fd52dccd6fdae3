//! What was said beside a recording, as JSON lines in the order of its media.

use std::{fs::File, io::Write as _};

use domain::{
    id::{BroadcastId, CommentId, Id, UserId},
    time::Timestamp,
};
use infra::database::{
    broadcast_timeline::{self, Timeline},
    comments::{self, Model},
    recordings,
};
use serde::Serialize;

use super::{ExportError, Order, Place, ready};
use crate::Parts;

/// Rows that are read at once.
const PAGE: u64 = 500;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Comments, one a line.
    pub comments: u64,
}

/// One line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// Where it is shown, in the recording's time.
    at_ms: i64,
    id: CommentId,
    kind: &'a str,
    body: &'a str,
    author_id: UserId,
    author_name: &'a str,
    sent_at: Timestamp,
    parent_id: Option<CommentId>,
}

/// Exports the published comments of a recording that is ready; what was removed is not among them.
pub async fn comments(parts: &Parts, order: &Order) -> Result<Said, ExportError> {
    let row = ready(parts, order.recording).await?;
    let suffix = parts.ids.uuid().simple().to_string();
    let place = Place::take(&order.file, order.existing, &suffix)?;
    let mut file = place.open()?;
    let mut said = Said { comments: 0 };
    if let Some(broadcast) = row.broadcast_id.map(Id::from_uuid) {
        let read = parts.database.read();
        let timeline = Timeline::new(&broadcast_timeline::of(read, broadcast).await?);
        let mut after = None;
        loop {
            let rows = page(parts, broadcast, after).await?;
            let Some(last) = rows.last() else { break };
            after = Some((last.pdt_at, last.id));
            said.comments += rows.len() as u64;
            file = write(file, lines(&rows, &timeline, &row), &place).await?;
        }
    }
    let synced = tokio::task::spawn_blocking(move || file.sync_all()).await;
    synced.map_err(|_| ExportError::Stopped)?.map_err(|cause| place.failed(cause))?;
    place.keep()?;
    Ok(said)
}

async fn page(
    parts: &Parts,
    broadcast: BroadcastId,
    after: Option<(i64, uuid::Uuid)>,
) -> Result<Vec<Model>, ExportError> {
    let (read, all) = (parts.database.read(), i64::MIN..i64::MAX);
    Ok(comments::page_of_broadcast(read, broadcast, all, after, PAGE).await?)
}

fn lines(rows: &[Model], timeline: &Timeline, recording: &recordings::Model) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        let media_ms = timeline.media_ms(Timestamp(row.pdt_at)).unwrap_or(0);
        let line = Line {
            at_ms: media_ms.saturating_add(recording.comment_offset_ms).max(0),
            id: Id::from_uuid(row.id),
            kind: &row.kind,
            body: &row.body,
            author_id: Id::from_uuid(row.author_id),
            author_name: &row.author_name,
            sent_at: Timestamp(row.sent_at),
            parent_id: row.parent_id.map(Id::from_uuid),
        };
        text.append(&mut serde_json::to_vec(&line).expect("texts and numbers have a JSON form"));
        text.push(b'\n');
    }
    text
}

async fn write(mut file: File, text: Vec<u8>, place: &Place) -> Result<File, ExportError> {
    let written = tokio::task::spawn_blocking(move || file.write_all(&text).map(|()| file)).await;
    written.map_err(|_| ExportError::Stopped)?.map_err(|cause| place.failed(cause))
}
