//! A record that a person makes: checked by the partner's rules, kept before it is sent, sent once.

use reqwest::StatusCode;
use serde_json::{Value, json};

use partner_sim::{Fault, FaultSetting};

use super::panel::Panel;

fn prospect() -> Value {
    json!({
        "firstName": "Ada", "lastName": "Lovelace", "email": "ada@analytical.example",
        "phoneNumber": "+44 20 7946 0018", "address.line1": "12 St James's Square", "address.country": "GBR"
    })
}

#[tokio::test]
async fn record_reaches_its_partner_and_is_found_again_by_what_is_answered() {
    let panel = Panel::start().await;
    let made = panel.create("algbra", "panel-key-of-one-record", &prospect()).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let made = made.json();
    let known = panel.app.sim.algbra().records();
    assert_eq!(known.len(), 1);
    assert_eq!((&made["state"], &made["id"]), (&json!("delivered"), &json!(known[0].id())));
    assert_eq!(made["reference"], known[0].external_reference().unwrap());
    assert_eq!(known[0].to_json()["address"]["line1"], "12 St James's Square");
    assert_eq!(known[0].text("phoneNumber"), "+442079460018");

    // By the receipt as a person types it, too.
    let receipt = made["receipt"].as_str().unwrap().to_lowercase();
    for path in [
        format!("/records/{}", known[0].id()),
        format!("/records/by-reference/{receipt}"),
        format!("/records/by-reference/{}", known[0].external_reference().unwrap()),
    ] {
        assert_eq!(panel.get("algbra", &path).await.json()["fields"], known[0].to_json(), "{path}");
    }
    let told = panel.app.get(&format!("/v1/receipts/{receipt}")).await.json();
    assert_eq!(told["state"], "delivered");
}

#[tokio::test]
async fn same_key_makes_one_record_and_another_accounts_key_is_another() {
    let panel = Panel::start().await;
    let first = panel.create("algbra", "panel-key-sent-twice", &prospect()).await;
    let mut trimmed = prospect();
    trimmed["firstName"] = json!(" Ada ");
    trimmed["middleName"] = json!("  ");
    let again = panel.create("algbra", "panel-key-sent-twice", &trimmed).await;
    assert_eq!((first.status, first.json()), (again.status, again.json()));
    assert_eq!(panel.app.sim.algbra().records().len(), 1);

    let mut other = prospect();
    other["firstName"] = json!("Augusta");
    let reused = panel.create("algbra", "panel-key-sent-twice", &other).await;
    assert_eq!(reused.code(), "idempotency_key_reused");

    let portal = json!({ "firstName": "Ada", "lastName": "Lovelace", "platform": "website" });
    let elsewhere = panel.create("partnerportal", "panel-key-sent-twice", &portal).await;
    assert_eq!(elsewhere.status, StatusCode::OK, "{}", elsewhere.text);
    assert_ne!(elsewhere.json()["receipt"], first.json()["receipt"]);
    // The same values as well: of two portals, each gets its own.
    assert_eq!(panel.app.sim.partnerportal().count_records(), 1);
    assert_eq!(panel.app.count_submissions().await, 2);
}

#[tokio::test]
async fn portals_record_has_its_number_its_own_fields_and_no_reference() {
    let panel = Panel::start().await;
    let values = json!({
        "firstName": "Ada", "lastName": "Lovelace", "platform": "website", "value": 1250.5,
        "closeDate": "2026-03-01", "customFields.cf_interest": "Engines"
    });
    let made = panel.create("partnerportal", "panel-key-of-a-lead", &values).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let made = made.json();
    assert_eq!(made.get("reference"), None);
    let known = panel.app.sim.partnerportal().record(made["id"].as_str().unwrap()).unwrap();
    assert_eq!((&known["value"], &known["firstName"]), (&json!(1250.5), &json!("Ada")));
    assert_eq!(known["customFields"], json!({ "cf_interest": "Engines" }));
}

#[tokio::test]
async fn what_the_account_says_once_for_all_is_filled_in_and_the_notes_carry_the_receipt() {
    let panel = Panel::start().await;
    let values = json!({ "firstName": "Ada", "lastName": "Lovelace", "notes": "Met at the fair." });
    let made = panel.create("partnerportal", "panel-key-of-little", &values).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let made = made.json();
    let known = panel.app.sim.partnerportal().record(made["id"].as_str().unwrap()).unwrap();
    let notes = format!("Met at the fair.\nReference: {}", made["receipt"].as_str().unwrap());
    assert_eq!((&known["platform"], &known["notes"]), (&json!("website"), &json!(notes)));
}

#[tokio::test]
async fn number_as_text_is_a_number_to_the_partner_and_what_is_none_is_told() {
    let panel = Panel::start().await;
    let lead = |value: Value| json!({ "firstName": "Ada", "lastName": "Lovelace", "platform": "website", "value": value });
    let made = panel.create("partnerportal", "panel-key-of-a-text", &lead(json!("12.50"))).await.json();
    let known = panel.app.sim.partnerportal().record(made["id"].as_str().unwrap()).unwrap();
    assert_eq!(known["value"], json!(12.5));
    for wrong in [json!("twelve"), json!(true)] {
        let answer = panel.create("partnerportal", "panel-key-of-no-number", &lead(wrong)).await;
        assert_eq!(answer.json()["problems"], json!([{ "field": "value", "code": "wrong_type" }]));
    }
}

