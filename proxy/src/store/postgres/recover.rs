//! What dead workers have left, leased anew; and a database whose clock was set back.
//!
//! Apart from claims: nothing here is due, it has been taken before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::ids::DeliveryId;
use crate::store::postgres::claim::{self, Row};
use crate::store::postgres::time::{Time, at, wait_ms};
use crate::store::postgres::{commit, gates, store_error, to_u32};
use crate::store::{Abandoned, StoreError};

/// How far ahead of the clock a row may have been written before the clock counts as set back.
const STEP_BACK_MIN_MS: i64 = 60_000;

/// Leases anew what has outlived its lease, but for what runs here.
pub(super) async fn recover(
    connection: &mut PgConnection,
    running: &[DeliveryId],
    (owner, lease): (&str, Duration),
    time: &Time,
) -> Result<Vec<Abandoned>, StoreError> {
    let running: Vec<i64> = running.iter().map(|delivery| delivery.get()).collect();
    let mut transaction = connection.begin().await.map_err(store_error)?;
    // Another replica may recover at this moment: what it holds is skipped, and what it took is leased again.
    let rows: Vec<Row> = sqlx::query_as(at!(
        ", gone AS (SELECT id FROM deliveries WHERE state = 'leased' AND lease_until <= (SELECT now FROM t) \
         AND id <> ALL($2::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED), \
         leased AS (UPDATE deliveries d SET fence = d.fence + 1, lease_owner = $3, lease_until = t.now + $4, \
         changed_at = t.now FROM gone, t WHERE d.id = gone.id \
         RETURNING d.id, d.fence, d.account, d.attempts, d.doubts, d.sent_again_at) \
         SELECT l.id, l.fence, textsend(l.account) AS account, textsend(s.form) AS form, \
         textsend(s.receipt) AS receipt, textsend(s.key_id) AS key_id, s.data_key, s.sealed, l.attempts, l.doubts, \
         coalesce(l.sent_again_at, s.received_at) AS received_at FROM leased l JOIN submissions s ON s.id = l.id ORDER BY l.id"
    ))
    .bind(time.given())
    .bind(running)
    .bind(owner)
    .bind(wait_ms(lease))
    .fetch_all(&mut *transaction)
    .await
    .map_err(store_error)?;
    if rows.is_empty() {
        transaction.rollback().await.map_err(store_error)?;
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let sending: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT delivery, max(number) FROM attempts WHERE delivery = ANY($1::bigint[]) AND state = 'sending' \
         GROUP BY delivery",
    )
    .bind(ids)
    .fetch_all(&mut *transaction)
    .await
    .map_err(store_error)?;
    let sending: HashMap<i64, i64> = sending.into_iter().collect();
    let mut abandoned = Vec::new();
    for claimed in claim::read_all(&mut transaction, rows, time).await? {
        let number = sending.get(&claimed.delivery.get());
        let sending = number.map(|number| to_u32(*number, "attempts.number")).transpose()?;
        abandoned.push(Abandoned { claimed, sending });
    }
    commit(transaction).await?;
    Ok(abandoned)
}

/// The latest time that the database has told, so that a step back is noticed.
pub(super) struct Latest(AtomicI64);

impl Latest {
    /// None was told yet: what earlier processes have written is looked at.
    pub(super) fn new() -> Self {
        Self(AtomicI64::new(i64::MAX))
    }
}

/// Brings the due times of waiting deliveries into the present of a clock that was set back after they were written (or of
/// another server's): each keeps the wait it was given, where it would else wait as much longer as the clock went back.
pub(super) async fn shift_after_step_back(
    connection: &mut PgConnection,
    latest: &Latest,
    time: &Time,
) -> Result<(), StoreError> {
    let (now,): (i64,) = sqlx::query_as(at!("SELECT now FROM t"))
        .bind(time.given())
        .fetch_one(&mut *connection)
        .await
        .map_err(store_error)?;
    // Every waiting row is read for it, so it is done for a cause.
    if latest.0.load(Ordering::Relaxed) <= now.saturating_add(STEP_BACK_MIN_MS) {
        latest.0.fetch_max(now, Ordering::Relaxed);
        return Ok(());
    }
    let shifted = sqlx::query(at!(
        "UPDATE deliveries d SET due_at = d.due_at - d.changed_at + t.now, changed_at = t.now FROM t \
         WHERE d.state = 'waiting' AND d.changed_at > t.now + $2"
    ))
    .bind(time.given())
    .bind(STEP_BACK_MIN_MS)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    gates::shift_after_step_back(connection, STEP_BACK_MIN_MS, time).await?;
    latest.0.store(now, Ordering::Relaxed);
    if shifted.rows_affected() > 0 {
        tracing::warn!(
            deliveries = shifted.rows_affected(),
            "the clock was set back, so due times were set back with it"
        );
    }
    Ok(())
}
