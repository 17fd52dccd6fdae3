//! The files of one broadcast; every call blocks.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use domain::id::BroadcastId;
use media::packager::Rid;

use super::{Batch, SegmentAt};

/// `journal/{brd}`, and `spool/{brd}/{rid}.{fence}.{msn}` beside it.
#[derive(Debug)]
pub(super) struct Files {
    journal_path: PathBuf,
    spool: PathBuf,
    journal: Option<File>,
    /// The segment that each rendition fills.
    open: HashMap<Rid, (SegmentAt, File)>,
    /// Spool files that are there, oldest first.
    kept: HashMap<Rid, VecDeque<SegmentAt>>,
}

impl Files {
    pub(super) fn new(directory: &Path, broadcast: BroadcastId) -> Self {
        Self {
            journal_path: directory.join("journal").join(broadcast.to_string()),
            spool: directory.join("spool").join(broadcast.to_string()),
            journal: None,
            open: HashMap::new(),
            kept: HashMap::new(),
        }
    }

    pub(super) fn journal_path(&self) -> &Path {
        &self.journal_path
    }

    pub(super) fn spool_path(&self, rid: Rid, place: SegmentAt) -> PathBuf {
        self.spool.join(format!("{rid}.{}.{}", place.fence, place.msn))
    }

    /// How long each spool file is.
    pub(super) fn spool_lengths(&self) -> io::Result<HashMap<PathBuf, u64>> {
        let entries = match fs::read_dir(&self.spool) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashMap::new()),
            Err(error) => return Err(error),
        };
        let lengths = entries.map(|entry| {
            let entry = entry?;
            Ok((entry.path(), entry.metadata()?.len()))
        });
        lengths.collect()
    }

    /// Goes on with a journal that is there.
    pub(super) fn resume(&mut self, journal: File) {
        self.journal = Some(journal);
    }

    /// A spool file of a complete segment is there.
    pub(super) fn keep(&mut self, rid: Rid, place: SegmentAt) {
        self.kept.entry(rid).or_default().push_back(place);
    }

    /// Writes bytes, then the lines that name them; returns the files of complete segments.
    pub(super) fn write(&mut self, batch: Batch) -> io::Result<Vec<File>> {
        for (rid, place, bytes) in batch.parts {
            self.spool_file(rid, place)?.write_all(&bytes)?;
        }
        self.journal_file()?.write_all(&batch.lines)?;
        let mut complete = Vec::new();
        for rid in batch.closed {
            complete.extend(self.open.remove(&rid).map(|(_, file)| file));
        }
        if !complete.is_empty() {
            complete.push(self.journal_file()?.try_clone()?);
        }
        for (rid, from) in batch.keep {
            self.release(rid, from)?;
        }
        Ok(complete)
    }

    fn journal_file(&mut self) -> io::Result<&mut File> {
        if self.journal.is_none() {
            if let Some(directory) = self.journal_path.parent() {
                fs::create_dir_all(directory)?;
            }
            fs::create_dir_all(&self.spool)?;
            self.journal = Some(File::create(&self.journal_path)?);
        }
        self.journal.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn spool_file(&mut self, rid: Rid, place: SegmentAt) -> io::Result<&mut File> {
        if self.open.get(&rid).is_none_or(|(open, _)| *open != place) {
            self.journal_file()?;
            let path = self.spool_path(rid, place);
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            self.open.insert(rid, (place, file));
            self.keep(rid, place);
        }
        let open = self.open.get_mut(&rid).map(|(_, file)| file);
        open.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Removes the spool files of segments before `from`.
    fn release(&mut self, rid: Rid, from: u64) -> io::Result<()> {
        let Some(kept) = self.kept.get_mut(&rid) else { return Ok(()) };
        let mut gone = Vec::new();
        while let Some(place) = kept.pop_front_if(|place| place.msn < from) {
            gone.push(place);
        }
        gone.into_iter()
            .try_for_each(|place| there_or_not(fs::remove_file(self.spool_path(rid, place))))
    }

    /// Removes everything of this broadcast: the journal first, so that no line names what is gone.
    pub(super) fn erase(&mut self) -> io::Result<()> {
        self.journal = None;
        self.open.clear();
        self.kept.clear();
        there_or_not(fs::remove_file(&self.journal_path))?;
        there_or_not(fs::remove_dir_all(&self.spool))
    }
}

fn there_or_not(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
