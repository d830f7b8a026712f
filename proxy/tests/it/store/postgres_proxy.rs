//! Whole proxies on PostgreSQL: a lead from the form to the partner, a database that goes away, and two replicas.
//!
//! Apart from the driver's own promises, because this is what an operator sees of them.

use pg_server::{DATABASE, Server, Shutdown};
use serde_json::json;

use crate::app::config_text::DATABASE_VARIABLE;
use crate::app::{ConfigText, PATIENCE, TestApp, good_values, key};

fn on(server: &Server) -> impl FnOnce(&mut ConfigText) {
    let secret = (DATABASE_VARIABLE.to_owned(), server.url(DATABASE));
    move |config| config.secrets.push(secret)
}

async fn is_ready(app: &TestApp) -> bool {
    app.client.get(app.operator_url("/readyz")).send().await.unwrap().status() == 200
}

/// Waits until readiness is this.
async fn until_ready(app: &TestApp, wanted: bool) {
    let waiting = async {
        while is_ready(app).await != wanted {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("readiness follows the database");
}

#[tokio::test]
async fn lead_reaches_the_partner_and_outlives_a_restart_of_the_proxy() {
    let server = Server::start().unwrap();
    let mut app = TestApp::start_with(on(&server)).await;
    let answer = app.submit("card-machines", &key("first"), &good_values()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("delivered")), "{answer:?}");
    assert!(is_ready(&app).await);
    app.restart(|_| {}).await;
    let again = app.submit("card-machines", &key("first"), &good_values()).await;
    assert_eq!(again.json()["receipt"], answer.json()["receipt"], "{again:?}");
    assert_eq!(app.sim.takepayments().ledger().leads.len(), 1);
}

#[tokio::test]
async fn database_that_goes_away_is_told_and_the_same_key_works_when_it_is_back() {
    let mut server = Server::start().unwrap();
    let app = TestApp::start_with(on(&server)).await;
    server.stop(Shutdown::Immediate).unwrap();
    let answer = app.submit("card-machines", &key("gone"), &good_values()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "store_unavailable"), "{answer:?}");
    assert!(!is_ready(&app).await);
    server.launch().unwrap();
    until_ready(&app, true).await;
    let answer = app.submit("card-machines", &key("gone"), &good_values()).await;
    assert!(answer.status.is_success(), "{answer:?}");
    let took = app.sim.takepayments().wait_for(|ledger| ledger.leads.len() == 1, PATIENCE).await;
    assert!(took.is_ok(), "{took:?}");
}

#[tokio::test]
async fn two_replicas_share_keys_and_receipts_and_bring_each_lead_once() {
    let server = Server::start().unwrap();
    let (one, other) = (TestApp::start_with(on(&server)).await, TestApp::start_with(on(&server)).await);
    let mut receipts = Vec::new();
    for number in 0..8 {
        let key = key(&format!("shared-{number}"));
        let values = good_values();
        let (first, second) = tokio::join!(
            one.submit("card-machines", &key, &values),
            other.submit("card-machines", &key, &values),
        );
        assert_eq!(first.json()["receipt"], second.json()["receipt"], "{first:?} {second:?}");
        receipts.push(first.json()["receipt"].as_str().unwrap().to_owned());
    }
    let got = |app: &TestApp| app.sim.takepayments().ledger().leads.len();
    let all = async {
        while got(&one) + got(&other) < receipts.len() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.unwrap();
    for receipt in &receipts {
        let at = [&one, &other].map(|app| app.sim.takepayments().ledger().lead(receipt).is_some());
        assert_eq!(at.iter().filter(|has| **has).count(), 1, "{receipt} at one partner's, once");
    }
    assert_eq!(got(&one) + got(&other), receipts.len());
}
