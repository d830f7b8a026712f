//! The next of a person's leads, sent when the one beside which it was kept is given up.
//!
//! Apart because every road on which a delivery is given up leads here: else a lead that was merged is lost with it.

use sqlx::PgConnection;

use crate::store::StoreError;
use crate::store::postgres::store_error;
use crate::store::postgres::time::{Time, at};

/// Why a delivery waits that was kept beside another.
const REASON: &str = "forerunner_given_up";

/// Shuts out, until the transaction ends, whoever accepts another lead of the persons of these: it would be merged with one
/// that is given up at this moment, unseen by [`release`]. The numbers are those of `person_locks` (`insert.rs`), in one
/// order; called before a row of `submissions` is changed, for an accept that has the lock may wait for that row's key.
pub(super) async fn lock_persons(connection: &mut PgConnection, ids: &[i64]) -> Result<(), StoreError> {
    sqlx::query(
        "SELECT pg_advisory_xact_lock(person) FROM (SELECT DISTINCT \
         ('x' || encode(substr(person, 1, 8), 'hex'))::bit(64)::bigint AS person FROM submissions \
         WHERE id = ANY($1::bigint[]) AND person IS NOT NULL ORDER BY 1) persons",
    )
    .bind(ids)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

/// For each of these, which are given up, lets the oldest wait that was kept beside it, or beside another that was given up
/// with it: its forerunners, and those that were kept beside the same ones. It is due now, its retries counted anew; the
/// others follow when their turn comes. As long as the partner has one of them or will get it, they stay. Their persons are
/// locked ([`lock_persons`]).
pub(super) async fn release(
    connection: &mut PgConnection,
    ids: &[i64],
    time: &Time,
) -> Result<(), StoreError> {
    for id in ids {
        sqlx::query(at!(
            ", next AS (WITH RECURSIVE given_up (id) AS (SELECT $2::bigint \
             UNION SELECT o.id FROM given_up g CROSS JOIN LATERAL (SELECT s.duplicate_of AS id FROM submissions s \
             WHERE s.id = g.id UNION ALL SELECT s.id FROM submissions s WHERE s.duplicate_of = g.id) near \
             JOIN deliveries o ON o.id = near.id WHERE o.state IN ('dead_letter', 'dropped', 'replaced')) \
             SELECT d.id FROM given_up g JOIN submissions s ON s.duplicate_of = g.id JOIN deliveries d ON d.id = s.id \
             WHERE d.state = 'merged' AND NOT EXISTS (SELECT 1 FROM given_up a JOIN submissions b ON b.duplicate_of = a.id \
             JOIN deliveries c ON c.id = b.id WHERE c.state IN ('waiting', 'leased', 'delivered', 'held') \
             AND coalesce(c.reason, '') NOT LIKE 'robot:%') \
             ORDER BY s.received_at, s.id LIMIT 1 FOR UPDATE OF d) \
             UPDATE deliveries d SET state = 'waiting', due_at = t.now, sent_again_at = t.now, reason = $3, \
             changed_at = t.now FROM next, t WHERE d.id = next.id"
        ))
        .bind(time.given())
        .bind(id)
        .bind(REASON)
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    }
    Ok(())
}
