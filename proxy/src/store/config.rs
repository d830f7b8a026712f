//! The section `[store]`: where leads are kept.
//!
//! Apart from the promises, which are the same wherever that is.

use std::path::PathBuf;

use crate::store::DatabaseUrl;

/// Where leads are kept.
#[derive(Clone, Debug)]
pub enum StorePlace {
    /// In a file of this machine, by this process alone.
    Sqlite(StoreConfig),
    /// In a database that several replicas share.
    Postgres(DatabaseUrl),
}

/// A store in a file.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The database file. Its folder must exist; beside it lie `-wal`, `-shm` and `.lock`.
    pub path: PathBuf,
}
