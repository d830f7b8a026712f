//! Lists and counts of deliveries, each state by its own index: however many are finished, what is left is found at once.
//!
//! Apart because the words of a filter become SQL here and nowhere else; what comes from outside is bound.

use sqlx::{SqliteConnection, SqlitePool};

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::operator::rows::{LeftRow, SummaryRow, counts, first};
use crate::store::operator::{
    DeliveryFilter, DeliveryQuery, DeliveryState, DeliverySummary, LeadQuery, OpenCount, PAGE_MAX,
};
use crate::store::sqlite::store_error;

/// The reason as it is shown. `?1` are the accounts that are known, `?2` those that are disabled, as JSON lists.
const REASON: &str = "CASE WHEN d.state <> 'waiting' THEN d.reason \
                      WHEN d.account NOT IN (SELECT value FROM json_each(?1)) THEN 'account_unknown' \
                      WHEN d.account IN (SELECT value FROM json_each(?2)) THEN 'account_disabled' \
                      WHEN g.cause IS NOT NULL THEN 'account_' || g.cause ELSE d.reason END";
const FROM: &str = "FROM deliveries d JOIN submissions s ON s.id = d.submission \
                    LEFT JOIN account_gates g ON g.account = d.account \
                    LEFT JOIN submissions o ON o.id = s.duplicate_of";

/// What may be sent again with many others: a robot's lead only by those who ask for a reason.
const SENDABLE: &str =
    "d.erased_at IS NULL AND (?7 IS NOT NULL OR coalesce(d.reason, '') NOT LIKE 'robot:%')";

/// Selects summaries of what a condition says.
pub(super) fn select(wanted: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT d.id, CAST(s.receipt AS BLOB) AS receipt, CAST(s.form AS BLOB) AS form, \
         CAST(d.account AS BLOB) AS account, d.state, {REASON} AS reason, d.attempts, d.fence, s.received_at, \
         d.changed_at, d.due_at, d.reference, o.receipt AS duplicate_of {FROM} {wanted}"
    ))
}

/// Binds a query's eight values, in their order.
macro_rules! bind {
    ($select:expr, $bound:expr) => {{
        let bound = $bound;
        $select
            .bind(bound.known)
            .bind(bound.disabled)
            .bind(bound.after)
            .bind(&bound.filter.account)
            .bind(&bound.filter.form)
            .bind(bound.received_until)
            .bind(&bound.filter.reason)
            .bind(bound.limit)
    }};
}

/// The deliveries of a query, the oldest first.
pub(super) async fn deliveries(
    readers: &SqlitePool,
    query: &DeliveryQuery,
    now: Timestamp,
) -> Result<Vec<DeliverySummary>, StoreError> {
    // One transaction: a delivery that changes its state between two statements stands in one list alone.
    let mut transaction = readers.begin().await.map_err(store_error)?;
    let limit = query.limit.min(PAGE_MAX);
    let mut all = Vec::new();
    for state in &query.filter.states {
        let statement = sqlx::query_as::<_, SummaryRow>(select(&wanted(*state, "true")));
        let rows = bind!(statement, Bound::of(query, limit, now));
        for row in rows.fetch_all(&mut *transaction).await.map_err(store_error)? {
            all.push(row.view()?);
        }
    }
    transaction.rollback().await.map_err(store_error)?;
    Ok(first(all, limit, |summary: &DeliverySummary| summary.delivery.get()))
}

