//! What an operator settles: each deed and its audit row in one transaction, and only from where it may be done.
//!
//! Apart from delivery's own writes, which are held to a fence; these are held to a state, and to the version that was seen.

use sqlx::SqliteConnection;

use super::audit;
use super::list;
use crate::clock::Timestamp;
use crate::ids::Receipt;
use crate::store::operator::rows::{Deed, state};
use crate::store::operator::{AuditAction, AuditNote, DeliveryQuery, DeliveryState, Resolution, Resolved};
use crate::store::sqlite::{followers, gates, store_error};
use crate::store::{Closed, StoreError};

/// Why a delivery stands where it does that a person has settled.
const BY_HAND: &str = "by_hand";

/// Settles one delivery.
pub(super) async fn resolve(
    connection: &mut SqliteConnection,
    receipt: Receipt,
    resolution: Resolution,
    version: Option<i64>,
    note: AuditNote,
    now: Timestamp,
) -> Result<Resolved, StoreError> {
    let row: Option<(i64, String, String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT d.id, d.account, d.state, d.fence, d.erased_at \
         FROM submissions s JOIN deliveries d ON d.submission = s.id WHERE s.receipt = ?",
    )
    .bind(receipt.as_str())
    .fetch_optional(&mut *connection)
    .await
    .map_err(store_error)?;
    let Some((id, account, was, fence, erased_at)) = row else { return Ok(Resolved::Unknown) };
    let state = state(&was)?;
    if !state.is_left() || version.is_some_and(|seen| seen != fence) {
        return Ok(Resolved::Conflict { state, version: fence });
    }
    if resolution == Resolution::SendAgain && erased_at.is_some() {
        return Ok(Resolved::Erased);
    }
    let reference = match &resolution {
        Resolution::Delivered { reference } => reference.as_ref().map(|reference| reference.as_str()),
        Resolution::SendAgain | Resolution::Drop => None,
    };
    match resolution {
        Resolution::SendAgain => send_again(connection, id, now).await?,
        Resolution::Delivered { .. } => end(connection, id, "delivered", reference, now).await?,
        Resolution::Drop => {
            end(connection, id, "dropped", None, now).await?;
            if state == DeliveryState::Held {
                followers::release(connection, id, now).await?;
            }
        }
    }
    let deed = Deed {
        account: Some(&account),
        receipt: Some(receipt.as_str()),
        was: Some(&was),
        reference,
        ..Deed::of(resolution.action())
    };
    audit::write(connection, &deed, &note, now).await?;
    Ok(Resolved::Done)
}

/// Lets it wait for its next attempt, due now. The doubts of the former ones are settled,
/// but for a lead that could only not be read or written: nobody has looked whether its partner has it.
async fn send_again(connection: &mut SqliteConnection, id: i64, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET state = 'waiting', due_at = ?, \
         doubts = CASE WHEN reason IN ('unreadable', 'payload_rules') THEN doubts ELSE 0 END, reason = ?, \
         fields_json = '[]', sent_again_at = ?, changed_at = ? WHERE id = ?",
    )
    .bind(now.as_ms())
    .bind(BY_HAND)
    .bind(now.as_ms())
    .bind(now.as_ms())
    .bind(id)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

async fn end(
    connection: &mut SqliteConnection,
    id: i64,
    state: &'static str,
    reference: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET state = ?, reason = ?, reference = coalesce(?, reference), fields_json = '[]', \
         changed_at = ? WHERE id = ?",
    )
    .bind(state)
    .bind(BY_HAND)
    .bind(reference)
    .bind(now.as_ms())
    .bind(id)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

/// Sends the first deliveries of a query again; how many, and the last one.
pub(super) async fn replay(
    connection: &mut SqliteConnection,
    query: DeliveryQuery,
    note: AuditNote,
    batch: String,
    now: Timestamp,
) -> Result<(u32, Option<i64>), StoreError> {
    let left = list::left(connection, &query, now).await?;
    for row in &left {
        send_again(connection, row.id, now).await?;
        let (account, receipt) = (row.account(), row.receipt());
        let deed = Deed {
            account: Some(&account),
            receipt: Some(&receipt),
            was: Some(&row.state),
            batch: Some(&batch),
            ..Deed::of(AuditAction::SendAgain)
        };
        audit::write(connection, &deed, &note, now).await?;
    }
    let last = left.last().map(|row| row.id);
    Ok((u32::try_from(left.len()).unwrap_or(u32::MAX), last))
}

/// Closes an account's gate.
pub(super) async fn stop(
    connection: &mut SqliteConnection,
    account: String,
    note: AuditNote,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let was = closed_by(connection, &account, now).await?;
    let stopped = gates::stop(connection, account.clone(), BY_HAND.to_owned(), now).await?;
    if stopped {
        let deed =
            Deed { account: Some(&account), was: was.as_deref(), ..Deed::of(AuditAction::StopAccount) };
        audit::write(connection, &deed, &note, now).await?;
    }
    Ok(stopped)
}

/// Opens an account's gate.
pub(super) async fn resume(
    connection: &mut SqliteConnection,
    account: String,
    note: AuditNote,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let was = closed_by(connection, &account, now).await?;
    let resumed = gates::resume(connection, account.clone(), now).await?;
    if resumed {
        let deed =
            Deed { account: Some(&account), was: was.as_deref(), ..Deed::of(AuditAction::ResumeAccount) };
        audit::write(connection, &deed, &note, now).await?;
    }
    Ok(resumed)
}

/// What has closed an account's gate.
async fn closed_by(
    connection: &mut SqliteConnection,
    account: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let closed: Option<Closed> = gates::read(connection, account, now).await?.closed;
    Ok(closed.map(|closed| closed.cause.as_str().to_owned()))
}
