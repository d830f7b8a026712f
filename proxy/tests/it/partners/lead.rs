//! One lead to each partner: what arrives, byte for byte where the document says it, and what comes back.

use lead_proxy::ids::Receipt;
use partner_sim::KeyCheck;
use serde_json::{Value, json};

use super::forms::{field, person};
use super::start;
use crate::app::{PATIENCE, TestApp, key};

fn values() -> Value {
    json!({ "first_name": "Ada", "last_name": "Lovelace", "email": "ada@analytical.example" })
}

/// Sends a lead through the form of this account; its receipt once it is delivered.
async fn deliver(app: &TestApp, account: &str, values: &Value) -> Receipt {
    let answer = app.submit(&format!("for-{account}"), &key(account), values).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["state"].as_str()),
        (200, Some("delivered")),
        "{answer:?}"
    );
    Receipt::parse(answer.json()["receipt"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn spotcap_gets_the_operators_fields_under_its_key() {
    let app = start(&[("spotcap", &person())]).await;
    let receipt = deliver(&app, "spotcap", &values()).await;
    let ledger = app.sim.spotcap().ledger();
    let [request] = &ledger.requests[..] else { panic!("{:?}", ledger.requests.len()) };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/spotcap/beta/leads"));
    assert_eq!(request.credential, KeyCheck::Valid);
    assert_eq!(request.problems, Vec::<String>::new());
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        body,
        json!({ "firstName": "Ada", "contact": { "email": "ada@analytical.example" }, "reference": receipt.as_str() })
    );
}

#[tokio::test]
async fn webhook_gets_the_forms_own_fields_signed() {
    let app = start(&[("webhook", &(person() + &field("consent", "required = true")))]).await;
    let mut values = values();
    values["consent"] = json!(true);
    let receipt = deliver(&app, "webhook", &values).await;
    let ledger = app.sim.webhook().ledger();
    let [request] = &ledger.requests[..] else { panic!("{:?}", ledger.requests.len()) };
    assert_eq!((request.credential, request.problems.len()), (KeyCheck::Valid, 0), "{:?}", request.problems);
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((&body["id"], &body["type"]), (&json!(receipt.as_str()), &json!("lead.created")));
    assert_eq!(body["data"]["first_name"], "Ada");
    assert_eq!(body["data"]["consent"], true);
}

#[tokio::test]
async fn partnerportal_gets_a_token_first_and_the_lead_with_it() {
    let app = start(&[("partnerportal", &person())]).await;
    let receipt = deliver(&app, "partnerportal", &values()).await;
    let ledger = app.sim.partnerportal().ledger();
    let operations: Vec<&str> = ledger.requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["token", "create"]);
    assert!(ledger.requests.iter().all(|request| request.problems.is_empty()), "{ledger:?}");
    let body: Value = serde_json::from_str(&ledger.requests[1].body).unwrap();
    assert_eq!((&body["lastName"], &body["platform"]), (&json!("Lovelace"), &json!("website")));
    assert!(body["notes"].as_str().unwrap().contains(receipt.as_str()), "the list can be searched for it");
    assert_eq!(body.get("phaseId"), None, "it may be set by an update only");
}

#[tokio::test]
async fn algbra_gets_a_prospect_under_the_receipts_uuid_signed() {
    let app = start(&[("algbra", &(person() + &field("phone", "")))]).await;
    let mut values = values();
    values["phone"] = json!("020 7946 0018");
    let receipt = deliver(&app, "algbra", &values).await;
    let ledger = app.sim.algbra().ledger();
    let [request] = &ledger.requests[..] else { panic!("{:?}", ledger.requests.len()) };
    assert_eq!((request.operation.as_str(), request.credential), ("create", KeyCheck::Valid));
    assert_eq!(request.problems, Vec::<String>::new());
    let [prospect] = &app.sim.algbra().records()[..] else { panic!("one prospect") };
    assert_eq!(prospect.external_reference(), Some(receipt.to_uuid().to_string().as_str()));
    assert_eq!(prospect.text("phoneNumber"), "+442079460018");
}

#[tokio::test]
async fn octorate_gets_a_property_with_numbers_as_numbers() {
    let coordinate = |name: &str| {
        field(name, "required = true\nkind = \"number\"\nmin = -180\nmax = 180")
            .replace("max_length = 100\n", "")
    };
    let fields =
        person() + &field("company", "required = true") + &coordinate("latitude") + &coordinate("longitude");
    let app = start(&[("octorate", &fields)]).await;
    let mut values = values();
    for (name, value) in [("company", "Hotel Analytical"), ("latitude", "51.5074"), ("longitude", "-0.1278")]
    {
        values[name] = json!(value);
    }
    deliver(&app, "octorate", &values).await;
    let ledger = app.sim.octorate().ledger();
    let sent = ledger
        .requests
        .iter()
        .find(|request| request.method == "POST" && request.path.ends_with("/accommodation"));
    let sent = sent.unwrap();
    assert_eq!((sent.credential, sent.problems.len()), (KeyCheck::Valid, 0), "{:?}", sent.problems);
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!((&body["latitude"], &body["longitude"]), (&json!(51.5074), &json!(-0.1278)));
    assert_eq!((&body["name"], &body["isoCurrency"]), (&json!("Hotel Analytical"), &json!("EUR")));
}

#[tokio::test]
async fn expired_token_is_renewed_once_and_the_lead_arrives_all_the_same() {
    let app = start(&[("partnerportal", &person())]).await;
    deliver(&app, "partnerportal", &values()).await;
    app.sim.partnerportal().oauth().expire_now();
    let answer = app.submit("for-partnerportal", &key("second"), &values()).await;
    assert_eq!(answer.json()["state"], "delivered", "{answer:?}");
    let ledger = app.sim.partnerportal().ledger();
    let operations: Vec<(&str, Option<u16>)> =
        ledger.requests.iter().map(|request| (request.operation.as_str(), request.status)).collect();
    let expected = [("token", 200), ("create", 201), ("create", 401), ("token", 200), ("create", 201)];
    assert_eq!(operations, expected.map(|(operation, status)| (operation, Some(status))));
}

#[tokio::test]
async fn answer_lost_at_algbra_is_asked_for_and_not_sent_again() {
    let app = super::start_in(&[("algbra", &person())], |text| {
        text.inline_wait_ms = 0;
        text.delivery = "doubt_wait_ms = 1000".to_owned();
    })
    .await;
    app.sim.algbra().set_fault(partner_sim::Fault::AcceptsThenResets, Some(1));
    let answer = app.submit("for-algbra", &key("doubt"), &values()).await;
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    let path = format!("/v1/receipts/{receipt}");
    let seen =
        super::until(async || app.get(&path).await.json(), |answer| answer["state"] == "delivered").await;
    seen.unwrap();
    let ledger = app.sim.algbra().wait_for(|ledger| ledger.requests.len() >= 2, PATIENCE).await.unwrap();
    let operations: Vec<&str> = ledger.requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["create", "get_by_reference"]);
    assert_eq!(app.sim.algbra().records().len(), 1);
}
