//! The rows of new submissions: one statement for all of them, whose answer comes after its commit.
//!
//! Apart from what a known key means: here everything is new, but for whom it may be a duplicate of.

use std::collections::{BTreeSet, HashMap};

use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

use crate::ids::DeliveryId;
use crate::store::postgres::time::{Time, at, wait_ms};
use crate::store::postgres::{commit, store_error};
use crate::store::{NewSubmission, StoreError};

/// A submission that was written.
pub(super) struct Inserted {
    receipt: String,
    pub(super) delivery: DeliveryId,
    duplicate_of: Option<i64>,
}

impl Inserted {
    pub(super) fn pair(&self) -> (&str, DeliveryId) {
        (&self.receipt, self.delivery)
    }
}

/// Writes those whose key is not known; which they were. Answers after the commit.
pub(super) async fn insert(
    connection: &mut PgConnection,
    submissions: impl Iterator<Item = &NewSubmission>,
    time: &Time,
) -> Result<Vec<Inserted>, StoreError> {
    let submissions: Vec<&NewSubmission> = submissions.collect();
    if person_locks(&submissions).is_empty() {
        // Alone in its transaction: the last word of the answer is the server's that it has committed, and sqlx waits
        // for it.
        return run(connection, &submissions, time).await;
    }
    let mut transaction = begin(connection, &submissions).await?;
    let inserted = insert_within(&mut transaction, &submissions, time).await?;
    commit(transaction).await?;
    Ok(inserted)
}

/// Begins a transaction that has the locks of these persons: of one person's submissions at the same moment, in whatever
/// batch or replica, one is the first.
pub(super) async fn begin<'c>(
    connection: &'c mut PgConnection,
    submissions: &[&NewSubmission],
) -> Result<Transaction<'c, Postgres>, StoreError> {
    let list: Vec<String> = person_locks(submissions).iter().map(i64::to_string).collect();
    let begin = format!(
        "BEGIN; SELECT pg_advisory_xact_lock(person) FROM unnest('{{{}}}'::bigint[]) person",
        list.join(",")
    );
    connection.begin_with(sqlx::AssertSqlSafe(begin)).await.map_err(store_error)
}

/// The same inside of a transaction that has the persons' locks.
pub(super) async fn insert_within(
    connection: &mut PgConnection,
    submissions: &[&NewSubmission],
    time: &Time,
) -> Result<Vec<Inserted>, StoreError> {
    let inserted = run(connection, submissions, time).await?;
    mark_duplicates(connection, submissions, &inserted).await?;
    Ok(inserted)
}

/// The person of a submission for whom duplicates are looked for.
fn person_of(submission: &NewSubmission) -> Option<(&str, &[u8; 32])> {
    let person = submission.person.as_ref().filter(|_| !submission.duplicates.window.is_zero())?;
    Some((&submission.account, person))
}

/// One number a person, in one order everywhere, so that no two batches wait for each other. That two persons may share
/// one does no harm.
fn person_locks(submissions: &[&NewSubmission]) -> BTreeSet<i64> {
    let persons = submissions.iter().filter_map(|submission| person_of(submission));
    // A keyed hash is as good as chance already.
    persons
        .filter_map(|(_, person)| person.first_chunk::<8>())
        .map(|head| i64::from_be_bytes(*head))
        .collect()
}

