//! New submissions with their deliveries, many in a statement.
//!
//! Apart because one statement a lead costs several times what the lead does: here a whole batch takes a handful.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use sqlx::{Row as _, SqliteConnection};

use crate::clock::Timestamp;
use crate::crash;
use crate::ids::DeliveryId;
use crate::store::sqlite::persons::{self, Earlier, Persons};
use crate::store::sqlite::{keys, store_error};
use crate::store::{NewSubmission, StoreError};

/// Rows that a statement has room for, the fewest first: few texts, so that each is prepared once. What a batch does not
/// fill is not bound, and so NULL, and left out: one statement of which half is empty costs less than a second one, which
/// has to go to the connection's thread and back.
const SIZES: [usize; 3] = [4, 16, 64];

/// The statement for each of [`SIZES`].
static INSERT: LazyLock<[String; 3]> = LazyLock::new(|| {
    SIZES.map(|rows| {
        let values = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
        format!(
            "INSERT INTO submissions (receipt, form, form_version, locale, account, idempotency_key, fingerprint, person, \
             duplicate_of, key_id, data_key, sealed, received_at) \
             SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL \
             ON CONFLICT (form, idempotency_key) DO NOTHING"
        )
    })
});

/// The same for the look at who is in the index of persons at all.
static FIND: LazyLock<[String; 3]> = LazyLock::new(|| {
    SIZES.map(|rows| {
        let asked = vec!["(?, ?, ?)"; rows].join(", ");
        format!(
            "WITH asked (place, sign, since) AS (VALUES {asked}) SELECT place FROM asked WHERE place IS NOT NULL \
             AND EXISTS (SELECT 1 FROM persons p WHERE p.sign = asked.sign AND p.received_at > asked.since)"
        )
    })
});

/// The statements of the look, for a test of how SQLite runs them.
#[cfg(test)]
pub(super) fn finds() -> impl Iterator<Item = &'static str> {
    FIND.iter().map(String::as_str)
}

/// A submission and when it came.
pub(super) type Arrival = (NewSubmission, Timestamp);

/// Writes those whose key nobody has, and tells their deliveries, in the order in which they came. None for one that has to
/// be looked at by itself: its key is known, or the same person is new in this batch already.
pub(super) async fn insert_new(
    connection: &mut SqliteConnection,
    persons: &mut Persons,
    batch: &[Arrival],
) -> Result<Vec<Option<DeliveryId>>, StoreError> {
    let firsts = find_duplicates(connection, persons, batch).await?;
    let mut in_batch = HashSet::new();
    let mut rows = Vec::with_capacity(batch.len());
    for (at, arrival) in batch.iter().enumerate() {
        let first = firsts.get(&at).copied();
        let is_fit = match person_of(&arrival.0) {
            Some(person) if first.is_none() => in_batch.insert((&arrival.0.account, person)),
            _ => true,
        };
        if is_fit {
            rows.push(NewRow { at, arrival, first });
        }
    }
    let inserted = insert_submissions(connection, &rows).await?;
    for (at, id) in &inserted {
        if let Some(arrival) = batch.get(*at) {
            persons.note(arrival, *id);
        }
    }
    crash::point("accept.submission");
    let mut deliveries = vec![None; batch.len()];
    let (Some((_, lowest)), Some((_, highest))) = (inserted.first(), inserted.last()) else {
        return Ok(deliveries);
    };
    let last = insert_deliveries(connection, *lowest, *highest, inserted.len()).await?;
    // One for each submission, and the last one's number is known.
    for ((at, _), id) in inserted.iter().rev().zip((1..=last).rev()) {
        if let Some(place) = deliveries.get_mut(*at) {
            *place = Some(DeliveryId::new(id));
        }
    }
    for row in &rows {
        if let (Some((state, why)), Some(delivery)) =
            (row.kept_back(), deliveries.get(row.at).copied().flatten())
        {
            keep_back(connection, delivery, state, why).await?;
        }
    }
    crash::point("accept.delivery");
    Ok(deliveries)
}

/// Which of a batch have come before, by their places.
async fn find_duplicates(
    connection: &mut SqliteConnection,
    persons: &Persons,
    batch: &[Arrival],
) -> Result<HashMap<usize, Earlier>, StoreError> {
    let mut known = HashMap::new();
    let mut asked = Vec::new();
    for (at, (submission, now)) in batch.iter().enumerate() {
        if let Some(person) = person_of(submission) {
            let since = now.before(submission.duplicates.window).as_ms();
            let fresh = persons.find(person, since);
            if fresh.is_empty() {
                asked.push((at, person, since));
            } else {
                known.insert(at, fresh);
            }
        }
    }
    for (statement, chunk) in in_chunks(&FIND, &asked) {
        let mut query = sqlx::query_as(statement);
        for (at, person, since) in chunk {
            query = query
                .bind(i64::try_from(*at).unwrap_or(i64::MAX))
                .bind(persons::sign_of(person).map(<[u8; 8]>::as_slice))
                .bind(*since);
        }
        let found: Vec<(i64,)> = query.fetch_all(&mut *connection).await.map_err(store_error)?;
        known.extend(found.into_iter().filter_map(|(at,)| Some((usize::try_from(at).ok()?, Vec::new()))));
    }
    let mut firsts = HashMap::new();
    for (at, fresh) in known {
        if let Some(arrival) = batch.get(at)
            && let Some(first) = persons::first(connection, arrival, &fresh).await?
        {
            firsts.insert(at, first);
        }
    }
    Ok(firsts)
}

/// The sign of the person, where anybody asks for it.
fn person_of(submission: &NewSubmission) -> Option<&[u8; 32]> {
    submission.person.as_ref().filter(|_| !submission.duplicates.window.is_zero())
}

