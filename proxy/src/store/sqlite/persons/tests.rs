//! What of the persons is found, kept, brought into the index and forgotten, on a store in a file.

use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, Timestamp};
use crate::ids::IdempotencyKey;
use crate::store::sqlite::{accept, direct, keys, open};
use crate::store::{DuplicateRule, NewSubmission, SqliteStore, Store as _, StoreConfig};

const WINDOW: Duration = Duration::from_secs(60);

/// A new store, and the writer's connection for leads to it.
async fn writer(dir: &TempDir) -> Connection {
    let config = StoreConfig { path: dir.path().join("leads.db") };
    SqliteStore::open(&config, Clock::system()).await.unwrap().close().await;
    direct::connect(&config.path).unwrap()
}

fn load(connection: &Connection, lot_size: usize) -> Persons {
    Persons { lot_size, ..Persons::load(connection).unwrap() }
}

/// The submission of this number by this person, in the second of its number.
fn arrival(number: u32, person: u8) -> Arrival {
    let new = NewSubmission {
        account: "web".to_owned(),
        // Of all the same beginning, so that only the rows tell them apart, in the last ones.
        person: Some(if person < 250 {
            [person; 32]
        } else {
            [[7; 16], [person; 16]].concat().try_into().unwrap()
        }),
        duplicates: DuplicateRule { window: WINDOW, merge: true },
        ..NewSubmission::sample(&format!("key-{number:020}"))
    };
    (new, Timestamp::from_ms(i64::from(number) * 1_000))
}

/// One commit.
fn commit(connection: &Connection, persons: &mut Persons, batch: &[Arrival]) {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let accepted = accept::accept_all(connection, persons, batch).unwrap();
    assert!(accepted.iter().all(Result::is_ok), "{accepted:?}");
    persons.bring(connection, batch.len()).unwrap();
    connection.execute_batch("COMMIT").unwrap();
}

/// The one column of all rows.
fn column<T: rusqlite::types::FromSql>(connection: &Connection, query: &str) -> Vec<T> {
    let mut query = connection.prepare(query).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// What each submission is kept beside, the first to the last.
fn kept_beside(connection: &Connection) -> Vec<Option<i64>> {
    column(connection, "SELECT duplicate_of FROM submissions ORDER BY id")
}

fn indexed(connection: &Connection) -> (Vec<i64>, i64) {
    let indexed = column(connection, "SELECT submission FROM persons ORDER BY submission");
    (indexed, column(connection, "SELECT submission FROM persons_upto")[0])
}

#[tokio::test]
async fn person_is_found_in_memory_in_the_lot_and_in_the_index() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut persons = load(&connection, 3);
    for (number, person) in [(1, 1), (2, 7), (3, 251), (4, 4)] {
        commit(&connection, &mut persons, &[arrival(number, person)]);
    }
    assert_eq!(indexed(&connection), (vec![1, 2, 3], 3), "a lot of three, and one in memory");
    // As if the lot was on its way: what is in it is found in memory alone.
    persons.lot = std::mem::take(&mut persons.fresh);
    persons.lot_upto = 4;
    let again: Vec<_> =
        [1, 7, 251, 4, 252].into_iter().zip(5..).map(|(person, n)| arrival(n, person)).collect();
    commit(&connection, &mut persons, &again);
    let beside = kept_beside(&connection);
    assert_eq!(beside[4..], [Some(1), Some(2), Some(3), Some(4), None]);
    assert_eq!(indexed(&connection), (vec![1, 2, 3, 4], 4));

    // The same person twice in one commit, and one whose window is over.
    let rest = [arrival(10, 20), arrival(11, 20), arrival(100, 4)];
    commit(&connection, &mut persons, &rest);
    let beside = kept_beside(&connection);
    assert_eq!(beside.iter().filter(|first| **first == Some(10)).count(), 1, "{beside:?}");
    assert_eq!(beside[9..].iter().flatten().count(), 1, "{beside:?}");
}

