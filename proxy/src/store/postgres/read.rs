//! Reads that lock nothing.
//!
//! Apart from what writes, because these may be asked twice.

use std::time::Duration;

use lead_model::ReceiptAnswer;
use sqlx::PgConnection;

use crate::clock::Timestamp;
use crate::ids::DeliveryId;
use crate::store::postgres::accept::state_of;
use crate::store::postgres::gates::Row;
use crate::store::postgres::time::{Time, at};
use crate::store::postgres::{read_json, store_error, to_u32};
use crate::store::{AccountRoom, AttemptView, DeliveryView, StoreError};

/// Tells how far the submission of a receipt has come.
pub(super) async fn receipt(
    connection: &mut PgConnection,
    receipt: &str,
) -> Result<Option<ReceiptAnswer>, StoreError> {
    let row: Option<(String, i64)> = sqlx::query_as(
        "SELECT d.state, s.received_at FROM submissions s JOIN deliveries d ON d.id = s.id WHERE s.receipt = $1",
    )
    .bind(receipt)
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    Ok(row.map(|(state, received_at)| ReceiptAnswer {
        receipt: receipt.to_owned(),
        state: state_of(&state),
        received_at: Timestamp::from_ms(received_at).to_string(),
    }))
}

/// The partner's own id for the lead of a receipt.
pub(super) async fn reference(
    connection: &mut PgConnection,
    receipt: &str,
) -> Result<Option<String>, StoreError> {
    let row: Option<(Option<String>,)> = sqlx::query_as(
        "SELECT d.reference FROM submissions s JOIN deliveries d ON d.id = s.id WHERE s.receipt = $1",
    )
    .bind(receipt)
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    Ok(row.and_then(|(reference,)| reference))
}

#[derive(sqlx::FromRow)]
struct Due {
    due_at: i64,
    #[sqlx(flatten)]
    gate: Row,
}

/// How long until the next delivery of these accounts is due and may go.
pub(super) async fn next_due(
    connection: &mut PgConnection,
    accounts: &[AccountRoom],
    time: &Time,
) -> Result<Option<Duration>, StoreError> {
    let names: Vec<&str> = accounts.iter().map(|room| room.account.as_str()).collect();
    let rows: Vec<Due> = sqlx::query_as(at!(
        "SELECT due.due_at, a.account, g.cause, g.reason, g.since, g.probe_at, g.failures, g.flow_us, g.wait_until, \
         g.changed_at, t.now FROM unnest($2::text[]) a (account) CROSS JOIN t LEFT JOIN account_gates g ON g.account = a.account \
         CROSS JOIN LATERAL (SELECT d.due_at FROM deliveries d WHERE d.state = 'waiting' AND d.account = a.account \
         ORDER BY d.due_at, d.id LIMIT 1) due"
    ))
    .bind(time.given())
    .bind(names)
    .fetch_all(connection)
    .await
    .map_err(store_error)?;
    let mut waits = Vec::new();
    for Due { due_at, gate } in rows {
        let now = gate.now();
        let view = gate.view()?;
        let Some(room) = accounts.iter().find(|room| room.account == view.account) else { continue };
        let at = Timestamp::from_ms(due_at).max(view.gate.next_at(&room.flow, now));
        if at.as_ms() < i64::MAX {
            waits.push(at.since(now));
        }
    }
    Ok(waits.into_iter().min())
}

/// What is told of a delivery.
pub(super) async fn delivery(
    connection: &mut PgConnection,
    delivery: DeliveryId,
) -> Result<Option<DeliveryView>, StoreError> {
    let row: Option<(String, i64, Option<String>, String, i64)> =
        sqlx::query_as("SELECT state, attempts, reason, fields_json, due_at FROM deliveries WHERE id = $1")
            .bind(delivery.get())
            .fetch_optional(connection)
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
    connection: &mut PgConnection,
    delivery: DeliveryId,
) -> Result<Vec<AttemptView>, StoreError> {
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT number, state, why, status, request_digest FROM attempts WHERE delivery = $1 ORDER BY number",
    )
    .bind(delivery.get())
    .fetch_all(connection)
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
