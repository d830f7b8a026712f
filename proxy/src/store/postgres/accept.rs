//! Accept: submissions and their deliveries written as one, once for each idempotency key.
//!
//! Apart because here lies the rule of what the same key means the second time, and who is a duplicate of whom.

use std::collections::HashMap;

use lead_model::{Problem, SubmissionState};
use sqlx::PgConnection;

use crate::ids::{DeliveryId, Receipt};
use crate::store::postgres::insert::{self, Inserted};
use crate::store::postgres::time::Time;
use crate::store::postgres::{commit, read_json, store_error};
use crate::store::{Accepted, NewSubmission, StoreError};

/// So often a key is tried that others take and give up meanwhile.
const TURNS_MAX: u32 = 4;

/// Writes what is new of a batch and tells of the rest what became of the submission with its key. An error of all means
/// that nothing is known of any.
pub(super) async fn accept_all(
    connection: &mut PgConnection,
    submissions: &[NewSubmission],
    time: &Time,
) -> Result<Vec<Result<Accepted, StoreError>>, StoreError> {
    let mut answers: Vec<Option<Result<Accepted, StoreError>>> = submissions.iter().map(|_| None).collect();
    for _ in 0..TURNS_MAX {
        let mut open: Vec<(usize, &NewSubmission)> = submissions
            .iter()
            .enumerate()
            .filter(|(at, _)| answers.get(*at).is_some_and(Option::is_none))
            .collect();
        if open.is_empty() {
            break;
        }
        // In the order of their keys, in every replica: two batches that wait for each other's keys would never end.
        open.sort_by(|(_, one), (_, other)| key_of(one).cmp(&key_of(other)));
        let inserted =
            insert::insert(connection, open.iter().map(|(_, submission)| *submission), time).await?;
        let inserted: HashMap<&str, DeliveryId> = inserted.iter().map(Inserted::pair).collect();
        let (new, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(_, submission)| inserted.contains_key(submission.receipt.as_str()));
        for (at, submission) in new {
            let delivery = inserted.get(submission.receipt.as_str()).copied();
            set(&mut answers, at, delivery.map(|delivery| Ok(Accepted::New(delivery))));
        }
        settle(connection, rest, &mut answers, time).await?;
    }
    // A key that changes hands faster than we can look.
    let busy = || Err(StoreError::Busy(sqlx::Error::PoolTimedOut));
    Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(busy)).collect())
}

fn key_of(submission: &NewSubmission) -> (&str, &str) {
    (&submission.form, submission.idempotency_key.as_str())
}

fn set<T>(answers: &mut [Option<T>], at: usize, answer: Option<T>) {
    if let Some(place) = answers.get_mut(at) {
        *place = answer;
    }
}

