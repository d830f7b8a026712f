//! Access tokens and consents on SQLite, through the one writer.
//!
//! Apart from the outbox: other tables, other fences.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqlitePool};

use crate::clock::Timestamp;
use crate::store::sqlite::{SqliteStore, store_error, to_u32};
use crate::store::{Fence, StoreError, TokenLease, TokenRow, TokenSetback, TokenState, TokenStore};

/// Most consents of one account that are waited for: whoever opens the page again and again drives out his own oldest.
const CONSENTS_MAX: i64 = 100;
/// How much later than the lease that is asked for another one may end before the clock counts as set back.
const STEP_BACK_MIN: Duration = Duration::from_secs(60);

#[async_trait]
impl TokenStore for SqliteStore {
    async fn token_row(&self, account: &str) -> Result<Option<TokenRow>, StoreError> {
        row(&self.readers, account).await
    }

    async fn lease_token(
        &self,
        account: &str,
        seen: Fence,
        lease_until: Timestamp,
    ) -> Result<TokenLease, StoreError> {
        let (account, owner, now) = (account.to_owned(), self.owner.clone(), self.clock.now());
        self.writer.write(move |conn| Box::pin(lease(conn, account, seen, owner, now, lease_until))).await
    }

    async fn save_token(
        &self,
        account: &str,
        seen_generation: i64,
        sealed: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let (account, now) = (account.to_owned(), self.clock.now());
        self.writer.write(move |conn| Box::pin(save(conn, account, seen_generation, sealed, now))).await
    }

    async fn note_setback(
        &self,
        account: &str,
        fence: Fence,
        setback: TokenSetback,
    ) -> Result<Option<u32>, StoreError> {
        let (account, now) = (account.to_owned(), self.clock.now());
        self.writer.write(move |conn| Box::pin(note(conn, account, fence, setback, now))).await
    }

    async fn clear_token(&self, account: &str) -> Result<bool, StoreError> {
        let (account, now) = (account.to_owned(), self.clock.now());
        self.writer.write(move |conn| Box::pin(clear(conn, account, now))).await
    }

    async fn add_consent(
        &self,
        state_hash: [u8; 32],
        account: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let (account, now) = (account.to_owned(), self.clock.now());
        self.writer.write(move |conn| Box::pin(add_consent(conn, state_hash, account, expires_at, now))).await
    }

    async fn take_consent(&self, state_hash: [u8; 32]) -> Result<Option<String>, StoreError> {
        let now = self.clock.now();
        self.writer.write(move |conn| Box::pin(take_consent(conn, state_hash, now))).await
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
    retry_at: Option<i64>,
    client: Option<Vec<u8>>,
    changed_at: i64,
}

async fn row(readers: &SqlitePool, account: &str) -> Result<Option<TokenRow>, StoreError> {
    let columns: Option<Columns> = sqlx::query_as(
        "SELECT generation, sealed, fence, state, reason, failures, retry_at, client, changed_at \
         FROM account_tokens WHERE account = ?",
    )
    .bind(account)
    .fetch_optional(readers)
    .await
    .map_err(store_error)?;
    columns.map(read_row).transpose()
}

fn read_row(columns: Columns) -> Result<TokenRow, StoreError> {
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
        retry_at: columns.retry_at.map(Timestamp::from_ms),
        client: columns.client,
        changed_at: Timestamp::from_ms(columns.changed_at),
    })
}

