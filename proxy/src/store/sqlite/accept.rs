//! Accept: submission and delivery written as one, once for each idempotency key.
//!
//! Apart because here lies the rule of what the same key means the second time. Nearly all that come are new, and are
//! written together (`insert`); each of the others is looked at by itself.

use lead_model::{Problem, SubmissionState};
use sqlx::{Executor as _, SqliteConnection};

use crate::clock::Timestamp;
use crate::ids::Receipt;
use crate::store::sqlite::insert::{self, Arrival};
use crate::store::sqlite::persons::Persons;
use crate::store::sqlite::{read_json, store_error};
use crate::store::{Accepted, NewSubmission, StoreError};

/// Writes a batch at the beginning of a transaction. An error of all means that the transaction must not be committed.
pub(super) async fn accept_all(
    connection: &mut SqliteConnection,
    persons: &mut Persons,
    batch: &[Arrival],
) -> Result<Vec<Result<Accepted, StoreError>>, StoreError> {
    let new = match insert::insert_new(connection, persons, batch).await {
        Ok(new) => new,
        // Some row of it is no good: each by itself, so that it takes no other with it. All of it is undone, for nothing
        // else was written yet, and a savepoint would copy every page that the usual batch changes.
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "submissions are stored one by one");
            connection.execute("ROLLBACK").await.map_err(store_error)?;
            connection.execute("BEGIN IMMEDIATE").await.map_err(store_error)?;
            vec![None; batch.len()]
        }
    };
    let mut accepted = Vec::with_capacity(batch.len());
    for (arrival, new) in batch.iter().zip(new) {
        accepted.push(match new {
            Some(delivery) => Ok(Accepted::New(delivery)),
            None => accept_alone(connection, persons, arrival).await?,
        });
    }
    Ok(accepted)
}

/// Writes one; what fails leaves nothing behind.
async fn accept_alone(
    connection: &mut SqliteConnection,
    persons: &mut Persons,
    arrival: &Arrival,
) -> Result<Result<Accepted, StoreError>, StoreError> {
    connection.execute("SAVEPOINT alone").await.map_err(store_error)?;
    let accepted = accept(connection, persons, arrival).await;
    if accepted.is_err() {
        connection.execute("ROLLBACK TO alone").await.map_err(store_error)?;
    }
    connection.execute("RELEASE alone").await.map_err(store_error)?;
    Ok(accepted)
}

/// Tells what became of the submission with this key; writes a new one where there is none, and where this one takes its
/// place.
async fn accept(
    connection: &mut SqliteConnection,
    persons: &mut Persons,
    arrival: &Arrival,
) -> Result<Accepted, StoreError> {
    let (submission, now) = arrival;
    if let Some(earlier) = find_earlier(connection, submission).await? {
        let is_same = earlier.is_erased || earlier.fingerprint == submission.fingerprint;
        match (is_same, earlier.refused.is_empty()) {
            (true, true) => return Ok(Accepted::Known { receipt: earlier.receipt, state: earlier.state }),
            (true, false) => return Ok(Accepted::Refused { fields: earlier.refused }),
            (false, true) => return Ok(Accepted::KeyReused),
            // The visitor has corrected what the partner refused: the key is the new submission's from now on.
            (false, false) => replace(connection, earlier.id, *now).await?,
        }
    }
    let inserted = insert::insert_new(connection, persons, std::slice::from_ref(arrival)).await?;
    let delivery = inserted.into_iter().next().flatten();
    // Nobody has the key: this transaction is the only one.
    delivery.map(Accepted::New).ok_or(StoreError::Corrupt("submissions.idempotency_key"))
}

struct Earlier {
    id: i64,
    receipt: Receipt,
    fingerprint: Vec<u8>,
    /// Nobody can say any more whether it holds the same: who has its key is taken for the same.
    is_erased: bool,
    state: SubmissionState,
    /// What the partner refused, by form field.
    refused: Vec<Problem>,
}

async fn find_earlier(
    connection: &mut SqliteConnection,
    submission: &NewSubmission,
) -> Result<Option<Earlier>, StoreError> {
    let row: Option<(i64, String, Vec<u8>, bool, String, String)> = sqlx::query_as(
        "SELECT s.id, s.receipt, s.fingerprint, d.erased_at IS NOT NULL, d.state, d.fields_json \
         FROM submissions s JOIN deliveries d ON d.submission = s.id \
         WHERE s.form = ? AND s.idempotency_key = ?",
    )
    .bind(&submission.form)
    .bind(submission.idempotency_key.as_str())
    .fetch_optional(connection)
    .await
    .map_err(store_error)?;
    let Some((id, receipt, fingerprint, is_erased, state, fields)) = row else {
        return Ok(None);
    };
    let fields: Vec<Problem> = read_json(&fields, "deliveries.fields_json")?;
    Ok(Some(Earlier {
        id,
        receipt: Receipt::parse(&receipt).ok_or(StoreError::Corrupt("submissions.receipt"))?,
        fingerprint,
        is_erased,
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
