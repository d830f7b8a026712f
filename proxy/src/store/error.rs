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
