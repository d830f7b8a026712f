//! Leases: to what is due, and anew to what a dead worker has left.
//!
//! Apart from `attempt`, whose writes are all held against the fence that is handed out here.

use std::time::Duration;

use sqlx::SqliteConnection;

use crate::clock::Timestamp;
use crate::ids::{DeliveryId, Receipt};
use crate::store::gate::STEP_BACK_MIN;
use crate::store::sqlite::{followers, gates, keys, store_error, to_u32};
use crate::store::{Abandoned, AccountRoom, ClaimRequest, Claimed, Fence, SealedLead, StoreError};

// Every statement has a name here, because a test asks SQLite how it would run each: the writer's one connection may not
// read all that was ever delivered.
const LEASE: &str = "UPDATE deliveries SET state = 'leased', fence = fence + 1, lease_owner = ?, lease_until = ?, \
    changed_at = ? WHERE id IN (SELECT id FROM deliveries WHERE state = 'waiting' AND account = ? AND due_at <= ? \
    ORDER BY due_at, id LIMIT ?) RETURNING id, fence";
const SHIFT_WAITING: &str = "UPDATE deliveries SET due_at = due_at - changed_at + ?1, changed_at = ?1 \
    WHERE state = 'waiting' AND changed_at > ?2";
const SHIFT_LEASED: &str = "UPDATE deliveries SET lease_until = lease_until - changed_at + ?1, changed_at = ?1 \
    WHERE state = 'leased' AND changed_at > ?2";
// "+": else SQLite would take the order of the rows and read them all, the delivered ones as well.
const LEFT: &str = "SELECT id FROM deliveries WHERE state = 'leased' AND (lease_owner <> ? OR lease_until <= ?) ORDER BY +id";
const TAKE_OVER: &str = "UPDATE deliveries SET fence = fence + 1, lease_owner = ?, lease_until = ?, changed_at = ? \
    WHERE id = ? RETURNING fence";
const SENDING: &str =
    "SELECT number FROM attempts WHERE delivery = ? AND state = 'sending' ORDER BY number DESC LIMIT 1";
const LOAD: &str = "SELECT CAST(d.account AS BLOB), CAST(s.form AS BLOB), CAST(s.receipt AS BLOB), \
    CAST(s.key_id AS BLOB), s.data_key, s.sealed, d.attempts, d.doubts, coalesce(d.sent_again_at, s.received_at) \
    FROM deliveries d JOIN submissions s ON s.id = d.submission WHERE d.id = ?";
const SET_ASIDE: &str =
    "UPDATE deliveries SET state = 'dead_letter', reason = 'unreadable_row', changed_at = ? WHERE id = ?";

/// Leases due deliveries of accounts that have room and whose gate lets them go.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    request: ClaimRequest,
    owner: String,
    now: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = Vec::new();
    let mut left = request.limit;
    for AccountRoom { account, room, flow } in &request.accounts {
        let mut gate = gates::read(connection, account, now).await?;
        let room = gate.room(left.min(*room), flow, now);
        if room == 0 {
            continue;
        }
        let leased: Vec<(i64, i64)> = sqlx::query_as(LEASE)
            .bind(&owner)
            .bind(now.after(request.lease).as_ms())
            .bind(now.as_ms())
            .bind(account)
            .bind(now.as_ms())
            .bind(i64::from(room))
            .fetch_all(&mut *connection)
            .await
            .map_err(store_error)?;
        let taken = u32::try_from(leased.len()).unwrap_or(u32::MAX);
        let before = gate.clone();
        gate.took(taken, flow, now);
        if gate != before {
            gates::write(connection, account, &gate, now).await?;
        }
        left = left.saturating_sub(taken);
        for (id, fence) in leased {
            claimed.extend(load(connection, DeliveryId::new(id), Fence(fence), now).await?);
        }
    }
    Ok(claimed)
}

/// Brings leases and the due times of waiting deliveries into the present of a clock that was set back after they were
/// written: each keeps the time it was given, where it would else last as much longer as the clock went back.
async fn shift_after_step_back(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    let mut shifted = [0; 2];
    for (shifted, shift) in shifted.iter_mut().zip([SHIFT_WAITING, SHIFT_LEASED]) {
        let done = sqlx::query(shift)
            .bind(now.as_ms())
            .bind(now.after(STEP_BACK_MIN).as_ms())
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
        *shifted = done.rows_affected();
    }
    let [deliveries, leases] = shifted;
    if deliveries > 0 || leases > 0 {
        tracing::warn!(deliveries, leases, "the clock was set back, so due times were set back with it");
    }
    Ok(())
}

