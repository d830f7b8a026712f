//! Access tokens and consents on PostgreSQL.
//!
//! Apart from the outbox: other tables, other fences. Moments come and go by the caller's clock and are kept by the
//! database's, so that a replica whose clock is wrong neither takes a lease early nor waits an hour too long.

use async_trait::async_trait;
use sqlx::{Connection as _, PgConnection};

use crate::clock::Timestamp;
use crate::store::postgres::time::{Time, at};
use crate::store::postgres::{PostgresStore, commit, storable, store_error, to_u32};
use crate::store::{Fence, StoreError, TokenLease, TokenRow, TokenSetback, TokenState, TokenStore};

/// Most consents of one account that are waited for: whoever opens the page again and again drives out his own oldest.
const CONSENTS_MAX: i64 = 100;
/// How much longer than the lease that is asked for another one may last before the clock counts as set back.
const STEP_BACK_MIN_MS: i64 = 60_000;

#[async_trait]
impl TokenStore for PostgresStore {
    async fn token_row(&self, account: &str) -> Result<Option<TokenRow>, StoreError> {
        let with = (account.to_owned(), self.time.clone(), self.clock.now());
        self.sessions
            .read(with, |conn, (account, time, here)| Box::pin(row(conn, account, time, *here)))
            .await
    }

    async fn lease_token(
        &self,
        account: &str,
        seen: Fence,
        lease_until: Timestamp,
    ) -> Result<TokenLease, StoreError> {
        let with = (account.to_owned(), self.owner.clone(), self.time.clone(), self.clock.now());
        self.sessions
            .write(with, move |conn, (account, owner, time, here)| {
                Box::pin(lease(conn, (account, seen), owner, time, (*here, lease_until)))
            })
            .await
    }

    async fn save_token(
        &self,
        account: &str,
        seen_generation: i64,
        sealed: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let with = (account.to_owned(), sealed, self.time.clone());
        self.sessions
            .write(with, move |conn, (account, sealed, time)| {
                Box::pin(save(conn, account, seen_generation, sealed, time))
            })
            .await
    }

    async fn note_setback(
        &self,
        account: &str,
        fence: Fence,
        setback: TokenSetback,
    ) -> Result<Option<u32>, StoreError> {
        let with = (account.to_owned(), setback, self.time.clone(), self.clock.now());
        self.sessions
            .write(with, move |conn, (account, setback, time, here)| {
                Box::pin(note(conn, (account, fence), setback, time, *here))
            })
            .await
    }

    async fn clear_token(&self, account: &str) -> Result<bool, StoreError> {
        let with = (account.to_owned(), self.time.clone());
        self.sessions.write(with, |conn, (account, time)| Box::pin(clear(conn, account, time))).await
    }

    async fn add_consent(
        &self,
        state_hash: [u8; 32],
        account: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let wait = expires_at.as_ms().saturating_sub(self.clock.now().as_ms());
        let with = (account.to_owned(), self.time.clone());
        self.sessions
            .write(with, move |conn, (account, time)| {
                Box::pin(add_consent(conn, state_hash, account, wait, time))
            })
            .await
    }

    async fn take_consent(&self, state_hash: [u8; 32]) -> Result<Option<String>, StoreError> {
        let time = self.time.clone();
        self.sessions.write(time, move |conn, time| Box::pin(take_consent(conn, state_hash, time))).await
    }
}

#[derive(sqlx::FromRow)]
struct Columns {
    generation: i64,
    sealed: Option<Vec<u8>>,
    fence: i64,
    state: String,
    reason: Option<String>,
    failures: i64,
    /// Milliseconds from now.
    retry_in: Option<i64>,
    client: Option<Vec<u8>>,
    /// Milliseconds from now.
    changed_in: i64,
}

async fn row(
    connection: &mut PgConnection,
    account: &str,
    time: &Time,
    here: Timestamp,
) -> Result<Option<TokenRow>, StoreError> {
    let columns: Option<Columns> = sqlx::query_as(at!(
        "SELECT a.generation, a.sealed, a.fence, a.state, a.reason, a.failures, a.retry_at - t.now AS retry_in, \
         a.client, a.changed_at - t.now AS changed_in FROM account_tokens a, t WHERE a.account = $2"
    ))
    .bind(time.given())
    .bind(account)
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    columns.map(|columns| read_row(columns, here)).transpose()
}

fn read_row(columns: Columns, here: Timestamp) -> Result<TokenRow, StoreError> {
    let moment = |ms: i64| Timestamp::from_ms(here.as_ms().saturating_add(ms));
    Ok(TokenRow {
        generation: columns.generation,
        fence: Fence(columns.fence),
        sealed: columns.sealed,
        state: match columns.state.as_str() {
            "good" => TokenState::Good,
            "refused" => TokenState::Refused,
            _ => return Err(StoreError::Corrupt("account_tokens.state")),
        },
        reason: columns.reason,
        failures: to_u32(columns.failures, "account_tokens.failures")?,
        retry_at: columns.retry_in.map(moment),
        client: columns.client,
        changed_at: moment(columns.changed_in),
    })
}

