//! Lists and counts of deliveries, each state by its own index: however many are finished, what is left is found at once.
//!
//! Apart because the words of a filter become SQL here and nowhere else; what comes from outside is bound.

use sqlx::PgConnection;

use super::audit;
use crate::ids::Receipt;
use crate::store::StoreError;
use crate::store::operator::rows::{AttemptRow, LeftRow, RestRow, SummaryRow, counts, first};
use crate::store::operator::{
    AuditQuery, DeliveryDetail, DeliveryQuery, DeliveryState, DeliverySummary, KnownAccounts, LeadQuery,
    OpenCount, PAGE_MAX,
};
use crate::store::postgres::store_error;
use crate::store::postgres::time::{Time, at, wait_ms};

/// The reason as it is shown. `$2` are the accounts that are known, `$3` those that are disabled.
const REASON: &str = "CASE WHEN d.state <> 'waiting' THEN d.reason \
                      WHEN d.account <> ALL($2::text[]) THEN 'account_unknown' \
                      WHEN d.account = ANY($3::text[]) THEN 'account_disabled' \
                      WHEN g.cause IS NOT NULL THEN 'account_' || g.cause ELSE d.reason END";
const FROM: &str = "FROM t CROSS JOIN deliveries d JOIN submissions s ON s.id = d.id \
                    LEFT JOIN account_gates g ON g.account = d.account \
                    LEFT JOIN submissions o ON o.id = s.duplicate_of";

/// What may be sent again with many others: a robot's lead only by those who ask for a reason.
const SENDABLE: &str =
    "d.erased_at IS NULL AND ($8::text IS NOT NULL OR coalesce(d.reason, '') NOT LIKE 'robot:%')";

/// Selects summaries of what a condition says.
fn select(wanted: &str) -> sqlx::AssertSqlSafe<String> {
    let with = at!("");
    sqlx::AssertSqlSafe(format!(
        "{with} SELECT d.id, textsend(s.receipt) AS receipt, textsend(s.form) AS form, textsend(d.account) AS account, \
         d.state, {REASON} AS reason, d.attempts, d.fence, s.received_at, d.changed_at, d.due_at, d.reference, \
         o.receipt AS duplicate_of {FROM} {wanted}"
    ))
}

/// Binds a query's nine values, in their order.
macro_rules! bind {
    ($select:expr, $query:expr, $limit:expr, $time:expr) => {
        $select
            .bind($time.given())
            .bind(&$query.accounts.known)
            .bind(&$query.accounts.disabled)
            .bind($query.after.unwrap_or(i64::MIN))
            .bind(&$query.filter.account)
            .bind(&$query.filter.form)
            .bind($query.filter.min_age.map(wait_ms))
            .bind(&$query.filter.reason)
            .bind(i64::from($limit))
    };
}

/// The deliveries of a query, the oldest first. One that changes its state between two statements may stand in two lists, and
/// is told once.
pub(super) async fn deliveries(
    connection: &mut PgConnection,
    query: &DeliveryQuery,
    time: &Time,
) -> Result<Vec<DeliverySummary>, StoreError> {
    let limit = query.limit.min(PAGE_MAX);
    let mut all = Vec::new();
    for state in &query.filter.states {
        let statement = sqlx::query_as::<_, SummaryRow>(select(&wanted(*state, "true")));
        let rows = bind!(statement, query, limit, time);
        for row in rows.fetch_all(&mut *connection).await.map_err(store_error)? {
            all.push(row.view()?);
        }
    }
    Ok(first(all, limit, |summary: &DeliverySummary| summary.delivery.get()))
}

/// One account's deliveries of a query, the newest first.
pub(super) async fn leads(
    connection: &mut PgConnection,
    query: &LeadQuery,
    time: &Time,
) -> Result<Vec<DeliverySummary>, StoreError> {
    let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
    let wanted = "WHERE d.account = $4 AND d.id < $5 AND ($6::text IS NULL OR s.receipt = $6) \
                  AND ($7::text IS NULL OR d.reference = $7) \
                  AND (cardinality($8::text[]) = 0 OR d.state = ANY($8)) ORDER BY d.id DESC LIMIT $9";
    let rows: Vec<SummaryRow> = sqlx::query_as(select(wanted))
        .bind(time.given())
        .bind(&query.accounts.known)
        .bind(&query.accounts.disabled)
        .bind(&query.account)
        .bind(query.before.unwrap_or(i64::MAX))
        .bind(&query.receipt)
        .bind(&query.reference)
        .bind(states)
        .bind(i64::from(query.limit.min(PAGE_MAX)))
        .fetch_all(connection)
        .await
        .map_err(store_error)?;
    rows.into_iter().map(SummaryRow::view).collect()
}

