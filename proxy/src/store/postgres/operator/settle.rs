//! What an operator settles: each deed and its audit row in one transaction, and only from where it may be done.
//!
//! Apart from delivery's own writes, which are held to a fence; these are held to a state, and to the version that was seen,
//! both read under the row's lock.

use sqlx::{Connection as _, PgConnection};

use super::{audit, list};
use crate::store::StoreError;
use crate::store::operator::rows::{Deed, LeftRow, state};
use crate::store::operator::{AuditAction, AuditNote, DeliveryQuery, DeliveryState, Resolution, Resolved};
use crate::store::postgres::time::{Time, at};
use crate::store::postgres::{commit, followers, gates, store_error};

/// Why a delivery stands where it does that a person has settled.
const BY_HAND: &str = "by_hand";

/// Settles one delivery.
pub(super) async fn resolve(
    connection: &mut PgConnection,
    receipt: &str,
    (resolution, version): (&Resolution, Option<i64>),
    note: &AuditNote,
    time: &Time,
) -> Result<Resolved, StoreError> {
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let row: Option<(i64, String, String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT d.id, d.account, d.state, d.fence, d.erased_at FROM submissions s JOIN deliveries d ON d.id = s.id \
         WHERE s.receipt = $1 FOR UPDATE OF d",
    )
    .bind(receipt)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(store_error)?;
    let Some((id, account, was, fence, erased_at)) = row else { return Ok(Resolved::Unknown) };
    let stands = state(&was)?;
    if !stands.is_left() || version.is_some_and(|seen| seen != fence) {
        return Ok(Resolved::Conflict { state: stands, version: fence });
    }
    if *resolution == Resolution::SendAgain && erased_at.is_some() {
        return Ok(Resolved::Erased);
    }
    let reference = match resolution {
        Resolution::Delivered { reference } => reference.as_ref().map(|reference| reference.as_str()),
        Resolution::SendAgain | Resolution::Drop => None,
    };
    match resolution {
        Resolution::SendAgain => send_again(&mut transaction, vec![id], time).await?,
        Resolution::Delivered { .. } => end(&mut transaction, id, "delivered", reference, time).await?,
        Resolution::Drop => {
            end(&mut transaction, id, "dropped", None, time).await?;
            if stands == DeliveryState::Held {
                followers::lock_persons(&mut transaction, &[id]).await?;
                followers::release(&mut transaction, &[id], time).await?;
            }
        }
    }
    let deed = Deed {
        account: Some(&account),
        receipt: Some(receipt),
        was: Some(&was),
        reference,
        ..Deed::of(resolution.action())
    };
    audit::write(&mut transaction, &deed, note, time).await?;
    commit(transaction).await?;
    Ok(Resolved::Done)
}

/// Lets them wait for their next attempt, due now. The doubts of the former ones are settled,
/// but for a lead that could only not be read or written: nobody has looked whether its partner has it.
async fn send_again(connection: &mut PgConnection, ids: Vec<i64>, time: &Time) -> Result<(), StoreError> {
    sqlx::query(at!(
        "UPDATE deliveries d SET state = 'waiting', due_at = t.now, \
         doubts = CASE WHEN d.reason IN ('unreadable', 'payload_rules') THEN d.doubts ELSE 0 END, reason = $3, \
         fields_json = '[]', sent_again_at = t.now, changed_at = t.now FROM t WHERE d.id = ANY($2::bigint[])"
    ))
    .bind(time.given())
    .bind(ids)
    .bind(BY_HAND)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

async fn end(
    connection: &mut PgConnection,
    id: i64,
    state: &str,
    reference: Option<&str>,
    time: &Time,
) -> Result<(), StoreError> {
    sqlx::query(at!(
        "UPDATE deliveries d SET state = $3, reason = $4, reference = coalesce($5, d.reference), fields_json = '[]', \
         changed_at = t.now FROM t WHERE d.id = $2"
    ))
    .bind(time.given())
    .bind(id)
    .bind(state)
    .bind(BY_HAND)
    .bind(reference)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

/// Sends the first deliveries of a query again; how many, and the last one.
pub(super) async fn replay(
    connection: &mut PgConnection,
    query: &DeliveryQuery,
    note: &AuditNote,
    batch: &str,
    time: &Time,
) -> Result<(u32, Option<i64>), StoreError> {
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let left = list::left(&mut transaction, query, time).await?;
    let accounts: Vec<String> = left.iter().map(LeftRow::account).collect();
    let receipts: Vec<String> = left.iter().map(LeftRow::receipt).collect();
    let states: Vec<&str> = left.iter().map(|row| row.state.as_str()).collect();
    let deed = Deed { batch: Some(batch), ..Deed::of(AuditAction::SendAgain) };
    audit::write_all(&mut transaction, &deed, (&accounts, &receipts, &states), note, time).await?;
    let last = left.last().map(|row| row.id);
    let count = u32::try_from(left.len()).unwrap_or(u32::MAX);
    send_again(&mut transaction, left.into_iter().map(|row| row.id).collect(), time).await?;
    commit(transaction).await?;
    Ok((count, last))
}

/// Closes an account's gate.
pub(super) async fn stop(
    connection: &mut PgConnection,
    account: &str,
    note: &AuditNote,
    time: &Time,
) -> Result<bool, StoreError> {
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let was = closed_by(&mut transaction, account).await?;
    let stopped = gates::stop(&mut transaction, account, BY_HAND, time).await?;
    if stopped {
        let deed = Deed { account: Some(account), was: was.as_deref(), ..Deed::of(AuditAction::StopAccount) };
        audit::write(&mut transaction, &deed, note, time).await?;
    }
    commit(transaction).await?;
    Ok(stopped)
}

/// Opens an account's gate.
pub(super) async fn resume(
    connection: &mut PgConnection,
    account: &str,
    note: &AuditNote,
    time: &Time,
) -> Result<bool, StoreError> {
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let was = closed_by(&mut transaction, account).await?;
    let resumed = gates::resume(&mut transaction, account, time).await?;
    if resumed {
        let deed =
            Deed { account: Some(account), was: was.as_deref(), ..Deed::of(AuditAction::ResumeAccount) };
        audit::write(&mut transaction, &deed, note, time).await?;
    }
    commit(transaction).await?;
    Ok(resumed)
}

/// What has closed an account's gate; its row is locked, if there is one.
async fn closed_by(connection: &mut PgConnection, account: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(Option<String>,)> =
        sqlx::query_as("SELECT cause FROM account_gates WHERE account = $1 FOR UPDATE")
            .bind(account)
            .fetch_optional(connection)
            .await
            .map_err(store_error)?;
    Ok(row.and_then(|(cause,)| cause))
}
