//! Knows the store's files by device and inode, and notices when their paths name others or nothing.
//!
//! Apart because a file that was removed takes writes and syncs as before, and loses them all with the process.

use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use crate::store::sqlite::lock::{StoreLock, beside};

/// The files that are in use.
pub(super) struct StoreFiles {
    database: Known,
    lock: Known,
    /// None where SQLite may make a new one at its next connection.
    log: Option<Known>,
    /// Whether the operator has been told.
    is_told: bool,
}

/// A path and the file that it named at first.
struct Known {
    path: PathBuf,
    id: Option<FileId>,
}

/// What tells a file from every other on this machine; where there are no inodes, only that it is there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl StoreFiles {
    /// Remembers the files of a database that is open.
    pub(super) fn note(database: &Path, lock: &StoreLock) -> Self {
        let mut files = Self {
            database: Known::at(database.to_owned()),
            // Of the file that is locked, whatever its path names by now.
            lock: Known { path: lock.path().to_owned(), id: lock.metadata().as_ref().map(FileId::of) },
            log: None,
            is_told: false,
        };
        files.note_log();
        files
    }

    /// Remembers the log. It must be there: in use, from the first transaction of a connection on.
    pub(super) fn note_log(&mut self) {
        if self.log.is_none() {
            self.log = Some(Known::at(beside(&self.database.path, "-wal")));
        }
    }

    /// Forgets the log: the last connection to close has taken it away.
    pub(super) fn forget_log(&mut self) {
        self.log = None;
    }

    /// Tells whether every path names its file still; an operator hears of the first time that one does not, and of
    /// its end. Costs three calls that read no disk.
    pub(super) fn are_ours(&mut self) -> bool {
        let known = [Some(&self.database), Some(&self.lock), self.log.as_ref()];
        let lost: Vec<_> = known.into_iter().flatten().filter_map(Known::loss).collect();
        let are_ours = lost.is_empty();
        if !are_ours && !self.is_told {
            tracing::error!(
                "{}; nothing is taken until it is back: put the file back, or stop the proxy and move the leads",
                lost.join("; ")
            );
            // The next start must not take a folder without database and lock for one that never had a store.
            StoreLock::leave_mark(&self.lock.path);
        }
        if are_ours && self.is_told {
            tracing::info!("the store's files are back");
        }
        self.is_told = !are_ours;
        are_ours
    }
}

impl Known {
    fn at(path: PathBuf) -> Self {
        let id = FileId::at(&path);
        Self { path, id }
    }

    /// What is wrong, if anything is.
    fn loss(&self) -> Option<String> {
        let found = FileId::at(&self.path);
        if found.is_some() && found == self.id {
            return None;
        }
        let path = self.path.display();
        let (found, expected) = (Shown(found), Shown(self.id));
        Some(format!(
            "the store's file {path} was removed or replaced while running: found {found}, expected {expected}"
        ))
    }
}

impl FileId {
    /// Of what the path itself names: a link to our file is not our file, for SQLite keeps its log elsewhere then.
    fn at(path: &Path) -> Option<Self> {
        path.symlink_metadata().ok().as_ref().map(Self::of)
    }

    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self { device: 0, inode: 0 }
    }
}

struct Shown(Option<FileId>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => write!(f, "inode {} on device {}", id.inode, id.device),
            None => f.write_str("nothing"),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::io::{Read as _, Seek as _};

    use super::*;

    #[test]
    fn operator_hears_once_that_a_file_is_gone_and_once_that_it_is_back() {
        let dir = tempfile::tempdir().unwrap();
        let (database, away) = (dir.path().join("store.db"), dir.path().join("away"));
        for name in ["store.db", "store.db-wal"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let lock = StoreLock::take(&database).unwrap();
        let mut files = StoreFiles::note(&database, &lock);
        let mut log = tempfile::tempfile().unwrap();
        let writer = std::sync::Mutex::new(log.try_clone().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(writer).finish();
        tracing::subscriber::with_default(subscriber, || {
            assert!(files.are_ours());
            fs::rename(&database, &away).unwrap();
            assert!(!files.are_ours());
            assert!(!files.are_ours());
            fs::rename(&away, &database).unwrap();
            assert!(files.are_ours());
        });
        let mut told = String::new();
        log.rewind().unwrap();
        log.read_to_string(&mut told).unwrap();
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines.len(), 2, "{told}");
        assert!(lines[0].contains("ERROR") && lines[0].contains("found nothing, expected inode"), "{told}");
        assert!(lines[0].contains("store.db was removed or replaced while running"), "{told}");
        assert!(lines[1].contains("the store's files are back"), "{told}");
    }
}
