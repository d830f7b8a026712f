//! One delivery with its attempts and its audit.
//!
//! Apart from the lists, which have many deliveries and a line for each.

use sqlx::SqlitePool;

use super::{audit, list};
use crate::ids::Receipt;
use crate::store::StoreError;
use crate::store::operator::rows::{AttemptRow, RestRow, SummaryRow};
use crate::store::operator::{AuditQuery, DeliveryDetail, KnownAccounts, PAGE_MAX};
use crate::store::sqlite::store_error;

/// Everything that is told of a delivery.
pub(super) async fn detail(
    readers: &SqlitePool,
    receipt: &Receipt,
    accounts: &KnownAccounts,
) -> Result<Option<DeliveryDetail>, StoreError> {
    let mut transaction = readers.begin().await.map_err(store_error)?;
    let row: Option<SummaryRow> = sqlx::query_as(list::select("WHERE s.receipt = ?3"))
        .bind(list::names(&accounts.known))
        .bind(list::names(&accounts.disabled))
        .bind(receipt.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(store_error)?;
    let Some(row) = row else { return Ok(None) };
    let summary = row.view()?;
    let rest: RestRow = sqlx::query_as(
        "SELECT s.form_version, d.erased_at, d.fields_json FROM deliveries d \
         JOIN submissions s ON s.id = d.submission WHERE d.id = ?",
    )
    .bind(summary.delivery.get())
    .fetch_one(&mut *transaction)
    .await
    .map_err(store_error)?;
    let attempts: Vec<AttemptRow> = sqlx::query_as(
        "SELECT number, state, why, status, request_digest, started_at, ended_at FROM attempts WHERE delivery = ? \
         ORDER BY number",
    )
    .bind(summary.delivery.get())
    .fetch_all(&mut *transaction)
    .await
    .map_err(store_error)?;
    let query = AuditQuery { receipt: Some(receipt.clone()), limit: PAGE_MAX, ..AuditQuery::default() };
    let audit = audit::list(&mut *transaction, &query).await?;
    transaction.rollback().await.map_err(store_error)?;
    rest.detail(summary, attempts, audit).map(Some)
}
