//! Accounts that a person stops and resumes, and how they are listed.

use partner_sim::Fault;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use super::house::{get, post, start, submit, until, values_of};
use crate::app::{TestApp, key};

async fn account(app: &TestApp, name: &str) -> Value {
    let accounts = get(app, "/v1/accounts").await.json();
    let found = accounts["accounts"].as_array().unwrap().iter().find(|account| account["account"] == name);
    found.unwrap_or_else(|| panic!("{accounts}")).clone()
}

#[tokio::test]
async fn stopped_account_keeps_its_leads_until_it_is_resumed() {
    let mut app = start().await;
    let stop =
        post(&app, "/v1/accounts/takepayments/stop", json!({ "why": "the partner moves house" })).await;
    assert_eq!(
        (stop.status, stop.json()),
        (StatusCode::OK, json!({ "account": "takepayments", "changed": true }))
    );
    let again = post(&app, "/v1/accounts/takepayments/stop", json!({ "why": "twice" })).await;
    assert_eq!(again.json()["changed"], false);

    let answer = app.submit("card-machines", &key("stopped"), &values_of("stopped")).await;
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    let waiting = until(&app, &receipt, "waiting").await;
    assert_eq!((&waiting["reason"], &waiting["attempts"]), (&json!("account_stopped"), &json!(0)));
    let listed = account(&app, "takepayments").await;
    assert_eq!((&listed["closed"]["cause"], &listed["waiting"]), (&json!("stopped"), &json!(1)), "{listed}");
    let found = get(&app, "/v1/deliveries?reason=account_stopped").await.json();
    assert_eq!(found["deliveries"][0]["receipt"], json!(receipt));

    let resume = post(&app, "/v1/accounts/takepayments/resume", json!({ "why": "it has moved" })).await;
    assert_eq!(resume.json()["changed"], true);
    until(&app, &receipt, "delivered").await;
    let again = post(&app, "/v1/accounts/takepayments/resume", json!({ "why": "twice" })).await;
    assert_eq!(again.json()["changed"], false);
    let audit = get(&app, "/v1/audit?account=takepayments").await.json();
    let told: Vec<_> =
        audit["entries"].as_array().unwrap().iter().map(|entry| (&entry["action"], &entry["was"])).collect();
    assert_eq!(told, [(&json!("resume_account"), &json!("stopped")), (&json!("stop_account"), &Value::Null)]);
    app.stop().await;
}

#[tokio::test]
async fn wait_that_a_partner_asked_for_is_listed_and_an_operator_ends_it() {
    let mut app = start().await;
    let url = format!("sqlite://{}", app.store_path().display());
    let mut outside = SqliteConnection::connect(&url).await.unwrap();
    let wait = "INSERT INTO account_gates (account, flow_us, wait_until, changed_at) \
                VALUES ('takepayments', 0, unixepoch() * 1000 + 3600000, unixepoch() * 1000)";
    outside.execute(wait).await.unwrap();
    outside.close().await.unwrap();
    let listed = account(&app, "takepayments").await;
    assert!(
        listed["wait_until"].as_str().unwrap().ends_with("000Z") && listed["closed"].is_null(),
        "{listed}"
    );
    assert_eq!(account(&app, "algbra").await["wait_until"], Value::Null);
    let resume = post(&app, "/v1/accounts/takepayments/resume", json!({ "why": "they said so" })).await;
    assert_eq!(resume.json()["changed"], true);
    assert_eq!(account(&app, "takepayments").await["wait_until"], Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn list_of_accounts_counts_what_is_left_of_each() {
    let mut app = start().await;
    submit(&app, "held", Fault::AcceptsThenResets, "held").await;
    submit(&app, "dead", Fault::BadRequest, "dead_letter").await;
    submit(&app, "paused", Fault::Unauthorized, "waiting").await;
    let listed = account(&app, "takepayments").await;
    let told =
        [&listed["held"], &listed["dead_letter"], &listed["waiting"], &listed["known"], &listed["enabled"]];
    assert_eq!(told, [&json!(1), &json!(1), &json!(1), &json!(true), &json!(true)], "{listed}");
    assert_eq!(listed["closed"]["cause"], "paused");
    assert_eq!(account(&app, "algbra").await["closed"], Value::Null);
    app.stop().await;
}
