//! A store that fails in the middle of a lead's road.
//!
//! Apart because here the store is broken from outside, by a trigger in its file.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _, SqliteConnection};

use super::desk::{Desk, PATIENCE, Setup};

/// Runs a statement beside the running store.
async fn change(desk: &Desk, statement: &str) {
    let path = desk.store_path();
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    connection.execute("PRAGMA busy_timeout = 5000").await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn attempt_that_could_not_be_written_leaves_no_doubt_and_no_lease_behind() {
    let desk = Desk::open(Setup { starts: false, ..Setup::default() }).await;
    change(&desk, "CREATE TRIGGER broken BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'no'); END")
        .await;
    let (receipt, id) = desk.accept("first").await;
    let desk = desk.restart().await;
    let waits = async {
        while desk.store().delivery(id).await.unwrap().unwrap().reason.as_deref() != Some("store_failed") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.unwrap();
    desk.until(id, "waiting").await;
    assert!(desk.closed().await.is_empty(), "that was not the partner's doing");

    change(&desk, "DROP TRIGGER broken").await;
    desk.advance(Duration::from_secs(2));
    desk.until(id, "delivered").await;
    assert_eq!(desk.sim().ledger().lead(receipt.as_str()).unwrap().times_asked, 1);
    desk.close().await;
}

#[tokio::test]
async fn deliveries_end_for_all_to_see_when_the_store_has_closed_under_them() {
    let desk = Desk::open(Setup::default()).await;
    let ended = tokio::time::timeout(Duration::from_millis(50), desk.delivery().ended()).await;
    assert!(ended.is_err(), "they run");
    desk.store().close().await;
    desk.delivery().wake();
    tokio::time::timeout(PATIENCE, desk.delivery().ended()).await.unwrap();
    desk.close().await;
}
