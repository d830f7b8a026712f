//! A second submission of one person: marked, or by the form's setting kept unsent, and never dropped.

use std::path::Path;

use partner_sim::Fault;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::house::{get, resolve, submit, until, values_of};
use crate::app::{TestApp, key};

/// A proxy whose form says this of duplicates.
async fn start(duplicates: &str) -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let forms = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../forms"));
    for form in std::fs::read_dir(forms).unwrap().map(|form| form.unwrap().path()) {
        let text = std::fs::read_to_string(&form).unwrap();
        let text = match form.ends_with("card-machines.toml") {
            true => text.replacen("default_locale =", &format!("{duplicates}\ndefault_locale ="), 1),
            false => text,
        };
        std::fs::write(folder.path().join(form.file_name().unwrap()), text).unwrap();
    }
    let dir = folder.path().to_owned();
    let app = TestApp::start_with(|text| {
        text.forms_dir = dir;
        text.inline_wait_ms = 500;
    })
    .await;
    (app, folder)
}

async fn send(app: &TestApp, word: &str, values: &Value) -> Value {
    let answer = app.submit("card-machines", &key(word), values).await;
    assert!(answer.status.is_success(), "{answer:?}");
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    get(app, &format!("/v1/deliveries/{receipt}")).await.json()
}

#[tokio::test]
async fn second_lead_of_one_person_is_sent_and_marked() {
    let mut app = TestApp::start().await;
    let first = send(&app, "first", &values_of("ada")).await;
    let mut values = values_of("ADA");
    values["phone"] = json!("020 7946 0099");
    let second = send(&app, "second", &values).await;
    assert_eq!((&second["state"], &second["duplicate_of"]), (&json!("delivered"), &first["receipt"]));
    assert_eq!(first["duplicate_of"], Value::Null);
    let other = send(&app, "other", &values_of("eve")).await;
    assert_eq!(other["duplicate_of"], Value::Null, "the same phone does not count where there is an address");
    assert_eq!(app.sim.takepayments().ledger().leads.len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn second_lead_of_one_person_is_kept_unsent_where_the_form_merges_and_sent_when_an_operator_says_so() {
    let (mut app, _forms) = start(r#"duplicates = { action = "merge" }"#).await;
    let first = send(&app, "first", &values_of("ada")).await;
    let second = send(&app, "second", &values_of("ada")).await;
    assert_eq!((&second["state"], &second["reason"]), (&json!("merged"), &json!("duplicate_person")));
    assert_eq!(second["duplicate_of"], first["receipt"]);
    assert_eq!(app.sim.takepayments().ledger().leads.len(), 1);
    let listed = get(&app, "/v1/deliveries").await.json();
    assert_eq!(listed["deliveries"][0]["receipt"], second["receipt"], "it is seen");

    let receipt = second["receipt"].as_str().unwrap();
    assert_eq!(resolve(&app, receipt, "send_again").await.status, StatusCode::OK);
    until(&app, receipt, "delivered").await;
    assert_eq!(app.sim.takepayments().ledger().leads.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn lead_is_not_merged_into_one_that_was_given_up() {
    let (mut app, _forms) = start(r#"duplicates = { action = "merge" }"#).await;
    let first = submit(&app, "ada", Fault::BadRequest, "dead_letter").await;
    let second = send(&app, "second", &values_of("ada")).await;
    assert_eq!((&second["state"], &second["duplicate_of"]), (&json!("delivered"), &json!(first)));
    app.stop().await;
}

#[tokio::test]
async fn nobody_is_a_duplicate_within_no_time() {
    let (mut app, _forms) = start(r#"duplicates = { window_hours = 0, action = "merge" }"#).await;
    for word in ["first", "second"] {
        let sent = send(&app, word, &values_of("ada")).await;
        assert_eq!((&sent["state"], &sent["duplicate_of"]), (&json!("delivered"), &Value::Null));
    }
    app.stop().await;
}

#[tokio::test]
async fn setting_reaches_no_browser() {
    let (mut app, _forms) = start(r#"duplicates = { window_hours = 777, action = "merge" }"#).await;
    for path in ["/v1/forms/card-machines", "/f/card-machines", "/embed/card-machines"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(
            !answer.text.contains("duplicate") && !answer.text.contains("777"),
            "{path}: {}",
            answer.text
        );
    }
    app.stop().await;
}
