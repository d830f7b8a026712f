//! The section `[store]`: where leads are kept.
//!
//! Apart from the promises, which are the same wherever that is.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::store::{DatabaseUrl, PostgresStore, SqliteStore, Store, StoreError};

/// Where leads are kept.
#[derive(Clone, Debug)]
pub enum StorePlace {
    /// In a file of this machine, by this process alone.
    Sqlite(StoreConfig),
    /// In a database that several replicas share.
    Postgres(DatabaseUrl),
}

impl StorePlace {
    /// Opens the store that lies there.
    ///
    /// # Errors
    /// [`StoreError::Refused`] with the remedy.
    pub async fn open(&self, clock: Clock) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Arc::new(SqliteStore::open(file, clock).await?),
            Self::Postgres(url) => Arc::new(PostgresStore::open(url, clock).await?),
        })
    }
}

/// A store in a file.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The database file. Its folder must exist; beside it lie `-wal`, `-shm` and `.lock`.
    pub path: PathBuf,
}
