//! What SQLite alone must refuse, and its order of sync and answer.
//!
//! Apart from the contract: one file, one process, and a file system below.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lead_proxy::clock::Clock;
use lead_proxy::store::Erased;
use sqlx::{Connection as _, Executor as _, Row as _, SqliteConnection};
use tempfile::TempDir;

use super::keys::note;
use super::{Kept, MINUTE, START, beside, open, submission};

#[tokio::test]
async fn every_answer_comes_after_its_commit_can_be_seen_from_outside() {
    let kept = Kept::sqlite().await;
    let (store, dir) = (&kept.store, kept.dir.path().join("store.db"));
    let accepts = (0..64).map(|number| {
        let (store, dir) = (Arc::clone(store), dir.clone());
        tokio::spawn(async move {
            let mut outside =
                SqliteConnection::connect(&format!("sqlite://{}", dir.display())).await.unwrap();
            let submission = submission(&format!("key-{number}"), 1);
            let receipt = submission.receipt.to_string();
            store.accept(submission).await.unwrap();
            let seen = sqlx::query("SELECT count(*) FROM submissions WHERE receipt = ?").bind(receipt);
            seen.fetch_one(&mut outside).await.unwrap().get::<i64, _>(0)
        })
    });
    for accept in accepts.collect::<Vec<_>>() {
        assert_eq!(accept.await.unwrap(), 1);
    }
}

#[tokio::test]
async fn accept_hears_that_the_store_is_busy_while_another_program_writes_and_works_again_after() {
    let kept = Kept::sqlite().await;
    let mut outside = beside(&kept).await;
    outside.execute("BEGIN IMMEDIATE").await.unwrap();
    assert!(kept.store.accept(submission("key", 1)).await.is_err());
    outside.execute("ROLLBACK").await.unwrap();
    kept.accept_new("key").await;
    assert_eq!(kept.claim(9).await.len(), 1, "the one that was refused is not kept");
}

#[tokio::test]
async fn row_that_can_not_be_read_is_set_aside_and_holds_up_no_other() {
    let kept = Kept::sqlite().await;
    let broken = kept.accept_new("broken").await;
    let whole = kept.accept_new("whole").await;
    let mut outside = beside(&kept).await;
    let spoil = sqlx::query("UPDATE submissions SET receipt = '{' WHERE id = ?").bind(broken.get());
    spoil.execute(&mut outside).await.unwrap();
    let claimed: Vec<_> = kept.claim(9).await.into_iter().map(|claimed| claimed.delivery).collect();
    assert_eq!(claimed, [whole]);
    let view = kept.store.delivery(broken).await.unwrap().unwrap();
    assert_eq!((view.state.as_str(), view.reason.as_deref()), ("dead_letter", Some("unreadable_row")));
}

#[tokio::test]
async fn right_to_renew_a_token_ends_with_the_process_that_had_it() {
    use lead_proxy::store::{Fence, TokenLease};

    let kept = Kept::sqlite().await;
    let until = START.after(MINUTE);
    let TokenLease::Granted(fence) = kept.store.lease_token("web", Fence(0), until).await.unwrap() else {
        panic!("nobody else has it")
    };
    let busy = kept.store.lease_token("web", fence, until).await.unwrap();
    assert!(matches!(busy, TokenLease::Busy { .. }), "{busy:?}");
    let kept = kept.again().await;
    let after = kept.store.lease_token("web", fence, until).await.unwrap();
    assert!(matches!(after, TokenLease::Granted(_)), "{after:?}");
}

#[tokio::test]
async fn second_opening_is_refused_with_the_remedy() {
    let kept = Kept::sqlite().await;
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("another process has the store"), "{refused}");
    assert!(refused.contains("stop it first, or give this one another store.path"), "{refused}");
    kept.again().await;
}

#[tokio::test]
async fn database_that_has_gone_missing_is_never_made_anew() {
    let kept = Kept::sqlite().await;
    kept.accept_new("key").await;
    kept.store.close().await;
    let path = kept.dir.path().join("store.db");
    std::fs::remove_file(&path).unwrap();
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("was here before and is missing"), "{refused}");
    assert!(!path.exists(), "nothing was created");
}