async fn lease(
    connection: &mut PgConnection,
    (account, seen): (&str, Fence),
    owner: &str,
    time: &Time,
    (here, lease_until): (Timestamp, Timestamp),
) -> Result<TokenLease, StoreError> {
    let lasts = lease_until.as_ms().saturating_sub(here.as_ms());
    let mut transaction = connection.begin().await.map_err(store_error)?;
    sqlx::query(at!(
        "INSERT INTO account_tokens (account, changed_at) SELECT $2, now FROM t ON CONFLICT DO NOTHING"
    ))
    .bind(time.given())
    .bind(account)
    .execute(&mut *transaction)
    .await
    .map_err(store_error)?;
    let (fence, left): (i64, Option<i64>) = sqlx::query_as(at!(
        "SELECT a.fence, a.lease_until - t.now FROM account_tokens a, t WHERE a.account = $2 FOR UPDATE OF a"
    ))
    .bind(time.given())
    .bind(account)
    .fetch_one(&mut *transaction)
    .await
    .map_err(store_error)?;
    // One that lasts too long was given by a clock that has been set back since.
    let longest = lasts.saturating_add(STEP_BACK_MIN_MS);
    let leased = if let Some(left) = left.filter(|left| *left > 0 && *left <= longest) {
        TokenLease::Busy { until: Timestamp::from_ms(here.as_ms().saturating_add(left)) }
    } else if fence != seen.0 {
        TokenLease::Newer
    } else {
        sqlx::query(at!(
            "UPDATE account_tokens a SET fence = a.fence + 1, lease_owner = $3, lease_until = t.now + $4 FROM t \
             WHERE a.account = $2"
        ))
        .bind(time.given())
        .bind(account)
        .bind(owner)
        .bind(lasts)
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
        TokenLease::Granted(Fence(fence + 1))
    };
    commit(transaction).await?;
    Ok(leased)
}

async fn save(
    connection: &mut PgConnection,
    account: &str,
    seen_generation: i64,
    sealed: &[u8],
    time: &Time,
) -> Result<bool, StoreError> {
    let updated = sqlx::query(at!(
        "UPDATE account_tokens a SET generation = a.generation + 1, sealed = $4, fence = a.fence + 1, \
         lease_owner = NULL, lease_until = NULL, state = 'good', reason = NULL, failures = 0, retry_at = NULL, \
         client = NULL, changed_at = t.now FROM t WHERE a.account = $2 AND a.generation = $3"
    ))
    .bind(time.given())
    .bind(account)
    .bind(seen_generation)
    .bind(sealed)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    if updated.rows_affected() > 0 || seen_generation != 0 {
        return Ok(updated.rows_affected() > 0);
    }
    let inserted = sqlx::query(at!(
        "INSERT INTO account_tokens (account, generation, sealed, fence, changed_at) SELECT $2, 1, $3, 1, now FROM t \
         ON CONFLICT DO NOTHING"
    ))
    .bind(time.given())
    .bind(account)
    .bind(sealed)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(inserted.rows_affected() > 0)
}

async fn note(
    connection: &mut PgConnection,
    (account, fence): (&str, Fence),
    setback: &TokenSetback,
    time: &Time,
    here: Timestamp,
) -> Result<Option<u32>, StoreError> {
    let state = match setback.state {
        TokenState::Good => "good",
        TokenState::Refused => "refused",
    };
    let retry_in = setback.retry_at.map(|at| at.as_ms().saturating_sub(here.as_ms()));
    let noted: Option<(i64,)> = sqlx::query_as(at!(
        "UPDATE account_tokens a SET fence = a.fence + 1, lease_owner = NULL, lease_until = NULL, state = $4, \
         reason = $5, failures = a.failures + 1, retry_at = t.now + $6, client = $7, changed_at = t.now FROM t \
         WHERE a.account = $2 AND a.fence = $3 RETURNING a.failures"
    ))
    .bind(time.given())
    .bind(account)
    .bind(fence.0)
    .bind(state)
    .bind(storable(&setback.reason))
    .bind(retry_in)
    .bind(&setback.client)
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    noted.map(|(failures,)| to_u32(failures, "account_tokens.failures")).transpose()
}

async fn clear(connection: &mut PgConnection, account: &str, time: &Time) -> Result<bool, StoreError> {
    let cleared = sqlx::query(at!(
        "UPDATE account_tokens a SET generation = a.generation + 1, sealed = NULL, fence = a.fence + 1, \
         lease_owner = NULL, lease_until = NULL, state = 'good', reason = NULL, failures = 0, retry_at = NULL, \
         client = NULL, changed_at = t.now FROM t WHERE a.account = $2"
    ))
    .bind(time.given())
    .bind(account)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(cleared.rows_affected() > 0)
}

async fn add_consent(
    connection: &mut PgConnection,
    state_hash: [u8; 32],
    account: &str,
    lasts: i64,
    time: &Time,
) -> Result<(), StoreError> {
    sqlx::query(at!(
        ", old AS (DELETE FROM consents c USING t WHERE c.expires_at <= t.now OR c.state_hash IN \
         (SELECT state_hash FROM consents WHERE account = $3 ORDER BY expires_at DESC OFFSET $5)) \
         INSERT INTO consents (state_hash, account, expires_at) SELECT $2, $3, t.now + $4 FROM t"
    ))
    .bind(time.given())
    .bind(state_hash.as_slice())
    .bind(account)
    .bind(lasts)
    .bind(CONSENTS_MAX - 1)
    .execute(connection)
    .await
    .map(drop)
    .map_err(store_error)
}

async fn take_consent(
    connection: &mut PgConnection,
    state_hash: [u8; 32],
    time: &Time,
) -> Result<Option<String>, StoreError> {
    let taken: Option<(String, bool)> = sqlx::query_as(at!(
        "DELETE FROM consents c USING t WHERE c.state_hash = $2 RETURNING c.account, c.expires_at > t.now"
    ))
    .bind(time.given())
    .bind(state_hash.as_slice())
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    Ok(taken.filter(|(_, is_in_time)| *is_in_time).map(|(account, _)| account))
}
