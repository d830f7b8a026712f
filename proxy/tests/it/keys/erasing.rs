//! Erased for good: neither content nor data key nor a hash over them is in any file of the store, and nothing of others is
//! lost.
//!
//! Apart because it reads the files as a thief would.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use lead_proxy::clock::Clock;
use lead_proxy::ids::Receipt;
use lead_proxy::store::{Erased, KeyStore as _, NewSubmission, Retention, Store as _};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

use crate::store::note;

use super::rotation::{keys, open, rows, submission, upkeep};

/// Bytes that are sought together: a piece of anything sealed, long enough to be nobody else's.
const PIECE: usize = 12;

/// Every piece of `PIECE` bytes that is in a file of this folder.
fn pieces(folder: &Path) -> HashSet<Vec<u8>> {
    let mut all = HashSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        all.extend(bytes.windows(PIECE).map(<[u8]>::to_vec));
    }
    all
}

/// Pieces of what is sealed of a submission, none overlapping another, and the two hashes.
fn secrets(submission: &NewSubmission) -> Vec<Vec<u8>> {
    let person = submission.person.unwrap();
    let all =
        [&submission.lead.sealed[..], &submission.lead.data_key[..], &submission.fingerprint[..], &person];
    all.into_iter().flat_map(|bytes| bytes.chunks_exact(PIECE).map(<[u8]>::to_vec)).collect()
}

fn found(pieces: &HashSet<Vec<u8>>, submission: &NewSubmission) -> usize {
    secrets(submission).into_iter().filter(|secret| pieces.contains(secret)).count()
}

#[tokio::test]
async fn erased_lead_is_in_no_file_and_every_other_is_whole() {
    let (dir, clock) = (TempDir::new().unwrap(), Clock::system());
    let (store, keys) = (open(&dir, &clock).await, keys("a", &["a"]));
    let mut kept = Vec::new();
    for _ in 0..90 {
        let submission = submission(&keys);
        store.accept(submission.clone()).await.unwrap();
        kept.push(submission);
    }
    let there = pieces(dir.path());
    assert!(kept.iter().all(|submission| found(&there, submission) == secrets(submission).len()));

    // Neighbours on one page, and single ones.
    let (erased, kept): (Vec<_>, Vec<_>) =
        kept.into_iter().enumerate().partition(|(place, _)| place % 3 == 0 || (30..45).contains(place));
    for (_, submission) in &erased {
        assert_eq!(store.erase(&submission.receipt, note()).await.unwrap(), Erased::Done);
    }
    let there = pieces(dir.path());
    for (place, submission) in &erased {
        assert_eq!(found(&there, submission), 0, "lead {place}");
    }
    for (place, submission) in &kept {
        assert_eq!(found(&there, submission), secrets(submission).len(), "lead {place}");
    }
    let gone: HashSet<&str> = erased.iter().map(|(_, submission)| submission.receipt.as_str()).collect();
    for (receipt, _, data_key, sealed) in rows(&dir).await {
        let is_empty = data_key.iter().chain(&sealed).all(|byte| *byte == 0);
        assert_eq!(is_empty, gone.contains(receipt.as_str()), "{receipt}");
    }
    // A backup that is made now has nothing of them either.
    let backup = TempDir::new().unwrap();
    let path = format!("sqlite://{}", dir.path().join("store.db").display());
    let mut outside = sqlx::SqliteConnection::connect(&path).await.unwrap();
    let copy = format!("VACUUM INTO '{}'", backup.path().join("copy.db").display());
    outside.execute(sqlx::AssertSqlSafe(copy)).await.unwrap();
    outside.close().await.unwrap();
    let there = pieces(backup.path());
    assert!(erased.iter().all(|(_, submission)| found(&there, submission) == 0));
    assert!(kept.iter().all(|(_, submission)| found(&there, submission) > 0));
    store.close().await;
}

