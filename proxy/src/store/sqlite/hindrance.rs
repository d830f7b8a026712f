//! What is in the writer's way, as SQLite's codes tell it.
//!
//! Apart because the writer, its callers and `/readyz` all ask for it; damage alone stays until the next start.

use std::sync::{Mutex, PoisonError};

use crate::store::{Hindrance, StoreError};

/// What was in the way when the writer last tried.
#[derive(Default)]
pub(super) struct InTheWay(Mutex<Option<Hindrance>>);

impl InTheWay {
    /// Notes what came of a try.
    pub(super) fn note(&self, hindrance: Option<Hindrance>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *held == Some(Hindrance::Damaged) {
            return;
        }
        if hindrance == Some(Hindrance::Damaged) {
            tracing::error!(
                "the store's file is damaged: no lead is taken any more, and what can be read is delivered; \
                 stop the proxy and put back a backup, or have SQLite recover the file"
            );
        }
        *held = hindrance;
    }

    /// Whether what is read back is not what was written: whoever accepted into that might promise what is lost.
    pub(super) fn is_damage(&self) -> bool {
        self.get() == Some(Hindrance::Damaged)
    }

    /// What a caller hears of a job that was not committed.
    pub(super) fn error(&self) -> StoreError {
        self.get().map_or(StoreError::NotCommitted, StoreError::Hindered)
    }

    fn get(&self) -> Option<Hindrance> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an error says of the disk and the file; none where it speaks of neither.
pub(super) fn hindrance_of(error: &StoreError) -> Option<Hindrance> {
    let (StoreError::Database(cause) | StoreError::Busy(cause)) = error else { return None };
    let code: i32 = cause.as_database_error()?.code()?.parse().ok()?;
    // The low byte of an extended code is its primary one.
    match code & 0xff {
        5 | 6 => Some(Hindrance::Locked),
        8 => Some(Hindrance::ReadOnly),
        10 => Some(Hindrance::Disk),
        11 | 26 => Some(Hindrance::Damaged),
        13 => Some(Hindrance::Full),
        14 => Some(Hindrance::FileGone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions as _, Executor as _};

    use crate::clock::Clock;
    use crate::store::sqlite::store_error;
    use crate::store::{Hindrance, NewSubmission, SqliteStore, Store as _, StoreConfig, StoreError};

    #[tokio::test]
    async fn store_that_was_found_damaged_takes_no_lead_and_still_writes_what_became_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let config = StoreConfig { path: dir.path().join("store.db") };
        let store = SqliteStore::open(&config, Clock::system()).await.unwrap();
        store.accept(NewSubmission::sample("before-before-before")).await.unwrap();
        let noise = dir.path().join("noise.db");
        std::fs::write(&noise, b"noise".repeat(1_000)).unwrap();
        let read: Result<(), _> = store
            .writer
            .write(move |_| {
                Box::pin(async move {
                    let mut other =
                        SqliteConnectOptions::new().filename(noise).connect().await.map_err(store_error)?;
                    other.execute("SELECT * FROM sqlite_schema").await.map(drop).map_err(store_error)
                })
            })
            .await;
        assert!(matches!(read, Err(StoreError::Database(_))), "{read:?}");
        for refused in
            [store.accept(NewSubmission::sample("after-after-after")).await.map(drop), store.ready().await]
        {
            assert!(matches!(refused, Err(StoreError::Hindered(Hindrance::Damaged))), "{refused:?}");
        }
        assert!(store.stop_account("takepayments", "by hand").await.unwrap(), "what is there goes on");
        store.close().await;

        let store = SqliteStore::open(&config, Clock::system()).await.unwrap();
        store.accept(NewSubmission::sample("after-after-after")).await.unwrap();
        store.close().await;
    }
}
