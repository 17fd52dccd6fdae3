//! A progressive MP4 becomes a recording: the same objects and pages as a broadcast that ended.
//!
//! The file's tables are read by our own cursors (`mp4` 0.14 demands `avcC` as the first child of
//! the sample entry and allocates what a table claims); pictures and sound are carried over as
//! they are, H.264 and AAC only. What can't be carried over is refused by name before anything is
//! written.

pub(crate) mod boxes;
mod movie;
mod plan;
mod register;
mod samples;
mod write;

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use register::{Imported, Order, import};
pub use write::{Packaged, Progress, package};

/// Bytes of a `moov` box: the tables of a day of video are about half of it.
pub const MOOV_BYTES_MAX: u64 = 128 << 20;

/// A track that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its number in the file.
    pub track: u32,
    /// Its codec as the file names it.
    pub codec: String,
    /// Why.
    pub reason: String,
}

/// Why a file was not imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It can't be read.
    #[error("can't read `{path}`", path = path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It is no MP4 file, or its index was cut off.
    #[error("the file has no index of its tracks (`moov`): it is no MP4, or it was cut off")]
    NoIndex,
    /// Its index is larger than any real one.
    #[error("the index of the file is larger than {MOOV_BYTES_MAX} bytes")]
    IndexTooLarge,
    /// Its index makes no sense.
    #[error("the index of the file (`moov`) is damaged")]
    IndexDamaged,
    /// Its samples lie in fragments.
    #[error(
        "the file is a fragmented MP4: remux it (`ffmpeg -i IN -c copy -movflags +faststart OUT.mp4`)"
    )]
    Fragmented,
    /// Nothing in it can be carried over.
    #[error("the file has no H.264 or AAC track that can be imported{}", reasons(.skipped))]
    NoTrack {
        /// What it has instead.
        skipped: Vec<Skipped>,
    },
    /// The picture must be turned, which no HLS player does: it has to be encoded again.
    #[error("the picture is {}: encode it upright first (`ffmpeg -i IN OUT.mp4`)", turned(*degrees))]
    Rotated {
        /// By how much, clockwise; `None` for mirrored.
        degrees: Option<u16>,
    },
    /// A step in time that no segment can hold.
    #[error("the times of the file make no sense")]
    Times,
    /// Its parameters can't be written.
    #[error(transparent)]
    Init(#[from] media::fmp4::InitError),
    /// The object store failed.
    #[error("the recording can't be stored")]
    Store(#[from] infra::object::Error),
    /// There is no such channel.
    #[error("there is no channel named `{0}`")]
    UnknownChannel(String),
    /// The database failed.
    #[error("the recording can't be registered")]
    Database(#[from] infra::database::Error),
    /// The work was stopped.
    #[error("the import was stopped")]
    Stopped,
}

fn reasons(skipped: &[Skipped]) -> String {
    let list: Vec<String> = skipped
        .iter()
        .map(|Skipped { track, codec, reason }| format!("track {track} (`{codec}`): {reason}"))
        .collect();
    if list.is_empty() { String::new() } else { format!(": {}", list.join("; ")) }
}

fn turned(degrees: Option<u16>) -> String {
    degrees.map_or_else(|| "mirrored".to_owned(), |degrees| format!("turned by {degrees} degrees"))
}

/// An opened file whose tables were read and found sound.
#[derive(Debug)]
pub struct Source {
    file: Arc<File>,
    path: PathBuf,
    plan: plan::Plan,
}

impl Source {
    /// Opens a file and reads its tables. Blocking; seconds for hours of video.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let read = |cause| ImportError::Read { path: path.to_owned(), cause };
        let file = File::open(path).map_err(read)?;
        let size = file.metadata().map_err(read)?.len();
        let boxes = boxes::of_file(&file, size).map_err(read)?;
        let named = |name: &[u8; 4]| boxes.iter().find(|placed| placed.name == *name);
        let Some(moov) = named(b"moov") else {
            let is_fragment = named(b"moof").is_some();
            return Err(if is_fragment { ImportError::Fragmented } else { ImportError::NoIndex });
        };
        if moov.is_cut {
            return Err(ImportError::NoIndex);
        }
        let length = moov.end.saturating_sub(moov.start);
        if length > MOOV_BYTES_MAX {
            return Err(ImportError::IndexTooLarge);
        }
        let mut content = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact_at(&mut content, moov.start).map_err(read)?;
        let mut movie = movie::Movie::parse(&content).ok_or(ImportError::IndexDamaged)?;
        movie.is_fragmented |= named(b"moof").is_some();
        let plan = plan::plan(&movie, size)?;
        Ok(Self { file: Arc::new(file), path: path.to_owned(), plan })
    }

    /// How long the leading track plays.
    pub fn duration_ms(&self) -> i64 {
        let leading = self.plan.renditions.first();
        leading.map_or(0, plan::Rendition::duration_ms)
    }

    /// Tracks that are left out, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.plan.skipped
    }
}

#[cfg(test)]
pub(crate) mod tests;
