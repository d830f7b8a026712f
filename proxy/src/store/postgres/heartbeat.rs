//! Writes something for real, so that "ready" is said only of a database that takes the next lead.
//!
//! Apart because a server that has turned into a standby, or whose disk is full, still answers every question.

use sqlx::PgConnection;

use crate::store::StoreError;
use crate::store::postgres::store_error;
use crate::store::postgres::time::{Time, at};

/// At most one write in so many milliseconds, however many ask.
const BEAT_EVERY_MS: i64 = 1_000;

/// Writes the one row anew, unless that was done just now. A clock that was set back does not hold it up, nor another
/// replica that does the same at this moment.
pub(super) async fn beat(connection: &mut PgConnection, time: &Time) -> Result<(), StoreError> {
    sqlx::query(at!(
        ", beat AS (SELECT h.id FROM heartbeat h, t WHERE abs(t.now - h.beaten_at) >= $2 FOR UPDATE OF h SKIP LOCKED) \
         UPDATE heartbeat h SET beaten_at = t.now FROM beat, t WHERE h.id = beat.id"
    ))
    .bind(time.given())
    .bind(BEAT_EVERY_MS)
    .execute(connection)
    .await
    .map(drop)
    .map_err(store_error)
}
