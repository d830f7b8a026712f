//! Lists what has not reached its partner, for an operator who looks while the proxy runs.
//!
//! Apart from the store itself: this takes no lock and can't write, so that looking never gets in the way of serving.

use crate::store::operator::rows::{self, OpenRow};
use crate::store::sqlite::{open, store_error};
use crate::store::{OpenDelivery, StoreConfig, StoreError};

/// Every delivery that waits, is under way, or was left to a person; the oldest first. The reason of one that waits for a
/// closed gate is `account_paused`, `account_broken` or `account_stopped`, whatever ended its last attempt.
///
/// # Errors
/// [`StoreError::Refused`] with the remedy where there is no store of ours.
pub async fn open_deliveries(config: &StoreConfig) -> Result<Vec<OpenDelivery>, StoreError> {
    let readers = open::open_beside(&config.path).await?;
    let rows: Vec<OpenRow> = sqlx::query_as(
        "SELECT CAST(s.receipt AS BLOB), CAST(s.form AS BLOB), CAST(d.account AS BLOB), d.state, d.attempts, \
         CASE WHEN d.state = 'waiting' AND g.cause IS NOT NULL THEN 'account_' || g.cause ELSE d.reason END, \
         s.received_at, d.due_at, CAST(o.receipt AS BLOB) \
         FROM deliveries d JOIN submissions s ON s.id = d.submission \
         LEFT JOIN account_gates g ON g.account = d.account LEFT JOIN submissions o ON o.id = s.duplicate_of \
         WHERE d.state IN ('waiting', 'leased', 'held', 'dead_letter', 'merged') ORDER BY d.id",
    )
    .fetch_all(&readers)
    .await
    .map_err(store_error)?;
    readers.close().await;
    rows.into_iter().map(rows::open_delivery).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::clock::Clock;
    use crate::ids::Receipt;
    use crate::store::{
        AccountRoom, AttemptClass, ClaimRequest, Ending, FlowRule, GateCause, GateChange, NewSubmission,
        SqliteStore, Standing, Store as _, Verdict,
    };

    const LEASE: Duration = Duration::from_secs(60);
    const FLOW: FlowRule =
        FlowRule { per_minute: None, burst: 1, breaker_failures: 5, broken_wait: LEASE, paused_wait: LEASE };

    /// Two deliveries of the one account.
    fn two() -> ClaimRequest {
        let room = AccountRoom { account: "takepayments".to_owned(), room: 2, flow: FLOW };
        ClaimRequest { accounts: vec![room], limit: 2, lease: LEASE }
    }

    fn config(dir: &Path) -> StoreConfig {
        StoreConfig { path: dir.join("leads.db") }
    }

    #[tokio::test]
    async fn waiting_and_held_deliveries_are_listed_while_the_store_is_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let store = SqliteStore::open(&config, Clock::system()).await.unwrap();
        for key in ["delivered-delivered", "held-held-held-held", "waiting-waiting-waiting"] {
            store.accept(NewSubmission::sample(key)).await.unwrap();
        }
        let claimed = store.claim(two()).await.unwrap();
        for (claimed, standing) in claimed.iter().zip([Standing::Delivered, Standing::Held]) {
            assert!(store.release(claimed.delivery, claimed.fence, standing, "why").await.unwrap());
        }

        let listed = open_deliveries(&config).await.unwrap();
        let states: Vec<_> =
            listed.iter().map(|open| (open.state.as_str(), open.reason.as_deref())).collect();
        assert_eq!(states, [("held", Some("why")), ("waiting", None)]);
        assert!(listed.iter().all(|open| Receipt::parse(&open.receipt).is_some() && open.form == "callback"));
        store.close().await;
    }

    #[tokio::test]
    async fn delivery_that_waits_for_a_paused_account_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let store = SqliteStore::open(&config, Clock::system()).await.unwrap();
        for key in ["refused-refused-refused", "held-held-held-held", "waiting-waiting-waiting"] {
            store.accept(NewSubmission::sample(key)).await.unwrap();
        }
        let other =
            NewSubmission { account: "other".to_owned(), ..NewSubmission::sample("other-other-other-other") };
        store.accept(other).await.unwrap();
        let claimed = store.claim(two()).await.unwrap();
        let (refused, held) = (&claimed[0], &claimed[1]);
        let attempt = store
            .begin_attempt(refused.delivery, refused.fence, String::new(), LEASE)
            .await
            .unwrap()
            .unwrap();
        let ending = Ending {
            class: AttemptClass::Credential,
            why: "status_401".to_owned(),
            status: Some(401),
            reference: None,
            fields: Vec::new(),
            standing: Standing::Waiting { after: Duration::ZERO },
            verdict: Verdict::Refused,
        };
        let finished =
            store.finish_attempt(refused.delivery, refused.fence, attempt, ending, &FLOW).await.unwrap();
        assert_eq!(finished.unwrap().gate, GateChange::Closed(GateCause::Paused));
        assert!(store.release(held.delivery, held.fence, Standing::Held, "why").await.unwrap());

        let listed = open_deliveries(&config).await.unwrap();
        let reasons: Vec<_> =
            listed.iter().map(|open| (open.state.as_str(), open.reason.as_deref())).collect();
        let paused = ("waiting", Some("account_paused"));
        assert_eq!(reasons, [paused, ("held", Some("why")), paused, ("waiting", None)]);
        store.close().await;
    }

    #[tokio::test]
    async fn folder_without_a_store_is_told_and_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let error = open_deliveries(&config(dir.path())).await.unwrap_err().to_string();
        assert!(error.contains("leads.db") && error.contains("store.path"), "{error}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
    #[tokio::test]
    async fn missing_log_is_told_and_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        SqliteStore::open(&config, Clock::system()).await.unwrap().close().await;
        std::fs::write(dir.path().join("leads.db.lock"), "open").unwrap();
        let log = dir.path().join("leads.db-wal");
        assert!(!log.exists(), "a store that was closed has no log");
        let error = open_deliveries(&config).await.unwrap_err().to_string();
        assert!(error.contains("leads.db-wal is missing"), "{error}");
        assert!(!log.exists());
    }
}
