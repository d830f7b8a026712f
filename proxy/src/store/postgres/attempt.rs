//! Attempts: begun before a byte leaves, ended with where that leaves the delivery. Every write is held to its fence.
//!
//! Apart from `claim`, which hands out the fences.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::ids::DeliveryId;
use crate::store::postgres::gates::{self, Row};
use crate::store::postgres::time::{Time, at, wait_ms};
use crate::store::postgres::{commit, followers, storable, store_error, to_json, to_u32};
use crate::store::{AttemptClass, Ending, Fence, Finished, FlowRule, Standing, StoreError};

/// Writes the attempt as `sending`.
pub(super) async fn begin(
    connection: &mut PgConnection,
    (delivery, fence): (DeliveryId, Fence),
    request_digest: &str,
    lease: Duration,
    time: &Time,
) -> Result<Option<u32>, StoreError> {
    // Alone in its transaction, so it has committed when it answers.
    let number: Option<(i64,)> = sqlx::query_as(at!(
        ", begun AS (UPDATE deliveries d SET attempts = d.attempts + 1, lease_until = t.now + $5, changed_at = t.now \
         FROM t WHERE d.id = $2 AND d.fence = $3 AND d.state = 'leased' RETURNING d.id, d.attempts) \
         INSERT INTO attempts (delivery, number, state, request_digest, started_at) \
         SELECT b.id, b.attempts, 'sending', $4, t.now FROM begun b, t RETURNING number"
    ))
    .bind(time.given())
    .bind(delivery.get())
    .bind(fence.0)
    .bind(request_digest)
    .bind(wait_ms(lease))
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    number.map(|(number,)| to_u32(number, "deliveries.attempts")).transpose()
}

/// Writes how an attempt ended, where that leaves its delivery, and what it says of its account.
pub(super) async fn finish(
    connection: &mut PgConnection,
    (delivery, fence, attempt): (DeliveryId, Fence, u32),
    ending: &Ending,
    flow: &FlowRule,
    time: &Time,
) -> Result<Option<Finished>, StoreError> {
    let (state, wait) = columns(ending.standing);
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let seen: Option<Row> = sqlx::query_as(at!(
        ", ended AS (UPDATE deliveries d SET state = $5, due_at = coalesce(t.now + $6, d.due_at), \
         doubts = d.doubts + $7, reason = $8, reference = coalesce($9, d.reference), fields_json = $10, \
         lease_owner = NULL, lease_until = NULL, changed_at = t.now \
         FROM t WHERE d.id = $2 AND d.fence = $3 AND d.state = 'leased' RETURNING d.id, d.account), \
         tried AS (UPDATE attempts a SET state = $11, why = $8, status = $12, ended_at = t.now FROM ended e, t \
         WHERE a.delivery = e.id AND a.number = $4) \
         SELECT e.account, g.cause, g.reason, g.since, g.probe_at, g.failures, g.flow_us, g.wait_until, g.changed_at, t.now \
         FROM ended e CROSS JOIN t LEFT JOIN account_gates g ON g.account = e.account"
    ))
    .bind(time.given())
    .bind(delivery.get())
    .bind(fence.0)
    .bind(i64::from(attempt))
    .bind(state)
    .bind(wait)
    .bind(i64::from(ending.class == AttemptClass::InDoubt))
    .bind(storable(&ending.why))
    .bind(ending.reference.as_deref().map(storable))
    .bind(to_json(&ending.fields, "deliveries.fields_json")?)
    .bind(ending.class.as_str())
    .bind(ending.status.map(i64::from))
    .fetch_optional(&mut *transaction)
    .await
    .map_err(store_error)?;
    let Some(seen) = seen else {
        transaction.rollback().await.map_err(store_error)?;
        return Ok(None);
    };
    if ending.standing == Standing::DeadLetter {
        followers::lock_persons(&mut transaction, &[delivery.get()]).await?;
        followers::release(&mut transaction, &[delivery.get()], time).await?;
    }
    let gate = gates::note(&mut transaction, seen, ending, flow, time).await?;
    commit(transaction).await?;
    Ok(Some(Finished { gate }))
}

/// Ends a lease without an attempt.
pub(super) async fn release(
    connection: &mut PgConnection,
    (delivery, fence): (DeliveryId, Fence),
    standing: Standing,
    reason: &str,
    time: &Time,
) -> Result<bool, StoreError> {
    let (state, wait) = columns(standing);
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let updated = sqlx::query(at!(
        "UPDATE deliveries d SET state = $4, due_at = coalesce(t.now + $5, d.due_at), reason = $6, \
         lease_owner = NULL, lease_until = NULL, changed_at = t.now \
         FROM t WHERE d.id = $2 AND d.fence = $3 AND d.state = 'leased'"
    ))
    .bind(time.given())
    .bind(delivery.get())
    .bind(fence.0)
    .bind(state)
    .bind(wait)
    .bind(storable(reason))
    .execute(&mut *transaction)
    .await
    .map_err(store_error)?;
    let is_released = updated.rows_affected() > 0;
    if is_released && standing == Standing::DeadLetter {
        followers::lock_persons(&mut transaction, &[delivery.get()]).await?;
        followers::release(&mut transaction, &[delivery.get()], time).await?;
    }
    commit(transaction).await?;
    Ok(is_released)
}

/// Lets leases last so long from now. Those that were lost.
pub(super) async fn renew(
    connection: &mut PgConnection,
    held: &[(DeliveryId, Fence)],
    lease: Duration,
    time: &Time,
) -> Result<Vec<DeliveryId>, StoreError> {
    let ids: Vec<i64> = held.iter().map(|(delivery, _)| delivery.get()).collect();
    let fences: Vec<i64> = held.iter().map(|(_, fence)| fence.0).collect();
    let renewed: Vec<(i64,)> =
        sqlx::query_as(at!("UPDATE deliveries d SET lease_until = t.now + $4, changed_at = t.now \
         FROM t, unnest($2::bigint[], $3::bigint[]) h (id, fence) \
         WHERE d.id = h.id AND d.fence = h.fence AND d.state = 'leased' RETURNING d.id"))
        .bind(time.given())
        .bind(ids)
        .bind(fences)
        .bind(wait_ms(lease))
        .fetch_all(connection)
        .await
        .map_err(store_error)?;
    let is_lost = |delivery: &DeliveryId| !renewed.iter().any(|(id,)| *id == delivery.get());
    Ok(held.iter().map(|(delivery, _)| *delivery).filter(is_lost).collect())
}

fn columns(standing: Standing) -> (&'static str, Option<i64>) {
    match standing {
        Standing::Waiting { after } => ("waiting", Some(wait_ms(after))),
        Standing::Delivered => ("delivered", None),
        Standing::Held => ("held", None),
        Standing::DeadLetter => ("dead_letter", None),
    }
}
