//! What of persons and keys is found, kept, brought into the index and forgotten, on a store in a file.

use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, Timestamp};
use crate::ids::IdempotencyKey;
use crate::store::sqlite::{accept, direct, insert, keys, open};
use crate::store::{Accepted, DuplicateRule, NewSubmission, SqliteStore, Store as _, StoreConfig};

const WINDOW: Duration = Duration::from_secs(60);

/// A new store, and the writer's connection for leads to it.
async fn writer(dir: &TempDir) -> Connection {
    let config = StoreConfig { path: dir.path().join("leads.db") };
    SqliteStore::open(&config, Clock::system()).await.unwrap().close().await;
    direct::connect(&config.path).unwrap()
}

fn load(connection: &Connection, lot_size: usize) -> Seen {
    Seen { lot_size, stride: 1, ..Seen::load(connection).unwrap() }
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

/// One commit, and what became of each.
fn commit(connection: &Connection, seen: &mut Seen, batch: &[Arrival]) -> Vec<Accepted> {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let accepted = accept::accept_all(connection, seen, batch).unwrap();
    seen.bring(connection, batch.len()).unwrap();
    connection.execute_batch("COMMIT").unwrap();
    accepted.into_iter().map(Result::unwrap).collect()
}

/// A commit of so many leads that are nobody's, as far as the index is concerned.
fn bring(connection: &Connection, seen: &mut Seen, came: usize) {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    seen.bring(connection, came).unwrap();
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

/// What is in the index, each submission by its key and by its person, and the mark.
fn indexed(connection: &Connection) -> (Vec<i64>, i64) {
    let indexed = column(connection, "SELECT submission FROM seen ORDER BY submission");
    (indexed, column(connection, "SELECT submission FROM seen_upto")[0])
}

/// Each of these twice.
fn twice(submissions: impl IntoIterator<Item = i64>) -> Vec<i64> {
    submissions.into_iter().flat_map(|submission| [submission; 2]).collect()
}

#[tokio::test]
async fn person_is_found_in_memory_in_the_lot_and_in_the_index() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut seen = load(&connection, 6);
    for (number, person) in [(1, 1), (2, 7), (3, 251), (4, 4)] {
        commit(&connection, &mut seen, &[arrival(number, person)]);
    }
    assert_eq!(indexed(&connection), (twice(1..=3), 3), "a lot of three, and one in memory");
    // As if the lot was on its way: what is in it is found in memory alone.
    seen.lot = std::mem::take(&mut seen.fresh);
    seen.lot_upto = 4;
    let again: Vec<_> =
        [1, 7, 251, 4, 252].into_iter().zip(5..).map(|(person, n)| arrival(n, person)).collect();
    commit(&connection, &mut seen, &again);
    let beside = kept_beside(&connection);
    assert_eq!(beside[4..], [Some(1), Some(2), Some(3), Some(4), None]);
    assert_eq!(indexed(&connection), (twice(1..=4), 4));

    // The same person twice in one commit, and one whose window is over.
    let rest = [arrival(10, 20), arrival(11, 20), arrival(100, 4)];
    commit(&connection, &mut seen, &rest);
    let beside = kept_beside(&connection);
    assert_eq!(beside.iter().filter(|first| **first == Some(10)).count(), 1, "{beside:?}");
    assert_eq!(beside[9..].iter().flatten().count(), 1, "{beside:?}");
}

#[tokio::test]
async fn what_comes_after_the_mark_is_read_back_and_no_lot_is_brought_twice() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut seen = load(&connection, 400);
    let first = (1..=200_u8).map(|person| arrival(1, person)).enumerate();
    let first: Vec<_> = first.map(|(n, (new, now))| (renamed(new, n), now)).collect();
    commit(&connection, &mut seen, &first[..199]);
    assert_eq!(indexed(&connection), (vec![], 0));
    // One came, so one step is taken of the lot that it makes full.
    commit(&connection, &mut seen, &first[199..]);
    let (in_index, upto) = indexed(&connection);
    assert_eq!((in_index.len(), upto, seen.lot.len()), (STEP, 0, 400 - STEP));
    commit(&connection, &mut seen, &[arrival(2, 249)]);
    bring(&connection, &mut seen, 98);
    assert_eq!((indexed(&connection).1, seen.fresh.len()), (200, 2));

    // Killed in the middle of a lot, and after one: as the store stands then.
    let killed = "DELETE FROM seen WHERE submission > 100; UPDATE seen_upto SET submission = 0";
    connection.execute_batch(killed).unwrap();
    drop(connection);
    let connection = direct::connect(&dir.path().join("leads.db")).unwrap();
    let mut seen = load(&connection, 402);
    assert_eq!(seen.fresh.len(), 402, "all that come after the mark");
    commit(&connection, &mut seen, &[arrival(3, 5), arrival(4, 150), arrival(5, 249)]);
    assert_eq!(kept_beside(&connection)[201..], [Some(5), Some(150), Some(201)]);
    commit(&connection, &mut seen, &[arrival(6, 5), arrival(7, 150), arrival(8, 230)]);
    bring(&connection, &mut seen, 96);
    assert_eq!(indexed(&connection), (twice(1..=204), 204));
    assert_eq!(load(&connection, LOT).fresh.len(), 6);
}

