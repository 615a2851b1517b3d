//! A folder of results that many processes may write at once: each file appears whole or not at all.
//!
//! No lock is needed. What a file holds follows from its name, so that whoever renames last puts the same bytes there.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::experiment::OutputError;

/// What writes bytes into a file that is open: the system, or a disk of a test.
type Writer = Arc<dyn Fn(&mut File, &[u8]) -> io::Result<()> + Send + Sync>;

/// The ending of a file that is not whole yet.
const PART: &str = ".part";

/// A folder of results.
#[derive(Clone)]
pub struct Folder {
    path: PathBuf,
    durable: bool,
    writer: Writer,
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder")
            .field("path", &self.path)
            .field("durable", &self.durable)
            .finish_non_exhaustive()
    }
}

impl Folder {
    /// The folder at `path`; if `durable`, what is written outlives a loss of power.
    pub fn new(path: &Path, durable: bool) -> Self {
        Self {
            path: path.to_owned(),
            durable,
            writer: Arc::new(File::write_all),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of a file, if it is there.
    ///
    /// # Errors
    /// The system's, but for a file that is missing.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, OutputError> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.fault(name, error)),
        }
    }

    /// Writes a file whole, or not at all.
    ///
    /// # Errors
    /// The system's; nothing of the file is left then.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let mut draft = self.begin(name)?;
        draft.write(bytes)?;
        draft.finish()
    }

    /// Begins a file that is written piece by piece, and appears when it is finished.
    ///
    /// # Errors
    /// The system's.
    pub fn begin(&self, name: &str) -> Result<Draft<'_>, OutputError> {
        let path = self.path.join(name);
        let begun = || {
            let parent = path.parent().unwrap_or(&self.path);
            fs::create_dir_all(parent)?;
            fresh(parent, &path)
        };
        let (file, beside) = begun().map_err(|error| self.fault(name, error))?;
        Ok(Draft {
            folder: self,
            name: name.to_owned(),
            file: Some(file),
            beside,
        })
    }

    /// The names of the finished files of a folder within this one, in their order.
    ///
    /// # Errors
    /// The system's, but for a folder that is missing.
    pub fn names(&self, inner: &str) -> Result<Vec<String>, OutputError> {
        let mut names = self.all(inner)?;
        names.retain(|name| !name.ends_with(PART));
        Ok(names)
    }

    /// Removes what processes left half written when they were killed: only where no other process writes.
    ///
    /// # Errors
    /// The system's.
    pub fn clear(&self, inner: &str) -> Result<(), OutputError> {
        let halves = self.all(inner)?;
        for name in halves.iter().filter(|name| name.ends_with(PART)) {
            let name = format!("{inner}/{name}");
            fs::remove_file(self.path.join(&name)).map_err(|error| self.fault(&name, error))?;
        }
        Ok(())
    }

    fn all(&self, inner: &str) -> Result<Vec<String>, OutputError> {
        let entries = match fs::read_dir(self.path.join(inner)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.fault(inner, error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| self.fault(inner, error))?;
            names.extend(entry.file_name().into_string().ok());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn fault(&self, name: &str, error: io::Error) -> OutputError {
        OutputError {
            path: self.path.join(name),
            error,
        }
    }
}

/// A file of one's own beside `path`: no other process, on this machine or another, has opened it.
fn fresh(parent: &Path, path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or("file");
    let process = std::process::id();
    let mut attempt = 0_u32;
    loop {
        let beside = parent.join(format!(".{name}.{process}-{attempt}{PART}"));
        match File::create_new(&beside) {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct Draft<'a> {
    folder: &'a Folder,
    name: String,
    /// `None` when it is finished.
    file: Option<File>,
    beside: PathBuf,
}

impl Draft<'_> {
    /// Adds bytes.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let file = self.file.as_mut().expect("not finished yet");
        let written = (self.folder.writer)(file, bytes);
        written.map_err(|error| self.folder.fault(&self.name, error))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(mut self) -> Result<(), OutputError> {
        let file = self.file.take().expect("finished once");
        let path = self.folder.path.join(&self.name);
        let durable = self.folder.durable;
        let done = || {
            if durable {
                file.sync_all()?;
            }
            drop(file);
            fs::rename(&self.beside, &path)?;
            if durable {
                File::open(path.parent().unwrap_or(&self.folder.path))?.sync_all()?;
            }
            Ok(())
        };
        done().map_err(|error| {
            fs::remove_file(&self.beside).ok();
            self.folder.fault(&self.name, error)
        })
    }
}

impl Drop for Draft<'_> {
    /// What was not finished is not left behind.
    fn drop(&mut self) {
        if self.file.take().is_some() {
            fs::remove_file(&self.beside).ok();
        }
    }
}

#[cfg(test)]
impl Folder {
    /// A folder on a disk that has room for `bytes` more.
    pub(super) fn on_disk_of(path: &Path, bytes: usize) -> Self {
        let room = std::sync::Mutex::new(bytes);
        let writer = move |file: &mut File, bytes: &[u8]| {
            let mut room = room.lock().expect("no thread panics");
            let fits = bytes.len().min(*room);
            file.write_all(&bytes[..fits])?;
            *room -= fits;
            if fits < bytes.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        };
        Self {
            writer: Arc::new(writer),
            ..Self::new(path, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Folder::on_disk_of(scratch.path(), 10);
        folder.put("cells/a", b"12345678").expect("it fits");
        let full = folder.put("cells/b", b"12345678").expect_err("it is full");
        assert_eq!(full.error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(folder.all("cells").expect("readable"), ["a"]);
        assert_eq!(folder.get("cells/b").expect("readable"), None);
        let whole = folder.get("cells/a").expect("readable");
        assert_eq!(whole.as_deref(), Some(&b"12345678"[..]));
    }

    #[test]
    fn what_others_write_or_left_is_in_nobodys_way() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(scratch.path(), true);
        let mut first = folder.begin("a").expect("begun");
        let mut second = folder.begin("a").expect("begun beside it");
        first.write(b"same").expect("written");
        second.write(b"same").expect("written");
        first.finish().expect("in its place");
        second.finish().expect("in its place again");
        assert_eq!(folder.names(".").expect("readable"), ["a"]);
        std::mem::forget(folder.begin("b").expect("begun"));
        assert_eq!(folder.all(".").expect("readable").len(), 2);
        folder.clear(".").expect("cleared");
        assert_eq!(folder.all(".").expect("readable"), ["a"]);
    }
}
