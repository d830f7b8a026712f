//! Rotation while leads come in, broken off again and again: at every moment every lead opens.
//!
//! Apart because it needs no proxy around it: a store, two rings and the task that is killed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lead_model::Source;
use lead_proxy::clock::Clock;
use lead_proxy::ids::{IdempotencyKey, Receipt};
use lead_proxy::keys::{IndexKey, KeyId, Keyring, Keys, LeadAddress, LeadContent};
use lead_proxy::store::{
    DuplicateRule, KeyStore as _, NewSubmission, Purpose, Retention, SqliteStore, Store, StoreConfig,
};
use lead_proxy::upkeep::{Rotation, Upkeep};
use sqlx::Connection as _;
use tempfile::TempDir;

/// Leads that lie in the store when the rotation begins, in more than one page.
const LEADS: usize = 600;
/// How often the rotation is killed.
const KILLS: u64 = 40;
const MONTH: Retention = Retention { delivered_days: 30, dead_days: 0 };

/// A ring of these keys.
pub(super) fn keys(active: &str, ids: &[&str]) -> Arc<Keys> {
    let id = |text: &str| KeyId::parse(text).unwrap();
    let all: BTreeMap<_, _> = ids.iter().map(|text| (id(text), [text.as_bytes()[0]; 32].into())).collect();
    Arc::new(Keys { ring: Keyring::new(id(active), &all).unwrap(), index: IndexKey::new([7; 32].into()) })
}

pub(super) async fn open(dir: &TempDir, clock: &Clock) -> Arc<SqliteStore> {
    let config = StoreConfig { path: dir.path().join("store.db") };
    Arc::new(SqliteStore::open(&config, clock.clone()).await.unwrap())
}

fn content(word: &str) -> LeadContent {
    let values = serde_json::json!({ "notes": word }).to_string();
    LeadContent {
        values: serde_json::from_str(&values).unwrap(),
        source: Source::default(),
        purpose: Purpose::Lead,
        consents: Vec::new(),
    }
}

/// A submission whose content says its own receipt.
pub(super) fn submission(keys: &Keys) -> NewSubmission {
    let receipt = Receipt::new();
    let address = LeadAddress { receipt: receipt.as_str(), form: "quote", account: "web" };
    NewSubmission {
        form: "quote".to_owned(),
        form_version: 1,
        locale: "en".to_owned(),
        account: "web".to_owned(),
        idempotency_key: IdempotencyKey::parse(receipt.as_str()).unwrap(),
        fingerprint: keys.index.fingerprint(&[receipt.as_str().as_bytes()]),
        person: Some(keys.index.person(&[receipt.as_str().as_bytes()])),
        duplicates: DuplicateRule::default(),
        quarantine: None,
        lead: keys.ring.seal_lead(&address, &content(receipt.as_str())),
        receipt,
    }
}

