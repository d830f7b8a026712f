//! Every partner over TLS: its token, its lead, its ledger; nothing of either in the clear.
//!
//! Apart from the certificates, which are one partner's matter: here is every registered connector, with no list to edit.

use std::collections::BTreeMap;
use std::fs;

use lead_model::FormDefinition;
use lead_proxy::connectors::{CONNECTORS, ReceiptForm};
use lead_proxy::ids::Receipt;
use partner_sim::{KeyCheck, Ledger};
use serde_json::Value;
use tempfile::TempDir;

use super::certificates::{Authority, NAME};
use super::front::Front;
use super::{holds, write};
use crate::app::{ConfigText, TestApp, config_text, key};

/// The first good example of a form that brings new leads to each account, by account.
fn leads() -> BTreeMap<String, (String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../forms");
    let mut leads = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let form: FormDefinition = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let good = form.examples.iter().find(|example| example.problems.is_empty());
        if let Some(example) = good.filter(|_| !form.completes) {
            let values = serde_json::to_value(&example.values).unwrap();
            leads.insert(form.account.clone(), (form.id.clone(), values));
        }
    }
    leads
}

/// Puts https and the front where the simulators are, for every account.
fn go_through(front: &Front, config: &mut ConfigText) {
    let plain = config.simulators.clone();
    let tls = front.before(&plain).trim_end_matches('/').to_owned();
    config.insert_url = config.insert_url.replace(&plain, &tls);
    config.simulators = tls;
}

/// What arrived at a partner, as its simulator shows it to whoever asks.
async fn ledger(app: &TestApp, slug: &str) -> Ledger {
    let pages = app.sim.pages();
    let (_, page) = pages.iter().find(|(known, _)| *known == slug).unwrap_or_else(|| panic!("no {slug}"));
    let answer = app.client.get(format!("{page}/ledger.json")).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn lead_of_every_connector_reaches_its_partner_over_tls_and_nothing_crosses_in_the_clear() {
    let (authority, dir) = (Authority::new("of the operator"), TempDir::new().unwrap());
    let ca_file = write(&dir, "ca.pem", &authority.pem());
    let front = Front::open(authority.issue()).await;
    let mut app = TestApp::start_with(|config| {
        go_through(&front, config);
        let text = config.to_toml();
        // What may show a panel is no way to a partner.
        let mut plain = text.lines().filter(|line| line.contains("http://127.0.0.1:"));
        assert!(plain.all(|line| line.starts_with("panel = ")), "an account would go another way: {text}");
        // Two exchanges on a busy machine: a token and a lead.
        config.inline_wait_ms = 10_000;
        config.delivery = format!("ca_file = {ca_file:?}");
    })
    .await;

    let leads = leads();
    let mut words = vec![crate::app::API_KEY.to_owned()];
    words.extend(config_text::partner_variables().map(|(_, secret)| secret));
    for connector in CONNECTORS {
        let slug = connector.descriptor().slug;
        let (form, values) = leads.get(slug).unwrap_or_else(|| panic!("no form brings leads to {slug}"));
        let answer = app.submit(form, &key(slug), values).await;
        assert_eq!(answer.json()["state"], "delivered", "{slug}: {answer:?}");

        let ledger = ledger(&app, slug).await;
        let seen = front.seen();
        for request in &ledger.requests {
            let at = format!("{slug}: {} {}", request.method, request.path);
            assert_eq!(request.problems, [""; 0], "{at}");
            assert_eq!(request.credential, KeyCheck::Valid, "{at}");
            let head = format!("{} {}", request.method, request.path);
            assert!(holds(&seen.plain, &head), "{at} came another way");
        }
        let made = ledger.requests.iter().filter(|request| request.lead).count();
        assert_eq!(made, 1, "{slug}: {:?}", ledger.requests);
        if let Some(slot) = connector.descriptor().receipt {
            let receipt = Receipt::parse(answer.json()["receipt"].as_str().unwrap()).unwrap();
            let written = match slot.form {
                ReceiptForm::Text => receipt.to_string(),
                ReceiptForm::Uuid => receipt.to_uuid().to_string(),
            };
            assert!(holds(&seen.plain, &written), "{slug} was given no receipt");
        }
        words.push(values["email"].as_str().unwrap().to_owned());
    }
    app.stop().await;

    let seen = front.seen();
    assert!(seen.handshakes.len() >= CONNECTORS.len(), "an account shares no connection with another");
    assert!(seen.handshakes.iter().all(|(_, name)| name == NAME), "{:?}", seen.handshakes);
    for word in words.iter().map(String::as_str).chain(["eyJ", "authorization:"]) {
        assert!(!holds(&seen.wire, word), "{word} crossed in the clear");
    }
}
