//! Journal and spool: what was published, in files, so that a process that is killed goes on where
//! it was. Bytes go to a segment's spool file before the journal names them, and the journal names
//! them before any playlist does: what players have seen is there again.
//!
//! A disk that fails or stalls never holds the picture up: the journal is given up, and after a
//! crash the broadcast goes on from what the store holds.

use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::id::BroadcastId;
use infra::tasks::Tasks;
use media::journal::{PartRecord, Record, SegmentRecord, write_header, write_record};
use media::packager::{Init, Part, Rid};
use parking_lot::Mutex;

use crate::StartError;

mod files;
mod place;
mod recover;

use files::Files;
use place::Place;
pub(crate) use recover::Recovered;

/// How long a part waits for the disk at most.
const PATIENCE: Duration = Duration::from_millis(250);

/// Where journals and spool files lie.
#[derive(Debug)]
pub(crate) struct Journals {
    /// `None` keeps none.
    place: Option<Place>,
    tasks: Tasks,
}

/// The journal of one broadcast; its owner task alone writes it.
#[derive(Debug)]
pub(crate) struct Journal {
    broadcast: BroadcastId,
    files: Arc<Mutex<Files>>,
    tasks: Tasks,
    batch: Batch,
    is_broken: bool,
}

/// What is to be written at once.
#[derive(Debug, Default)]
struct Batch {
    lines: Vec<u8>,
    /// Bytes of parts, in their order.
    parts: Vec<(Rid, SegmentAt, Bytes)>,
    /// Renditions whose open segment is complete.
    closed: Vec<Rid>,
    /// The oldest segment of a rendition whose spool file is still needed.
    keep: Vec<(Rid, u64)>,
}

/// Which segment a spool file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SegmentAt {
    fence: u64,
    msn: u64,
}

impl Journals {
    /// Journals below `directory`, in which no other process may work while these are held; its
    /// first process gives the node a name.
    pub(crate) fn open(
        directory: Option<&Path>,
        name: impl FnOnce() -> String,
        tasks: Tasks,
    ) -> Result<Self, StartError> {
        let place = directory.map(|directory| Place::take(directory, name)).transpose()?;
        Ok(Self { place, tasks })
    }

    /// The name of this node, the same after every restart.
    pub(crate) fn node(&self) -> Option<&str> {
        self.place.as_ref().map(|place| &*place.name)
    }

    fn files(&self, broadcast: BroadcastId) -> Option<Files> {
        Some(Files::new(&self.place.as_ref()?.directory, broadcast))
    }

    /// A journal that begins with these records; one that is there already is replaced.
    pub(crate) fn create(&self, broadcast: BroadcastId, past: &[Record]) -> Option<Journal> {
        let mut journal = self.journal(broadcast, self.files(broadcast)?);
        write_header(&mut journal.batch.lines);
        for record in past {
            write_record(&mut journal.batch.lines, record);
        }
        Some(journal)
    }

    fn journal(&self, broadcast: BroadcastId, files: Files) -> Journal {
        Journal {
            broadcast,
            files: Arc::new(Mutex::new(files)),
            tasks: self.tasks.clone(),
            batch: Batch::default(),
            is_broken: false,
        }
    }
}

impl Journal {
    /// Whether it was given up.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// What is known of the renditions.
    pub(crate) fn sheet(&mut self, sheet: Bytes) {
        self.note(&Record::Sheet(sheet));
    }

    /// An init section.
    pub(crate) fn init(&mut self, init: &Init) {
        self.note(&Record::Init(init.clone()));
    }

    /// A part of the segment with this fence.
    pub(crate) fn part(&mut self, part: &Part, fence: u64) {
        self.note(&Record::Part(PartRecord::from(part)));
        if !part.gap && !self.is_broken {
            let at = SegmentAt { fence, msn: part.at.msn };
            self.batch.parts.push((part.rid, at, part.bytes.clone()));
        }
    }

    /// A complete segment.
    pub(crate) fn segment(&mut self, segment: SegmentRecord) {
        self.note(&Record::Segment(segment));
        self.batch.closed.push(segment.rid);
    }

    /// A segment that the store never got.
    pub(crate) fn lost(&mut self, rid: Rid, msn: u64) {
        self.note(&Record::Lost(rid, msn));
    }

    /// Segments before `msn` are in the store and no longer in memory.
    pub(crate) fn keep_from(&mut self, rid: Rid, msn: u64) {
        self.batch.keep.push((rid, msn));
    }

    fn note(&mut self, record: &Record) {
        if !self.is_broken {
            write_record(&mut self.batch.lines, record);
        }
    }

    /// Writes what was noted; returns when the system has it, or when waiting would hurt viewers.
    pub(crate) async fn commit(&mut self) {
        let batch = mem::take(&mut self.batch);
        if self.is_broken || batch.lines.is_empty() {
            return;
        }
        let files = Arc::clone(&self.files);
        let write = tokio::task::spawn_blocking(move || files.lock().write(batch));
        let failure = match tokio::time::timeout(PATIENCE, write).await {
            Ok(Ok(Ok(written))) => return self.sync(written),
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("the disk took more than {} ms", PATIENCE.as_millis()),
        };
        self.give_up(&failure);
    }

    /// Complete segments reach the disk in the background.
    fn sync(&self, written: Vec<std::fs::File>) {
        if written.is_empty() {
            return;
        }
        self.tasks.spawn("spool sync", async move {
            let synced = tokio::task::spawn_blocking(move || {
                written.iter().try_for_each(std::fs::File::sync_data)
            });
            if let Ok(Err(error)) = synced.await {
                tracing::warn!(%error, "a spool file may not outlive a power cut");
            }
        });
    }

    /// A journal with a hole would tell a lie after a crash.
    fn give_up(&mut self, failure: &str) {
        self.is_broken = true;
        metrics::counter!("headwater_journal_failures_total").increment(1);
        tracing::error!(
            broadcast.id = %self.broadcast,
            error = failure,
            "the journal is given up: after a crash the broadcast goes on from the store"
        );
        self.erase();
    }

    fn erase(&self) {
        let files = Arc::clone(&self.files);
        self.tasks.spawn("journal removal", async move {
            let erased = tokio::task::spawn_blocking(move || files.lock().erase());
            if let Ok(Err(error)) = erased.await {
                tracing::warn!(%error, "a journal could not be removed");
            }
        });
    }

    /// Everything is in the store: nothing here is needed any more.
    pub(crate) fn remove(self) {
        self.erase();
    }
}
