//! Reads, on connections that can't write.
//!
//! Apart from the writer so that a receipt is looked up while a batch is being synced.

use std::collections::HashMap;
use std::time::Duration;

use lead_model::ReceiptAnswer;
use sqlx::SqlitePool;

use crate::clock::Timestamp;
use crate::ids::{DeliveryId, Receipt};
use crate::store::sqlite::accept::state_of;
use crate::store::sqlite::{gates, read_json, store_error, to_u32};
use crate::store::{AccountRoom, AttemptView, DeliveryView, Gate, StoreError};

/// Tells how far the submission of a receipt has come.
pub(super) async fn receipt(
    readers: &SqlitePool,
    receipt: &Receipt,
) -> Result<Option<ReceiptAnswer>, StoreError> {
    let row: Option<(String, i64)> = sqlx::query_as(
        "SELECT d.state, s.received_at FROM submissions s JOIN deliveries d ON d.submission = s.id WHERE s.receipt = ?",
    )
    .bind(receipt.as_str())
    .fetch_optional(readers)
    .await
    .map_err(store_error)?;
    Ok(row.map(|(state, received_at)| ReceiptAnswer {
        receipt: receipt.to_string(),
        state: state_of(&state),
        received_at: Timestamp::from_ms(received_at).to_string(),
    }))
}

/// The partner's own id for the lead of a receipt.
pub(super) async fn reference(readers: &SqlitePool, receipt: &Receipt) -> Result<Option<String>, StoreError> {
    let row: Option<(Option<String>,)> = sqlx::query_as(
        "SELECT d.reference FROM submissions s JOIN deliveries d ON d.submission = s.id WHERE s.receipt = ?",
    )
    .bind(receipt.as_str())
    .fetch_optional(readers)
    .await
    .map_err(store_error)?;
    Ok(row.and_then(|(reference,)| reference))
}

/// How long until the next delivery of these accounts is due and may go.
pub(super) async fn next_due(
    readers: &SqlitePool,
    accounts: &[AccountRoom],
    now: Timestamp,
) -> Result<Option<Duration>, StoreError> {
    // One statement for any number of accounts: their names travel as a JSON list.
    let names: Vec<&str> = accounts.iter().map(|room| room.account.as_str()).collect();
    let rows: Vec<(String, Option<i64>)> = sqlx::query_as(
        "SELECT a.value, (SELECT min(due_at) FROM deliveries WHERE state = 'waiting' AND account = a.value) \
         FROM json_each(?) a",
    )
    .bind(serde_json::json!(names).to_string())
    .fetch_all(readers)
    .await
    .map_err(store_error)?;
    let gates: HashMap<String, Gate> =
        gates::all(readers, now).await?.into_iter().map(|view| (view.account, view.gate)).collect();
    let dues = rows.into_iter().filter_map(|(account, due_at)| {
        let room = accounts.iter().find(|room| room.account == account)?;
        let open_at = gates.get(&account).map_or(now, |gate| gate.next_at(&room.flow, now));
        Some(Timestamp::from_ms(due_at?).max(open_at)).filter(|at| at.as_ms() < i64::MAX)
    });
    Ok(dues.min().map(|at| at.since(now)))
}

/// What is told of a delivery.
pub(super) async fn delivery(
    readers: &SqlitePool,
    delivery: DeliveryId,
) -> Result<Option<DeliveryView>, StoreError> {
    let row: Option<(String, i64, Option<String>, String, i64)> =
        sqlx::query_as("SELECT state, attempts, reason, fields_json, due_at FROM deliveries WHERE id = ?")
            .bind(delivery.get())
            .fetch_optional(readers)
            .await
            .map_err(store_error)?;
    let Some((state, attempts, reason, fields, due_at)) = row else {
        return Ok(None);
    };
    Ok(Some(DeliveryView {
        state,
        attempts: to_u32(attempts, "deliveries.attempts")?,
        reason,
        fields: read_json(&fields, "deliveries.fields_json")?,
        due_at: Timestamp::from_ms(due_at),
    }))
}

type AttemptRow = (i64, String, Option<String>, Option<i64>, String);

/// A delivery's attempts, first to last.
pub(super) async fn attempts(
    readers: &SqlitePool,
    delivery: DeliveryId,
) -> Result<Vec<AttemptView>, StoreError> {
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT number, state, why, status, request_digest FROM attempts WHERE delivery = ? ORDER BY number",
    )
    .bind(delivery.get())
    .fetch_all(readers)
    .await
    .map_err(store_error)?;
    let view = |(number, state, why, status, request_digest): AttemptRow| {
        Ok(AttemptView {
            number: to_u32(number, "attempts.number")?,
            state,
            why,
            status: status.and_then(|status| u16::try_from(status).ok()),
            request_digest,
        })
    };
    rows.into_iter().map(view).collect()
}
