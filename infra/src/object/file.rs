//! Objects as files: written beside their place, synced, renamed, and the directory synced.

use std::{
    fs, io,
    io::{Read as _, Seek as _, Write as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{FutureExt as _, future::BoxFuture};

use super::{Error, Head, LIST_MAX, Listed, Meta, ObjectStore, check_key, clamp};
use crate::machine::Room;

/// What a half-written file is called: no key has a word that starts with a dot.
const TEMPORARY_PREFIX: &str = ".put-";

/// Objects below one directory. The key is the path, the media type follows from its ending.
#[derive(Clone, Debug)]
pub struct Files {
    root: Arc<Path>,
    next: Arc<AtomicU64>,
    reserve_bytes: u64,
}

impl Files {
    /// Opens the store, making the directory when it is missing.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        fs::create_dir_all(&root)?;
        Ok(Self { root: root.into(), next: Arc::default(), reserve_bytes: 0 })
    }

    /// The same, but media is refused that would leave less than so many bytes of the disk free: what is
    /// small and must go on, such as rows and indexes, may need them.
    #[must_use]
    pub fn keeping_free(self, reserve_bytes: u64) -> Self {
        Self { reserve_bytes, ..self }
    }

    /// Whether there is room for an object of that size.
    fn check_room(&self, size: u64, meta: Meta) -> Result<(), Error> {
        let is_media = meta.content_type.starts_with("video/");
        if self.reserve_bytes == 0 || !is_media {
            return Ok(());
        }
        // A disk that does not say takes what it takes.
        let Ok(Room { free_bytes, .. }) = Room::at(&self.root) else { return Ok(()) };
        if free_bytes.saturating_sub(size) >= self.reserve_bytes {
            return Ok(());
        }
        Err(Error::Full(
            format!(
                "{free_bytes} bytes are free, and media leaves the last {} alone",
                self.reserve_bytes
            )
            .into(),
        ))
    }

    fn path(&self, key: &str) -> Result<PathBuf, Error> {
        check_key(key)?;
        Ok(self.root.join(key))
    }

    /// Runs file work on the pool for blocking calls.
    fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(Self) -> Result<T, Error> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, Error>> {
        let this = self.clone();
        async move {
            tokio::task::spawn_blocking(move || work(this))
                .await
                .unwrap_or_else(|gone| Err(Error::Unavailable(gone.into())))
        }
        .boxed()
    }

    fn write(&self, key: &str, body: &[Bytes], meta: Meta) -> Result<(), Error> {
        let path = self.path(key)?;
        self.check_room(body.iter().map(|piece| piece.len() as u64).sum(), meta)?;
        let directory = path.parent().expect("a key has a directory: at least the root");
        self.make_directory(directory).map_err(|cause| refused(key, cause))?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temporary =
            directory.join(format!("{TEMPORARY_PREFIX}{}-{number}", std::process::id()));
        let written = write_synced(&temporary, body).and_then(|()| {
            fs::rename(&temporary, &path)?;
            sync_directory(directory)
        });
        written.map_err(|cause| {
            // It may be gone already; what is left is swept by its name.
            drop(fs::remove_file(&temporary));
            refused(key, cause)
        })
    }

    /// Makes the directories that are missing and syncs each parent, so that they survive too.
    fn make_directory(&self, directory: &Path) -> io::Result<()> {
        if directory.is_dir() {
            return Ok(());
        }
        if let Some(parent) = directory.parent().filter(|_| directory != &*self.root) {
            self.make_directory(parent)?;
        }
        match fs::create_dir(directory) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made.and_then(|()| directory.parent().map_or(Ok(()), sync_directory)),
        }
    }

    fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, Error> {
        let mut file = fs::File::open(self.path(key)?).map_err(|cause| refused(key, cause))?;
        let size = file.metadata().map_err(|cause| refused(key, cause))?.len();
        let kept = clamp(&range.unwrap_or(0..size), size)?;
        let length = usize::try_from(kept.end - kept.start)
            .map_err(|cause| Error::Unavailable(cause.into()))?;
        let mut bytes = vec![0; length];
        file.seek(io::SeekFrom::Start(kept.start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|cause| refused(key, cause))?;
        Ok(bytes.into())
    }

    fn size(&self, key: &str) -> Result<u64, Error> {
        let found = fs::metadata(self.path(key)?).map_err(|cause| refused(key, cause))?;
        if found.is_file() { Ok(found.len()) } else { Err(Error::NotFound(key.into())) }
    }

    fn delete(&self, key: &str) -> Result<(), Error> {
        let path = self.path(key)?;
        match fs::remove_file(&path) {
            Ok(()) => self.prune(&path),
            Err(cause) if is_absent(&cause) => {}
            Err(cause) => return Err(refused(key, cause)),
        }
        Ok(())
    }

    /// Removes the directories that a deletion left empty.
    fn prune(&self, path: &Path) {
        let above = path.ancestors().skip(1).take_while(|directory| *directory != &*self.root);
        for directory in above {
            if fs::remove_dir(directory).is_err() {
                return;
            }
        }
    }

    fn page(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Listed>, Error> {
        let mut walk = Walk { prefix, after: after.unwrap_or(""), limit, found: Vec::new() };
        walk.directory(&self.root, "").map_err(|cause| refused(prefix, cause))?;
        Ok(walk.found)
    }
}

fn write_synced(path: &Path, body: &[Bytes]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    for piece in body {
        file.write_all(piece)?;
    }
    file.sync_all()
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory)?.sync_all()
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

fn refused(key: &str, cause: io::Error) -> Error {
    match cause.kind() {
        _ if is_absent(&cause) => Error::NotFound(key.into()),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full(cause.into()),
        _ => Error::Unavailable(cause.into()),
    }
}

/// A walk in the byte order of whole keys, which is not that of names: `a.b` < `a/b` < `a0`.
struct Walk<'a> {
    prefix: &'a str,
    after: &'a str,
    limit: usize,
    found: Vec<Listed>,
}

impl Walk<'_> {
    fn directory(&mut self, path: &Path, key: &str) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
            entries.push((format!("{key}{name}{slash}"), entry));
        }
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        for (key, entry) in entries {
            if self.found.len() >= self.limit.min(LIST_MAX) {
                return Ok(());
            }
            self.entry(key, &entry)?;
        }
        Ok(())
    }

    fn entry(&mut self, key: String, entry: &fs::DirEntry) -> io::Result<()> {
        if key.ends_with('/') {
            let holds_prefix = key.starts_with(self.prefix) || self.prefix.starts_with(&key);
            let is_past = key.as_str() < self.after && !self.after.starts_with(&key);
            return match self.directory(&entry.path(), &key) {
                _ if !holds_prefix || is_past => Ok(()),
                // Deleted while we walk.
                Err(cause) if is_absent(&cause) => Ok(()),
                walked => walked,
            };
        }
        if key.starts_with(self.prefix) && key.as_str() > self.after {
            match entry.metadata() {
                Ok(metadata) => self.found.push(Listed { key, size: metadata.len() }),
                Err(cause) if is_absent(&cause) => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }
}

impl ObjectStore for Files {
    fn put<'a>(
        &'a self,
        key: &'a str,
        body: Vec<Bytes>,
        meta: Meta,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let key = key.to_owned();
        self.blocking(move |files| files.write(&key, &body, meta))
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Bytes, Error>> {
        let key = key.to_owned();
        self.blocking(move |files| files.read(&key, range))
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Head, Error>> {
        let key = key.to_owned();
        self.blocking(move |files| {
            let size = files.size(&key)?;
            Ok(Head { size, content_type: None, cache_control: None })
        })
    }

    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), Error>> {
        let keys = keys.to_vec();
        self.blocking(move |files| keys.iter().try_for_each(|key| files.delete(key)))
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, Error>> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.blocking(move |files| files.page(&prefix, after.as_deref(), limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::conformance;

    #[tokio::test]
    async fn files_keep_the_promises_of_a_store() {
        let directory = tempfile::tempdir().unwrap();
        conformance::check(&Files::open(directory.path()).unwrap()).await;
    }

    #[tokio::test]
    async fn media_leaves_the_reserve_alone_and_all_else_may_use_it() {
        let directory = tempfile::tempdir().unwrap();
        // More than any disk has: there is never room for media.
        let files = Files::open(directory.path()).unwrap().keeping_free(u64::MAX / 2);
        let put = |key, kind| files.put(key, vec![Bytes::from_static(b"x")], Meta::immutable(kind));
        assert!(matches!(put("a.m4s", "video/iso.segment").await, Err(Error::Full(_))));
        put("page", "application/octet-stream").await.unwrap();
        let files = files.keeping_free(1);
        files.put("a.m4s", vec![Bytes::from_static(b"x")], Meta::of_key("a.m4s")).await.unwrap();
    }

    #[test]
    fn a_disk_without_room_is_full_and_not_away() {
        // The one device that is full on every machine.
        let cause = fs::write("/dev/full", b"x").unwrap_err();
        assert!(matches!(refused("a", cause), Error::Full(_)));
    }

    #[tokio::test]
    async fn a_half_written_file_is_never_an_object() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::open(directory.path()).unwrap();
        fs::create_dir(directory.path().join("media")).unwrap();
        fs::write(directory.path().join("media/.put-1-1"), "half").unwrap();
        assert_eq!(files.list("", None, 10).await.unwrap(), []);
        assert!(matches!(files.get("media/.put-1-1", None).await, Err(Error::InvalidKey(_))));
    }

    #[tokio::test]
    async fn the_last_object_takes_its_directories_away_and_the_root_stays() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::open(directory.path().join("objects")).unwrap();
        files.put("a/b/c", vec![Bytes::from_static(b"x")], Meta::of_key("c")).await.unwrap();
        files.delete_many(&["a/b/c".into()]).await.unwrap();
        assert!(!directory.path().join("objects/a").exists());
        assert!(directory.path().join("objects").exists());
    }
}
