//! Wrapped secrets and keys on SQLite, and erasing in place.
//!
//! Apart from the outbox, whose rows it changes only where nobody works on them. What is erased is overwritten with as many
//! zeros: SQLite writes a row of the same length where the old one lay, so that no page keeps a copy, and a row that shrinks
//! would have its neighbours moved. The log is then emptied (`scrub`).

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqlitePool};

use crate::clock::Timestamp;
use crate::ids::Receipt;
use crate::store::operator::rows::Deed;
use crate::store::operator::{AuditAction, AuditNote};
use crate::store::sqlite::operator::audit;
use crate::store::sqlite::{SqliteStore, followers, seen, store_error, to_u32};
use crate::store::{
    Erased, KeyCount, KeyStore, Retention, Rewrapped, SealedLead, SealedToken, StoreError, StoredSecret,
    StoredSubmission, WrappedKey, WrappedPage,
};

/// The longest id that a key may have.
const KEY_ID_LENGTH: usize = 32;

#[async_trait]
impl KeyStore for SqliteStore {
    async fn secret(&self, name: &str) -> Result<Option<StoredSecret>, StoreError> {
        let row: Option<(String, Vec<u8>)> =
            sqlx::query_as("SELECT key_id, sealed FROM store_secrets WHERE name = ?")
                .bind(name)
                .fetch_optional(&self.readers)
                .await
                .map_err(store_error)?;
        Ok(row.map(|(key_id, sealed)| StoredSecret { key_id, sealed }))
    }

    async fn keep_secret(&self, name: &str, secret: StoredSecret) -> Result<StoredSecret, StoreError> {
        let name = name.to_owned();
        self.writer.write(move |conn| Box::pin(keep_secret(conn, name, secret))).await
    }

    async fn rewrap_secret(
        &self,
        name: &str,
        was: StoredSecret,
        now: StoredSecret,
    ) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.writer.write(move |conn| Box::pin(rewrap_secret(conn, name, was, now))).await
    }

    async fn key_counts(&self) -> Result<Vec<KeyCount>, StoreError> {
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
            "SELECT CAST(s.key_id AS BLOB), count(*) FROM submissions s JOIN deliveries d ON d.submission = s.id \
             WHERE d.erased_at IS NULL GROUP BY s.key_id ORDER BY s.key_id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let count = |(key_id, leads): (Vec<u8>, i64)| KeyCount {
            key_id: trimmed(&key_id),
            leads: u64::try_from(leads).unwrap_or(0),
        };
        Ok(rows.into_iter().map(count).collect())
    }

    async fn wrapped_by_others(
        &self,
        active: &str,
        after: i64,
        length: u32,
    ) -> Result<WrappedPage, StoreError> {
        let end = after.saturating_add(length.into());
        // A text whose bits have flipped need not be one any more: read as bytes, it holds up no other row.
        let rows: Vec<(i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT s.id, CAST(s.receipt AS BLOB), CAST(s.form AS BLOB), CAST(s.account AS BLOB), \
             CAST(s.key_id AS BLOB), s.data_key \
             FROM submissions s JOIN deliveries d ON d.submission = s.id \
             WHERE s.id > ? AND s.id <= ? AND s.key_id <> ? AND d.erased_at IS NULL ORDER BY s.id",
        )
        .bind(after)
        .bind(end)
        .bind(padded(active))
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let (last,): (Option<i64>,) = sqlx::query_as("SELECT max(id) FROM submissions")
            .fetch_one(&self.readers)
            .await
            .map_err(store_error)?;
        let key =
            |(submission, receipt, form, account, key_id, data_key): (i64, Vec<u8>, _, _, Vec<u8>, _)| {
                let (receipt, form, account) =
                    (text(&receipt), text::<Vec<u8>>(&form), text::<Vec<u8>>(&account));
                let key_id = trimmed(&key_id);
                WrappedKey { submission, receipt, form, account, key_id, data_key }
            };
        let next = last.filter(|last| *last > end).map(|_| end);
        Ok(WrappedPage { keys: rows.into_iter().map(key).collect(), next })
    }

    async fn rewrap(&self, keys: Vec<Rewrapped>) -> Result<u64, StoreError> {
        self.writer.write(move |conn| Box::pin(rewrap(conn, keys))).await
    }

    async fn sealed_tokens(&self) -> Result<Vec<SealedToken>, StoreError> {
        let rows: Vec<(String, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT account, generation, sealed FROM account_tokens WHERE sealed IS NOT NULL ORDER BY account",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let token = |(account, generation, sealed)| SealedToken { account, generation, sealed };
        Ok(rows.into_iter().map(token).collect())
    }

    async fn reseal_token(&self, was: SealedToken, sealed: Vec<u8>) -> Result<bool, StoreError> {
        self.writer.write(move |conn| Box::pin(reseal_token(conn, was, sealed))).await
    }

    async fn submission(&self, receipt: &Receipt) -> Result<Option<StoredSubmission>, StoreError> {
        submission(&self.readers, receipt).await
    }

    async fn erase(&self, receipt: &Receipt, note: AuditNote) -> Result<Erased, StoreError> {
        let (now, receipt) = (self.clock.now(), receipt.clone());
        let scrub = Arc::clone(&self.scrub);
        let erased = self
            .writer
            .write(move |conn| {
                Box::pin(async move {
                    let erased = erase(conn, receipt, note, now).await?;
                    // Here for a caller who is gone before the commit, and below for a scrub that was before it.
                    if erased == Erased::Done {
                        scrub.note();
                    }
                    Ok(erased)
                })
            })
            .await?;
        if erased == Erased::Done {
            self.scrub.note();
        }
        // Where somebody reads the log, the next turn of the upkeep empties it.
        match self.scrub().await {
            Ok(()) | Err(StoreError::Busy(_)) => Ok(erased),
            Err(error) => Err(error),
        }
    }

    async fn erase_old(&self, retention: Retention, limit: u32) -> Result<u64, StoreError> {
        let (now, scrub) = (self.clock.now(), Arc::clone(&self.scrub));
        let erased = self
            .writer
            .write(move |conn| {
                Box::pin(async move {
                    let erased = erase_old(conn, retention, limit, now).await?;
                    if erased > 0 {
                        scrub.note();
                    }
                    Ok(erased)
                })
            })
            .await?;
        if erased > 0 {
            self.scrub.note();
        }
        Ok(erased)
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        self.scrub.run().await
    }
}

