//! The next of a person's leads, sent when the one beside which it was kept is given up.
//!
//! Apart because every road on which a delivery is given up leads here: else a lead that was merged is lost with it.

use sqlx::SqliteConnection;

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::sqlite::store_error;

/// Why a delivery waits that was kept beside another.
const REASON: &str = "forerunner_given_up";

/// Lets the oldest wait that was kept beside this one, which is given up, or beside another that was given up with it: its
/// forerunners, and those that were kept beside the same ones. It is due now, its retries counted anew; the others follow
/// when their turn comes. As long as the partner has one of them or will get it, they stay.
pub(super) async fn release(
    connection: &mut SqliteConnection,
    delivery: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "WITH RECURSIVE given_up (submission) AS ( \
         SELECT submission FROM deliveries WHERE id = ?1 \
         UNION SELECT o.submission FROM given_up g JOIN submissions s ON s.id = g.submission \
         JOIN deliveries o ON o.submission = s.duplicate_of WHERE o.state IN ('dead_letter', 'dropped', 'replaced') \
         UNION SELECT o.submission FROM given_up g JOIN submissions s ON s.duplicate_of = g.submission \
         JOIN deliveries o ON o.submission = s.id WHERE o.state IN ('dead_letter', 'dropped', 'replaced')), \
         beside (id, state, received_at, kept_back) AS \
         (SELECT d.id, d.state, s.received_at, coalesce(d.reason, '') LIKE 'robot:%' FROM given_up g \
         JOIN submissions s ON s.duplicate_of = g.submission JOIN deliveries d ON d.submission = s.id) \
         UPDATE deliveries SET state = 'waiting', due_at = ?2, sent_again_at = ?2, reason = ?3, changed_at = ?2 \
         WHERE id = (SELECT id FROM beside WHERE state = 'merged' ORDER BY received_at, id LIMIT 1) \
         AND NOT EXISTS (SELECT 1 FROM beside WHERE state IN ('waiting', 'leased', 'delivered', 'held') AND NOT kept_back)",
    )
    .bind(delivery)
    .bind(now.as_ms())
    .bind(REASON)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}
