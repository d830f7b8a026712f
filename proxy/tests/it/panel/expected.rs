//! A change by somebody who has seen the record otherwise than it is: refused, with the record as it is.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::Answer;
use crate::operator::house::get as operator;
use crate::records::panel::Panel;

async fn change(panel: &Panel, account: &str, id: &str, changes: Value, expected: Value) -> Answer {
    let body = json!({ "changes": changes, "expected": expected });
    panel.ask("write", Method::PATCH, account, &format!("/records/{id}"), Some(&body)).await
}

#[tokio::test]
async fn change_of_what_somebody_else_has_changed_is_refused_and_both_are_shown() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.algbra();
    let known = json!({ "email": "ada@analytical.example", "lastName": "King", "dateOfBirth": "1815-12-10" });
    let id = sim.insert(&known).unwrap().id().to_owned();
    let answer =
        change(&panel, "algbra", &id, json!({ "lastName": "Lovelace" }), json!({ "lastName": "Byron" }))
            .await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "record_changed"));
    let record = &answer.json()["record"];
    assert_eq!((&record["id"], &record["fields"]["lastName"]), (&json!(id), &json!("King")));
    assert_eq!((&record["masked"], answer.text.contains("1815")), (&json!(["dateOfBirth"]), false));
    let methods: Vec<String> = sim.ledger().requests.iter().map(|request| request.method.clone()).collect();
    assert_eq!(methods, ["GET"]);
    assert_eq!(sim.records()[0].text("lastName"), "King");
    // Who has seen it as it is may change it; a field that is nothing is blank on a screen.
    let seen = json!({ "lastName": "King", "firstName": "", "address.line1": null });
    let answer = change(&panel, "algbra", &id, json!({ "lastName": "Lovelace" }), seen).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let sent: Value = serde_json::from_str(&sim.ledger().requests.last().unwrap().body).unwrap();
    assert_eq!(sent, json!({ "lastName": "Lovelace" }));
}

#[tokio::test]
async fn guess_at_a_masked_field_leaves_a_row_in_the_audit() {
    let panel = Panel::start().await;
    let known = json!({ "email": "ada@analytical.example", "dateOfBirth": "1815-12-10" });
    let id = panel.app.sim.algbra().insert(&known).unwrap().id().to_owned();
    let guess = json!({ "dateOfBirth": "1815-12-11" });
    let answer = change(&panel, "algbra", &id, json!({ "lastName": "Lovelace" }), guess).await;
    assert_eq!(answer.code(), "record_changed");
    let rows = operator(&panel.app, "/v1/audit").await.json();
    assert_eq!((&rows["entries"][0]["action"], &rows["entries"][1]), (&json!("reveal"), &Value::Null));
}

#[tokio::test]
async fn portals_numbers_and_own_fields_are_held_against_what_was_seen() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.partnerportal();
    sim.seed_records(1);
    let listed = panel.get("partnerportal", "/records").await.json();
    let id = listed["records"][0]["id"].as_str().unwrap();
    let set = json!({ "value": 99.5, "customFields.cf_score": 7 });
    assert_eq!(panel.change("partnerportal", id, &set).await.status, StatusCode::OK);
    let (old, new) = (
        json!({ "value": 100, "customFields.cf_score": 7 }),
        json!({ "value": 99.50, "customFields.cf_score": null }),
    );
    assert_eq!(
        change(&panel, "partnerportal", id, json!({ "value": 1 }), old).await.code(),
        "record_changed"
    );
    let answer = change(&panel, "partnerportal", id, json!({ "value": 1 }), new).await;
    assert_eq!((answer.status, &answer.json()["fields"]["value"]), (StatusCode::OK, &json!(1)));
}

#[tokio::test]
async fn record_that_is_gone_is_told_before_anything_is_changed() {
    let panel = Panel::start().await;
    let gone = "00000000-0000-4000-8000-000000000001";
    let answer = change(&panel, "algbra", gone, json!({ "lastName": "x" }), json!({ "lastName": "y" })).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "record_not_found"));
    assert_eq!(panel.arrivals(), 1);
}
