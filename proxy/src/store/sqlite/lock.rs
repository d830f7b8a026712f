//! The lock file beside the database: one process at a time, and a memory of what must be there.
//!
//! Apart because SQLite itself would let two processes write by turns, and would quietly create a new, empty database
//! where the old one has gone missing.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::store::{Refusal, StoreError};

const OPEN: &str = "open";
const CLOSED: &str = "closed";
const UNREADABLE: &str = "unreadable";

/// Holds the lock until dropped.
pub(super) struct StoreLock {
    file: File,
    path: PathBuf,
    /// What the last process left in it.
    before: String,
}

impl StoreLock {
    /// Takes the lock of a database.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = beside(database, ".lock");
        let refused =
            |found: String, remedy: &str| StoreError::Refused(Refusal { found, remedy: remedy.to_owned() });
        let open =
            private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(&path);
        let mut file = open.map_err(|error| {
            let found =
                format!("the store's lock file {} can't be opened ({})", path.display(), error.kind());
            refused(found, "create the folder and let this user write in it")
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let found = format!("another process has the store {}", database.display());
                return Err(refused(found, "stop it first, or give this one another store.path"));
            }
            Err(TryLockError::Error(error)) => {
                let found = format!("the lock file {} can't be locked ({})", path.display(), error.kind());
                return Err(refused(found, "put the store on a local disk"));
            }
        }
        // One of an older version may be open to others. Only a courtesy: nothing in it is secret.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).ok();
        let mut before = String::new();
        // Only an empty one is a new one: what can't be read was written by somebody.
        if file.read_to_string(&mut before).is_err() {
            before = UNREADABLE.to_owned();
        }
        Ok(Self { file, path, before })
    }

    /// Refuses where a file that must be there is not. Answers whether the database is to be created.
    pub(super) fn check_files(&self, database: &Path) -> Result<bool, StoreError> {
        let wal = beside(database, "-wal");
        let has_database = database.metadata().is_ok_and(|metadata| metadata.len() > 0);
        let without = if has_database { "go on without" } else { "begin anew" };
        let refused = |found: String| {
            let remedy = format!(
                "put back all of its files (or a backup), or remove {} to {without}",
                self.path.display()
            );
            Err(StoreError::Refused(Refusal { found, remedy }))
        };
        match (has_database, self.before.as_str()) {
            (false, "") if !wal.exists() => Ok(true),
            (false, "") => {
                refused(format!("{} is there, but {} is missing", wal.display(), database.display()))
            }
            (false, _) => refused(format!("the store {} was here before and is missing", database.display())),
            // A process that ended without closing has left its log, and with it the newest leads.
            (true, OPEN) if !wal.exists() => refused(format!("{} is missing", wal.display())),
            (true, _) => Ok(false),
        }
    }

    /// Refuses to look beside the lock where the log is missing: SQLite would make an empty one in its place, and the
    /// next start would not see that leads are gone.
    pub(super) fn check_log(database: &Path) -> Result<(), StoreError> {
        let wal = beside(database, "-wal");
        let state = std::fs::read_to_string(beside(database, ".lock")).unwrap_or_default();
        if state != OPEN || wal.exists() {
            return Ok(());
        }
        let remedy = "put back all of its files, or a backup".to_owned();
        Err(StoreError::Refused(Refusal { found: format!("{} is missing", wal.display()), remedy }))
    }

    /// Notes that the database is in use from now on.
    pub(super) fn mark_open(&mut self) -> Result<(), StoreError> {
        self.mark(OPEN).map_err(|error| {
            let found = format!("the lock file {} can't be written ({})", self.path.display(), error.kind());
            StoreError::Refused(Refusal {
                found,
                remedy: "make room on the disk, or let this user write".to_owned(),
            })
        })
    }

    /// Notes that the database was closed in order.
    pub(super) fn mark_closed(&mut self) {
        if let Err(error) = self.mark(CLOSED) {
            tracing::warn!(kind = %error.kind(), "the store's lock file could not be marked as closed");
        }
    }

    /// Leaves a mark that a store was here, where the lock file itself is gone.
    pub(super) fn leave_mark(path: &Path) {
        let Ok(mut file) = private(OpenOptions::new().write(true).create_new(true)).open(path) else {
            return;
        };
        if let Err(error) = file.write_all(CLOSED.as_bytes()).and_then(|()| file.sync_all()) {
            tracing::warn!(kind = %error.kind(), "the store's lock file could not be put back");
        }
    }

    /// The lock file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Of the file that is locked.
    pub(super) fn metadata(&self) -> Option<Metadata> {
        self.file.metadata().ok()
    }

    fn mark(&mut self, state: &str) -> std::io::Result<()> {
        // Never empty in between: an empty one says that there never was a store.
        self.file.rewind()?;
        self.file.write_all(state.as_bytes())?;
        self.file.set_len(u64::try_from(state.len()).unwrap_or(u64::MAX))?;
        self.file.sync_all()
    }
}

/// For its owner's eyes alone, where it is created.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// The path of a file that belongs to a database.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
