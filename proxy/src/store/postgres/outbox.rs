//! Lists what has not reached its partner, for an operator who looks while replicas run.
//!
//! Apart from the store itself: this migrates nothing and writes nothing, and works on a standby too.

use sqlx::ConnectOptions as _;
use sqlx::Connection as _;

use crate::store::operator::rows::{self, OpenRow};
use crate::store::postgres::{DatabaseUrl, open, store_error};
use crate::store::{OpenDelivery, StoreError};

/// Every delivery that waits, is under way, or was left to a person; the oldest first. The reason of one that waits for a
/// closed gate is `account_paused`, `account_broken` or `account_stopped`, whatever ended its last attempt.
///
/// # Errors
/// [`StoreError::Refused`] with the remedy where there is no store of ours.
pub async fn open_deliveries(url: &DatabaseUrl) -> Result<Vec<OpenDelivery>, StoreError> {
    let mut connection = open::options(url).connect().await.map_err(open::unreachable)?;
    let (is_there,): (bool,) = sqlx::query_as("SELECT to_regclass('deliveries') IS NOT NULL")
        .fetch_one(&mut connection)
        .await
        .map_err(store_error)?;
    if !is_there {
        let found = "there is no store in the database".to_owned();
        return Err(open::refused(found, "correct store.url, or start the proxy"));
    }
    let rows: Vec<OpenRow> = sqlx::query_as(
        "SELECT textsend(s.receipt), textsend(s.form), textsend(d.account), d.state, d.attempts, \
         CASE WHEN d.state = 'waiting' AND g.cause IS NOT NULL THEN 'account_' || g.cause ELSE d.reason END, \
         s.received_at, d.due_at, textsend(o.receipt) \
         FROM deliveries d JOIN submissions s ON s.id = d.id \
         LEFT JOIN account_gates g ON g.account = d.account LEFT JOIN submissions o ON o.id = s.duplicate_of \
         WHERE d.state IN ('waiting', 'leased', 'held', 'dead_letter', 'merged') ORDER BY d.id",
    )
    .fetch_all(&mut connection)
    .await
    .map_err(store_error)?;
    connection.close().await.map_err(store_error)?;
    rows.into_iter().map(rows::open_delivery).collect()
}
