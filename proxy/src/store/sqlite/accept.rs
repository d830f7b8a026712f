//! Accept: submission and delivery written as one, once for each idempotency key.
//!
//! Apart because here lies the rule of what the same key means the second time. Nearly all that come are new (`insert`): only
//! where that finds the key is the earlier one looked at.

use lead_model::{Problem, SubmissionState};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::clock::Timestamp;
use crate::ids::Receipt;
use crate::store::sqlite::direct::direct_error;
use crate::store::sqlite::insert::{Arrival, Inserts};
use crate::store::sqlite::read_json;
use crate::store::sqlite::seen::Seen;
use crate::store::{Accepted, StoreError};

/// Writes a batch at the beginning of a transaction. An error of all means that the transaction must not be committed.
pub(super) fn accept_all(
    connection: &Connection,
    seen: &mut Seen,
    batch: &[Arrival],
) -> Result<Vec<Result<Accepted, StoreError>>, StoreError> {
    let mut inserts = Inserts::new(connection, seen)?;
    let all: Result<Vec<_>, _> =
        batch.iter().map(|arrival| accept(connection, &mut inserts, arrival)).collect();
    match all.and_then(|all| inserts.write_waiting().map(|()| all)) {
        Ok(all) => Ok(all.into_iter().map(Ok).collect()),
        // Some row of it is no good: each by itself, so that it takes no other with it. All of it is undone, for nothing
        // else was written yet, and a savepoint would copy every page that the usual batch changes.
        Err(error) => {
            // A full or failing disk: SQLite has undone it all, and the next would fare no better.
            if connection.is_autocommit() {
                return Err(error);
            }
            tracing::warn!(error = &error as &dyn std::error::Error, "submissions are stored one by one");
            connection.execute_batch("ROLLBACK; BEGIN IMMEDIATE").map_err(direct_error)?;
            inserts.roll_back()?;
            batch.iter().map(|arrival| accept_alone(connection, &mut inserts, arrival)).collect()
        }
    }
}

/// Writes one; what fails leaves nothing behind.
fn accept_alone(
    connection: &Connection,
    inserts: &mut Inserts<'_>,
    arrival: &Arrival,
) -> Result<Result<Accepted, StoreError>, StoreError> {
    connection.execute_batch("SAVEPOINT alone").map_err(direct_error)?;
    let accepted = accept(connection, inserts, arrival);
    let accepted = accepted.and_then(|accepted| inserts.write_waiting().map(|()| accepted));
    let end = if accepted.is_err() { "ROLLBACK TO alone; RELEASE alone" } else { "RELEASE alone" };
    connection.execute_batch(end).map_err(direct_error)?;
    if accepted.is_err() {
        inserts.roll_back()?;
    }
    Ok(accepted)
}

/// Writes a new one, also where it takes the place of another; else tells what became of the one with this key.
fn accept(
    connection: &Connection,
    inserts: &mut Inserts<'_>,
    arrival: &Arrival,
) -> Result<Accepted, StoreError> {
    let (submission, now) = arrival;
    let Some(keyed) = inserts.keyed(submission)? else {
        return Ok(Accepted::New(inserts.insert(arrival)?));
    };
    let earlier = find_earlier(connection, keyed)?;
    let is_same = earlier.is_erased || earlier.fingerprint == submission.fingerprint;
    match (is_same, earlier.refused.is_empty()) {
        (true, true) => Ok(Accepted::Known { receipt: earlier.receipt, state: earlier.state }),
        (true, false) => Ok(Accepted::Refused { fields: earlier.refused }),
        (false, true) => Ok(Accepted::KeyReused),
        // The visitor has corrected what the partner refused: the key is the new submission's from now on.
        (false, false) => {
            replace(connection, earlier.id, *now)?;
            Ok(Accepted::New(inserts.insert(arrival)?))
        }
    }
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

fn find_earlier(connection: &Connection, id: i64) -> Result<Earlier, StoreError> {
    const EARLIER: &str = "SELECT s.receipt, s.fingerprint, d.erased_at IS NOT NULL, d.state, d.fields_json \
        FROM submissions s JOIN deliveries d ON d.submission = s.id WHERE s.id = ?";
    let columns = |row: &Row<'_>| -> rusqlite::Result<(String, Vec<u8>, bool, String, String)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    };
    let mut earlier = connection.prepare_cached(EARLIER).map_err(direct_error)?;
    let row = earlier.query_row([id], columns).optional().map_err(direct_error)?;
    let (receipt, fingerprint, is_erased, state, fields) =
        row.ok_or(StoreError::Corrupt("deliveries.submission"))?;
    let fields: Vec<Problem> = read_json(&fields, "deliveries.fields_json")?;
    Ok(Earlier {
        id,
        receipt: Receipt::parse(&receipt).ok_or(StoreError::Corrupt("submissions.receipt"))?,
        fingerprint,
        is_erased,
        refused: if state == "dead_letter" { fields } else { Vec::new() },
        state: state_of(&state),
    })
}

/// What a visitor is told of a delivery's state.
pub(super) fn state_of(delivery: &str) -> SubmissionState {
    if delivery == "delivered" { SubmissionState::Delivered } else { SubmissionState::Received }
}

fn replace(connection: &Connection, submission: i64, now: Timestamp) -> Result<(), StoreError> {
    const KEY: &str = "UPDATE submissions SET idempotency_key = NULL, retry_key = NULL WHERE id = ?";
    const DELIVERY: &str = "UPDATE deliveries SET state = 'replaced', changed_at = ? WHERE submission = ?";
    connection.execute(KEY, params![submission]).map_err(direct_error)?;
    connection.execute(DELIVERY, params![now.as_ms(), submission]).map_err(direct_error)?;
    Ok(())
}
