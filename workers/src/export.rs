//! A recording becomes a progressive MP4: the mirror of [`crate::import`]. Its comments become lines.
//!
//! Pictures and sound are carried over as they are. The index stands in front of the media, so that
//! a player can begin before the file has arrived; every segment is checked against the recording's
//! own index while it is read; the file has its name only when it is whole.

mod comments;
mod file;
mod front;
mod place;
mod recording;
#[cfg(test)]
mod tests;
mod timeline;

use std::{io, path::PathBuf};

use domain::id::{Id, RecordingId};
use infra::{
    database::{self, recordings},
    object::Store,
};
use media::{fmp4, hls, packager::Rid};

pub use self::comments::{Said, comments};
use self::{
    file::{Movie, Piece},
    place::Place,
    recording::Recording,
    timeline::Timeline,
};
use crate::{Parts, import::Progress};

/// What to do when a file of that name is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it as it is, and write nothing.
    Keep,
    /// Put the new one in its place once that is whole.
    Replace,
}

/// What to export.
#[derive(Clone, Debug)]
pub struct Order {
    /// The recording.
    pub recording: RecordingId,
    /// The file to write.
    pub file: PathBuf,
    /// When there is one already.
    pub existing: Existing,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The length of the longer track.
    pub duration_ms: i64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Segments of all renditions that it is made of.
    pub segments: usize,
    /// Segments whose media was never received or is lost: what was shown before them stays.
    pub gaps: usize,
}

/// Why a recording was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is no such recording.
    #[error("there is no recording {0}")]
    Unknown(RecordingId),
    /// Its broadcast is still on the air.
    #[error("the recording {0} is not finished: end its broadcast first")]
    Unfinished(RecordingId),
    /// It was deleted, or never came about.
    #[error("the recording {id} can't be exported: it is {status}")]
    Gone {
        /// Which.
        id: RecordingId,
        /// What its row says.
        status: String,
    },
    /// Its last segments are on their way to the store.
    #[error("the recording is still being stored: try again in a moment")]
    BeingStored,
    /// Nothing was ever recorded.
    #[error("the recording has no media")]
    Empty,
    /// A file of that name exists.
    #[error("`{path}` exists already: --force replaces it", path = .0.display())]
    Exists(PathBuf),
    /// The file can't be written.
    #[error("can't write `{path}`", path = path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The encoder changed its parameters in the middle, which one MP4 track can't carry here.
    #[error(
        "the encoder's parameters change in the middle of {0}: such a recording has no MP4 form"
    )]
    ParametersChange(Rid),
    /// A codec parameter that the file format's writer can't express.
    #[error("{rid} can't be written into an MP4: {reason}")]
    Parameters {
        /// Which rendition.
        rid: Rid,
        /// What it is about them.
        reason: &'static str,
    },
    /// The store has no such object.
    #[error("the store has no object `{0}`")]
    Missing(String),
    /// The store has other bytes than were stored.
    #[error("the object `{0}` in the store is not what was stored")]
    Damaged(String),
    /// A segment's boxes can't be read.
    #[error("segment {msn} of {rid} can't be read")]
    Segment {
        /// Which rendition.
        rid: Rid,
        /// Which segment.
        msn: u64,
        /// Why.
        #[source]
        cause: fmp4::ReadError,
    },
    /// An index page can't be read.
    #[error("an index page of {0} can't be read")]
    Page(Rid, #[source] hls::index::PageError),
    /// The sheet can't be read.
    #[error(transparent)]
    Sheet(#[from] hls::sheet::SheetError),
    /// The writer of the file format refuses.
    #[error("the MP4 can't be written")]
    Format(#[source] mp4::Error),
    /// The object store failed.
    #[error("the recording can't be read from the store")]
    Store(#[source] infra::object::Error),
    /// The database failed.
    #[error("the recording can't be looked up")]
    Database(#[from] database::Error),
    /// The work was stopped.
    #[error("the export was stopped")]
    Stopped,
}

/// Exports the picture and the sound of a recording that is ready.
pub async fn movie(
    parts: &Parts,
    order: &Order,
    progress: impl FnMut(Progress) + Send,
) -> Result<Exported, ExportError> {
    let row = ready(parts, order.recording).await?;
    let broadcast = row.broadcast_id.map(Id::from_uuid).ok_or(ExportError::Empty)?;
    let place = Place::take(&order.file, order.existing, &parts.ids.uuid().simple().to_string())?;
    let recording = Recording::read(&parts.store, broadcast).await?;
    if recording.duration_ms() < row.duration_ms.unwrap_or(0) {
        return Err(ExportError::BeingStored);
    }
    let exported = assemble(&parts.store, &recording, &place, progress).await?;
    place.keep()?;
    Ok(exported)
}

/// The row of a recording that can be exported.
async fn ready(parts: &Parts, id: RecordingId) -> Result<recordings::Model, ExportError> {
    let row = recordings::find(parts.database.read(), id).await?;
    let row = row.ok_or(ExportError::Unknown(id))?;
    match row.status.as_str() {
        "ready" => Ok(row),
        "recording" => Err(ExportError::Unfinished(id)),
        status => Err(ExportError::Gone { id, status: status.to_owned() }),
    }
}

/// Writes a recording into `place`, which has its final name only later.
async fn assemble(
    store: &Store,
    recording: &Recording,
    place: &Place,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Exported, ExportError> {
    let of = recording.media_count();
    if of == 0 {
        return Err(ExportError::Empty);
    }
    let mut timeline = Timeline::new(&recording.tracks);
    let mut movie = Movie::create(place.media()?, recording)?;
    let mut done = 0;
    for step in recording.steps() {
        let mut pieces = Vec::with_capacity(step.len());
        for (track, entry) in step {
            let bytes = recording.segment(store, track, entry).await?;
            pieces.push(Piece { track, msn: entry.msn, bytes });
            done += 1;
        }
        let path = place.path().to_owned();
        let written = tokio::task::spawn_blocking(move || {
            let added = movie.add(pieces, &mut timeline, &path);
            added.map(|()| (movie, timeline))
        });
        (movie, timeline) = written.await.map_err(|_| ExportError::Stopped)??;
        progress(Progress { done, of });
    }
    let (out, path) = (place.open()?, place.path().to_owned());
    let finished = tokio::task::spawn_blocking(move || movie.finish(&out, &path));
    let (bytes, duration_ms) = finished.await.map_err(|_| ExportError::Stopped)??;
    let gaps = recording.tracks.iter().map(|track| track.entries.len()).sum::<usize>() - of;
    Ok(Exported { duration_ms, bytes, segments: of, gaps })
}