/// The same with a key of its own.
fn renamed(new: NewSubmission, n: usize) -> NewSubmission {
    NewSubmission { idempotency_key: IdempotencyKey::parse(&format!("first-{n:020}")).unwrap(), ..new }
}

#[tokio::test]
async fn what_was_noted_of_a_row_that_was_rolled_back_is_forgotten() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut seen = load(&connection, 2);
    seen.note(&arrival(1, 1), 40);
    seen.roll_back(&connection).unwrap();
    commit(&connection, &mut seen, &[arrival(2, 2)]);
    assert_eq!(indexed(&connection), (vec![1, 1], 1));
}

#[tokio::test]
async fn person_that_is_erased_is_not_in_the_index_whether_he_was_there_before_or_not() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut seen = load(&connection, 4);
    for (number, person) in [(1, 1), (2, 2), (3, 3)] {
        commit(&connection, &mut seen, &[arrival(number, person)]);
    }
    assert_eq!(indexed(&connection).0, twice([1, 2]));
    let mut jobs = open::connect(&dir.path().join("leads.db")).await.unwrap();
    for submission in [2, 3] {
        let (row, now) = ((submission, submission), Timestamp::from_ms(3_000));
        keys::overwrite(&mut jobs, row, "erased", now).await.unwrap();
    }
    assert_eq!(indexed(&connection).0, [1, 1, 2], "the key stays");
    commit(&connection, &mut seen, &[arrival(4, 3)]);
    assert_eq!(kept_beside(&connection)[3], None, "nobody knows him any more");
    for number in [5, 6] {
        commit(&connection, &mut seen, &[arrival(number, 9)]);
    }
    assert_eq!(indexed(&connection), (vec![1, 1, 2, 3, 4, 4, 5, 5], 5));
    let none: Vec<i64> = column(&connection, "SELECT submission FROM seen_not");
    assert!(none.is_empty(), "{none:?}");
    for erased in [arrival(2, 2), arrival(3, 3)] {
        let again = commit(&connection, &mut seen, &[erased]);
        assert!(matches!(again[..], [Accepted::Known { .. }]), "{again:?}");
    }
}

#[tokio::test]
async fn index_is_written_some_hundred_places_at_a_time() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let mut seen = Seen { stride: 3 * STEP, ..load(&connection, 20) };
    let leads: Vec<_> = (1..=10).map(|number| arrival(number, 1)).collect();
    commit(&connection, &mut seen, &leads[..8]);
    for (lead, in_index) in leads[8..].iter().zip([0, 0]) {
        commit(&connection, &mut seen, std::slice::from_ref(lead));
        assert_eq!(indexed(&connection).0.len(), in_index);
    }
    for in_index in [0, 3 * STEP, 3 * STEP, 3 * STEP, 20] {
        bring(&connection, &mut seen, 1);
        assert_eq!(indexed(&connection).0.len(), in_index);
    }
}

/// The next of a row of numbers that look like chance, below `end`.
fn draw(state: &mut u64, end: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % end
}

