//! The rows of the audit: written beside what they tell, read, and never changed.
//!
//! Apart because everything that an operator does ends here.

use sqlx::PgConnection;

use crate::store::StoreError;
use crate::store::operator::rows::{AuditRow, Deed};
use crate::store::operator::{AuditEntry, AuditNote, AuditQuery, PAGE_MAX};
use crate::store::postgres::store_error;
use crate::store::postgres::time::{Time, at};

/// Writes a row.
pub(in crate::store::postgres) async fn write(
    connection: &mut PgConnection,
    deed: &Deed<'_>,
    note: &AuditNote,
    time: &Time,
) -> Result<(), StoreError> {
    sqlx::query(at!(
        "INSERT INTO audit (at, operator, action, account, receipt, was, reference, batch, why) \
         SELECT t.now, $2, $3, $4, $5, $6, $7, $8, $9 FROM t"
    ))
    .bind(time.given())
    .bind(note.operator.as_str())
    .bind(deed.action.as_str())
    .bind(deed.account)
    .bind(deed.receipt)
    .bind(deed.was)
    .bind(deed.reference)
    .bind(deed.batch)
    .bind(note.why.as_str())
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

/// Writes the rows of one deed that was done to many deliveries, in one statement: their accounts, receipts and states.
pub(super) async fn write_all(
    connection: &mut PgConnection,
    deed: &Deed<'_>,
    (accounts, receipts, states): (&[String], &[String], &[&str]),
    note: &AuditNote,
    time: &Time,
) -> Result<(), StoreError> {
    sqlx::query(at!(
        "INSERT INTO audit (at, operator, action, account, receipt, was, batch, why) \
         SELECT t.now, $2, $3, n.account, n.receipt, n.was, $4, $5 \
         FROM unnest($6::text[], $7::text[], $8::text[]) WITH ORDINALITY AS n (account, receipt, was, place), t \
         ORDER BY n.place"
    ))
    .bind(time.given())
    .bind(note.operator.as_str())
    .bind(deed.action.as_str())
    .bind(deed.batch)
    .bind(note.why.as_str())
    .bind(accounts)
    .bind(receipts)
    .bind(states)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

/// Rows of a query, the newest first.
pub(super) async fn list(
    connection: &mut PgConnection,
    query: &AuditQuery,
) -> Result<Vec<AuditEntry>, StoreError> {
    let rows: Vec<AuditRow> = sqlx::query_as(
        "SELECT id, at, operator, action, account, receipt, was, reference, batch, why FROM audit \
         WHERE ($1::text IS NULL OR receipt = $1) AND ($2::text IS NULL OR account = $2) AND id < $3 \
         ORDER BY id DESC LIMIT $4",
    )
    .bind(query.receipt.as_ref().map(ToString::to_string))
    .bind(&query.account)
    .bind(query.before.unwrap_or(i64::MAX))
    .bind(i64::from(query.limit.min(PAGE_MAX)))
    .fetch_all(connection)
    .await
    .map_err(store_error)?;
    rows.into_iter().map(AuditRow::view).collect()
}
