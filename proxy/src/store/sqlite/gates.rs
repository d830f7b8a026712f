//! The row of each account's gate: read, written, and nothing decided.
//!
//! Apart because claims, endings and operators write the same row.

use sqlx::{SqliteConnection, SqliteExecutor};

use crate::clock::Timestamp;
use crate::store::gate::STEP_BACK_MIN;
use crate::store::sqlite::{store_error, to_u32};
use crate::store::{Closed, Ending, FlowRule, Gate, GateCause, GateChange, GateView, StoreError};

type Row = (String, Option<String>, Option<String>, Option<i64>, Option<i64>, i64, i64, i64, i64);

const COLUMNS: &str = "account, cause, reason, since, probe_at, failures, flow_us, wait_until, changed_at";

/// Every gate that was ever written.
pub(super) async fn all(
    connection: impl SqliteExecutor<'_>,
    now: Timestamp,
) -> Result<Vec<GateView>, StoreError> {
    let select = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM account_gates ORDER BY account"));
    let rows: Vec<Row> = sqlx::query_as(select).fetch_all(connection).await.map_err(store_error)?;
    rows.into_iter().map(|row| view(row, now)).collect()
}

/// The gate of an account; an open one where there is no row.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    account: &str,
    now: Timestamp,
) -> Result<Gate, StoreError> {
    let select = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM account_gates WHERE account = ?"));
    let row: Option<Row> =
        sqlx::query_as(select).bind(account).fetch_optional(connection).await.map_err(store_error)?;
    row.map_or_else(|| Ok(Gate::default()), |row| view(row, now).map(|view| view.gate))
}

/// Writes the gate of an account.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    account: &str,
    gate: &Gate,
    now: Timestamp,
) -> Result<(), StoreError> {
    let closed = gate.closed.as_ref();
    let replace = sqlx::AssertSqlSafe(format!(
        "INSERT OR REPLACE INTO account_gates ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ));
    sqlx::query(replace)
        .bind(account)
        .bind(closed.map(|closed| closed.cause.as_str()))
        .bind(closed.map(|closed| closed.reason.as_str()))
        .bind(closed.map(|closed| closed.since.as_ms()))
        .bind(closed.map(|closed| closed.probe_at.as_ms()))
        .bind(i64::from(gate.failures))
        .bind(gate.flow_us)
        .bind(gate.wait_until.as_ms())
        .bind(now.as_ms())
        .execute(connection)
        .await
        .map_err(store_error)?;
    Ok(())
}

/// Notes what an attempt says of its account.
pub(super) async fn note(
    connection: &mut SqliteConnection,
    account: &str,
    ending: &Ending,
    flow: &FlowRule,
    now: Timestamp,
) -> Result<GateChange, StoreError> {
    let before = read(connection, account, now).await?;
    let mut gate = before.clone();
    let change = gate.note(ending.verdict, &ending.why, flow, now);
    if gate != before {
        write(connection, account, &gate, now).await?;
    }
    Ok(change)
}

/// Closes it for an operator.
pub(super) async fn stop(
    connection: &mut SqliteConnection,
    account: String,
    reason: String,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut gate = read(connection, &account, now).await?;
    if matches!(gate.closed, Some(Closed { cause: GateCause::Stopped, .. })) {
        return Ok(false);
    }
    gate.stop(&reason, now);
    write(connection, &account, &gate, now).await?;
    Ok(true)
}

/// Writes anew what was written before the clock was set back, as it stands now.
pub(super) async fn shift_after_step_back(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<(), StoreError> {
    let late: Vec<(String,)> = sqlx::query_as("SELECT account FROM account_gates WHERE changed_at > ?")
        .bind(now.after(STEP_BACK_MIN).as_ms())
        .fetch_all(&mut *connection)
        .await
        .map_err(store_error)?;
    for (account,) in late {
        let gate = read(connection, &account, now).await?;
        write(connection, &account, &gate, now).await?;
    }
    Ok(())
}

/// Opens those that no operator has stopped.
pub(super) async fn resume_all(connection: &mut SqliteConnection, now: Timestamp) -> Result<u64, StoreError> {
    let mut opened = 0;
    for GateView { account, mut gate } in all(&mut *connection, now).await? {
        if matches!(gate.closed, Some(Closed { cause: GateCause::Broken | GateCause::Paused, .. })) {
            gate.open();
            write(connection, &account, &gate, now).await?;
            opened += 1;
        }
    }
    Ok(opened)
}

/// Opens one, whatever keeps it shut.
pub(super) async fn resume(
    connection: &mut SqliteConnection,
    account: String,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut gate = read(connection, &account, now).await?;
    if !gate.resume(now) {
        return Ok(false);
    }
    write(connection, &account, &gate, now).await?;
    Ok(true)
}

fn view(row: Row, now: Timestamp) -> Result<GateView, StoreError> {
    let (account, cause, reason, since, probe_at, failures, flow_us, wait_until, changed_at) = row;
    let closed = match cause {
        None => None,
        Some(cause) => Some(Closed {
            cause: GateCause::parse(&cause).ok_or(StoreError::Corrupt("account_gates.cause"))?,
            reason: reason.unwrap_or_default(),
            since: Timestamp::from_ms(since.unwrap_or_default()),
            probe_at: Timestamp::from_ms(probe_at.unwrap_or_default()),
        }),
    };
    let failures = to_u32(failures, "account_gates.failures")?;
    let wait_until = Timestamp::from_ms(wait_until);
    let gate = Gate { closed, failures, flow_us, wait_until };
    Ok(GateView { account, gate: gate.as_of(Timestamp::from_ms(changed_at), now) })
}