#[tokio::test]
async fn no_key_is_taken_twice_wherever_the_writer_was_stopped() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("leads.db");
    let (mut connection, mut taken) = (writer(&dir).await, std::collections::BTreeSet::new());
    let mut seen = load(&connection, 16);
    let mut chance = 7;
    for turn in 0..600 {
        let keys: Vec<u64> = (0..=draw(&mut chance, 6)).map(|_| draw(&mut chance, 900)).collect();
        // Persons by chance, too: of each lot some are one person's.
        let person = u8::try_from(draw(&mut chance, 250)).unwrap();
        let batch: Vec<_> = keys.iter().map(|key| arrival(u32::try_from(*key).unwrap(), person)).collect();
        if draw(&mut chance, 10) == 0 {
            // Stopped before the commit: nothing of it is stored, and the memory is gone.
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            accept::accept_all(&connection, &mut seen, &batch).unwrap();
            seen.bring(&connection, batch.len()).unwrap();
            connection = direct::connect(&path).unwrap();
            seen = load(&connection, 16);
            continue;
        }
        let accepted = commit(&connection, &mut seen, &batch);
        for (key, accepted) in keys.iter().zip(accepted) {
            let is_new = matches!(accepted, Accepted::New(_));
            assert_eq!(is_new, taken.insert(*key), "key {key} in turn {turn}: {accepted:?}");
        }
        if draw(&mut chance, 20) == 0 {
            seen = load(&connection, 16);
        }
    }
    let rows: Vec<i64> =
        column(&connection, "SELECT count(*) FROM submissions UNION ALL SELECT count(*) FROM deliveries");
    let (stored, in_index) = (i64::try_from(taken.len()).unwrap(), indexed(&connection).1);
    assert_eq!(rows, [stored, stored]);
    assert!(in_index > stored / 2 && in_index < stored, "{in_index} of {stored} are in the index");
}

#[test]
fn migrations_bring_every_person_and_key_into_the_index() {
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
             key_id, data_key, sealed, received_at) SELECT value, 'r' || value, 'callback', 1, 'en', 'web', 'key-' || printf('%020d', value), \
             zeroblob(32), CASE value WHEN 3 THEN NULL WHEN 4 THEN unhex(printf('%064d', 9)) ELSE zeroblob(32) END, 'first', \
             x'01', x'02', value * 1000 FROM json_each('[1, 2, 3, 4, 5]'); \
             INSERT INTO deliveries (id, submission, account, state, due_at, changed_at) \
             SELECT id + 10, id, 'web', 'waiting', 0, 0 FROM submissions",
        )
        .unwrap();
    connection.execute_batch(include_str!("../../migrations/sqlite/0008_persons.sql")).unwrap();
    connection.execute_batch(include_str!("../../migrations/sqlite/0009_seen.sql")).unwrap();
    assert_eq!(indexed(&connection), (vec![1, 1, 2, 2, 3, 4, 4, 5, 5], 5));
    assert!(Seen::load(&connection).unwrap().fresh.is_empty());
    let (new, now) = arrival(6, 0);
    for (number, expected) in [(3, Some(3)), (6, None)] {
        let mut asked = connection.prepare(KEYED).unwrap();
        assert_eq!(keyed(&connection, &mut asked, &arrival(number, 0).0, &[]).unwrap(), expected);
    }
    let first = first(&connection, &(new, now), &[]).unwrap();
    assert_eq!(first, Some(Earlier { submission: 1, is_alive: true }));
}

#[tokio::test]
async fn no_statement_reads_every_submission_or_all_that_was_seen() {
    let dir = TempDir::new().unwrap();
    let connection = writer(&dir).await;
    let own = [&LOAD, &AGAIN, BRING, LAST, FORGET, FORGET_LATER, FORGOTTEN, &FIRST, KNOWN, KEYED, HAS_KEY];
    for statement in own.into_iter().chain([insert::WAITING]) {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let mut steps = plan.raw_query();
        while let Some(step) = steps.next().unwrap() {
            let step: String = step.get("detail").unwrap();
            let reads_all = ["s", "p", "k", "d", "seen", "submissions"].map(|table| format!("SCAN {table}"));
            assert!(!reads_all.contains(&step), "{step}: {statement}");
            assert!(!step.contains("TEMP B-TREE"), "{step}: {statement}");
        }
    }
}
