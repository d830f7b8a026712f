//! Writes something for real, so that "ready" is said only of a disk that takes the next lead.
//!
//! Apart because an empty transaction commits even on a full disk: SQLite then has nothing to write.

use sqlx::SqliteConnection;

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::sqlite::store_error;

/// At most one write in so many milliseconds, however many ask.
const BEAT_EVERY_MS: i64 = 1_000;
/// About what a submission and its delivery take in the log.
const FILLER_BYTES: i64 = 16 * 1_024;

/// Writes the one row anew, unless that was done just now. A clock that was set back does not hold it up.
pub(super) async fn beat(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    // By chance, because SQLite leaves pages alone that would not change.
    sqlx::query(
        "UPDATE heartbeat SET beaten_at = ?1, filler = randomblob(?2) WHERE abs(beaten_at - ?1) >= ?3",
    )
    .bind(now.as_ms())
    .bind(FILLER_BYTES)
    .bind(BEAT_EVERY_MS)
    .execute(connection)
    .await
    .map(drop)
    .map_err(store_error)
}
