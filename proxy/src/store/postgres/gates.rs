//! The row of each account's gate: read, locked, written, and nothing decided.
//!
//! Apart because claims, endings and operators write the same row, from several replicas.

use sqlx::{Connection as _, PgConnection};

use crate::clock::Timestamp;
use crate::store::gate::STEP_BACK_MIN;
use crate::store::postgres::time::{Time, at, wait_ms};
use crate::store::postgres::{commit, store_error, to_u32};
use crate::store::{Closed, Ending, FlowRule, Gate, GateCause, GateChange, GateView, StoreError};

/// The columns of a gate, and what time it is.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    account: String,
    cause: Option<String>,
    reason: Option<String>,
    since: Option<i64>,
    probe_at: Option<i64>,
    /// NULL with everything else where there is no row yet.
    failures: Option<i64>,
    flow_us: Option<i64>,
    wait_until: Option<i64>,
    changed_at: Option<i64>,
    now: i64,
}

impl Row {
    /// What time the database says it is.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now)
    }

    /// The gate; an open one where there is no row.
    pub(super) fn view(self) -> Result<GateView, StoreError> {
        let open = Gate::default();
        let closed = match self.cause {
            None => None,
            Some(cause) => Some(Closed {
                cause: GateCause::parse(&cause).ok_or(StoreError::Corrupt("account_gates.cause"))?,
                reason: self.reason.unwrap_or_default(),
                since: Timestamp::from_ms(self.since.unwrap_or_default()),
                probe_at: Timestamp::from_ms(self.probe_at.unwrap_or_default()),
            }),
        };
        let gate = Gate {
            closed,
            failures: to_u32(self.failures.unwrap_or_default(), "account_gates.failures")?,
            flow_us: self.flow_us.unwrap_or(open.flow_us),
            wait_until: self.wait_until.map_or(open.wait_until, Timestamp::from_ms),
        };
        let written_at = Timestamp::from_ms(self.changed_at.unwrap_or_default());
        Ok(GateView { account: self.account, gate: gate.as_of(written_at, Timestamp::from_ms(self.now)) })
    }
}

/// Those that are shut.
pub(super) async fn shut(connection: &mut PgConnection, time: &Time) -> Result<Vec<GateView>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(at!("SELECT g.*, t.now FROM account_gates g, t ORDER BY g.account"))
        .bind(time.given())
        .fetch_all(connection)
        .await
        .map_err(store_error)?;
    let views = rows.into_iter().map(|row| {
        let now = row.now();
        row.view().map(|view| view.gate.is_shut(now).then_some(view))
    });
    views.filter_map(Result::transpose).collect()
}

/// Those of these accounts for which something is due; nothing is locked. One row of each is looked for in the index's order:
/// a semi-join may be planned as a look through everything that waits, and this is asked with every turn of the worker.
pub(super) async fn with_due(
    connection: &mut PgConnection,
    accounts: &[String],
    time: &Time,
) -> Result<Vec<Row>, StoreError> {
    sqlx::query_as(at!(
        "SELECT a.account, g.cause, g.reason, g.since, g.probe_at, g.failures, g.flow_us, g.wait_until, g.changed_at, t.now \
         FROM unnest($2::text[]) a (account) CROSS JOIN t LEFT JOIN account_gates g ON g.account = a.account \
         CROSS JOIN LATERAL (SELECT d.id FROM deliveries d WHERE d.state = 'waiting' AND d.account = a.account \
         AND d.due_at <= t.now ORDER BY d.due_at, d.id LIMIT 1) due"
    ))
    .bind(time.given())
    .bind(accounts)
    .fetch_all(connection)
    .await
    .map_err(store_error)
}

/// Locks the gates of these accounts until the transaction ends, in one order everywhere; makes those that are not there.
pub(super) async fn lock(
    connection: &mut PgConnection,
    accounts: &[String],
    time: &Time,
) -> Result<Vec<Row>, StoreError> {
    for _ in 0..2 {
        let rows: Vec<Row> = sqlx::query_as(at!(
            "SELECT g.*, t.now FROM account_gates g, t WHERE g.account = ANY($2::text[]) ORDER BY g.account \
             FOR UPDATE OF g"
        ))
        .bind(time.given())
        .bind(accounts)
        .fetch_all(&mut *connection)
        .await
        .map_err(store_error)?;
        if rows.len() >= accounts.len() {
            return Ok(rows);
        }
        make(connection, accounts).await?;
    }
    Err(StoreError::Corrupt("account_gates"))
}