async fn lease(
    connection: &mut SqliteConnection,
    account: String,
    seen: Fence,
    owner: String,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<TokenLease, StoreError> {
    sqlx::query("INSERT INTO account_tokens (account, changed_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(&account)
        .bind(now.as_ms())
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    // Whoever leased it before this process began is dead: the store has one process at a time.
    let (fence, until): (i64, Option<i64>) = sqlx::query_as(
        "SELECT fence, CASE WHEN lease_owner = ? THEN lease_until END FROM account_tokens WHERE account = ?",
    )
    .bind(&owner)
    .bind(&account)
    .fetch_one(&mut *connection)
    .await
    .map_err(store_error)?;
    // One that ends too far ahead was given by a clock that has been set back since.
    let latest = lease_until.after(STEP_BACK_MIN);
    if let Some(until) = until.map(Timestamp::from_ms).filter(|until| *until > now && *until <= latest) {
        return Ok(TokenLease::Busy { until });
    }
    if fence != seen.0 {
        return Ok(TokenLease::Newer);
    }
    sqlx::query(
        "UPDATE account_tokens SET fence = fence + 1, lease_owner = ?, lease_until = ? WHERE account = ?",
    )
    .bind(owner)
    .bind(lease_until.as_ms())
    .bind(account)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(TokenLease::Granted(Fence(fence + 1)))
}

async fn save(
    connection: &mut SqliteConnection,
    account: String,
    seen_generation: i64,
    sealed: Vec<u8>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let updated = sqlx::query(
        "UPDATE account_tokens SET generation = generation + 1, sealed = ?, fence = fence + 1, lease_owner = NULL, \
         lease_until = NULL, state = 'good', reason = NULL, failures = 0, retry_at = NULL, client = NULL, \
         changed_at = ? WHERE account = ? AND generation = ?",
    )
    .bind(&sealed)
    .bind(now.as_ms())
    .bind(&account)
    .bind(seen_generation)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    if updated.rows_affected() > 0 || seen_generation != 0 {
        return Ok(updated.rows_affected() > 0);
    }
    let inserted = sqlx::query(
        "INSERT INTO account_tokens (account, generation, sealed, fence, changed_at) VALUES (?, 1, ?, 1, ?) \
         ON CONFLICT DO NOTHING",
    )
    .bind(account)
    .bind(sealed)
    .bind(now.as_ms())
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(inserted.rows_affected() > 0)
}

async fn note(
    connection: &mut SqliteConnection,
    account: String,
    fence: Fence,
    setback: TokenSetback,
    now: Timestamp,
) -> Result<Option<u32>, StoreError> {
    let state = match setback.state {
        TokenState::Good => "good",
        TokenState::Refused => "refused",
    };
    let noted: Option<(i64,)> = sqlx::query_as(
        "UPDATE account_tokens SET fence = fence + 1, lease_owner = NULL, lease_until = NULL, state = ?, reason = ?, \
         failures = failures + 1, retry_at = ?, client = ?, changed_at = ? WHERE account = ? AND fence = ? \
         RETURNING failures",
    )
    .bind(state)
    .bind(setback.reason)
    .bind(setback.retry_at.map(Timestamp::as_ms))
    .bind(setback.client)
    .bind(now.as_ms())
    .bind(account)
    .bind(fence.0)
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    noted.map(|(failures,)| to_u32(failures, "account_tokens.failures")).transpose()
}

async fn clear(
    connection: &mut SqliteConnection,
    account: String,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let cleared = sqlx::query(
        "UPDATE account_tokens SET generation = generation + 1, sealed = NULL, fence = fence + 1, lease_owner = NULL, \
         lease_until = NULL, state = 'good', reason = NULL, failures = 0, retry_at = NULL, client = NULL, \
         changed_at = ? WHERE account = ?",
    )
    .bind(now.as_ms())
    .bind(account)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(cleared.rows_affected() > 0)
}

async fn add_consent(
    connection: &mut SqliteConnection,
    state_hash: [u8; 32],
    account: String,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM consents WHERE expires_at <= ?")
        .bind(now.as_ms())
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    sqlx::query(
        "DELETE FROM consents WHERE state_hash IN (SELECT state_hash FROM consents WHERE account = ? \
         ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
    )
    .bind(&account)
    .bind(CONSENTS_MAX - 1)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    sqlx::query("INSERT INTO consents (state_hash, account, expires_at) VALUES (?, ?, ?)")
        .bind(state_hash.as_slice())
        .bind(account)
        .bind(expires_at.as_ms())
        .execute(connection)
        .await
        .map_err(store_error)?;
    Ok(())
}

async fn take_consent(
    connection: &mut SqliteConnection,
    state_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let taken: Option<(String, i64)> =
        sqlx::query_as("DELETE FROM consents WHERE state_hash = ? RETURNING account, expires_at")
            .bind(state_hash.as_slice())
            .fetch_optional(connection)
            .await
            .map_err(store_error)?;
    Ok(taken.filter(|(_, expires_at)| Timestamp::from_ms(*expires_at) > now).map(|(account, _)| account))
}
