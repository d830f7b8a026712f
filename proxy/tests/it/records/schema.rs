//! The fields of a partner's records: as the partner tells them, kept for a while, or as its document has them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::panel::Panel;

fn count_schemas(panel: &Panel) -> usize {
    let ledger = panel.app.sim.partnerportal().ledger();
    ledger.requests.iter().filter(|request| request.operation.contains("schema")).count()
}

fn field<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let fields = schema["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("{name}: {schema}"))
}

#[tokio::test]
async fn portals_schema_is_asked_for_once_in_a_while() {
    let panel = Panel::start().await;
    let schema = panel.get("partnerportal", "/schema").await;
    assert_eq!(schema.status, StatusCode::OK, "{}", schema.text);
    let schema = schema.json();
    assert_eq!(schema["source"], "partner");
    assert_eq!(
        field(&schema, "customFields.cf_score"),
        &json!({
            "name": "customFields.cf_score", "label": "Score", "kind": "number", "display": "input",
            "required": false, "creatable": false, "updateable": true, "standard": false, "order": 11, "options": []
        })
    );
    assert_eq!(panel.get("partnerportal", "/schema").await.json(), schema);
    assert_eq!(count_schemas(&panel), 1);

    let organization = panel.app.sim.partnerportal().partner_organization_id();
    let path = format!("/schema?organization={organization}");
    for _ in 0..2 {
        assert_eq!(panel.get("partnerportal", &path).await.json()["source"], "partner");
    }
    assert_eq!(count_schemas(&panel), 2);
}

#[tokio::test]
async fn failure_to_ask_for_a_schema_is_told_and_not_kept() {
    let panel = Panel::start().await;
    panel.app.sim.partnerportal().set_fault(partner_sim::Fault::Garbage, Some(1));
    assert_eq!(panel.get("partnerportal", "/schema").await.code(), "partner_unclear");
    assert_eq!(panel.get("partnerportal", "/schema").await.status, StatusCode::OK);
}

#[tokio::test]
async fn partner_that_cant_be_asked_has_the_fields_of_its_document() {
    let panel = Panel::start().await;
    let schema = panel.get("algbra", "/schema").await.json();
    assert_eq!(schema["source"], "document");
    assert_eq!(
        field(&schema, "email"),
        &json!({
            "name": "email", "label": "Email", "kind": "string", "display": "input",
            "required": true, "creatable": true, "updateable": true, "standard": true, "order": 6, "options": []
        })
    );
    assert_eq!(field(&schema, "address.line1")["label"], "Address line 1");
    // The proxy fills it, and no update changes it.
    let reference = field(&schema, "externalReference");
    assert_eq!((&reference["creatable"], &reference["updateable"]), (&json!(false), &json!(false)));
    let makes_only = panel.get("takepayments", "/schema").await.json();
    let name = field(&makes_only, "FirstName");
    assert_eq!((&name["creatable"], &name["updateable"]), (&json!(true), &json!(false)));
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn every_field_that_the_schema_calls_creatable_can_be_given() {
    let panel = Panel::start().await;
    for account in ["algbra", "partnerportal", "takepayments"] {
        let schema = panel.get(account, "/schema").await.json();
        for field in schema["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let answer = panel.create(account, "panel-key-of-a-schema", &json!({ name: "" })).await;
            let problems = answer.json()["problems"].to_string();
            let known = !problems.contains("unknown_field");
            let creatable = field["creatable"] == json!(true) || field["standard"] == json!(false);
            assert_eq!(known, creatable, "{account} {name}: {problems}");
        }
    }
}

#[tokio::test]
async fn parameters_that_cant_be_used_are_told_at_once() {
    let panel = Panel::start().await;
    let answer = panel.get("partnerportal", "/schema?organization=&canary=1").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "query_invalid"));
    let fields: Vec<_> =
        answer.json()["problems"].as_array().unwrap().iter().map(|p| p["field"].clone()).collect();
    assert_eq!(fields, ["organization", ""]);
    assert!(!answer.text.contains("canary"));
    assert_eq!(panel.arrivals(), 0);
}
