//! Emptying the log of what was erased: the file is overwritten in place, but the log still has the pages as they were.
//!
//! Apart because it must hold up neither a lead nor a reader: it waits for nobody while it has SQLite's one right to write.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection};
use tokio::sync::Mutex;

use crate::store::StoreError;
use crate::store::sqlite::{open, store_error};

/// So often it is tried to cut the log while somebody writes or reads.
const TRIES: u32 = 10;
/// Between two tries: a commit and the reading of a page of rows take less.
const PAUSE: Duration = Duration::from_millis(20);

/// How much was erased, and of how much of it no log tells any more.
pub(super) struct Scrub {
    path: PathBuf,
    /// Raised with everything that is erased.
    erased: AtomicU64,
    /// What `erased` was before the log was last emptied. One at a time: who finds it being emptied waits for that, so that
    /// no erasure is answered before its own bytes are gone.
    emptied: Mutex<u64>,
}

impl Scrub {
    /// An earlier process may have left something in the log.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, erased: AtomicU64::new(1), emptied: Mutex::new(0) }
    }

    /// Something was erased, and is committed, or will be: then it is said again.
    pub(super) fn note(&self) {
        self.erased.fetch_add(1, Ordering::AcqRel);
    }

    /// Empties the log of everything that was erased before this call.
    pub(super) async fn run(&self) -> Result<(), StoreError> {
        let mut emptied = self.emptied.lock().await;
        let erased = self.erased.load(Ordering::Acquire);
        if *emptied < erased {
            self.empty().await?;
            *emptied = erased;
        }
        Ok(())
    }

    async fn empty(&self) -> Result<(), StoreError> {
        // On a connection of its own: the writer's is in a transaction whenever it has something to do.
        let mut connection = open::options(&self.path).connect().await.map_err(store_error)?;
        let emptied = cut(&mut connection).await;
        connection.close().await.map_err(store_error)?;
        emptied
    }
}

/// Brings the log into the file and cuts it to nothing.
async fn cut(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    // The second checkpoint has the right to write while it waits for readers: so it does not wait.
    connection.execute("PRAGMA busy_timeout = 0").await.map_err(store_error)?;
    for turn in 0..TRIES {
        if turn > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        // Nearly all of the work, beside whoever writes.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await.map_err(store_error)?;
        let cut: (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut *connection)
            .await
            .map_err(store_error)?;
        if cut.0 == 0 {
            return Ok(());
        }
    }
    // A reader, such as a backup, still needs the log.
    Err(StoreError::Busy(sqlx::Error::PoolTimedOut))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::clock::Clock;
    use crate::store::{SqliteStore, Store as _, StoreConfig};

    #[tokio::test]
    async fn who_erases_while_the_log_is_emptied_is_answered_after_it_was_emptied_again() {
        let dir = tempfile::tempdir().unwrap();
        let config = StoreConfig { path: dir.path().join("leads.db") };
        let store = SqliteStore::open(&config, Clock::system()).await.unwrap();
        let log = || std::fs::metadata(dir.path().join("leads.db-wal")).unwrap().len();
        store.scrub.run().await.unwrap();
        assert_eq!(log(), 0);
        store.ready().await.unwrap();
        let written = log();
        store.scrub.run().await.unwrap();
        assert!(written > 0 && log() == written, "nothing was erased, so nobody's work is held up");

        // Another call has seen what there was to empty, and is at it.
        let running = store.scrub.emptied.lock().await;
        store.scrub.note();
        let scrub = Arc::clone(&store.scrub);
        let second = tokio::spawn(async move { scrub.run().await });
        tokio::task::yield_now().await;
        assert!(!second.is_finished() && log() == written);
        drop(running);
        second.await.unwrap().unwrap();
        assert_eq!(log(), 0);
        store.close().await;
    }
}
