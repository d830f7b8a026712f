//! Wrapped secrets and keys on PostgreSQL, and erasing.
//!
//! Apart from the outbox, whose rows it changes only where nobody works on them. What is erased leaves the row at once; the
//! row's earlier version lies in the files, in the log and in backups until PostgreSQL has no use for it (SECURITY.md).

use async_trait::async_trait;
use sqlx::{Connection as _, PgConnection};

use crate::clock::Timestamp;
use crate::ids::Receipt;
use crate::store::operator::rows::Deed;
use crate::store::operator::{AuditAction, AuditNote};
use crate::store::postgres::operator::audit;
use crate::store::postgres::time::{Time, at, wait_ms};
use crate::store::postgres::{PostgresStore, commit, followers, store_error, to_u32};
use crate::store::{
    Erased, KeyCount, KeyStore, Retention, Rewrapped, SealedLead, SealedToken, StoreError, StoredSecret,
    StoredSubmission, WrappedKey, WrappedPage,
};

#[async_trait]
impl KeyStore for PostgresStore {
    async fn secret(&self, name: &str) -> Result<Option<StoredSecret>, StoreError> {
        self.sessions.read(name.to_owned(), |conn, name| Box::pin(secret(conn, name))).await
    }

    async fn keep_secret(&self, name: &str, kept: StoredSecret) -> Result<StoredSecret, StoreError> {
        let with = (name.to_owned(), kept);
        self.sessions.write(with, |conn, (name, kept)| Box::pin(keep_secret(conn, name, kept))).await
    }

    async fn rewrap_secret(
        &self,
        name: &str,
        was: StoredSecret,
        now: StoredSecret,
    ) -> Result<bool, StoreError> {
        let with = (name.to_owned(), was, now);
        self.sessions
            .write(with, |conn, (name, was, now)| Box::pin(rewrap_secret(conn, name, was, now)))
            .await
    }

    async fn key_counts(&self) -> Result<Vec<KeyCount>, StoreError> {
        self.sessions.read((), |conn, ()| Box::pin(key_counts(conn))).await
    }

    async fn wrapped_by_others(
        &self,
        active: &str,
        after: i64,
        length: u32,
    ) -> Result<WrappedPage, StoreError> {
        let end = after.saturating_add(length.into());
        self.sessions
            .read(active.to_owned(), move |conn, active| {
                Box::pin(wrapped_by_others(conn, active, after, end))
            })
            .await
    }

    async fn rewrap(&self, keys: Vec<Rewrapped>) -> Result<u64, StoreError> {
        self.sessions.write(keys, |conn, keys| Box::pin(rewrap(conn, keys))).await
    }

    async fn sealed_tokens(&self) -> Result<Vec<SealedToken>, StoreError> {
        self.sessions.read((), |conn, ()| Box::pin(sealed_tokens(conn))).await
    }

    async fn reseal_token(&self, was: SealedToken, sealed: Vec<u8>) -> Result<bool, StoreError> {
        let with = (was, sealed);
        self.sessions.write(with, |conn, (was, sealed)| Box::pin(reseal_token(conn, was, sealed))).await
    }

    async fn submission(&self, receipt: &Receipt) -> Result<Option<StoredSubmission>, StoreError> {
        self.sessions.read(receipt.to_string(), |conn, receipt| Box::pin(submission(conn, receipt))).await
    }

    async fn erase(&self, receipt: &Receipt, note: AuditNote) -> Result<Erased, StoreError> {
        let with = (receipt.to_string(), note, self.time.clone());
        self.sessions
            .write(with, |conn, (receipt, note, time)| Box::pin(erase(conn, receipt, note, time)))
            .await
    }

    async fn erase_old(&self, retention: Retention, limit: u32) -> Result<u64, StoreError> {
        let with = self.time.clone();
        self.sessions.write(with, move |conn, time| Box::pin(erase_old(conn, retention, limit, time))).await
    }

