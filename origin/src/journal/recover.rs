//! From the files of a process that is gone to a broadcast that goes on.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};

use bytes::Bytes;
use domain::id::BroadcastId;
use media::hls::index::Entry;
use media::hls::sheet::Sheet;
use media::journal::{Reader, Replay, Trail, write_record};
use media::packager::Rid;

use super::files::Files;
use super::{Journal, Journals, SegmentAt};

/// A broadcast as its journal tells it; every segment is complete.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// Goes on from here.
    pub(crate) journal: Journal,
    /// What is known of its renditions.
    pub(crate) sheet: Sheet,
    /// Their segments.
    pub(crate) trails: Vec<Trail>,
    /// Bytes of segments that may not be in the store.
    pub(crate) spooled: HashMap<(Rid, u64), Bytes>,
}

/// What the blocking part finds.
struct Found {
    files: Files,
    sheet: Sheet,
    trails: Vec<Trail>,
    spooled: HashMap<(Rid, u64), Bytes>,
}

impl Journals {
    /// Reads the journal of a broadcast; nothing when there is none, or none that can be used.
    pub(crate) async fn recover(&self, broadcast: BroadcastId) -> Option<Recovered> {
        let files = self.files(broadcast)?;
        let found = tokio::task::spawn_blocking(move || find(files)).await;
        match found {
            Ok(Ok(Some(Found { files, sheet, trails, spooled }))) => {
                let journal = self.journal(broadcast, files);
                Some(Recovered { journal, sheet, trails, spooled })
            }
            Ok(Ok(None)) => None,
            Ok(Err(error)) => {
                tracing::warn!(broadcast.id = %broadcast, %error, "a journal can't be read");
                None
            }
            Err(error) => {
                tracing::error!(broadcast.id = %broadcast, %error, "a journal can't be read");
                None
            }
        }
    }

    /// Every broadcast that left a journal.
    pub(crate) async fn left(&self) -> Vec<BroadcastId> {
        let Some(place) = &self.place else { return Vec::new() };
        let directory = place.directory.join("journal");
        let listed = tokio::task::spawn_blocking(move || {
            let entries = fs::read_dir(directory).ok()?;
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            Some(names.filter_map(|name| name.parse().ok()).collect())
        });
        listed.await.ok().flatten().unwrap_or_default()
    }

    /// Removes what a broadcast left.
    pub(crate) fn discard(&self, broadcast: BroadcastId) {
        if let Some(files) = self.files(broadcast) {
            self.journal(broadcast, files).remove();
        }
    }
}

fn find(mut files: Files) -> io::Result<Option<Found>> {
    let journal = match fs::read(files.journal_path()) {
        Ok(journal) => journal,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(mut reader) = Reader::new(&journal) else { return Ok(None) };
    let mut replay = Replay::of(reader.by_ref());
    let Ok(sheet) = Sheet::parse(&replay.sheet) else { return Ok(None) };
    let good = u64::try_from(reader.good_bytes()).unwrap_or(u64::MAX);
    let mut spooled = read_spool(&files, &replay)?;
    let mut lines = Vec::new();
    let said = replay
        .complete(|rid, entry| spooled.get(&(rid, entry.msn)).map(|bytes| crc32c::crc32c(bytes)));
    for record in said {
        write_record(&mut lines, &record);
    }
    let mut file = OpenOptions::new().append(true).open(files.journal_path())?;
    file.set_len(good)?;
    file.write_all(&lines)?;
    files.resume(file);
    for trail in &replay.trails {
        for entry in &trail.segments {
            let key = (trail.rid, entry.msn);
            let Some(bytes) = spooled.get(&key) else { continue };
            if !entry.gap && crc32c::crc32c(bytes) == entry.crc32c {
                files.keep(trail.rid, place(entry));
            } else {
                spooled.remove(&key);
            }
        }
    }
    Ok(Some(Found { files, sheet, trails: replay.trails, spooled }))
}

fn place(entry: &Entry) -> SegmentAt {
    SegmentAt { fence: entry.fence, msn: entry.msn }
}

/// The spool files that hold all that the journal names; what lies behind it is cut off.
fn read_spool(files: &Files, replay: &Replay) -> io::Result<HashMap<(Rid, u64), Bytes>> {
    let lengths = files.spool_lengths()?;
    let mut spooled = HashMap::new();
    for trail in &replay.trails {
        for entry in trail.segments.iter().chain(&trail.open).filter(|entry| entry.bytes > 0) {
            let path = files.spool_path(trail.rid, place(entry));
            let Some(length) = lengths.get(&path) else { continue };
            if *length > entry.bytes {
                File::options().write(true).open(&path)?.set_len(entry.bytes)?;
            }
            let bytes = fs::read(&path)?;
            if u64::try_from(bytes.len()).is_ok_and(|length| length == entry.bytes) {
                spooled.insert((trail.rid, entry.msn), Bytes::from(bytes));
            }
        }
    }
    Ok(spooled)
}
