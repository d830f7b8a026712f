//! The rows of the audit: written beside what they tell, read, and never changed.
//!
//! Apart because everything that an operator does ends here.

use sqlx::{SqliteConnection, SqliteExecutor};

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::operator::rows::{AuditRow, Deed};
use crate::store::operator::{AuditEntry, AuditNote, AuditQuery, PAGE_MAX};
use crate::store::sqlite::store_error;

/// Writes a row.
pub(in crate::store::sqlite) async fn write(
    connection: &mut SqliteConnection,
    deed: &Deed<'_>,
    note: &AuditNote,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (at, operator, action, account, receipt, was, reference, batch, why) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(now.as_ms())
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

/// Rows of a query, the newest first.
pub(super) async fn list(
    connection: impl SqliteExecutor<'_>,
    query: &AuditQuery,
) -> Result<Vec<AuditEntry>, StoreError> {
    // An index is taken only where its condition stands in the statement.
    let wanted = match (&query.receipt, &query.account) {
        (Some(_), _) => "receipt = ?1 AND (?2 IS NULL OR account = ?2)",
        (None, Some(_)) => "account = ?2",
        (None, None) => "true",
    };
    let select = format!(
        "SELECT id, at, operator, action, account, receipt, was, reference, batch, why FROM audit \
         WHERE {wanted} AND id < ?3 ORDER BY id DESC LIMIT ?4"
    );
    let rows: Vec<AuditRow> = sqlx::query_as(sqlx::AssertSqlSafe(select))
        .bind(query.receipt.as_ref().map(ToString::to_string))
        .bind(&query.account)
        .bind(query.before.unwrap_or(i64::MAX))
        .bind(i64::from(query.limit.min(PAGE_MAX)))
        .fetch_all(connection)
        .await
        .map_err(store_error)?;
    rows.into_iter().map(AuditRow::view).collect()
}