/// A key's id as it is stored: as long as the longest, so that another one takes its place on the page. A row that grew would
/// have its neighbours moved, and what is moved leaves a copy behind that no erasure finds.
pub(super) fn padded(key_id: &str) -> String {
    format!("{key_id:<KEY_ID_LENGTH$}")
}

/// A key's id as it was before [`padded`], whatever bits have flipped.
pub(super) fn trimmed(key_id: &[u8]) -> String {
    String::from_utf8_lossy(key_id).trim_end().to_owned()
}

fn text<T: AsRef<[u8]>>(bytes: &T) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

async fn keep_secret(
    connection: &mut SqliteConnection,
    name: String,
    secret: StoredSecret,
) -> Result<StoredSecret, StoreError> {
    sqlx::query("INSERT INTO store_secrets (name, key_id, sealed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(&name)
        .bind(secret.key_id)
        .bind(secret.sealed)
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    let (key_id, sealed) = sqlx::query_as("SELECT key_id, sealed FROM store_secrets WHERE name = ?")
        .bind(name)
        .fetch_one(connection)
        .await
        .map_err(store_error)?;
    Ok(StoredSecret { key_id, sealed })
}

async fn rewrap_secret(
    connection: &mut SqliteConnection,
    name: String,
    was: StoredSecret,
    now: StoredSecret,
) -> Result<bool, StoreError> {
    let written = sqlx::query(
        "UPDATE store_secrets SET key_id = ?, sealed = ? WHERE name = ? AND key_id = ? AND sealed = ?",
    )
    .bind(now.key_id)
    .bind(now.sealed)
    .bind(name)
    .bind(was.key_id)
    .bind(was.sealed)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(written.rows_affected() > 0)
}

async fn rewrap(connection: &mut SqliteConnection, keys: Vec<Rewrapped>) -> Result<u64, StoreError> {
    let mut written = 0;
    for Rewrapped { was, key_id, data_key } in keys {
        let row =
            sqlx::query("UPDATE submissions SET key_id = ?, data_key = ? WHERE id = ? AND data_key = ?")
                .bind(padded(&key_id))
                .bind(data_key)
                .bind(was.submission)
                .bind(was.data_key)
                .execute(&mut *connection)
                .await
                .map_err(store_error)?;
        written += row.rows_affected();
    }
    Ok(written)
}

async fn reseal_token(
    connection: &mut SqliteConnection,
    was: SealedToken,
    sealed: Vec<u8>,
) -> Result<bool, StoreError> {
    let written = sqlx::query(
        "UPDATE account_tokens SET sealed = ? WHERE account = ? AND generation = ? AND sealed = ?",
    )
    .bind(sealed)
    .bind(was.account)
    .bind(was.generation)
    .bind(was.sealed)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(written.rows_affected() > 0)
}

async fn submission(readers: &SqlitePool, receipt: &Receipt) -> Result<Option<StoredSubmission>, StoreError> {
    let row: Option<SubmissionRow> = sqlx::query_as(
        "SELECT s.form, s.form_version, s.locale, s.account, s.received_at, d.erased_at, \
         CAST(s.key_id AS BLOB) AS key_id, s.data_key, s.sealed \
         FROM submissions s JOIN deliveries d ON d.submission = s.id WHERE s.receipt = ?",
    )
    .bind(receipt.as_str())
    .fetch_optional(readers)
    .await
    .map_err(store_error)?;
    row.map(SubmissionRow::read).transpose()
}

#[derive(sqlx::FromRow)]
struct SubmissionRow {
    form: String,
    form_version: i64,
    locale: String,
    account: String,
    received_at: i64,
    erased_at: Option<i64>,
    key_id: Vec<u8>,
    data_key: Vec<u8>,
    sealed: Vec<u8>,
}

impl SubmissionRow {
    fn read(self) -> Result<StoredSubmission, StoreError> {
        Ok(StoredSubmission {
            form: self.form,
            form_version: to_u32(self.form_version, "submissions.form_version")?,
            locale: self.locale,
            account: self.account,
            received_at: Timestamp::from_ms(self.received_at),
            erased_at: self.erased_at.map(Timestamp::from_ms),
            lead: SealedLead { key_id: trimmed(&self.key_id), data_key: self.data_key, sealed: self.sealed },
        })
    }
}

async fn erase(
    connection: &mut SqliteConnection,
    receipt: Receipt,
    note: AuditNote,
    now: Timestamp,
) -> Result<Erased, StoreError> {
    let row: Option<(i64, i64, String, String, Option<i64>)> = sqlx::query_as(
        "SELECT d.id, s.id, d.account, d.state, d.erased_at FROM submissions s JOIN deliveries d ON d.submission = s.id \
         WHERE s.receipt = ?",
    )
    .bind(receipt.as_str())
    .fetch_optional(&mut *connection)
    .await
    .map_err(store_error)?;
    match row {
        None => Ok(Erased::Unknown),
        Some((.., Some(_))) => Ok(Erased::Already),
        Some((.., state, None)) if state == "leased" => Ok(Erased::Sending),
        Some((delivery, submission, account, state, None)) => {
            overwrite(connection, (delivery, submission), "erased", now).await?;
            let deed = Deed {
                account: Some(&account),
                receipt: Some(receipt.as_str()),
                was: Some(&state),
                ..Deed::of(AuditAction::Erase)
            };
            audit::write(connection, &deed, &note, now).await?;
            Ok(Erased::Done)
        }
    }
}

async fn erase_old(
    connection: &mut SqliteConnection,
    retention: Retention,
    limit: u32,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut over: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT id, submission FROM deliveries WHERE erased_at IS NULL \
         AND state IN ('delivered', 'replaced', 'dropped') AND changed_at <= ? ORDER BY changed_at LIMIT ?",
    )
    .bind(now.before(retention.delivered()).as_ms())
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await
    .map_err(store_error)?;
    if let Some(dead) = retention.dead() {
        let left = i64::from(limit).saturating_sub(i64::try_from(over.len()).unwrap_or(i64::MAX));
        let dead: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT id, submission FROM deliveries WHERE erased_at IS NULL \
             AND state IN ('held', 'dead_letter', 'merged') AND changed_at <= ? ORDER BY id LIMIT ?",
        )
        .bind(now.before(dead).as_ms())
        .bind(left)
        .fetch_all(&mut *connection)
        .await
        .map_err(store_error)?;
        over.extend(dead);
    }
    for row in &over {
        overwrite(connection, *row, "retention_over", now).await?;
    }
    Ok(u64::try_from(over.len()).unwrap_or(u64::MAX))
}

