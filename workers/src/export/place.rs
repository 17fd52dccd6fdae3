//! Where the file grows: beside its final name, which it gets when it is whole.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::{Existing, ExportError};

/// A place in the folder of the wanted file. Dropping it removes what was written.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    existing: Existing,
    /// The growing file.
    partial: PathBuf,
    /// The media before its index is known; nameless once it is open.
    media: PathBuf,
}

impl Place {
    /// Takes a place for `file`; `suffix` is its alone.
    pub(super) fn take(file: &Path, existing: Existing, suffix: &str) -> Result<Self, ExportError> {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| ExportError::Write {
            path: file.to_owned(),
            cause: io::Error::from(io::ErrorKind::IsADirectory),
        })?;
        let place = Self {
            file: file.to_owned(),
            existing,
            partial: file.with_file_name(format!(".{name}.{suffix}.partial")),
            media: file.with_file_name(format!(".{name}.{suffix}.media")),
        };
        place.refuse_existing()?;
        Ok(place)
    }

    /// The wanted file, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    /// A nameless file for the media: it goes with its handle, whatever happens.
    pub(super) fn media(&self) -> Result<File, ExportError> {
        let opened = open(&self.media).map_err(|cause| self.failed(cause))?;
        fs::remove_file(&self.media).map_err(|cause| self.failed(cause))?;
        Ok(opened)
    }

    /// The growing file.
    pub(super) fn open(&self) -> Result<File, ExportError> {
        open(&self.partial).map_err(|cause| self.failed(cause))
    }

    /// Gives the file its name.
    pub(super) fn keep(self) -> Result<(), ExportError> {
        self.refuse_existing()?;
        fs::rename(&self.partial, &self.file).map_err(|cause| self.failed(cause))
    }

    fn refuse_existing(&self) -> Result<(), ExportError> {
        if self.existing == Existing::Keep && self.file.symlink_metadata().is_ok() {
            return Err(ExportError::Exists(self.file.clone()));
        }
        Ok(())
    }

    /// Why the file can't be written.
    pub(super) fn failed(&self, cause: io::Error) -> ExportError {
        ExportError::Write { path: self.file.clone(), cause }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match fs::remove_file(&self.partial) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "an unfinished export can't be removed"),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.mp4");
        let place = Place::take(&file, Existing::Keep, "1").unwrap();
        place.media().unwrap().write_all(b"media").unwrap();
        place.open().unwrap().write_all(b"whole").unwrap();
        assert!(!file.exists());
        place.keep().unwrap();
        assert_eq!(names(folder.path()), ["out.mp4"]);
        assert_eq!(fs::read(&file).unwrap(), b"whole");
    }

    #[test]
    fn an_existing_file_is_replaced_only_on_demand() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.mp4");
        fs::write(&file, b"old").unwrap();
        let refused = Place::take(&file, Existing::Keep, "1").unwrap_err();
        assert!(refused.to_string().contains("exists already"), "{refused}");
        let place = Place::take(&file, Existing::Replace, "1").unwrap();
        place.open().unwrap().write_all(b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"old");
        place.keep().unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn what_is_not_finished_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::take(&folder.path().join("out.mp4"), Existing::Keep, "1").unwrap();
        drop((place.media().unwrap(), place.open().unwrap()));
        drop(place);
        assert_eq!(names(folder.path()), Vec::<String>::new());
        let nowhere = Path::new("/nowhere/at/all.mp4");
        let place = Place::take(nowhere, Existing::Keep, "1").unwrap();
        assert!(place.media().unwrap_err().to_string().contains("/nowhere/at/all.mp4"));
        assert!(Place::take(Path::new(".."), Existing::Keep, "1").is_err());
    }
}