#[tokio::test]
async fn all_that_breaks_the_partners_rules_is_told_at_once_and_nothing_kept() {
    let panel = Panel::start().await;
    let values = json!({
        "firstName": "a".repeat(201), "lastName": 7, "middleName": true, "dateOfBirth": "yesterday",
        "externalReference": "0f0e0d0c-0b0a-4908-8706-050403020100", "canary": "canary", "canary.too": "x"
    });
    let answer = panel.create("algbra", "panel-key-of-all-wrong", &values).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "record_invalid"));
    let mut problems: Vec<(String, String)> = answer.json()["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            let text = |name: &str| problem[name].as_str().unwrap().to_owned();
            (text("field"), text("code"))
        })
        .collect();
    problems.sort();
    let expected = [
        ("", "unknown_field"),
        ("email", "required"),
        ("externalReference", "unknown_field"),
        ("firstName", "too_long"),
        ("lastName", "wrong_type"),
        ("middleName", "wrong_type"),
    ];
    assert_eq!(problems, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    assert!(!answer.text.contains("canary"));
    assert_eq!(panel.arrivals(), 0);
    assert_eq!(panel.app.count_submissions().await, 0);
}

#[tokio::test]
async fn value_of_a_wrong_form_is_told_when_all_else_is_right() {
    let panel = Panel::start().await;
    let values = json!({ "email": "ada@analytical.example", "dateOfBirth": "yesterday" });
    let answer = panel.create("algbra", "panel-key-of-a-wrong-form", &values).await;
    assert_eq!(answer.json()["problems"], json!([{ "field": "dateOfBirth", "code": "pattern_mismatch" }]));
}

#[tokio::test]
async fn body_that_is_no_record_is_refused_before_anything_is_kept() {
    let panel = Panel::start().await;
    for (body, status, code) in [
        (json!({}), 400, "unreadable_body"),
        (json!({ "values": {}, "receipt": "x" }), 400, "unreadable_body"),
        (json!({ "values": { "firstName": null } }), 400, "unreadable_body"),
        (json!({ "values": { "address": { "line1": "x" } } }), 400, "unreadable_body"),
        (json!({ "values": { "firstName": "a".repeat(70_000) } }), 413, "body_too_large"),
        (json!({ "values": {} }), 422, "record_invalid"),
    ] {
        let answer = panel.ask("write", reqwest::Method::POST, "algbra", "/records", Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
    }
    let bare = panel.ask("write", reqwest::Method::POST, "algbra", "/records", None).await;
    assert_eq!(bare.code(), "unsupported_media_type");
    let good = json!({ "values": prospect() });
    let token = format!("Bearer {}", super::panel::sign(&super::panel::claims("algbra", "write")));
    for (key, code) in [("short", "idempotency_key_invalid"), ("", "idempotency_key_invalid")] {
        let method = reqwest::Method::POST;
        let answer = panel.send(method, "algbra", "/records", Some(&good), Some(&token), key).await;
        assert_eq!(answer.code(), code, "{key:?}");
    }
    assert_eq!(panel.arrivals(), 0);
    assert_eq!(panel.app.count_submissions().await, 0);
}

#[tokio::test]
async fn what_the_partner_refuses_is_told_at_its_fields_and_may_be_corrected_under_the_same_key() {
    let panel = Panel::start().await;
    panel.app.sim.algbra().set_documented("400 Input validation error", Some(1)).unwrap();
    let key = "panel-key-of-a-correction";
    let refused = panel.create("algbra", key, &prospect()).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "partner_refused"));
    assert_eq!(refused.json()["problems"], json!([{ "field": "email", "code": "refused_by_partner" }]));
    assert!(!refused.text.contains("a fault is set"));

    let same = panel.create("algbra", key, &prospect()).await;
    assert_eq!(
        same.json()["problems"],
        refused.json()["problems"],
        "the same again is refused without asking"
    );
    let mut corrected = prospect();
    corrected["email"] = json!("lovelace@analytical.example");
    let made = panel.create("algbra", key, &corrected).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(panel.app.sim.algbra().records().len(), 1);
}

#[tokio::test]
async fn record_that_the_partner_does_not_take_now_is_safe_and_sent_later() {
    let panel = Panel::start_with(|text| text.delivery = "retry_waits_ms = [100]".to_owned()).await;
    let sim = panel.app.sim.algbra();
    sim.set(FaultSetting::new(Fault::RateLimited, Some(1)).only("create")).unwrap();
    let key = "panel-key-of-a-busy-partner";
    let made = panel.create("algbra", key, &prospect()).await;
    assert_eq!((made.status, &made.json()["state"]), (StatusCode::ACCEPTED, &json!("received")));
    assert_eq!(made.json().get("id"), None);
    let reference = made.json()["reference"].as_str().unwrap().to_owned();
    let delivered = |ledger: &partner_sim::Ledger| !ledger.leads.is_empty();
    sim.wait_for(delivered, crate::app::PATIENCE).await.unwrap();
    assert_eq!(sim.records()[0].external_reference().unwrap(), reference);
}

#[tokio::test]
async fn partner_without_a_reference_of_ours_still_takes_records() {
    let panel = Panel::start().await;
    let values = json!({ "FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@analytical.example" });
    let made = panel.create("takepayments", "panel-key-of-takepayments", &values).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let made = made.json();
    // It gives no id; our reference is the receipt itself.
    assert_eq!((made.get("id"), &made["reference"]), (None, &made["receipt"]));
    let ledger = panel.app.sim.takepayments().ledger();
    assert_eq!(ledger.lead(made["receipt"].as_str().unwrap()).unwrap().fields["FirstName"], "Ada");
}
