//! A proxy whose operator listener is spoken to, and its words.
//!
//! Apart so that a test reads as what it is about.

use std::time::Duration;

use lead_proxy::store::DeliveryState;
use lead_proxy::store::operator::{
    AuditNote, AuditWhy, DeliveryFilter, DeliveryQuery, KnownAccounts, OperatorName,
};
use partner_sim::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, PATIENCE, TestApp, good_values, key};

/// A proxy that holds a lead at once after its second doubt.
pub async fn start() -> TestApp {
    TestApp::start_with(|text| text.delivery = "doubt_wait_ms = 1".to_owned()).await
}

/// Asks the operator listener as Ana.
pub async fn ask(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Answer {
    ask_as(app, "ana", method, path, body).await
}

/// The same as somebody.
pub async fn ask_as(
    app: &TestApp,
    operator: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let request = app.client.request(method, app.operator_url(path)).header("lead-proxy-operator", operator);
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body.to_string()),
        None => request,
    };
    Answer::read(request.send().await.unwrap()).await
}

pub async fn get(app: &TestApp, path: &str) -> Answer {
    ask(app, Method::GET, path, None).await
}

pub async fn post(app: &TestApp, path: &str, body: Value) -> Answer {
    ask(app, Method::POST, path, Some(body)).await
}

/// Settles one.
pub async fn resolve(app: &TestApp, receipt: &str, decision: &str) -> Answer {
    post(
        app,
        &format!("/v1/deliveries/{receipt}/resolve"),
        json!({ "as": decision, "why": "asked the partner" }),
    )
    .await
}

/// Submits a lead that the partner fails so, and waits until it stands so; its receipt.
pub async fn submit(app: &TestApp, word: &str, fault: Fault, state: &str) -> String {
    app.sim.takepayments().set_fault(fault, None);
    let answer = app.submit("card-machines", &key(word), &values_of(word)).await;
    let receipt = answer.json()["receipt"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    until_it(app, &receipt, |shown| shown["state"] == state && shown["attempts"] != 0).await;
    app.sim.takepayments().set_fault(Fault::None, None);
    receipt
}

/// Good values of one person each.
pub fn values_of(word: &str) -> Value {
    let mut values = good_values();
    values["email"] = json!(format!("{word}@analytical.example"));
    values
}

/// Waits until a delivery stands so.
pub async fn until(app: &TestApp, receipt: &str, state: &str) -> Value {
    until_it(app, receipt, |shown| shown["state"] == state).await
}

/// Waits until this is so of a delivery.
pub async fn until_it(app: &TestApp, receipt: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/v1/deliveries/{receipt}");
    let mut last = get(app, &path).await.json();
    let reached = async {
        while !is_so(&last) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            last = get(app, &path).await.json();
        }
    };
    let ended = tokio::time::timeout(PATIENCE, reached).await;
    assert!(ended.is_ok(), "never: {last}");
    last
}

/// The codes of an answer's problems, by member.
pub fn problems(answer: &Answer) -> Vec<(String, String)> {
    let mut problems: Vec<_> = answer.json()["problems"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:?}"))
        .iter()
        .map(|problem| {
            let text = |name: &str| problem[name].as_str().unwrap().to_owned();
            (text("field"), text("code"))
        })
        .collect();
    problems.sort();
    problems
}

/// Somebody's note.
pub fn note(operator: &str) -> AuditNote {
    let operator = OperatorName::parse(operator).unwrap();
    AuditNote { operator, why: AuditWhy::parse("the partner says so").unwrap() }
}

/// Everything in these states.
pub fn query(states: &[DeliveryState], known: &[&str], limit: u32) -> DeliveryQuery {
    let known = known.iter().map(|name| (*name).to_owned()).collect();
    let filter =
        DeliveryFilter { states: states.to_vec(), account: None, form: None, min_age: None, reason: None };
    DeliveryQuery { filter, accounts: KnownAccounts { known, disabled: Vec::new() }, after: None, limit }
}