/// A row to write.
struct NewRow<'a> {
    /// Its place in the batch.
    at: usize,
    arrival: &'a Arrival,
    /// What it is a duplicate of.
    first: Option<Earlier>,
}

impl NewRow<'_> {
    /// Where it stands and why, where it is not to be sent: in quarantine, or beside the first one.
    fn kept_back(&self) -> Option<(&'static str, &str)> {
        let is_merged = || self.arrival.0.duplicates.merge && self.first.is_some_and(|first| first.is_alive);
        match &self.arrival.0.quarantine {
            Some(why) => Some(("held", why)),
            None => is_merged().then_some(("merged", "duplicate_person")),
        }
    }
}

/// Place in the batch and row of each that was written, in the order of the rows.
async fn insert_submissions(
    connection: &mut SqliteConnection,
    rows: &[NewRow<'_>],
) -> Result<Vec<(usize, i64)>, StoreError> {
    let mut inserted = Vec::with_capacity(rows.len());
    for (statement, chunk) in in_chunks(&INSERT, rows) {
        let mut query = sqlx::query(statement);
        for NewRow { arrival: (submission, now), first, .. } in chunk {
            query = query
                .bind(submission.receipt.as_str())
                .bind(&submission.form)
                .bind(i64::from(submission.form_version))
                .bind(&submission.locale)
                .bind(&submission.account)
                .bind(submission.idempotency_key.as_str())
                .bind(submission.fingerprint.as_slice())
                .bind(submission.person.as_ref().map(<[u8; 32]>::as_slice))
                .bind(first.map(|first| first.submission))
                .bind(keys::padded(&submission.lead.key_id))
                .bind(&submission.lead.data_key)
                .bind(&submission.lead.sealed)
                .bind(now.as_ms());
        }
        let done = query.execute(&mut *connection).await.map_err(store_error)?;
        let written = i64::try_from(done.rows_affected()).unwrap_or(i64::MAX);
        let last = done.last_insert_rowid();
        // SQLite gives each row the number after the highest.
        let ids = last - written + 1..=last;
        if done.rows_affected() == chunk.len() as u64 {
            inserted.extend(chunk.iter().map(|row| row.at).zip(ids));
        } else if written > 0 {
            inserted.extend(find_written(connection, chunk, ids.into_inner()).await?);
        }
    }
    Ok(inserted)
}

/// Which of these were written, where some were not.
async fn find_written(
    connection: &mut SqliteConnection,
    chunk: &[NewRow<'_>],
    (from, to): (i64, i64),
) -> Result<Vec<(usize, i64)>, StoreError> {
    let found = sqlx::query("SELECT id, receipt FROM submissions WHERE id BETWEEN ? AND ? ORDER BY id")
        .bind(from)
        .bind(to)
        .fetch_all(connection)
        .await
        .map_err(store_error)?;
    let places: HashMap<&str, usize> =
        chunk.iter().map(|row| (row.arrival.0.receipt.as_str(), row.at)).collect();
    let pair = |row: sqlx::sqlite::SqliteRow| {
        let place = places.get(row.get::<&str, _>(1));
        place.map(|at| (*at, row.get(0))).ok_or(StoreError::Corrupt("submissions.receipt"))
    };
    found.into_iter().map(pair).collect()
}

/// One delivery for each submission between these two; the number of the last one.
async fn insert_deliveries(
    connection: &mut SqliteConnection,
    lowest: i64,
    highest: i64,
    count: usize,
) -> Result<i64, StoreError> {
    let done = sqlx::query(
        "INSERT INTO deliveries (submission, account, state, due_at, changed_at) \
         SELECT id, account, 'waiting', received_at, received_at FROM submissions WHERE id BETWEEN ? AND ? ORDER BY id",
    )
    .bind(lowest)
    .bind(highest)
    .execute(connection)
    .await
    .map_err(store_error)?;
    // Else a row was between them that this transaction has not written.
    if done.rows_affected() == count as u64 {
        Ok(done.last_insert_rowid())
    } else {
        Err(StoreError::Corrupt("submissions.id"))
    }
}

/// Keeps a delivery that is not to be sent.
async fn keep_back(
    connection: &mut SqliteConnection,
    delivery: DeliveryId,
    state: &'static str,
    why: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE deliveries SET state = ?, reason = ? WHERE id = ?")
        .bind(state)
        .bind(why)
        .bind(delivery.get())
        .execute(connection)
        .await
        .map_err(store_error)?;
    Ok(())
}

/// Cuts into as few pieces as can be, each with the smallest statement that has room for it.
fn in_chunks<'a, T>(
    statements: &'static [String; 3],
    all: &'a [T],
) -> impl Iterator<Item = (&'static str, &'a [T])> {
    let largest = SIZES.into_iter().max().unwrap_or(1);
    all.chunks(largest).filter_map(move |chunk| {
        let mut fitting = SIZES.into_iter().zip(statements).skip_while(|(rows, _)| *rows < chunk.len());
        fitting.next().map(|(_, statement)| (statement.as_str(), chunk))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that each statement of a batch has room for, and those that it is given.
    fn rooms(batch: usize) -> Vec<(usize, usize)> {
        let rows = vec![(); batch];
        let room = |statement: &str| statement.matches("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").count();
        in_chunks(&INSERT, &rows).map(|(statement, chunk)| (room(statement), chunk.len())).collect()
    }

    #[test]
    fn batch_takes_one_statement_for_each_sixty_four_and_the_smallest_that_has_room() {
        assert_eq!(rooms(0), []);
        assert_eq!(rooms(1), [(4, 1)]);
        assert_eq!(rooms(5), [(16, 5)]);
        assert_eq!(rooms(17), [(64, 17)]);
        assert_eq!(rooms(130), [(64, 64), (64, 64), (4, 2)]);
    }
}