/// Leases anew what dead workers have left, after a look at whether the clock was set back.
pub(super) async fn recover(
    connection: &mut SqliteConnection,
    owner: String,
    running: Vec<DeliveryId>,
    lease: Duration,
    now: Timestamp,
) -> Result<Vec<Abandoned>, StoreError> {
    shift_after_step_back(connection, now).await?;
    gates::shift_after_step_back(connection, now).await?;
    let left: Vec<(i64,)> = sqlx::query_as(LEFT)
        .bind(&owner)
        .bind(now.as_ms())
        .fetch_all(&mut *connection)
        .await
        .map_err(store_error)?;
    let mut abandoned = Vec::new();
    for (id,) in left.into_iter().filter(|(id,)| !running.contains(&DeliveryId::new(*id))) {
        let (fence,): (i64,) = sqlx::query_as(TAKE_OVER)
            .bind(&owner)
            .bind(now.after(lease).as_ms())
            .bind(now.as_ms())
            .bind(id)
            .fetch_one(&mut *connection)
            .await
            .map_err(store_error)?;
        let sending: Option<(i64,)> =
            sqlx::query_as(SENDING).bind(id).fetch_optional(&mut *connection).await.map_err(store_error)?;
        let sending = sending.map(|(number,)| to_u32(number, "attempts.number")).transpose()?;
        let claimed = load(connection, DeliveryId::new(id), Fence(fence), now).await?;
        abandoned.extend(claimed.map(|claimed| Abandoned { claimed, sending }));
    }
    Ok(abandoned)
}

/// Texts come as bytes: one whose bits have flipped need not be a text any more, and must hold up no other.
type Row = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, i64, i64, i64);

/// Reads what an attempt needs. A row that can't be read is set aside as a dead letter, so that it holds up no other.
async fn load(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
    fence: Fence,
    now: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let row: Row =
        sqlx::query_as(LOAD).bind(delivery.get()).fetch_one(&mut *connection).await.map_err(store_error)?;
    match read(row, delivery, fence) {
        Ok(claimed) => Ok(Some(claimed)),
        Err(error) => {
            tracing::error!(delivery.id = %delivery, %error, "a stored lead can't be read and is set aside");
            let set_aside = sqlx::query(SET_ASIDE).bind(now.as_ms()).bind(delivery.get());
            set_aside.execute(&mut *connection).await.map_err(store_error)?;
            followers::release(connection, delivery.get(), now).await?;
            Ok(None)
        }
    }
}

fn read(row: Row, delivery: DeliveryId, fence: Fence) -> Result<Claimed, StoreError> {
    let (account, form, receipt, key_id, data_key, sealed, attempts, doubts, received_at) = row;
    Ok(Claimed {
        delivery,
        fence,
        account: text(account, "deliveries.account")?,
        form: text(form, "submissions.form")?,
        receipt: Receipt::parse(&text(receipt, "submissions.receipt")?)
            .ok_or(StoreError::Corrupt("submissions.receipt"))?,
        // Whatever it is: the ring says whether it has such a key.
        lead: SealedLead { key_id: keys::trimmed(&key_id), data_key, sealed },
        attempts: to_u32(attempts, "deliveries.attempts")?,
        doubts: to_u32(doubts, "deliveries.doubts")?,
        received_at: Timestamp::from_ms(received_at),
    })
}

fn text(bytes: Vec<u8>, column: &'static str) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| StoreError::Corrupt(column))
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;
    use crate::clock::Clock;
    use crate::store::{SqliteStore, StoreConfig};

    #[tokio::test]
    async fn no_statement_of_claim_and_recover_reads_every_delivery() {
        let dir = tempfile::TempDir::new().unwrap();
        let config = StoreConfig { path: dir.path().join("store.db") };
        let store = SqliteStore::open(&config, Clock::system()).await.unwrap();
        for statement in [LEASE, SHIFT_WAITING, SHIFT_LEASED, LEFT, TAKE_OVER, SENDING, LOAD, SET_ASIDE] {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let plan = sqlx::query(explain).fetch_all(&store.readers).await.unwrap();
            assert!(!plan.is_empty(), "{statement}");
            for step in plan {
                let step: String = step.get("detail");
                let reads_all = step.starts_with("SCAN") && !step.contains(" USING ");
                assert!(!reads_all, "{step}: {statement}");
            }
        }
    }
}