async fn make(connection: &mut PgConnection, accounts: &[String]) -> Result<(), StoreError> {
    let open = Gate::default();
    sqlx::query(
        "INSERT INTO account_gates (account, flow_us, wait_until) SELECT a, $2, $3 FROM unnest($1::text[]) a \
         ORDER BY a ON CONFLICT DO NOTHING",
    )
    .bind(accounts)
    .bind(open.flow_us)
    .bind(open.wait_until.as_ms())
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}

/// Writes a gate that is locked.
pub(super) async fn write(
    connection: &mut PgConnection,
    account: &str,
    gate: &Gate,
    now: Timestamp,
) -> Result<(), StoreError> {
    let closed = gate.closed.as_ref();
    sqlx::query(
        "UPDATE account_gates SET cause = $2, reason = $3, since = $4, probe_at = $5, failures = $6, flow_us = $7, \
         wait_until = $8, changed_at = $9 WHERE account = $1",
    )
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

/// Notes what an attempt says of its account. `seen` is the gate as it was read without a lock: most endings change
/// nothing of it, and those shall not wait for each other.
pub(super) async fn note(
    connection: &mut PgConnection,
    seen: Row,
    ending: &Ending,
    flow: &FlowRule,
    time: &Time,
) -> Result<GateChange, StoreError> {
    let now = seen.now();
    let GateView { account, gate: before } = seen.view()?;
    let mut gate = before.clone();
    let change = gate.note(ending.verdict, &ending.why, flow, now);
    if gate == before {
        return Ok(change);
    }
    let Some(row) = lock(connection, std::slice::from_ref(&account), time).await?.pop() else {
        return Err(StoreError::Corrupt("account_gates"));
    };
    let now = row.now();
    let before = row.view()?.gate;
    let mut gate = before.clone();
    let change = gate.note(ending.verdict, &ending.why, flow, now);
    if gate != before {
        write(connection, &account, &gate, now).await?;
    }
    Ok(change)
}

/// Closes it for an operator.
pub(super) async fn stop(
    connection: &mut PgConnection,
    account: &str,
    reason: &str,
    time: &Time,
) -> Result<bool, StoreError> {
    change(connection, &[account.to_owned()], time, |gate, now| {
        let is_new = !matches!(gate.closed, Some(Closed { cause: GateCause::Stopped, .. }));
        if is_new {
            gate.stop(reason, now);
        }
        is_new
    })
    .await
    .map(|changed| changed > 0)
}

/// Writes anew what was written before the clock was set back, as it stands now.
pub(super) async fn shift_after_step_back(
    connection: &mut PgConnection,
    time: &Time,
) -> Result<(), StoreError> {
    let late: Vec<(String,)> =
        sqlx::query_as(at!("SELECT account FROM account_gates g, t WHERE g.changed_at > t.now + $2"))
            .bind(time.given())
            .bind(wait_ms(STEP_BACK_MIN))
            .fetch_all(&mut *connection)
            .await
            .map_err(store_error)?;
    let accounts: Vec<String> = late.into_iter().map(|(account,)| account).collect();
    change(connection, &accounts, time, |_, _| true).await.map(drop)
}

/// Opens those that no operator has stopped.
pub(super) async fn resume_all(connection: &mut PgConnection, time: &Time) -> Result<u64, StoreError> {
    let accounts: Vec<String> = shut(connection, time).await?.into_iter().map(|view| view.account).collect();
    change(connection, &accounts, time, |gate, _| {
        let opens = matches!(gate.closed, Some(Closed { cause: GateCause::Broken | GateCause::Paused, .. }));
        if opens {
            gate.open();
        }
        opens
    })
    .await
}

/// Opens one, whatever keeps it shut.
pub(super) async fn resume(
    connection: &mut PgConnection,
    account: &str,
    time: &Time,
) -> Result<bool, StoreError> {
    change(connection, &[account.to_owned()], time, Gate::resume).await.map(|changed| changed > 0)
}

/// Changes gates under their locks; how many the change was for.
async fn change(
    connection: &mut PgConnection,
    accounts: &[String],
    time: &Time,
    mut change: impl FnMut(&mut Gate, Timestamp) -> bool,
) -> Result<u64, StoreError> {
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let mut changed = 0;
    for row in lock(&mut transaction, accounts, time).await? {
        let now = row.now();
        let GateView { account, mut gate } = row.view()?;
        if change(&mut gate, now) {
            write(&mut transaction, &account, &gate, now).await?;
            changed += 1;
        }
    }
    commit(transaction).await?;
    Ok(changed)
}
