//! A bit that flips in the store: the lead whose bit it was is held, in sight of a person, and every other goes on.
//!
//! Apart from the other deliveries, which are all readable.

use sqlx::{Connection as _, SqliteConnection};

use super::desk::{Desk, Setup};

/// Each changes one lead, named by its number; together they touch every column that is sealed or says how.
const FLIPS: [&str; 9] = [
    "UPDATE submissions SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB) WHERE id = ?",
    // Never to what it was: one byte in 256 is zero before.
    "UPDATE submissions SET sealed = CAST(substr(sealed, 1, 40) || CASE substr(sealed, 41, 1) WHEN x'00' THEN x'01' \
     ELSE x'00' END || substr(sealed, 42) AS BLOB) WHERE id = ?",
    "UPDATE submissions SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE id = ?",
    "UPDATE submissions SET sealed = x'' WHERE id = ?",
    "UPDATE submissions SET data_key = CAST(substr(data_key, 1, 60) || CASE substr(data_key, 61, 1) WHEN x'00' THEN x'01' \
     ELSE x'00' END AS BLOB) WHERE id = ?",
    "UPDATE submissions SET data_key = x'' WHERE id = ?",
    "UPDATE submissions SET key_id = 'tess' WHERE id = ?",
    // A text that is none any more.
    "UPDATE submissions SET key_id = CAST(x'f4657374' AS TEXT) WHERE id = ?",
    // Another's content in its place.
    "UPDATE submissions SET (data_key, sealed) = (SELECT data_key, sealed FROM submissions o WHERE o.id = \
     submissions.id + 1) WHERE id = ?",
];

#[tokio::test]
async fn flipped_bit_in_any_sealed_column_holds_its_lead_and_no_other() {
    let desk = Desk::open(Setup { starts: false, ..Setup::default() }).await;
    let mut spoiled = Vec::new();
    let mut whole = Vec::new();
    let path = format!("sqlite://{}", desk.store_path().display());
    let mut outside = SqliteConnection::connect(&path).await.unwrap();
    for (number, flip) in FLIPS.into_iter().enumerate() {
        let (_, id) = desk.accept(&format!("spoiled-{number}")).await;
        whole.push(desk.accept(&format!("whole-{number}")).await.1);
        let flipped = sqlx::query(flip).bind(id.get()).execute(&mut outside).await.unwrap();
        assert_eq!(flipped.rows_affected(), 1, "{flip}");
        spoiled.push((id, flip));
    }
    outside.close().await.unwrap();

    let desk = desk.restart().await;
    for (id, flip) in spoiled {
        desk.until(id, "held").await;
        let view = desk.store().delivery(id).await.unwrap().unwrap();
        assert_eq!((view.reason.as_deref(), view.attempts), (Some("unreadable"), 0), "{flip}");
    }
    for id in &whole {
        desk.until(*id, "delivered").await;
    }
    assert_eq!(desk.sim().ledger().requests.len(), whole.len(), "nothing of the others was sent");
    desk.close().await;
}
