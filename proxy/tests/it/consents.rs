//! What was agreed to: kept with the lead in the words that were shown, sealed, told to an operator, and to a partner that
//! asks for it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp, good_values, key};

const GERMAN: &str = "Ich bin einverstanden, dass meine Angaben an takepayments weitergegeben werden, um mich zu \
                      Kartenterminals anzurufen.";

/// What is kept of a lead, as an operator reads it.
async fn kept(app: &TestApp, receipt: &str) -> Value {
    let path = format!("/v1/submissions/{receipt}?why=she+asks");
    let request =
        app.client.request(Method::GET, app.operator_url(&path)).header("lead-proxy-operator", "ana");
    Answer::read(request.send().await.unwrap()).await.json()
}

async fn send(app: &TestApp, word: &str, locale: &str, version: u32) -> String {
    let body = json!({ "form_version": version, "locale": locale, "values": good_values() });
    let answer = app.submit_body("card-machines", &key(word), body.to_string()).await;
    answer.json()["receipt"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

#[tokio::test]
async fn consent_is_kept_in_the_words_that_were_shown_and_sealed() {
    let mut app = TestApp::start().await;
    let receipt = send(&app, "german", "de", 1).await;
    let read = kept(&app, &receipt).await;
    let consents = read["content"]["consents"].as_array().unwrap();
    assert_eq!(consents.len(), 1, "{read}");
    let consent = &consents[0];
    assert_eq!((&consent["field"], &consent["text"]), (&json!("consent"), &json!(GERMAN)));
    assert_eq!((&consent["locale"], &consent["form_version"]), (&json!("de"), &json!(1)));
    assert_eq!(consent["shown_version"], Value::Null);
    assert!(consent["at"].as_str().unwrap() <= read["received_at"].as_str().unwrap(), "{read}");

    let english = kept(&app, &send(&app, "english", "en", 9).await).await["content"]["consents"][0].clone();
    assert!(english["text"].as_str().unwrap().starts_with("I agree that my details"), "{english}");
    assert_eq!(english["shown_version"], 9, "the page was of another version");
    assert_ne!(english["sha256"], consent["sha256"]);

    app.stop().await;
    let bytes = std::fs::read(app.store_path()).unwrap();
    let needle = b"Kartenterminals";
    assert!(!bytes.windows(needle.len()).any(|window| window == needle), "sealed like the rest");
}

#[tokio::test]
async fn consent_goes_to_a_partner_whose_mapping_asks_for_it() {
    let mut app = TestApp::start_with(|text| {
        text.account =
            r#"mapping = { Notes = { template = "{notes}\nAgreed at {consent-at} ({consent-locale}): {consent-text}" } }"#
                .to_owned();
    })
    .await;
    let receipt = send(&app, "asked", "de", 1).await;
    let at = kept(&app, &receipt).await["content"]["consents"][0]["at"].as_str().unwrap().to_owned();
    let ledger = app.sim.takepayments().ledger();
    assert_eq!(ledger.lead(&receipt).unwrap().fields["Notes"], format!("Agreed at {at} (de): {GERMAN}"));
    app.stop().await;
}