#[tokio::test]
async fn what_comes_after_the_mark_is_read_back_and_no_lot_is_brought_twice() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut persons = load(&connection, 200);
    let first = (1..=200_u8).map(|person| arrival(1, person)).enumerate();
    let first: Vec<_> = first.map(|(n, (new, now))| (renamed(new, n), now)).collect();
    commit(&connection, &mut persons, &first[..199]);
    assert_eq!(indexed(&connection), (vec![], 0));
    // One came, so one step is taken of the lot that it makes full.
    commit(&connection, &mut persons, &first[199..]);
    let (in_index, upto) = indexed(&connection);
    assert_eq!((in_index.len(), upto, persons.lot.len()), (STEP, 0, 200 - STEP));
    commit(&connection, &mut persons, &[arrival(2, 249)]);
    assert_eq!((indexed(&connection).1, persons.fresh.len()), (200, 1));

    // Killed in the middle of a lot, and after one: as the store stands then.
    let killed = "DELETE FROM persons WHERE submission > 100; UPDATE persons_upto SET submission = 0";
    connection.execute_batch(killed).unwrap();
    drop(connection);
    let connection = direct::connect(&dir.path().join("leads.db")).unwrap();
    let mut persons = load(&connection, 201);
    assert_eq!(persons.fresh.len(), 201, "all that come after the mark");
    commit(&connection, &mut persons, &[arrival(3, 5), arrival(4, 150), arrival(5, 249)]);
    assert_eq!(kept_beside(&connection)[201..], [Some(5), Some(150), Some(201)]);
    commit(&connection, &mut persons, &[arrival(6, 5), arrival(7, 150), arrival(8, 230)]);
    assert_eq!(indexed(&connection), ((1..=204).collect(), 204));
    assert_eq!(load(&connection, LOT).fresh.len(), 3);
}

/// The same with a key of its own.
fn renamed(new: NewSubmission, n: usize) -> NewSubmission {
    NewSubmission { idempotency_key: IdempotencyKey::parse(&format!("first-{n:020}")).unwrap(), ..new }
}

#[tokio::test]
async fn mark_is_no_higher_than_the_last_row_though_a_rolled_back_one_was_noted() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut persons = load(&connection, 2);
    persons.note(&arrival(1, 1), 40);
    commit(&connection, &mut persons, &[arrival(2, 2)]);
    assert_eq!(indexed(&connection), (vec![1], 1));
}

#[tokio::test]
async fn person_that_is_erased_is_not_in_the_index_whether_he_was_there_before_or_not() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut persons = load(&connection, 2);
    for (number, person) in [(1, 1), (2, 2), (3, 3)] {
        commit(&connection, &mut persons, &[arrival(number, person)]);
    }
    assert_eq!(indexed(&connection).0, [1, 2]);
    let mut jobs = open::connect(&dir.path().join("leads.db")).await.unwrap();
    for submission in [2, 3] {
        let (row, now) = ((submission, submission), Timestamp::from_ms(3_000));
        keys::overwrite(&mut jobs, row, "erased", now).await.unwrap();
    }
    assert_eq!(indexed(&connection).0, [1]);
    commit(&connection, &mut persons, &[arrival(4, 3)]);
    assert_eq!(kept_beside(&connection)[3], None, "nobody knows him any more");
    assert_eq!(indexed(&connection), (vec![1, 4], 4));
}

#[test]
fn migration_brings_everybody_into_the_index() {
    let connection = Connection::open_in_memory().unwrap();
    for sql in [
        include_str!("../../migrations/sqlite/0001_outbox.sql"),
        include_str!("../../migrations/sqlite/0005_keys.sql"),
        include_str!("../../migrations/sqlite/0006_operator.sql"),
        include_str!("../../migrations/sqlite/0007_followers.sql"),
    ] {
        connection.execute_batch(sql).unwrap();
    }
    connection
        .execute_batch(
            "INSERT INTO submissions (id, receipt, form, form_version, locale, account, idempotency_key, fingerprint, person, \
             key_id, data_key, sealed, received_at) SELECT value, 'r' || value, 'callback', 1, 'en', 'web', 'k' || value, \
             zeroblob(32), CASE value WHEN 3 THEN NULL WHEN 4 THEN unhex(printf('%064d', 9)) ELSE zeroblob(32) END, 'first', \
             x'01', x'02', value * 1000 FROM json_each('[1, 2, 3, 4, 5]'); \
             INSERT INTO deliveries (id, submission, account, state, due_at, changed_at) \
             SELECT id + 10, id, 'web', 'waiting', 0, 0 FROM submissions",
        )
        .unwrap();
    connection.execute_batch(include_str!("../../migrations/sqlite/0008_persons.sql")).unwrap();
    assert_eq!(indexed(&connection), (vec![1, 2, 4, 5], 5));
    assert!(Persons::load(&connection).unwrap().fresh.is_empty());
    let (new, now) = arrival(6, 0);
    let first = first(&connection, &(new, now), &[]).unwrap();
    assert_eq!(first, Some(Earlier { submission: 1, is_alive: true }));
}

#[tokio::test]
async fn no_statement_reads_every_submission_or_every_person() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    for statement in [LOAD, &BRING, LAST, FORGET, &FIRST, KNOWN] {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let mut steps = plan.raw_query();
        while let Some(step) = steps.next().unwrap() {
            let step: String = step.get("detail").unwrap();
            let reads_all = ["s", "p", "d", "persons", "submissions"].map(|table| format!("SCAN {table}"));
            assert!(!reads_all.contains(&step), "{step}: {statement}");
            assert!(!step.contains("TEMP B-TREE"), "{step}: {statement}");
        }
    }
}
