//! What is told, over a store that was spoilt or has nothing to tell.

use std::path::Path;

use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tempfile::TempDir;

use super::*;
use crate::store::{
    AccountRoom, AttemptClass, ClaimRequest, Ending, FlowRule, NewSubmission, SqliteStore, Standing,
    StoreConfig, Verdict,
};

const LEASE: Duration = Duration::from_secs(60);
const FLOW: FlowRule =
    FlowRule { per_minute: None, burst: 1, breaker_failures: 5, broken_wait: LEASE, paused_wait: LEASE };

/// Alerts over a store, and that store's file.
async fn start() -> (TempDir, Alerts) {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig { path: dir.path().join("leads.db") };
    let store = Arc::new(SqliteStore::open(&config, Clock::system()).await.unwrap());
    let accounts = KnownAccounts { known: vec!["web".to_owned()], disabled: Vec::new() };
    let (clock, watch) = (Clock::system(), Watch::default());
    (dir, Alerts { store, accounts, clock, post: None, watch })
}

async fn beside(dir: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", dir.join("leads.db").display())).await.unwrap()
}

async fn accept(store: &Arc<dyn Store>, key: &str) {
    let submission = NewSubmission { account: "web".to_owned(), ..NewSubmission::sample(key) };
    store.accept(submission).await.unwrap();
}

/// One attempt of the next lead, which the partner refuses for its account.
async fn attempt(store: &Arc<dyn Store>, standing: Standing) {
    let accounts = vec![AccountRoom { account: "web".to_owned(), room: 1, flow: FLOW }];
    let claimed = store.claim(ClaimRequest { accounts, limit: 1, lease: LEASE }).await.unwrap().remove(0);
    let (delivery, fence) = (claimed.delivery, claimed.fence);
    let number = store.begin_attempt(delivery, fence, String::new(), LEASE).await.unwrap().unwrap();
    let ending = Ending {
        class: AttemptClass::Credential,
        why: "status_401".to_owned(),
        status: Some(401),
        reference: None,
        fields: Vec::new(),
        standing,
        verdict: Verdict::Refused,
    };
    store.finish_attempt(delivery, fence, number, ending, &FLOW).await.unwrap().unwrap();
}

fn subject(cause: Cause) -> Subject {
    (cause, Some("web".to_owned()))
}

#[tokio::test]
async fn paused_account_is_told_only_while_a_lead_waits_for_it() {
    let (_dir, alerts) = start().await;
    accept(&alerts.store, "first").await;
    attempt(&alerts.store, Standing::DeadLetter).await;
    let seen = alerts.look().await.unwrap();
    assert_eq!(seen, BTreeMap::from([(subject(Cause::LeadDead), 1)]));
    accept(&alerts.store, "second").await;
    let seen = alerts.look().await.unwrap();
    let both = [(subject(Cause::LeadDead), 1), (subject(Cause::AccountPaused), 1)];
    assert_eq!(seen, BTreeMap::from(both));
}

#[tokio::test]
async fn account_whose_bits_have_flipped_hides_no_other() {
    let (dir, alerts) = start().await;
    for key in ["first", "second"] {
        accept(&alerts.store, key).await;
        attempt(&alerts.store, Standing::Held).await;
        alerts.store.resume_accounts().await.unwrap();
    }
    let mut beside = beside(dir.path()).await;
    beside.execute("UPDATE deliveries SET account = CAST(x'ff' AS TEXT) WHERE id = 1").await.unwrap();
    let seen = alerts.look().await.unwrap();
    let spoilt = (Cause::LeadHeld, Some("\u{fffd}".to_owned()));
    assert_eq!(seen, BTreeMap::from([(spoilt, 1), (subject(Cause::LeadHeld), 1)]));
}

#[tokio::test]
async fn store_that_takes_leads_is_not_told_as_one_that_takes_none() {
    let (dir, mut alerts) = start().await;
    beside(dir.path()).await.execute("ALTER TABLE account_gates RENAME TO gone").await.unwrap();
    assert!(alerts.look().await.is_err());
    alerts.turn().await;
    let now = alerts.clock.now();
    let told = alerts.watch.blind(now).alerts;
    assert!(told.len() == 1 && !told[0].repeated, "it was not told before: {told:?}");
}
