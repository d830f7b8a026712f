//! The store on SQLite.
use crate::clock::Clock;
use crate::store::{StoreConfig, StoreError};

/// Keeps everything in one SQLite file.
pub struct SqliteStore {}

impl SqliteStore {
    /// Opens the database, or creates it where there was none.
    ///
    /// # Errors
    /// [`StoreError::Refused`] with the remedy.
    pub async fn open(_config: &StoreConfig, _clock: Clock) -> Result<Self, StoreError> {
        Err(StoreError::Closed)
    }
}
