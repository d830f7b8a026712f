//! Attempts: begun before a byte leaves, ended with where that leaves the delivery. Every write is held to its fence.
//!
//! Apart from `claim`, which hands out the fences.

use std::time::Duration;

use sqlx::SqliteConnection;

use crate::clock::Timestamp;
use crate::crash;
use crate::ids::DeliveryId;
use crate::store::sqlite::{followers, gates, store_error, to_json, to_u32};
use crate::store::{AttemptClass, Ending, Fence, Finished, FlowRule, Standing, StoreError};

/// Writes the attempt as `sending`.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
    fence: Fence,
    request_digest: String,
    lease: Duration,
    now: Timestamp,
) -> Result<Option<u32>, StoreError> {
    let number: Option<(i64,)> = sqlx::query_as(
        "UPDATE deliveries SET attempts = attempts + 1, lease_until = ?, changed_at = ? \
         WHERE id = ? AND fence = ? AND state = 'leased' RETURNING attempts",
    )
    .bind(now.after(lease).as_ms())
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

/// Writes how an attempt ended, where that leaves its delivery, and what it says of its account.
pub(super) async fn finish(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
    fence: Fence,
    attempt: u32,
    (ending, flow): (Ending, FlowRule),
    now: Timestamp,
) -> Result<Option<Finished>, StoreError> {
    let (state, due_at) = columns(ending.standing, now);
    let account: Option<(String,)> = sqlx::query_as(
        "UPDATE deliveries SET state = ?, due_at = coalesce(?, due_at), doubts = doubts + ?, reason = ?, \
         reference = coalesce(?, reference), fields_json = ?, lease_owner = NULL, lease_until = NULL, changed_at = ? \
         WHERE id = ? AND fence = ? AND state = 'leased' RETURNING account",
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
    .fetch_optional(&mut *connection)
    .await
    .map_err(store_error)?;
    let Some((account,)) = account else {
        return Ok(None);
    };
    crash::point("finish.delivery");
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
    if ending.standing == Standing::DeadLetter {
        followers::release(connection, delivery.get(), now).await?;
    }
    let gate = gates::note(connection, &account, &ending, &flow, now).await?;
    Ok(Some(Finished { gate }))
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
    let (state, due_at) = columns(standing, now);
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
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    let is_released = updated.rows_affected() > 0;
    if is_released && standing == Standing::DeadLetter {
        followers::release(connection, delivery.get(), now).await?;
    }
    Ok(is_released)
}

/// Lets leases last so long from now. Those that were lost.
pub(super) async fn renew(
    connection: &mut SqliteConnection,
    held: Vec<(DeliveryId, Fence)>,
    lease: Duration,
    now: Timestamp,
) -> Result<Vec<DeliveryId>, StoreError> {
    let mut lost = Vec::new();
    for (delivery, fence) in held {
        let renewed = sqlx::query(
            "UPDATE deliveries SET lease_until = ?, changed_at = ? WHERE id = ? AND fence = ? AND state = 'leased'",
        )
        .bind(now.after(lease).as_ms())
        .bind(now.as_ms())
        .bind(delivery.get())
        .bind(fence.0)
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
        if renewed.rows_affected() == 0 {
            lost.push(delivery);
        }
    }
    Ok(lost)
}

fn columns(standing: Standing, now: Timestamp) -> (&'static str, Option<i64>) {
    match standing {
        Standing::Waiting { after } => ("waiting", Some(now.after(after).as_ms())),
        Standing::Delivered => ("delivered", None),
        Standing::Held => ("held", None),
        Standing::DeadLetter => ("dead_letter", None),
    }
}