/// The first deliveries of a query that can be sent again, locked until the transaction of whoever changes them ends. Those
/// that somebody else has locked are his.
pub(super) async fn left(
    connection: &mut PgConnection,
    query: &DeliveryQuery,
    time: &Time,
) -> Result<Vec<LeftRow>, StoreError> {
    let with = at!("");
    let mut all = Vec::new();
    for state in query.filter.states.iter().filter(|state| state.is_left()) {
        let wanted = wanted(*state, SENDABLE);
        let statement = format!(
            "{with} SELECT d.id, textsend(s.receipt) AS receipt, textsend(d.account) AS account, d.state \
             {FROM} {wanted} FOR UPDATE OF d SKIP LOCKED"
        );
        let statement = sqlx::query_as::<_, LeftRow>(sqlx::AssertSqlSafe(statement));
        let rows = bind!(statement, query, query.limit, time);
        all.extend(rows.fetch_all(&mut *connection).await.map_err(store_error)?);
    }
    Ok(first(all, query.limit, |row: &LeftRow| row.id))
}

/// The rows of one state that a query wants. The state is written out, since an index with a condition is taken only where
/// the statement is known to keep to it.
fn wanted(state: DeliveryState, more: &str) -> String {
    format!(
        "WHERE d.state = '{state}' AND {more} AND d.id > $4 AND ($5::text IS NULL OR d.account = $5) \
         AND ($6::text IS NULL OR s.form = $6) AND ($7::bigint IS NULL OR s.received_at <= t.now - $7) \
         AND ($8::text IS NULL OR {REASON} = $8 OR starts_with({REASON}, $8 || ':')) ORDER BY d.id LIMIT $9"
    )
}

/// Everything that is told of a delivery.
pub(super) async fn detail(
    connection: &mut PgConnection,
    receipt: &Receipt,
    accounts: &KnownAccounts,
    time: &Time,
) -> Result<Option<DeliveryDetail>, StoreError> {
    let row: Option<SummaryRow> = sqlx::query_as(select("WHERE s.receipt = $4"))
        .bind(time.given())
        .bind(&accounts.known)
        .bind(&accounts.disabled)
        .bind(receipt.as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(store_error)?;
    let Some(row) = row else { return Ok(None) };
    let summary = row.view()?;
    let rest: RestRow = sqlx::query_as(
        "SELECT s.form_version, d.erased_at, d.fields_json FROM deliveries d JOIN submissions s ON s.id = d.id \
         WHERE d.id = $1",
    )
    .bind(summary.delivery.get())
    .fetch_one(&mut *connection)
    .await
    .map_err(store_error)?;
    let attempts: Vec<AttemptRow> = sqlx::query_as(
        "SELECT number, state, why, status, request_digest, started_at, ended_at FROM attempts WHERE delivery = $1 \
         ORDER BY number",
    )
    .bind(summary.delivery.get())
    .fetch_all(&mut *connection)
    .await
    .map_err(store_error)?;
    let query = AuditQuery { receipt: Some(receipt.clone()), limit: PAGE_MAX, ..AuditQuery::default() };
    let audit = audit::list(connection, &query).await?;
    rest.detail(summary, attempts, audit).map(Some)
}

/// How many deliveries have not reached their partner, by account and state.
pub(super) async fn open_counts(connection: &mut PgConnection) -> Result<Vec<OpenCount>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT textsend(account), 'waiting', count(*), 0::bigint FROM deliveries WHERE state = 'waiting' GROUP BY account \
         UNION ALL SELECT textsend(account), 'leased', count(*), 0::bigint FROM deliveries WHERE state = 'leased' GROUP BY account \
         UNION ALL SELECT textsend(account), state, count(*), count(*) FILTER (WHERE reason LIKE 'robot:%') FROM deliveries \
         WHERE state IN ('held', 'dead_letter', 'merged') GROUP BY account, state",
    )
    .fetch_all(connection)
    .await
    .map_err(store_error)?;
    counts(rows)
}