/// Puts zeros in the place of everything of a visitor's, and of every hash over it. What was not delivered is dropped: nobody
/// can send it any more.
pub(super) async fn overwrite(
    connection: &mut SqliteConnection,
    (delivery, submission): (i64, i64),
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (is_given_up,): (bool,) =
        sqlx::query_as("SELECT state IN ('waiting', 'leased', 'held') FROM deliveries WHERE id = ?")
            .bind(delivery)
            .fetch_one(&mut *connection)
            .await
            .map_err(store_error)?;
    seen::forget(connection, submission).await?;
    sqlx::query(
        "UPDATE submissions SET data_key = zeroblob(length(data_key)), sealed = zeroblob(length(sealed)), \
         fingerprint = zeroblob(length(fingerprint)), person = NULL WHERE id = ?",
    )
    .bind(submission)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    sqlx::query("UPDATE attempts SET request_digest = '' WHERE delivery = ?")
        .bind(delivery)
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    sqlx::query(
        "UPDATE deliveries SET erased_at = ?, fence = fence + 1, \
         reason = CASE WHEN state IN ('delivered', 'replaced', 'dropped') THEN reason ELSE ? END, \
         state = CASE WHEN state IN ('delivered', 'replaced', 'dropped') THEN state ELSE 'dropped' END WHERE id = ?",
    )
    .bind(now.as_ms())
    .bind(reason)
    .bind(delivery)
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    if is_given_up {
        followers::release(connection, delivery, now).await?;
    }
    Ok(())
}
