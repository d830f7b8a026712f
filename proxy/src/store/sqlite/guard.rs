//! Reads back from SQLite what was asked of it, on every connection, and refuses anything less.
//!
//! Apart because a pragma that is misspelt or not supported is ignored without a word, and a lead could then be lost
//! with the power.

use sqlx::SqliteConnection;

use crate::store::sqlite::store_error;
use crate::store::{Refusal, StoreError};

/// The first SQLite without the defect that could lose a commit when the log is reset.
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
/// `PRAGMA synchronous` as SQLite reads it back.
const SYNCHRONOUS_FULL: i64 = 2;

/// What is read back: [`Kept`].
pub(super) const ASKED: &str = "SELECT sqlite_version(), s.synchronous, j.journal_mode, f.foreign_keys, d.secure_delete \
     FROM pragma_synchronous s, pragma_journal_mode j, pragma_foreign_keys f, pragma_secure_delete d";

/// The version, `synchronous`, the journal's mode, `foreign_keys` and `secure_delete`.
pub(super) type Kept = (String, i64, String, i64, i64);

/// Checks one connection of sqlx.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    judge(sqlx::query_as(ASKED).fetch_one(&mut *connection).await.map_err(store_error)?)
}

/// Checks what was read back on one connection.
pub(super) fn judge(
    (version, synchronous, journal_mode, foreign_keys, secure_delete): Kept,
) -> Result<(), StoreError> {
    let mut found = Vec::new();
    if !is_new_enough(&version) {
        found.push(format!("SQLite {version} (needs 3.51.3 or newer)"));
    }
    if synchronous != SYNCHRONOUS_FULL {
        found.push(format!("synchronous={synchronous} (needs 2, full)"));
    }
    if journal_mode != "wal" {
        found.push(format!("journal_mode={journal_mode} (needs wal)"));
    }
    if foreign_keys != 1 {
        found.push("foreign_keys=0 (needs 1)".to_owned());
    }
    if secure_delete != 1 {
        found.push(format!("secure_delete={secure_delete} (needs 1)"));
    }
    if found.is_empty() {
        return Ok(());
    }
    let found = format!("SQLite does not keep what it is told to keep: {}", found.join(", "));
    let remedy = "use this program as it was built, on a local disk that this user may write".to_owned();
    Err(StoreError::Refused(Refusal { found, remedy }))
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    (part(), part(), part()) >= VERSION_MIN
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
    use sqlx::{ConnectOptions as _, Connection as _};

    use super::*;

    async fn refusal(change: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions) -> String {
        let dir = tempfile::tempdir().unwrap();
        let right = SqliteConnectOptions::new()
            .filename(dir.path().join("store.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "ON");
        let mut connection = change(right).connect().await.unwrap();
        let checked = check(&mut connection).await;
        connection.close().await.unwrap();
        checked.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[tokio::test]
    async fn right_settings_are_taken_and_each_wrong_one_is_named() {
        assert_eq!(refusal(|options| options).await, "");
        for (synchronous, named) in [
            (SqliteSynchronous::Normal, "synchronous=1 (needs 2, full)"),
            (SqliteSynchronous::Off, "synchronous=0 (needs 2, full)"),
        ] {
            let told = refusal(|options| options.synchronous(synchronous)).await;
            assert!(told.contains(named), "{told}");
        }
        let told =
            refusal(|options| options.journal_mode(SqliteJournalMode::Delete).foreign_keys(false)).await;
        assert!(told.contains("journal_mode=delete (needs wal), foreign_keys=0 (needs 1)"), "{told}");
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, fits) in [
            ("3.51.3", true),
            ("3.51.10", true),
            ("3.100.0", true),
            ("4.0.0", true),
            ("3.51.2", false),
            ("3.9.9", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), fits, "{version}");
        }
    }
}