#[tokio::test]
async fn log_that_a_reader_holds_is_emptied_when_the_reader_is_gone() {
    let (dir, clock) = (TempDir::new().unwrap(), Clock::system());
    let (store, keys) = (open(&dir, &clock).await, keys("a", &["a"]));
    let submission = submission(&keys);
    store.accept(submission.clone()).await.unwrap();
    let path = format!("sqlite://{}", dir.path().join("store.db").display());
    let mut reader = sqlx::SqliteConnection::connect(&path).await.unwrap();
    reader.execute("BEGIN; SELECT count(*) FROM submissions").await.unwrap();

    assert_eq!(
        store.erase(&submission.receipt, note()).await.unwrap(),
        Erased::Done,
        "a reader holds up nobody"
    );
    assert!(store.scrub().await.is_err(), "it is told that the log is not empty yet");
    assert!(found(&pieces(dir.path()), &submission) > 0);
    reader.execute("COMMIT").await.unwrap();
    store.scrub().await.unwrap();
    assert_eq!(found(&pieces(dir.path()), &submission), 0);
    store.close().await;
}

#[tokio::test]
async fn retention_leaves_no_more_than_an_operator_does() {
    let (dir, (clock, hand)) =
        (TempDir::new().unwrap(), Clock::manual(lead_proxy::clock::Timestamp::from_ms(1_767_225_600_000)));
    let (store, keys) = (open(&dir, &clock).await, keys("a", &["a"]));
    let submission = submission(&keys);
    store.accept(submission.clone()).await.unwrap();
    let path = format!("sqlite://{}", dir.path().join("store.db").display());
    let mut outside = sqlx::SqliteConnection::connect(&path).await.unwrap();
    outside.execute("UPDATE deliveries SET state = 'delivered'").await.unwrap();
    outside.close().await.unwrap();
    let month = Retention { delivered_days: 30, dead_days: 0 };
    hand.advance(month.delivered());
    assert_eq!(store.erase_old(month, 10).await.unwrap(), 1);
    store.scrub().await.unwrap();
    assert_eq!(found(&pieces(dir.path()), &submission), 0);
    store.close().await;
}

#[tokio::test]
async fn what_was_wrapped_by_a_key_of_a_longer_name_is_erased_from_every_corner_of_the_file() {
    let (dir, (clock, hand)) =
        (TempDir::new().unwrap(), Clock::manual(lead_proxy::clock::Timestamp::from_ms(1_767_225_600_000)));
    let (store, old) = (open(&dir, &clock).await, keys("a", &["a"]));
    let mut all: HashSet<[u8; PIECE]> = HashSet::new();
    let mut accepts = tokio::task::JoinSet::new();
    for number in 0..3_000_usize {
        let mut submission = submission(&old);
        // Content of any length: it is neither opened nor wrapped anew.
        while submission.lead.sealed.len() < 100 + number * 7_919 % 1_201 {
            submission.lead.sealed.extend_from_slice(Receipt::new().as_str().as_bytes());
        }
        let pieces = submission.lead.sealed.chunks_exact(PIECE);
        all.extend(pieces.map(|piece| <[u8; PIECE]>::try_from(piece).unwrap()));
        let store = Arc::clone(&store);
        accepts.spawn(async move { store.accept(submission).await.unwrap() });
    }
    accepts.join_all().await;
    let both = keys("b-and-much-longer", &["a", "b-and-much-longer"]);
    assert_eq!(upkeep(&store, &both, &clock).rotate().await.unwrap().leads, 3_000);
    let path = format!("sqlite://{}", dir.path().join("store.db").display());
    let mut outside = sqlx::SqliteConnection::connect(&path).await.unwrap();
    outside.execute("UPDATE deliveries SET state = 'delivered'").await.unwrap();
    outside.close().await.unwrap();
    let month = Retention { delivered_days: 30, dead_days: 0 };
    hand.advance(month.delivered());
    assert_eq!(store.erase_old(month, 3_000).await.unwrap(), 3_000);
    store.scrub().await.unwrap();
    let mut left = 0;
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        left += bytes.windows(PIECE).filter(|window| all.contains(*window)).count();
    }
    assert_eq!(left, 0);
    store.close().await;
}
