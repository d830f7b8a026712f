//! What the store does when its files are taken from under it, are named twice, or can't be written.
//!
//! Apart because each of these once lost or doubled leads while every answer said that all was well.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use sqlx::Row as _;

use super::{Kept, MINUTE, beside, open, submission};

const DATABASE: &str = "store.db";
const LOG: &str = "store.db-wal";
const LOCK: &str = "store.db.lock";

fn file(kept: &Kept, name: &str) -> PathBuf {
    kept.dir.path().join(name)
}

async fn takes(kept: &Kept, key: &str) -> bool {
    kept.store.accept(submission(key, 1)).await.is_ok()
}

#[tokio::test]
async fn store_takes_nothing_while_one_of_its_files_is_moved_away_and_goes_on_when_it_is_back() {
    for name in [DATABASE, LOG, LOCK] {
        let kept = Kept::sqlite().await;
        kept.accept_new("before").await;
        fs::rename(file(&kept, name), file(&kept, "elsewhere")).unwrap();
        assert!(!takes(&kept, "while").await, "{name} is gone");
        assert!(kept.store.ready().await.is_err(), "{name} is gone");
        assert!(!takes(&kept, "while").await, "{name} is still gone");

        fs::rename(file(&kept, "elsewhere"), file(&kept, name)).unwrap();
        kept.store.ready().await.unwrap();
        kept.accept_new("after").await;
        let kept = kept.again().await;
        assert_eq!(kept.claim(9).await.len(), 2, "what was taken is kept, and nothing else");
    }
}

#[tokio::test]
async fn store_takes_nothing_while_another_file_has_the_place_of_one_of_its_own() {
    for name in [DATABASE, LOG, LOCK] {
        let kept = Kept::sqlite().await;
        kept.accept_new("before").await;
        fs::copy(file(&kept, name), file(&kept, "copy")).unwrap();
        fs::rename(file(&kept, "copy"), file(&kept, name)).unwrap();
        assert!(!takes(&kept, "while").await, "{name} is another one");
        assert!(kept.store.ready().await.is_err(), "{name} is another one");
    }
}

#[tokio::test]
async fn files_removed_while_running_are_not_made_anew_at_the_next_start() {
    for removed in [&[DATABASE][..], &[DATABASE, LOG, "store.db-shm"], &[DATABASE, LOG, "store.db-shm", LOCK]]
    {
        let kept = Kept::sqlite().await;
        kept.accept_new("before").await;
        for name in removed {
            fs::remove_file(file(&kept, name)).unwrap();
        }
        assert!(!takes(&kept, "while").await, "{removed:?}");
        kept.store.close().await;
        let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
        assert!(refused.contains("store.db was here before and is missing"), "{removed:?}: {refused}");
        assert!(refused.contains("store.db.lock to begin anew"), "{refused}");
        assert!(!file(&kept, DATABASE).exists(), "nothing was created");
    }
}

#[tokio::test]
async fn lock_file_that_can_not_be_read_still_tells_of_a_former_run() {
    let kept = Kept::sqlite().await;
    kept.store.close().await;
    fs::write(file(&kept, LOCK), [0xff, 0xfe]).unwrap();
    fs::remove_file(file(&kept, DATABASE)).unwrap();
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("was here before and is missing"), "{refused}");
}

#[tokio::test]
async fn second_opening_by_a_symbolic_link_is_refused_as_any_other() {
    let kept = Kept::sqlite().await;
    let other = tempfile::TempDir::new().unwrap();
    symlink(file(&kept, DATABASE), other.path().join(DATABASE)).unwrap();
    let refused = open(other.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("another process has the store"), "{refused}");
    kept.store.close().await;

    let linked = open(other.path(), &kept.clock).await.unwrap();
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("another process has the store"), "{refused}");
    lead_proxy::store::Store::close(&linked).await;
}

#[tokio::test]
async fn symbolic_link_to_nothing_is_refused() {
    let kept = Kept::sqlite().await;
    let other = tempfile::TempDir::new().unwrap();
    symlink(file(&kept, "nothing.db"), other.path().join(DATABASE)).unwrap();
    let refused = open(other.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("is a symbolic link to a file that is missing"), "{refused}");
    assert!(!file(&kept, "nothing.db").exists(), "nothing was created");
}

#[tokio::test]
async fn database_with_a_second_name_is_refused() {
    let kept = Kept::sqlite().await;
    let other = tempfile::TempDir::new().unwrap();
    fs::hard_link(file(&kept, DATABASE), other.path().join(DATABASE)).unwrap();
    let refused = open(other.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("store.db has 2 names (hard links)"), "{refused}");
    assert!(refused.contains("remove the others"), "{refused}");
    fs::remove_file(other.path().join(DATABASE)).unwrap();
    kept.again().await;
}

#[tokio::test]
async fn ready_writes_to_the_disk_but_not_for_everybody_who_asks() {
    let kept = Kept::sqlite().await;
    let mut outside = beside(&kept).await;
    let mut changes = Vec::new();
    for wait in [None, None, Some(MINUTE)] {
        if let Some(wait) = wait {
            kept.hand.advance(wait);
        }
        kept.store.ready().await.unwrap();
        let version = sqlx::query("PRAGMA data_version").fetch_one(&mut outside).await.unwrap();
        changes.push(version.get::<i64, _>(0));
    }
    assert_eq!(changes[0], changes[1], "it was just written");
    assert!(changes[2] > changes[1], "it is written again after a while");
}

#[tokio::test]
async fn lock_file_of_an_older_version_is_closed_to_others() {
    let kept = Kept::sqlite().await;
    kept.store.close().await;
    fs::set_permissions(file(&kept, LOCK), fs::Permissions::from_mode(0o644)).unwrap();
    let store = open(kept.dir.path(), &kept.clock).await.unwrap();
    let mode = fs::metadata(file(&kept, LOCK)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    lead_proxy::store::Store::close(&store).await;
}

#[tokio::test]
async fn store_is_for_its_owners_eyes_alone() {
    let kept = Kept::sqlite().await;
    kept.accept_new("key").await;
    for file in ["store.db", "store.db-wal", "store.db.lock"] {
        let mode = fs::metadata(kept.dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
