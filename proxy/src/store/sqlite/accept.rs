//! Accept: submission and delivery written as one, once for each idempotency key.
//!
//! Apart because here lies the rule of what the same key means the second time.

use lead_model::{Problem, SubmissionState};
use sqlx::SqliteConnection;

use crate::clock::Timestamp;
use crate::crash;
use crate::ids::{DeliveryId, Receipt};
use crate::store::sqlite::{read_json, store_error};
use crate::store::{Accepted, NewSubmission, StoreError};

/// Writes a new submission, or tells what became of the one with this key.
pub(super) async fn accept(
    connection: &mut SqliteConnection,
    submission: NewSubmission,
    now: Timestamp,
) -> Result<Accepted, StoreError> {
    if let Some(earlier) = find_earlier(connection, &submission).await? {
        let is_same = earlier.fingerprint == submission.fingerprint;
        match (is_same, earlier.refused.is_empty()) {
            (true, true) => return Ok(Accepted::Known { receipt: earlier.receipt, state: earlier.state }),
            (true, false) => return Ok(Accepted::Refused { fields: earlier.refused }),
            (false, true) => return Ok(Accepted::KeyReused),
            // The visitor has corrected what the partner refused: the key is the new submission's from now on.
            (false, false) => replace(connection, earlier.id, now).await?,
        }
    }
    insert(connection, &submission, now).await.map(Accepted::New)
}

struct Earlier {
    id: i64,
    receipt: Receipt,
    fingerprint: Vec<u8>,
    state: SubmissionState,
    /// What the partner refused, by form field.
    refused: Vec<Problem>,
}

async fn find_earlier(
    connection: &mut SqliteConnection,
    submission: &NewSubmission,
) -> Result<Option<Earlier>, StoreError> {
    let row: Option<(i64, String, Vec<u8>, String, String)> = sqlx::query_as(
        "SELECT s.id, s.receipt, s.fingerprint, d.state, d.fields_json \
         FROM submissions s JOIN deliveries d ON d.submission = s.id \
         WHERE s.form = ? AND s.idempotency_key = ?",
    )
    .bind(&submission.form)
    .bind(submission.idempotency_key.as_str())
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    let Some((id, receipt, fingerprint, state, fields)) = row else {
        return Ok(None);
    };
    let fields: Vec<Problem> = read_json(&fields, "deliveries.fields_json")?;
    Ok(Some(Earlier {
        id,
        receipt: Receipt::parse(&receipt).ok_or(StoreError::Corrupt("submissions.receipt"))?,
        fingerprint,
        refused: if state == "dead_letter" { fields } else { Vec::new() },
        state: state_of(&state),
    }))
}

/// What a visitor is told of a delivery's state.
pub(super) fn state_of(delivery: &str) -> SubmissionState {
    if delivery == "delivered" { SubmissionState::Delivered } else { SubmissionState::Received }
}

async fn replace(
    connection: &mut SqliteConnection,
    submission: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE submissions SET idempotency_key = NULL WHERE id = ?")
        .bind(submission)
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    sqlx::query("UPDATE deliveries SET state = 'replaced', changed_at = ? WHERE submission = ?")
        .bind(now.as_ms())
        .bind(submission)
        .execute(connection)
        .await
        .map_err(store_error)?;
    Ok(())
}

async fn insert(
    connection: &mut SqliteConnection,
    submission: &NewSubmission,
    now: Timestamp,
) -> Result<DeliveryId, StoreError> {
    let duplicate_of = find_duplicate(connection, submission, now).await?;
    let inserted = sqlx::query(
        "INSERT INTO submissions (receipt, form, form_version, locale, account, idempotency_key, fingerprint, person, \
         duplicate_of, key_id, data_key, sealed, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(submission.receipt.as_str())
    .bind(&submission.form)
    .bind(i64::from(submission.form_version))
    .bind(&submission.locale)
    .bind(&submission.account)
    .bind(submission.idempotency_key.as_str())
    .bind(submission.fingerprint.as_slice())
    .bind(submission.person.as_ref().map(<[u8; 32]>::as_slice))
    .bind(duplicate_of.map(|(id, _)| id))
    .bind(&submission.lead.key_id)
    .bind(&submission.lead.data_key)
    .bind(&submission.lead.sealed)
    .bind(now.as_ms())
    .execute(&mut *connection)
    .await
    .map_err(store_error)?;
    crash::point("accept.submission");
    let is_merged = submission.duplicates.merge && duplicate_of.is_some_and(|(_, is_alive)| is_alive);
    let delivery = sqlx::query(
        "INSERT INTO deliveries (submission, account, state, reason, due_at, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(inserted.last_insert_rowid())
    .bind(&submission.account)
    .bind(if is_merged { "merged" } else { "waiting" })
    .bind(is_merged.then_some("duplicate_person"))
    .bind(now.as_ms())
    .bind(now.as_ms())
    .execute(connection)
    .await
    .map_err(store_error)?;
    crash::point("accept.delivery");
    Ok(DeliveryId::new(delivery.last_insert_rowid()))
}

/// The first submission of the same person to the same account within the window, and whether its partner has it or will
/// get it: one that was given up is no reason to keep the next one back.
async fn find_duplicate(
    connection: &mut SqliteConnection,
    submission: &NewSubmission,
    now: Timestamp,
) -> Result<Option<(i64, bool)>, StoreError> {
    let (Some(person), false) = (&submission.person, submission.duplicates.window.is_zero()) else {
        return Ok(None);
    };
    // What was replaced is the same visit, corrected.
    sqlx::query_as(
        "SELECT s.id, d.state IN ('waiting', 'leased', 'delivered', 'held') AS alive FROM submissions s JOIN deliveries d ON d.submission = s.id \
         WHERE s.account = ? AND s.person = ? AND s.received_at > ? AND d.state <> 'replaced' \
         ORDER BY alive DESC, s.id LIMIT 1",
    )
    .bind(&submission.account)
    .bind(person.as_slice())
    .bind(now.before(submission.duplicates.window).as_ms())
    .fetch_optional(connection)
    .await
    .map_err(store_error)
}
