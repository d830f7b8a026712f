//! What callers hear and what is kept, when jobs and leads are written together.

use super::*;
use crate::clock::Clock;
use crate::ids::Receipt;
use crate::store::{SqliteStore, Store as _, StoreConfig};

const ACCOUNT: &str = "INSERT INTO account_gates (account, flow_us, wait_until) VALUES (?, 0, 0)";

async fn accounts(store: &SqliteStore) -> Vec<String> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT account FROM account_gates ORDER BY account")
        .fetch_all(&store.readers)
        .await
        .unwrap();
    rows.into_iter().map(|(account,)| account).collect()
}

async fn store(dir: &std::path::Path) -> SqliteStore {
    SqliteStore::open(&StoreConfig { path: dir.join("store.db") }, Clock::system()).await.unwrap()
}

/// What a test's job does after it has written its row.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Well,
    Fails,
    BreaksTheCommit,
}

async fn pause(connection: &mut SqliteConnection, account: &'static str, end: End) -> Result<(), StoreError> {
    sqlx::query(ACCOUNT).bind(account).execute(&mut *connection).await.map_err(store_error)?;
    if end == End::BreaksTheCommit {
        // A missing parent that is looked for only at the end, as a full disk or a failed sync shows only then.
        let broken = "PRAGMA defer_foreign_keys = ON; INSERT INTO attempts (delivery, number, state, request_digest, \
                      started_at) VALUES (999, 1, 'sending', '', 0)";
        connection.execute(broken).await.map_err(store_error)?;
    }
    if end == End::Fails { Err(StoreError::Corrupt("test")) } else { Ok(()) }
}

/// Writes these in one transaction and answers what each caller heard, and which rows are kept.
async fn write_together(ends: [(&'static str, End); 3]) -> (Vec<bool>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let (open, gate) = oneshot::channel::<()>();
    let blocked = store.writer.write(move |_| {
        Box::pin(async {
            gate.await.unwrap();
            Ok(())
        })
    });
    let jobs = ends.map(|(account, end)| store.writer.write(move |conn| Box::pin(pause(conn, account, end))));
    let [first, second, third] = jobs;
    // Polled in this order: the three wait in the channel while the gate keeps the writer busy.
    let opened = async {
        tokio::task::yield_now().await;
        open.send(()).unwrap();
    };
    let (_, first, second, third, ()) = tokio::join!(blocked, first, second, third, opened);
    let heard = [first, second, third].iter().map(Result::is_ok).collect();
    let next = store.writer.write(|conn| Box::pin(pause(conn, "next", End::Well))).await;
    assert!(next.is_ok(), "the writer goes on");
    let kept = accounts(&store).await;
    (heard, kept)
}

#[tokio::test]
async fn failed_commit_is_told_to_every_caller_and_nothing_of_it_is_kept() {
    let ends = [("a", End::Well), ("b", End::BreaksTheCommit), ("c", End::Well)];
    assert_eq!(write_together(ends).await, (vec![false, false, false], vec!["next".to_owned()]));
}

#[tokio::test]
async fn log_that_is_left_after_a_failed_commit_is_missed_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let first = store(dir.path()).await;
    first.accept(lead(Receipt::new(), "first-first-first")).await.unwrap();
    let failed = first.writer.write(|conn| Box::pin(pause(conn, "a", End::BreaksTheCommit))).await;
    assert!(failed.is_err(), "{failed:?}");
    first.close().await;
    std::fs::remove_file(dir.path().join("store.db-wal")).unwrap();
    let next = SqliteStore::open(&StoreConfig { path: dir.path().join("store.db") }, Clock::system()).await;
    let told = next.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(told.contains("store.db-wal is missing"), "{told}");
}

#[tokio::test]
async fn failed_job_takes_no_other_with_it() {
    let ends = [("a", End::Well), ("b", End::Fails), ("c", End::Well)];
    let kept = ["a", "c", "next"].map(str::to_owned).to_vec();
    assert_eq!(write_together(ends).await, (vec![true, false, true], kept));
}

#[tokio::test]
async fn work_goes_on_when_its_caller_goes_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let (open, gate) = oneshot::channel::<()>();
    let work = store.writer.write(move |conn| {
        Box::pin(async move {
            gate.await.unwrap();
            pause(conn, "a", End::Well).await
        })
    });
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(50), work).await.is_err(),
        "it is behind the gate"
    );
    open.send(()).unwrap();
    store.writer.write(|_| Box::pin(async { Ok(()) })).await.unwrap();
    assert_eq!(accounts(&store).await, ["a"]);
}

fn lead(receipt: Receipt, key: &str) -> NewSubmission {
    NewSubmission { receipt, ..NewSubmission::sample(key) }
}

#[tokio::test]
async fn lead_that_can_not_be_written_takes_no_other_with_it_and_no_job_that_waits_with_them_does() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let (open, gate) = oneshot::channel::<()>();
    let blocked = store.writer.write(move |_| {
        Box::pin(async {
            gate.await.unwrap();
            Ok(())
        })
    });
    let (one, other) = (Receipt::new(), Receipt::new());
    let opened = async {
        tokio::task::yield_now().await;
        open.send(()).unwrap();
    };
    let (_, first, second, third, job, ()) = tokio::join!(
        blocked,
        store.accept(lead(one.clone(), "first-first-first")),
        // The same receipt again, which no two may have.
        store.accept(lead(one.clone(), "second-second-second")),
        store.accept(lead(other.clone(), "third-third-third")),
        store.writer.write(|conn| Box::pin(pause(conn, "a", End::BreaksTheCommit))),
        opened,
    );
    assert!(matches!((&first, &third), (Ok(Accepted::New(_)), Ok(Accepted::New(_)))), "{first:?} {third:?}");
    assert!(matches!(second, Err(StoreError::Database(_))), "{second:?}");
    assert!(matches!(job, Err(StoreError::NotCommitted)), "{job:?}");
    assert_eq!(accounts(&store).await, Vec::<String>::new());
    for receipt in [one, other] {
        assert!(store.receipt(&receipt).await.unwrap().is_some());
    }
    let again = store.accept(lead(Receipt::new(), "first-first-first")).await.unwrap();
    assert!(matches!(again, Accepted::Known { .. }), "{again:?}");
    let next = store.accept(lead(Receipt::new(), "fourth-fourth-fourth")).await.unwrap();
    assert!(matches!(next, Accepted::New(_)), "the writer goes on: {next:?}");
}