/// Answers for submissions whose key is known already.
async fn settle(
    connection: &mut PgConnection,
    known: Vec<(usize, &NewSubmission)>,
    answers: &mut [Option<Result<Accepted, StoreError>>],
    time: &Time,
) -> Result<(), StoreError> {
    if known.is_empty() {
        return Ok(());
    }
    let earlier = find_earlier(connection, &known).await?;
    for (at, submission) in known {
        // Gone since: somebody has put another in its place. It is looked for again.
        let Some(found) = earlier.get(&key_of(submission)) else { continue };
        let answer = match found {
            Err(column) => Some(Err(StoreError::Corrupt(column))),
            Ok(found) => match found.answer(submission) {
                Some(answer) => Some(Ok(answer)),
                None => replace(connection, found.id, submission, time).await?.map(Accepted::New).map(Ok),
            },
        };
        set(answers, at, answer);
    }
    Ok(())
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

impl Earlier {
    /// What the second submission under a key hears; none where it takes the first one's place.
    fn answer(&self, submission: &NewSubmission) -> Option<Accepted> {
        let is_same = self.is_erased || self.fingerprint == submission.fingerprint;
        match (is_same, self.refused.is_empty()) {
            (true, true) => Some(Accepted::Known { receipt: self.receipt.clone(), state: self.state }),
            (true, false) => Some(Accepted::Refused { fields: self.refused.clone() }),
            (false, true) => Some(Accepted::KeyReused),
            // The visitor has corrected what the partner refused: the key is the new submission's from now on.
            (false, false) => None,
        }
    }
}

type EarlierRow = (String, String, i64, String, Vec<u8>, bool, String, String);
type Found<'a> = HashMap<(&'a str, &'a str), Result<Earlier, &'static str>>;

async fn find_earlier<'a>(
    connection: &mut PgConnection,
    known: &[(usize, &'a NewSubmission)],
) -> Result<Found<'a>, StoreError> {
    let forms: Vec<&str> = known.iter().map(|(_, submission)| submission.form.as_str()).collect();
    let keys: Vec<&str> = known.iter().map(|(_, submission)| submission.idempotency_key.as_str()).collect();
    let rows: Vec<EarlierRow> = sqlx::query_as(
        "SELECT s.form, s.idempotency_key, s.id, s.receipt, s.fingerprint, d.erased_at IS NOT NULL, d.state, \
         d.fields_json \
         FROM (SELECT DISTINCT form, key FROM unnest($1::text[], $2::text[]) q (form, key)) q \
         JOIN submissions s ON s.form = q.form AND s.idempotency_key = q.key JOIN deliveries d ON d.id = s.id",
    )
    .bind(forms)
    .bind(keys)
    .fetch_all(connection)
    .await
    .map_err(store_error)?;
    let mut found = HashMap::new();
    for (form, key, id, receipt, fingerprint, is_erased, state, fields) in rows {
        let asked = known.iter().map(|(_, submission)| key_of(submission));
        if let Some(asked) = asked.into_iter().find(|asked| *asked == (form.as_str(), key.as_str())) {
            found.insert(asked, read_earlier(id, &receipt, (fingerprint, is_erased), &state, &fields));
        }
    }
    Ok(found)
}

fn read_earlier(
    id: i64,
    receipt: &str,
    (fingerprint, is_erased): (Vec<u8>, bool),
    state: &str,
    fields: &str,
) -> Result<Earlier, &'static str> {
    let fields: Vec<Problem> =
        read_json(fields, "deliveries.fields_json").map_err(|_| "deliveries.fields_json")?;
    Ok(Earlier {
        id,
        receipt: Receipt::parse(receipt).ok_or("submissions.receipt")?,
        fingerprint,
        is_erased,
        refused: if state == "dead_letter" { fields } else { Vec::new() },
        state: state_of(state),
    })
}

/// What a visitor is told of a delivery's state.
pub(super) fn state_of(delivery: &str) -> SubmissionState {
    if delivery == "delivered" { SubmissionState::Delivered } else { SubmissionState::Received }
}

/// Puts a corrected submission in the place of the one that the partner refused; none where somebody was quicker.
async fn replace(
    connection: &mut PgConnection,
    earlier: i64,
    submission: &NewSubmission,
    time: &Time,
) -> Result<Option<DeliveryId>, StoreError> {
    let mut transaction = insert::begin(connection, &[submission]).await?;
    let freed: Option<(i64,)> = sqlx::query_as(
        "WITH gone AS (UPDATE deliveries SET state = 'replaced', changed_at = coalesce($3::bigint, \
         floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) WHERE id = $1 AND state = 'dead_letter' \
         RETURNING id) UPDATE submissions s SET idempotency_key = NULL FROM gone \
         WHERE s.id = gone.id AND s.idempotency_key = $2 RETURNING s.id",
    )
    .bind(earlier)
    .bind(submission.idempotency_key.as_str())
    .bind(time.given())
    .fetch_optional(&mut *transaction)
    .await
    .map_err(store_error)?;
    if freed.is_none() {
        transaction.rollback().await.map_err(store_error)?;
        return Ok(None);
    }
    let inserted = insert::insert_within(&mut transaction, &[submission], time).await?;
    let Some(inserted) = inserted.first() else {
        transaction.rollback().await.map_err(store_error)?;
        return Ok(None);
    };
    let delivery = inserted.delivery;
    commit(transaction).await?;
    Ok(Some(delivery))
}