/// Other deliveries are asked for one by one, by their number: a join with them was planned while there were none, as a look
/// through all of them, and stayed so while they grew to a hundred thousand.
async fn run(
    connection: &mut PgConnection,
    submissions: &[&NewSubmission],
    time: &Time,
) -> Result<Vec<Inserted>, StoreError> {
    macro_rules! column {
        ($submission:ident => $value:expr) => {
            submissions.iter().map(|$submission| $value).collect::<Vec<_>>()
        };
    }
    let rows: Vec<(String, i64, Option<i64>)> = sqlx::query_as(at!(
        ", new AS (SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], \
         $8::bytea[], $9::bytea[], $10::bigint[], $11::boolean[], $12::text[], $13::bytea[], $14::bytea[], \
         $15::text[]) \
         WITH ORDINALITY AS n (receipt, form, form_version, locale, account, idempotency_key, fingerprint, person, \
         duplicate_window, merge, key_id, data_key, sealed, quarantine, place)), ",
        "kept AS (INSERT INTO submissions (receipt, form, form_version, locale, account, idempotency_key, fingerprint, \
         person, duplicate_of, key_id, data_key, sealed, received_at) \
         SELECT n.receipt, n.form, n.form_version, n.locale, n.account, n.idempotency_key, n.fingerprint, n.person, \
         CASE WHEN n.duplicate_window > 0 THEN (SELECT s.id FROM submissions s JOIN deliveries d ON d.id = s.id \
         WHERE s.account = n.account AND s.person = n.person AND s.received_at > t.now - n.duplicate_window \
         AND d.state <> 'replaced' \
         ORDER BY d.state IN ('waiting', 'leased', 'delivered', 'held') \
         AND coalesce(d.reason, '') NOT LIKE 'robot:%' DESC, s.received_at, s.id LIMIT 1) END, \
         n.key_id, n.data_key, n.sealed, t.now FROM new n, t ORDER BY n.place \
         ON CONFLICT (form, idempotency_key) DO NOTHING RETURNING id, receipt, account, duplicate_of), ",
        "made AS (INSERT INTO deliveries (id, account, state, reason, due_at, changed_at) \
         SELECT k.id, k.account, CASE WHEN k.quarantine IS NOT NULL THEN 'held' \
         WHEN k.beside IS NOT NULL THEN 'merged' ELSE 'waiting' END, \
         CASE WHEN k.quarantine IS NOT NULL THEN k.quarantine \
         WHEN k.beside IS NOT NULL THEN 'duplicate_person' END, t.now, t.now \
         FROM (SELECT k.id, k.account, n.quarantine, CASE WHEN n.merge THEN (SELECT o.id FROM deliveries o \
         WHERE o.id = k.duplicate_of AND o.state IN ('waiting', 'leased', 'delivered', 'held') \
         AND coalesce(o.reason, '') NOT LIKE 'robot:%') END AS beside \
         FROM kept k JOIN new n ON n.receipt = k.receipt) k CROSS JOIN t) \
         SELECT receipt, id, duplicate_of FROM kept",
    ))
    .bind(time.given())
    .bind(column!(s => s.receipt.as_str()))
    .bind(column!(s => s.form.as_str()))
    .bind(column!(s => i64::from(s.form_version)))
    .bind(column!(s => s.locale.as_str()))
    .bind(column!(s => s.account.as_str()))
    .bind(column!(s => s.idempotency_key.as_str()))
    .bind(column!(s => s.fingerprint.as_slice()))
    .bind(column!(s => s.person.as_ref().map(<[u8; 32]>::as_slice)))
    .bind(column!(s => wait_ms(s.duplicates.window)))
    .bind(column!(s => s.duplicates.merge))
    .bind(column!(s => s.lead.key_id.as_str()))
    .bind(column!(s => s.lead.data_key.as_slice()))
    .bind(column!(s => s.lead.sealed.as_slice()))
    .bind(column!(s => s.quarantine.as_deref()))
    .fetch_all(connection)
    .await
    .map_err(store_error)?;
    let inserted = rows.into_iter().map(|(receipt, id, duplicate_of)| Inserted {
        receipt,
        delivery: DeliveryId::new(id),
        duplicate_of,
    });
    Ok(inserted.collect())
}

/// Marks the second of one person within one statement, which sees none of its own rows.
async fn mark_duplicates(
    connection: &mut PgConnection,
    submissions: &[&NewSubmission],
    inserted: &[Inserted],
) -> Result<(), StoreError> {
    let by_receipt: HashMap<&str, &NewSubmission> =
        submissions.iter().map(|submission| (submission.receipt.as_str(), *submission)).collect();
    let mut written: Vec<(&Inserted, &NewSubmission)> =
        inserted.iter().filter_map(|row| Some((row, *by_receipt.get(row.receipt.as_str())?))).collect();
    written.sort_by_key(|(row, _)| row.delivery);
    let mut first = HashMap::new();
    let (mut ids, mut firsts, mut merges) = (Vec::new(), Vec::new(), Vec::new());
    for (row, submission) in written {
        let Some(person) = &submission.person else { continue };
        // Beside one in quarantine nobody is kept.
        let earlier = match submission.quarantine {
            None => *first.entry((&submission.account, person)).or_insert(row.delivery),
            Some(_) => *first.get(&(&submission.account, person)).unwrap_or(&row.delivery),
        };
        if earlier != row.delivery && row.duplicate_of.is_none() && person_of(submission).is_some() {
            ids.push(row.delivery.get());
            firsts.push(earlier.get());
            merges.push(submission.duplicates.merge && submission.quarantine.is_none());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "WITH found AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) f (id, first, merge)), \
         marked AS (UPDATE submissions s SET duplicate_of = f.first FROM found f WHERE s.id = f.id) \
         UPDATE deliveries d SET state = 'merged', reason = 'duplicate_person' FROM found f \
         WHERE d.id = f.id AND f.merge",
    )
    .bind(ids)
    .bind(firsts)
    .bind(merges)
    .execute(connection)
    .await
    .map_err(store_error)?;
    Ok(())
}
