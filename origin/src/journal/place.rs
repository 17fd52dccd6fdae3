//! The directory of this node: its name, and that no other process works in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::StartError;

/// A directory that is ours while this is held: what a node had before it was killed is still its
/// own, and nobody else's.
#[derive(Debug)]
pub(crate) struct Place {
    /// Names the node among the holders of leases; the same after every restart.
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    _locked: File,
}

impl Place {
    /// Takes `directory`; its first process gives it a name.
    pub(crate) fn take(
        directory: &Path,
        name: impl FnOnce() -> String,
    ) -> Result<Self, StartError> {
        let path = directory.join("journal").join(".node");
        match lock(&path, name) {
            Ok(Some((file, name))) => {
                Ok(Self { name, directory: directory.to_owned(), _locked: file })
            }
            Ok(None) => Err(StartError::InUse(directory.to_owned())),
            Err(source) => Err(StartError::Directory { path, source }),
        }
    }
}

/// The locked file and the name in it; nothing when another process has it.
fn lock(path: &Path, fresh: impl FnOnce() -> String) -> io::Result<Option<(File, String)>> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut name = String::new();
    file.read_to_string(&mut name)?;
    if name.is_empty() {
        name = fresh();
        file.rewind()?;
        file.write_all(name.as_bytes())?;
    }
    Ok(Some((file, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_process_and_keeps_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let first = Place::take(directory.path(), || "n1".to_owned()).unwrap();
        let second = Place::take(directory.path(), || "n2".to_owned());
        assert!(matches!(second, Err(StartError::InUse(_))), "{second:?}");
        drop(first);
        assert_eq!(Place::take(directory.path(), || "n3".to_owned()).unwrap().name, "n1");
    }
}
