//! The connection over which leads are written: on the writer's own thread, with nobody between it and SQLite.
//!
//! Apart from the connections of sqlx, each of which runs on a thread of its own: there a statement goes to the other thread
//! and back, and a batch of leads took five such ways. It is the same SQLite, with the same settings and the same guards.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row};
use sqlx::error::{DatabaseError, ErrorKind};

use crate::store::StoreError;
use crate::store::sqlite::{guard, open, store_error};

/// Opens it. The file must be there, and be ours.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(direct_error)?;
    connection.busy_timeout(open::BUSY_TIMEOUT).map_err(direct_error)?;
    for (name, value) in open::KEPT.into_iter().chain(open::WRITER) {
        connection.pragma_update(None, name, value).map_err(direct_error)?;
    }
    let asked = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    guard::judge(connection.query_row(guard::ASKED, [], asked).map_err(direct_error)?)?;
    Ok(connection)
}

/// Sorts an error of this connection as [`store_error`] does those of the others.
pub(super) fn direct_error(error: rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqliteFailure(told, message) => {
            let message = message.unwrap_or_else(|| told.to_string());
            store_error(sqlx::Error::Database(Box::new(Told { code: told.extended_code, message })))
        }
        other => StoreError::Database(sqlx::Error::Decode(Box::new(other))),
    }
}

/// What SQLite told of a failure, in the words in which sqlx would hand it on.
#[derive(Debug)]
struct Told {
    /// The extended result code.
    code: i32,
    message: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {}) {}", self.code, self.message)
    }
}

impl Error for Told {}

impl DatabaseError for Told {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::sqlite::hindrance::hindrance_of;
    use crate::store::{Hindrance, SqliteStore, Store as _, StoreConfig};

    #[tokio::test]
    async fn both_ways_of_the_writer_have_the_same_settings() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        SqliteStore::open(&StoreConfig { path: path.clone() }, Clock::system()).await.unwrap().close().await;
        let (direct, mut jobs) = (connect(&path).unwrap(), open::connect(&path).await.unwrap());
        let mut expected = [2, 1, 1, 2, -16_384, 4_000].into_iter();
        for (name, _) in open::KEPT.into_iter().chain(open::WRITER) {
            let asked = format!("PRAGMA {name}");
            let ours: i64 = direct.query_row(&asked, [], |row| row.get(0)).unwrap();
            let theirs: (i64,) =
                sqlx::query_as(sqlx::AssertSqlSafe(asked)).fetch_one(&mut jobs).await.unwrap();
            assert_eq!((Some(ours), ours), (expected.next(), theirs.0), "{name}");
        }
        assert_eq!(expected.next(), None);
    }

    #[tokio::test]
    async fn connection_that_does_not_keep_a_log_or_whose_file_is_none_of_ours_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        let refused = connect(&other).map(drop).unwrap_err().to_string();
        assert!(refused.contains("journal_mode=delete (needs wal)"), "{refused}");
        let (noise, nothing) = (dir.path().join("noise.db"), dir.path().join("nothing.db"));
        std::fs::write(&noise, b"noise".repeat(1_000)).unwrap();
        for (path, hindrance) in [(noise, Hindrance::Damaged), (nothing, Hindrance::FileGone)] {
            let refused = connect(&path).map(drop).unwrap_err();
            assert_eq!(hindrance_of(&refused), Some(hindrance), "{refused:?}");
        }
    }

    #[test]
    fn file_that_another_writes_is_busy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let (one, other) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        other.busy_timeout(std::time::Duration::ZERO).unwrap();
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = other.execute_batch("BEGIN IMMEDIATE").map_err(direct_error).unwrap_err();
        assert!(matches!(refused, StoreError::Busy(_)), "{refused:?}");
        assert_eq!(hindrance_of(&refused), Some(Hindrance::Locked));
    }
}