/// One account's deliveries of a query, the newest first.
pub(super) async fn leads(
    readers: &SqlitePool,
    query: &LeadQuery,
) -> Result<Vec<DeliverySummary>, StoreError> {
    let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
    let wanted = "WHERE d.account = ?3 AND d.id < ?4 AND (?5 IS NULL OR s.receipt = ?5) \
                  AND (?6 IS NULL OR d.reference = ?6) \
                  AND (?7 = '[]' OR d.state IN (SELECT value FROM json_each(?7))) ORDER BY d.id DESC LIMIT ?8";
    let rows: Vec<SummaryRow> = sqlx::query_as(select(wanted))
        .bind(names(&query.accounts.known))
        .bind(names(&query.accounts.disabled))
        .bind(&query.account)
        .bind(query.before.unwrap_or(i64::MAX))
        .bind(&query.receipt)
        .bind(&query.reference)
        .bind(serde_json::json!(states).to_string())
        .bind(i64::from(query.limit.min(PAGE_MAX)))
        .fetch_all(readers)
        .await
        .map_err(store_error)?;
    rows.into_iter().map(SummaryRow::view).collect()
}

/// The first deliveries of a query that can be sent again, in the transaction of whoever changes them.
pub(super) async fn left(
    connection: &mut SqliteConnection,
    query: &DeliveryQuery,
    now: Timestamp,
) -> Result<Vec<LeftRow>, StoreError> {
    let mut all = Vec::new();
    for state in query.filter.states.iter().filter(|state| state.is_left()) {
        let wanted = wanted(*state, SENDABLE);
        let statement = format!(
            "SELECT d.id, CAST(s.receipt AS BLOB) AS receipt, CAST(d.account AS BLOB) AS account, d.state \
             {FROM} {wanted}"
        );
        let statement = sqlx::query_as::<_, LeftRow>(sqlx::AssertSqlSafe(statement));
        let rows = bind!(statement, Bound::of(query, query.limit, now));
        all.extend(rows.fetch_all(&mut *connection).await.map_err(store_error)?);
    }
    Ok(first(all, query.limit, |row: &LeftRow| row.id))
}

/// The rows of one state that a query wants. The state is written out, since an index with a condition is taken only where
/// the same condition stands in the statement.
fn wanted(state: DeliveryState, more: &str) -> String {
    let of_index = if state.is_left() { "d.state IN ('held', 'dead_letter', 'merged') AND" } else { "" };
    format!(
        "WHERE {of_index} d.state = '{state}' AND {more} AND d.id > ?3 AND (?4 IS NULL OR d.account = ?4) \
         AND (?5 IS NULL OR s.form = ?5) AND (?6 IS NULL OR s.received_at <= ?6) \
         AND (?7 IS NULL OR {REASON} = ?7 OR substr({REASON}, 1, length(?7) + 1) = ?7 || ':') ORDER BY d.id LIMIT ?8"
    )
}

/// A query as its statement takes it.
struct Bound<'q> {
    known: String,
    disabled: String,
    after: i64,
    filter: &'q DeliveryFilter,
    received_until: Option<i64>,
    limit: i64,
}

impl<'q> Bound<'q> {
    fn of(query: &'q DeliveryQuery, limit: u32, now: Timestamp) -> Self {
        Self {
            known: names(&query.accounts.known),
            disabled: names(&query.accounts.disabled),
            after: query.after.unwrap_or(i64::MIN),
            filter: &query.filter,
            received_until: query.filter.min_age.map(|age| now.before(age).as_ms()),
            limit: limit.into(),
        }
    }
}

/// Names travel as a JSON list: one statement for any number of them.
pub(super) fn names(names: &[String]) -> String {
    serde_json::json!(names).to_string()
}

/// How many deliveries have not reached their partner, by account and state.
pub(super) async fn open_counts(readers: &SqlitePool) -> Result<Vec<OpenCount>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT CAST(account AS BLOB), 'waiting', count(*), 0 FROM deliveries WHERE state = 'waiting' GROUP BY account \
         UNION ALL SELECT CAST(account AS BLOB), 'leased', count(*), 0 FROM deliveries WHERE state = 'leased' GROUP BY account \
         UNION ALL SELECT CAST(account AS BLOB), state, count(*), count(*) FILTER (WHERE reason LIKE 'robot:%') FROM deliveries \
         WHERE state IN ('held', 'dead_letter', 'merged') GROUP BY account, state",
    )
    .fetch_all(readers)
    .await
    .map_err(store_error)?;
    counts(rows)
}
