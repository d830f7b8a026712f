//! The section `[store]`: where leads are kept.
//!
//! Apart from the promises, which are the same wherever that is.

use std::path::PathBuf;

use serde::Deserialize;

/// The section `[store]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The database file. Its folder must exist; beside it lie `-wal`, `-shm` and `.lock`.
    pub path: PathBuf,
}