    /// Autovacuum's work.
    async fn scrub(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

async fn secret(connection: &mut PgConnection, name: &str) -> Result<Option<StoredSecret>, StoreError> {
    let row: Option<(String, Vec<u8>)> =
        sqlx::query_as("SELECT key_id, sealed FROM store_secrets WHERE name = $1")
            .bind(name)
            .fetch_optional(connection)
            .await
            .map_err(store_error)?;
    Ok(row.map(|(key_id, sealed)| StoredSecret { key_id, sealed }))
}

async fn keep_secret(
    connection: &mut PgConnection,
    name: &str,
    kept: &StoredSecret,
) -> Result<StoredSecret, StoreError> {
    sqlx::query(
        "INSERT INTO store_secrets (name, key_id, sealed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(name)
    .bind(&kept.key_id)
    .bind(&kept.sealed)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    secret(connection, name).await?.ok_or(StoreError::Corrupt("store_secrets.name"))
}

async fn rewrap_secret(
    connection: &mut PgConnection,
    name: &str,
    was: &StoredSecret,
    now: &StoredSecret,
) -> Result<bool, StoreError> {
    let written = sqlx::query(
        "UPDATE store_secrets SET key_id = $4, sealed = $5 WHERE name = $1 AND key_id = $2 AND sealed = $3",
    )
    .bind(name)
    .bind(&was.key_id)
    .bind(&was.sealed)
    .bind(&now.key_id)
    .bind(&now.sealed)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(written.rows_affected() > 0)
}

async fn key_counts(connection: &mut PgConnection) -> Result<Vec<KeyCount>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.key_id, count(*) FROM submissions s JOIN deliveries d ON d.id = s.id \
         WHERE d.erased_at IS NULL GROUP BY s.key_id ORDER BY s.key_id",
    )
    .fetch_all(connection)
    .await
    .map_err(store_error)?;
    let count = |(key_id, leads)| KeyCount { key_id, leads: u64::try_from(leads).unwrap_or(0) };
    Ok(rows.into_iter().map(count).collect())
}

type WrappedRow = (i64, String, String, String, String, Vec<u8>);

async fn wrapped_by_others(
    connection: &mut PgConnection,
    active: &str,
    after: i64,
    end: i64,
) -> Result<WrappedPage, StoreError> {
    let rows: Vec<WrappedRow> = sqlx::query_as(
        "SELECT s.id, s.receipt, s.form, s.account, s.key_id, s.data_key \
         FROM submissions s JOIN deliveries d ON d.id = s.id \
         WHERE s.id > $1 AND s.id <= $2 AND s.key_id <> $3 AND d.erased_at IS NULL ORDER BY s.id",
    )
    .bind(after)
    .bind(end)
    .bind(active)
    .fetch_all(&mut *connection)
    .await
    .map_err(store_error)?;
    let (last,): (Option<i64>,) =
        sqlx::query_as("SELECT max(id) FROM submissions").fetch_one(connection).await.map_err(store_error)?;
    let key = |(submission, receipt, form, account, key_id, data_key): WrappedRow| WrappedKey {
        submission,
        receipt,
        form,
        account,
        key_id,
        data_key,
    };
    let next = last.filter(|last| *last > end).map(|_| end);
    Ok(WrappedPage { keys: rows.into_iter().map(key).collect(), next })
}

async fn rewrap(connection: &mut PgConnection, keys: &[Rewrapped]) -> Result<u64, StoreError> {
    if keys.is_empty() {
        return Ok(0);
    }
    let column = |of: fn(&Rewrapped) -> &[u8]| keys.iter().map(of).collect::<Vec<_>>();
    let written = sqlx::query(
        "UPDATE submissions s SET key_id = n.key_id, data_key = n.data_key \
         FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::bytea[]) AS n (id, was, key_id, data_key) \
         WHERE s.id = n.id AND s.data_key = n.was",
    )
    .bind(keys.iter().map(|key| key.was.submission).collect::<Vec<_>>())
    .bind(column(|key| &key.was.data_key))
    .bind(keys.iter().map(|key| key.key_id.as_str()).collect::<Vec<_>>())
    .bind(column(|key| &key.data_key))
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(written.rows_affected())
}

async fn sealed_tokens(connection: &mut PgConnection) -> Result<Vec<SealedToken>, StoreError> {
    let rows: Vec<(String, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT account, generation, sealed FROM account_tokens WHERE sealed IS NOT NULL ORDER BY account",
    )
    .fetch_all(connection)
    .await
    .map_err(store_error)?;
    let token = |(account, generation, sealed)| SealedToken { account, generation, sealed };
    Ok(rows.into_iter().map(token).collect())
}

async fn reseal_token(
    connection: &mut PgConnection,
    was: &SealedToken,
    sealed: &[u8],
) -> Result<bool, StoreError> {
    let written = sqlx::query(
        "UPDATE account_tokens SET sealed = $4 WHERE account = $1 AND generation = $2 AND sealed = $3",
    )
    .bind(&was.account)
    .bind(was.generation)
    .bind(&was.sealed)
    .bind(sealed)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(written.rows_affected() > 0)
}

type SubmissionRow = (String, i64, String, String, i64, Option<i64>, String, Vec<u8>, Vec<u8>);

async fn submission(
    connection: &mut PgConnection,
    receipt: &str,
) -> Result<Option<StoredSubmission>, StoreError> {
    let row: Option<SubmissionRow> = sqlx::query_as(
        "SELECT s.form, s.form_version, s.locale, s.account, s.received_at, d.erased_at, s.key_id, s.data_key, \
         s.sealed FROM submissions s JOIN deliveries d ON d.id = s.id WHERE s.receipt = $1",
    )
    .bind(receipt)
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    let Some((form, form_version, locale, account, received_at, erased_at, key_id, data_key, sealed)) = row
    else {
        return Ok(None);
    };
    Ok(Some(StoredSubmission {
        form,
        form_version: to_u32(form_version, "submissions.form_version")?,
        locale,
        account,
        received_at: Timestamp::from_ms(received_at),
        erased_at: erased_at.map(Timestamp::from_ms),
        lead: SealedLead { key_id, data_key, sealed },
    }))
}

async fn erase(
    connection: &mut PgConnection,
    receipt: &str,
    note: &AuditNote,
    time: &Time,
) -> Result<Erased, StoreError> {
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let row: Option<(i64, String, String, bool)> = sqlx::query_as(
        "SELECT d.id, d.account, d.state, d.erased_at IS NOT NULL FROM submissions s JOIN deliveries d ON d.id = s.id \
         WHERE s.receipt = $1 FOR UPDATE OF d",
    )
    .bind(receipt)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(store_error)?;
    let erased = match row {
        None => Erased::Unknown,
        Some((.., true)) => Erased::Already,
        Some((.., state, false)) if state == "leased" => Erased::Sending,
        Some((id, account, state, false)) => {
            empty(&mut transaction, vec![id], "erased", time).await?;
            let deed = Deed {
                account: Some(&account),
                receipt: Some(receipt),
                was: Some(&state),
                ..Deed::of(AuditAction::Erase)
            };
            audit::write(&mut transaction, &deed, note, time).await?;
            Erased::Done
        }
    };
    commit(transaction).await?;
    Ok(erased)
}

async fn erase_old(
    connection: &mut PgConnection,
    retention: Retention,
    limit: u32,
    time: &Time,
) -> Result<u64, StoreError> {
    let mut transaction = connection.begin().await.map_err(store_error)?;
    let over: Vec<(i64,)> =
        sqlx::query_as(at!(", over AS (SELECT d.id FROM deliveries d WHERE d.erased_at IS NULL \
         AND d.state IN ('delivered', 'replaced', 'dropped') AND d.changed_at <= (SELECT now FROM t) - $2 \
         ORDER BY d.changed_at LIMIT $4 FOR UPDATE SKIP LOCKED), \
         dead AS (SELECT d.id FROM deliveries d WHERE $3::bigint IS NOT NULL AND d.erased_at IS NULL \
         AND d.state IN ('held', 'dead_letter', 'merged') AND d.changed_at <= (SELECT now FROM t) - $3 \
         ORDER BY d.id LIMIT $4 FOR UPDATE SKIP LOCKED) \
         SELECT id FROM over UNION ALL SELECT id FROM dead LIMIT $4"))
        .bind(time.given())
        .bind(wait_ms(retention.delivered()))
        .bind(retention.dead().map(wait_ms))
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(store_error)?;
    let ids: Vec<i64> = over.into_iter().map(|(id,)| id).collect();
    let erased = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    if erased > 0 {
        empty(&mut transaction, ids, "retention_over", time).await?;
    }
    commit(transaction).await?;
    Ok(erased)
}

/// Takes everything of a visitor's out of the rows, and every hash over it. What was not delivered is dropped: nobody can send
/// it any more.
async fn empty(
    connection: &mut PgConnection,
    ids: Vec<i64>,
    reason: &str,
    time: &Time,
) -> Result<(), StoreError> {
    let given_up: Vec<(i64,)> = sqlx::query_as(
        "SELECT id FROM deliveries WHERE id = ANY($1::bigint[]) AND state IN ('waiting', 'leased', 'held') \
         ORDER BY id",
    )
    .bind(&ids)
    .fetch_all(&mut *connection)
    .await
    .map_err(store_error)?;
    let given_up: Vec<i64> = given_up.into_iter().map(|(id,)| id).collect();
    followers::lock_persons(connection, &given_up).await?;
    sqlx::query(
        "UPDATE submissions SET data_key = '', sealed = '', fingerprint = decode(repeat('00', 32), 'hex'), \
         person = NULL WHERE id = ANY($1::bigint[])",
    )
    .bind(&ids)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    sqlx::query("UPDATE attempts SET request_digest = '' WHERE delivery = ANY($1::bigint[])")
        .bind(&ids)
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    sqlx::query(at!("UPDATE deliveries d SET erased_at = t.now, fence = d.fence + 1, \
         reason = CASE WHEN d.state IN ('delivered', 'replaced', 'dropped') THEN d.reason ELSE $3 END, \
         state = CASE WHEN d.state IN ('delivered', 'replaced', 'dropped') THEN d.state ELSE 'dropped' END \
         FROM t WHERE d.id = ANY($2::bigint[])"))
    .bind(time.given())
    .bind(ids)
    .bind(reason)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    followers::release(connection, &given_up, time).await
}
