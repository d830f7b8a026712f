//! Why a store did not do what it was asked.
//!
//! Apart because callers act on it: try again, tell the operator, or ask what became of it.

use std::fmt;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store can't be opened as it is; the operator must act.
    #[error("{0}")]
    Refused(Refusal),
    /// Another writer is in the way for too long.
    #[error("the store is busy")]
    Busy(#[source] sqlx::Error),
    /// The commit failed: whether the change is kept is not known, so ask again with the same key.
    #[error("the store could not commit")]
    NotCommitted,
    /// Nothing is taken as long as this lasts; of a commit that failed nobody knows whether the change is kept.
    #[error("the store can't be written to: {0}")]
    Hindered(Hindrance),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// A stored row can't be read.
    #[error("a stored row can't be read: {0}")]
    Corrupt(&'static str),
    /// The database reported an error.
    #[error("the database reported an error")]
    Database(#[source] sqlx::Error),
}

/// What keeps a store from being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// There is no room.
    Full,
    /// Nobody may write there.
    ReadOnly,
    /// The disk does not do what it is told.
    Disk,
    /// Another program writes, for too long.
    Locked,
    /// A file is gone, or another has its place.
    FileGone,
    /// What is read back is not what was written.
    Damaged,
}

impl Hindrance {
    /// Says it in words that hold no path, for whoever may ask whether the proxy is ready.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "the disk is full",
            Self::ReadOnly => "the disk or the file is read-only",
            Self::Disk => "the disk reports an error",
            Self::Locked => "another program holds it locked",
            Self::FileGone => "one of its files was removed or replaced",
            Self::Damaged => "its file is damaged",
        }
    }
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a store is not opened: what was found and what to do, in one line.
#[derive(Debug)]
pub struct Refusal {
    /// What was found.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.found, self.remedy)
    }
}
