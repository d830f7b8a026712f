//! Attempts: begun before a byte leaves, ended with where that leaves the delivery. Every write is held to its fence.
//!
//! Apart from `claim`, which hands out the fences.

use sqlx::SqliteConnection;

use crate::clock::Timestamp;
use crate::ids::DeliveryId;
use crate::store::sqlite::{store_error, to_json, to_u32};
use crate::store::{AttemptClass, Ending, Fence, Standing, StoreError};

/// Writes the attempt as `sending`.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
    fence: Fence,
    request_digest: String,
    now: Timestamp,
) -> Result<Option<u32>, StoreError> {
    let number: Option<(i64,)> = sqlx::query_as(
        "UPDATE deliveries SET attempts = attempts + 1, changed_at = ? \
         WHERE id = ? AND fence = ? AND state = 'leased' RETURNING attempts",
    )
    .bind(now.as_ms())
    .bind(delivery.get())
    .bind(fence.0)
    .fetch_optional(&mut *connection)
    .await
    .map_err(store_error)?;
    let Some((number,)) = number else {
        return Ok(None);
    };
    sqlx::query(
        "INSERT INTO attempts (delivery, number, state, request_digest, started_at) VALUES (?, ?, 'sending', ?, ?)",
    )
    .bind(delivery.get())
    .bind(number)
    .bind(request_digest)
    .bind(now.as_ms())
    .execute(connection)
    .await
    .map_err(store_error)?;
    to_u32(number, "deliveries.attempts").map(Some)
}

/// Writes how an attempt ended and where that leaves its delivery.
pub(super) async fn finish(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
    fence: Fence,
    attempt: u32,
    ending: Ending,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (state, due_at) = columns(ending.standing);
    let updated = sqlx::query(
        "UPDATE deliveries SET state = ?, due_at = coalesce(?, due_at), doubts = doubts + ?, reason = ?, \
         reference = coalesce(?, reference), fields_json = ?, lease_owner = NULL, lease_until = NULL, changed_at = ? \
         WHERE id = ? AND fence = ? AND state = 'leased'",
    )
    .bind(state)
    .bind(due_at)
    .bind(i64::from(ending.class == AttemptClass::InDoubt))
    .bind(&ending.why)
    .bind(&ending.reference)
    .bind(to_json(&ending.fields, "deliveries.fields_json")?)
    .bind(now.as_ms())
    .bind(delivery.get())
    .bind(fence.0)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE attempts SET state = ?, why = ?, status = ?, ended_at = ? WHERE delivery = ? AND number = ?",
    )
    .bind(ending.class.as_str())
    .bind(&ending.why)
    .bind(ending.status.map(i64::from))
    .bind(now.as_ms())
    .bind(delivery.get())
    .bind(i64::from(attempt))
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    if ending.pauses_account {
        sqlx::query(
            "INSERT INTO paused_accounts (account, reason, paused_at) \
             SELECT account, ?, ? FROM deliveries WHERE id = ? ON CONFLICT DO NOTHING",
        )
        .bind(&ending.why)
        .bind(now.as_ms())
        .bind(delivery.get())
        .execute(connection)
        .await
        .map_err(store_error)?;
    }
    Ok(true)
}

/// Ends a lease without an attempt.
pub(super) async fn release(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
    fence: Fence,
    standing: Standing,
    reason: String,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (state, due_at) = columns(standing);
    let updated = sqlx::query(
        "UPDATE deliveries SET state = ?, due_at = coalesce(?, due_at), reason = ?, lease_owner = NULL, \
         lease_until = NULL, changed_at = ? WHERE id = ? AND fence = ? AND state = 'leased'",
    )
    .bind(state)
    .bind(due_at)
    .bind(reason)
    .bind(now.as_ms())
    .bind(delivery.get())
    .bind(fence.0)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(updated.rows_affected() > 0)
}

/// Lifts the pause of every account.
pub(super) async fn resume_accounts(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let lifted = sqlx::query("DELETE FROM paused_accounts").execute(connection).await.map_err(store_error)?;
    Ok(lifted.rows_affected())
}

/// Lifts the pause of one account.
pub(super) async fn resume_account(
    connection: &mut SqliteConnection,
    account: String,
) -> Result<bool, StoreError> {
    let lifted = sqlx::query("DELETE FROM paused_accounts WHERE account = ?")
        .bind(account)
        .execute(connection)
        .await
        .map_err(store_error)?;
    Ok(lifted.rows_affected() > 0)
}

fn columns(standing: Standing) -> (&'static str, Option<i64>) {
    match standing {
        Standing::Waiting { due_at } => ("waiting", Some(due_at.as_ms())),
        Standing::Delivered => ("delivered", None),
        Standing::Held => ("held", None),
        Standing::DeadLetter => ("dead_letter", None),
    }
}
