//! What dead workers have left, leased anew; and a database whose clock was set back.
//!
//! Apart from claims: nothing here is due, it has been taken before.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::ids::DeliveryId;
use crate::store::gate::STEP_BACK_MIN;
use crate::store::postgres::claim::{self, Row};
use crate::store::postgres::sessions::Sessions;
use crate::store::postgres::time::{Time, at, wait_ms};
use crate::store::postgres::{commit, gates, store_error, to_u32};
use crate::store::{Abandoned, StoreError};

/// So many waiting deliveries are looked at in one statement: however many there are, each ends within its time.
const STEP_ROWS: i64 = 2_000;

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

/// Brings leases, gates and the due times of waiting deliveries into the present of a clock that was set back after they
/// were written (or of another server's): each keeps the time it was given, where it would else last as much longer as the
/// clock went back.
pub(super) async fn shift_after_step_back(
    sessions: &Arc<Sessions>,
    latest: &Latest,
    time: &Time,
) -> Result<(), StoreError> {
    let now = sessions.read(time.clone(), |conn, time| Box::pin(now(conn, time))).await?;
    // Every waiting row is read for it, so it is done for a cause.
    if latest.0.load(Ordering::Relaxed) <= now.saturating_add(wait_ms(STEP_BACK_MIN)) {
        latest.0.fetch_max(now, Ordering::Relaxed);
        return Ok(());
    }
    // What is few goes first; a step that fails costs only itself, and all of it is looked at again.
    let leases = sessions.write(time.clone(), |conn, time| Box::pin(shift_leases(conn, time))).await?;
    sessions.write(time.clone(), |conn, time| Box::pin(gates::shift_after_step_back(conn, time))).await?;
    let (mut deliveries, mut reached) = (0, Place::first());
    loop {
        let with = (reached, time.clone());
        let step = sessions
            .write(with, |conn, (reached, time)| Box::pin(shift_waiting(conn, reached, time)))
            .await?;
        let Some((place, shifted)) = step else { break };
        (reached, deliveries) = (place, deliveries + shifted);
    }
    latest.0.store(now, Ordering::Relaxed);
    if deliveries > 0 || leases > 0 {
        tracing::warn!(deliveries, leases, "the clock was set back, so due times were set back with it");
    }
    Ok(())
}

async fn now(connection: &mut PgConnection, time: &Time) -> Result<i64, StoreError> {
    let (now,): (i64,) = sqlx::query_as(at!("SELECT now FROM t"))
        .bind(time.given())
        .fetch_one(connection)
        .await
        .map_err(store_error)?;
    Ok(now)
}

/// The leases of the living last as long as they were given; those of the dead end.
async fn shift_leases(connection: &mut PgConnection, time: &Time) -> Result<u64, StoreError> {
    let shifted = sqlx::query(at!(
        "UPDATE deliveries d SET lease_until = d.lease_until - d.changed_at + t.now, changed_at = t.now FROM t \
         WHERE d.state = 'leased' AND d.changed_at > t.now + $2"
    ))
    .bind(time.given())
    .bind(wait_ms(STEP_BACK_MIN))
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(shifted.rows_affected())
}

/// How far the walk over the waiting deliveries has come.
#[derive(Clone)]
struct Place {
    account: String,
    due_at: i64,
    id: i64,
}

impl Place {
    /// Before all of them.
    fn first() -> Self {
        Self { account: String::new(), due_at: i64::MIN, id: i64::MIN }
    }
}

/// Looks at the next few in the order of their index, behind which what was shifted comes to lie. The last of them, and
/// how many were shifted; none where there is no more.
async fn shift_waiting(
    connection: &mut PgConnection,
    reached: &Place,
    time: &Time,
) -> Result<Option<(Place, i64)>, StoreError> {
    let row: Option<(String, i64, i64, i64)> = sqlx::query_as(at!(
        ", page AS MATERIALIZED (SELECT id, account, due_at FROM deliveries WHERE state = 'waiting' \
         AND (account, due_at, id) > ($3, $4, $5) ORDER BY account, due_at, id LIMIT $6), \
         late AS (SELECT d.id FROM page p JOIN deliveries d ON d.id = p.id CROSS JOIN t WHERE d.state = 'waiting' \
         AND d.changed_at > t.now + $2 ORDER BY d.id FOR UPDATE OF d), \
         moved AS (UPDATE deliveries d SET due_at = d.due_at - d.changed_at + t.now, changed_at = t.now \
         FROM late, t WHERE d.id = late.id RETURNING d.id) \
         SELECT account, due_at, id, (SELECT count(*) FROM moved) FROM page \
         ORDER BY account DESC, due_at DESC, id DESC LIMIT 1"
    ))
    .bind(time.given())
    .bind(wait_ms(STEP_BACK_MIN))
    .bind(&reached.account)
    .bind(reached.due_at)
    .bind(reached.id)
    .bind(STEP_ROWS)
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    Ok(row.map(|(account, due_at, id, shifted)| (Place { account, due_at, id }, shifted)))
}