#[tokio::test]
async fn missing_log_of_a_process_that_did_not_close_is_refused() {
    let kept = Kept::sqlite().await;
    kept.store.close().await;
    // What a killed process leaves, with its newest leads taken away.
    std::fs::write(kept.dir.path().join("store.db.lock"), "open").unwrap();
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("store.db-wal is missing"), "{refused}");
    assert!(refused.contains("store.db.lock to go on without"), "{refused}");

    let alone = TempDir::new().unwrap();
    std::fs::write(alone.path().join("store.db-wal"), "log").unwrap();
    let refused = open(alone.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("store.db is missing"), "{refused}");
}

#[tokio::test]
async fn file_of_another_program_and_noise_are_refused_and_left_as_they_are() {
    let clock = Clock::manual(START).0;
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("store.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    other.execute("CREATE TABLE theirs (id INTEGER)").await.unwrap();
    other.close().await.unwrap();
    for bytes in [std::fs::read(&path).unwrap(), b"noise".repeat(1_000), b"SQLite format 3\0".to_vec()] {
        std::fs::write(&path, &bytes).unwrap();
        let refused = open(dir.path(), &clock).await.err().unwrap();
        assert!(refused.contains("store.db is not one of our stores; name another file"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "it is left as it was");
    }
}

#[tokio::test]
async fn store_whose_pages_do_not_fit_together_is_refused_and_left_as_it_is() {
    let kept = Kept::sqlite().await;
    kept.store.close().await;
    let path = kept.dir.path().join("store.db");
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[4_096 * 3..][..8].fill(0xa5);
    for bytes in [damaged, whole[..whole.len() / 2].to_vec()] {
        std::fs::write(&path, &bytes).unwrap();
        let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
        assert!(refused.contains("is damaged") && refused.contains("put back a backup"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "it is left as it was");
    }
    std::fs::write(&path, &whole).unwrap();
    open(kept.dir.path(), &kept.clock).await.unwrap();
}

#[tokio::test]
async fn store_of_a_newer_version_is_refused() {
    let kept = Kept::sqlite().await;
    let mut outside = beside(&kept).await;
    let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'from the future', 1, x'00', 0)";
    outside.execute(insert).await.unwrap();
    outside.close().await.unwrap();
    kept.store.close().await;
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("run the version that wrote it, or a newer one"), "{refused}");
}

#[tokio::test]
async fn folder_that_is_not_there_is_named() {
    let clock = Clock::manual(START).0;
    let dir = TempDir::new().unwrap();
    let refused = open(&dir.path().join("missing"), &clock).await.err().unwrap();
    assert!(refused.contains("missing does not exist; create it"), "{refused}");
    std::fs::create_dir(dir.path().join("store.db")).unwrap();
    let refused = open(dir.path(), &clock).await.err().unwrap();
    assert!(refused.contains("is a folder; name a file in it"), "{refused}");
}

#[tokio::test]
async fn what_the_process_before_has_left_is_recovered_at_once() {
    let kept = Kept::sqlite().await;
    let (claimed, _) = kept.begin("key").await;
    let kept = kept.again().await;
    let abandoned = kept.store.recover(&[], MINUTE).await.unwrap();
    assert_eq!(abandoned.iter().map(|found| found.claimed.delivery).collect::<Vec<_>>(), [claimed.delivery]);
}

#[tokio::test]
async fn leads_are_taken_while_a_reader_holds_the_log_that_erasures_would_empty() {
    let kept = Kept::sqlite().await;
    let mut receipts = Vec::new();
    for key in ["first", "second", "third"] {
        let submission = submission(key, 1);
        receipts.push(submission.receipt.clone());
        kept.store.accept(submission).await.unwrap();
    }
    let mut reader = beside(&kept).await;
    reader.execute("BEGIN; SELECT count(*) FROM submissions").await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let (store, over) = (Arc::clone(&kept.store), Arc::clone(&is_over));
    let accepts = tokio::spawn(async move {
        let mut slowest = Duration::ZERO;
        let mut count = 0;
        while !over.load(Ordering::Acquire) {
            let begun = Instant::now();
            store.accept(submission(&format!("next-{count}"), 1)).await.unwrap();
            slowest = slowest.max(begun.elapsed());
            count += 1;
        }
        (count, slowest)
    });
    for receipt in &receipts {
        assert_eq!(kept.store.erase(receipt, note()).await.unwrap(), Erased::Done);
    }
    is_over.store(true, Ordering::Release);
    let (count, slowest) = accepts.await.unwrap();
    assert!(count > 0 && slowest < Duration::from_millis(1_900), "{count} leads, one took {slowest:?}");
}