/// Rows of the store, by a connection of its own: receipt, key id, data key, content.
pub(super) async fn rows(dir: &TempDir) -> Vec<(String, String, Vec<u8>, Vec<u8>)> {
    let path = format!("sqlite://{}", dir.path().join("store.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&path).await.unwrap();
    let rows = sqlx::query_as("SELECT receipt, rtrim(key_id), data_key, sealed FROM submissions ORDER BY id")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rows
}

/// Opens every row with this ring; how many there are under each key.
async fn read_all(dir: &TempDir, keys: &Keys) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (receipt, key_id, data_key, sealed) in rows(dir).await {
        let address = LeadAddress { receipt: &receipt, form: "quote", account: "web" };
        *counts.entry(key_id.clone()).or_default() += 1;
        let lead = lead_proxy::store::SealedLead { key_id, data_key, sealed };
        assert_eq!(keys.ring.open_lead(&address, &lead), Ok(content(&receipt)));
    }
    counts
}

pub(super) fn upkeep(store: &Arc<SqliteStore>, keys: &Arc<Keys>, clock: &Clock) -> Upkeep {
    let store: Arc<dyn Store> = Arc::clone(store) as Arc<dyn Store>;
    Upkeep::new(store, Arc::clone(keys), MONTH, clock.clone())
}

#[tokio::test]
async fn rotation_that_is_killed_anywhere_leaves_every_lead_readable_and_ends_with_none_of_the_old_key() {
    let (dir, clock) = (TempDir::new().unwrap(), Clock::system());
    let (old, both) = (keys("a", &["a"]), keys("b", &["a", "b"]));
    let mut store = open(&dir, &clock).await;
    for _ in 0..LEADS {
        store.accept(submission(&old)).await.unwrap();
    }
    let mut killed = 0;
    for round in 0..KILLS {
        let life = Duration::from_micros(clock.random_below(1 + 150 * round));
        let rotating = tokio::spawn({
            let upkeep = upkeep(&store, &both, &clock);
            // Dropped in the middle of whatever it does.
            async move { tokio::time::timeout(life, upkeep.rotate()).await.is_ok() }
        });
        // Leads go on coming, also by a replica that does not know the new key yet.
        for keys in [&old, &both] {
            store.accept(submission(keys)).await.unwrap();
        }
        killed += usize::from(!rotating.await.unwrap());
        if round % 10 == 9 {
            store.close().await;
            store = open(&dir, &clock).await;
        }
        let counts = read_all(&dir, &both).await;
        assert_eq!(counts.values().sum::<usize>(), LEADS + 2 * (usize::try_from(round).unwrap() + 1));
    }
    assert!(killed > 10, "only {killed} were killed");
    let last = upkeep(&store, &both, &clock).rotate().await.unwrap();
    assert_eq!(last.stuck, BTreeMap::new());
    let all = LEADS + 2 * usize::try_from(KILLS).unwrap();
    let new = keys("b", &["b"]);
    assert_eq!(read_all(&dir, &new).await, BTreeMap::from([("b".to_owned(), all)]), "the old key may go");
    assert_eq!(upkeep(&store, &both, &clock).rotate().await.unwrap(), Rotation::default(), "nothing is left");
    store.close().await;
}

#[tokio::test]
async fn lead_of_a_key_that_is_gone_is_counted_and_holds_up_no_other() {
    let (dir, clock) = (TempDir::new().unwrap(), Clock::system());
    let store = open(&dir, &clock).await;
    for key in ["a", "gone", "a", "gone", "gone"] {
        store.accept(submission(&keys(key, &[key]))).await.unwrap();
    }
    let both = keys("b", &["a", "b"]);
    let rotation = upkeep(&store, &both, &clock).rotate().await.unwrap();
    assert_eq!((rotation.leads, rotation.stuck), (2, BTreeMap::from([("gone".to_owned(), 3)])));
    // The key comes back.
    let all = keys("b", &["a", "b", "gone"]);
    assert_eq!(upkeep(&store, &all, &clock).rotate().await.unwrap().leads, 3);
    assert_eq!(read_all(&dir, &keys("b", &["b"])).await, BTreeMap::from([("b".to_owned(), 5)]));
    store.close().await;
}

#[tokio::test]
async fn tokens_are_sealed_anew_with_their_generation() {
    let (dir, clock) = (TempDir::new().unwrap(), Clock::system());
    let store = open(&dir, &clock).await;
    let (old, both, new) = (keys("a", &["a"]), keys("b", &["a", "b"]), keys("b", &["b"]));
    for generation in 0..2 {
        let sealed = old.ring.seal_token("hotel", generation + 1, b"token");
        let store: &dyn Store = &*store;
        assert!(store.save_token("hotel", generation, sealed).await.unwrap());
    }
    assert_eq!(upkeep(&store, &both, &clock).rotate().await.unwrap().tokens, 1);
    assert_eq!(upkeep(&store, &both, &clock).rotate().await.unwrap().tokens, 0);
    let token = store.sealed_tokens().await.unwrap().remove(0);
    assert_eq!(token.generation, 2);
    let plain = new.ring.open_token("hotel", 2, &token.sealed).unwrap();
    assert_eq!(plain.as_slice(), b"token");
    store.close().await;
}
