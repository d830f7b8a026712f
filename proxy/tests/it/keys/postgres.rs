//! The same on PostgreSQL: its folder read as a thief would, log and all, while leads stand in every state.
//!
//! Apart because a server of its own is started for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lead_model::Source;
use lead_proxy::clock::Clock;
use lead_proxy::keys::{LeadAddress, LeadContent};
use lead_proxy::store::{
    DatabaseUrl, Erased, KeyStore as _, NewSubmission, PostgresStore, Purpose, Retention, Store,
};
use lead_proxy::upkeep::Upkeep;
use pg_server::{DATABASE, Server};

use super::rotation::{keys, submission};
use crate::privacy::canary::{Canary, find};
use crate::store::note;

const STATES: [&str; 8] =
    ["waiting", "leased", "delivered", "held", "dead_letter", "replaced", "merged", "dropped"];

/// Every file below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            all.push((path.display().to_string(), bytes));
        }
    }
    all
}

#[tokio::test]
async fn no_word_of_a_visitor_is_in_a_file_of_the_database_and_a_rotation_goes_on_line() {
    let server = Server::start().unwrap();
    let url = DatabaseUrl::parse(&server.url(DATABASE)).unwrap();
    let store = Arc::new(PostgresStore::open(&url, Clock::system()).await.unwrap());
    let (old, both) = (keys("a", &["a"]), keys("b", &["a", "b"]));
    let words: Vec<Canary> = STATES.iter().map(|_| Canary::word()).collect();
    let mut receipts = Vec::new();
    for (state, word) in STATES.iter().zip(&words) {
        let empty = submission(&old);
        let address = LeadAddress { receipt: empty.receipt.as_str(), form: "quote", account: "web" };
        let values = serde_json::json!({ "notes": word.0 }).to_string();
        let content = LeadContent {
            values: serde_json::from_str(&values).unwrap(),
            source: Source { page: Some(format!("https://{}.example/", word.0)), ..Source::default() },
            purpose: Purpose::Completion { reference: word.0.clone() },
            consents: Vec::new(),
        };
        let lead = old.ring.seal_lead(&address, &content);
        receipts.push(empty.receipt.clone());
        store.accept(NewSubmission { lead, ..empty }).await.unwrap();
        let set = format!(
            "UPDATE deliveries SET state = '{state}' WHERE id = (SELECT id FROM submissions WHERE receipt = '{}')",
            receipts[receipts.len() - 1]
        );
        server.sql(DATABASE, &set).unwrap();
    }
    server.sql(DATABASE, "CHECKPOINT").unwrap();
    let there = files(&server.data());
    let receipt = receipts[0].as_str().as_bytes();
    let is_there = |bytes: &[u8]| bytes.windows(receipt.len()).any(|window| window == receipt);
    assert!(there.iter().filter(|(_, bytes)| is_there(bytes)).count() >= 2, "the table and the log");
    for (name, bytes) in &there {
        assert_eq!(find(bytes, words.iter()), [""; 0], "in {name}");
    }

    let dynamic: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let month = Retention { delivered_days: 30, dead_days: 0 };
    let upkeep = Upkeep::new(dynamic, both, month, Clock::system());
    let rotation = upkeep.rotate().await.unwrap();
    assert_eq!((rotation.leads, rotation.stuck), (STATES.len() as u64, BTreeMap::new()));
    assert_eq!(store.erase(&receipts[2], note()).await.unwrap(), Erased::Done);
    let new = keys("b", &["b"]);
    for (receipt, state) in receipts.iter().zip(STATES) {
        let stored = store.submission(receipt).await.unwrap().unwrap();
        let address = LeadAddress { receipt: receipt.as_str(), form: "quote", account: "web" };
        assert_eq!(new.ring.open_lead(&address, &stored.lead).is_ok(), state != "delivered", "{state}");
    }
    store.close().await;
}
