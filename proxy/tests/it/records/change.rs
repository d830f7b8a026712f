//! A record that a person changes: absent leaves, null erases, and the partner's record is the answer.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::panel::Panel;
use crate::app::{PATIENCE, good_values, key};

#[tokio::test]
async fn only_what_is_changed_is_sent_and_null_erases() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.algbra();
    let known = json!({
        "email": "ada@analytical.example", "firstName": "Ada", "lastName": "Byron", "phoneNumber": "+442079460018"
    });
    let id = sim.insert(&known).unwrap().id().to_owned();
    let changes =
        json!({ "lastName": "Lovelace", "phoneNumber": null, "address.line1": "12 St James's Square" });
    let answer = panel.change("algbra", &id, &changes).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let sent: Value = serde_json::from_str(&sim.ledger().requests[0].body).unwrap();
    let expected = json!({
        "lastName": "Lovelace", "phoneNumber": null,
        "address": { "type": "STRUCTURED", "line1": "12 St James's Square" }
    });
    assert_eq!(sent, expected);
    let record = &sim.records()[0];
    assert_eq!(
        answer.json(),
        json!({
            "id": id, "reference": record.external_reference(), "fields": record.to_json(), "masked": []
        })
    );
    assert_eq!((record.text("firstName"), record.text("lastName")), ("Ada", "Lovelace"));
    assert_eq!(record.to_json()["phoneNumber"], Value::Null);
    // It is no lead: nothing of it is kept.
    assert_eq!(panel.app.count_submissions().await, 0);
}

#[tokio::test]
async fn portals_lead_is_changed_with_numbers_and_its_own_fields() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.partnerportal();
    sim.seed_records(1);
    let listed = panel.get("partnerportal", "/records").await.json();
    let id = listed["records"][0]["id"].as_str().unwrap();
    let changes = json!({ "value": 99.5, "notes": null, "customFields.cf_score": 7 });
    let answer = panel.change("partnerportal", id, &changes).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["fields"]["value"], 99.5);
    let known = sim.record(id).unwrap();
    assert_eq!((&known["notes"], &known["customFields"]["cf_score"]), (&Value::Null, &json!(7)));
}

#[tokio::test]
async fn all_that_breaks_the_partners_rules_is_told_at_once_and_nothing_sent() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.algbra();
    let id = sim.insert(&json!({ "email": "ada@analytical.example" })).unwrap().id().to_owned();
    let long = "a".repeat(201);
    for (changes, problems) in [
        (
            json!({ "firstName": 7, "lastName": true, "externalReference": "x", "canary": "x", "canary2": "y" }),
            json!([
                { "field": "firstName", "code": "wrong_type" },
                { "field": "lastName", "code": "wrong_type" },
                { "field": "externalReference", "code": "unknown_field" },
                { "field": "", "code": "unknown_field" },
            ]),
        ),
        (
            json!({ "firstName": long }),
            json!([{ "field": "firstName", "code": "too_long", "params": { "max": "200" } }]),
        ),
        (
            json!({ "dateOfBirth": "yesterday" }),
            json!([{ "field": "dateOfBirth", "code": "pattern_mismatch" }]),
        ),
        (json!({ "": "x" }), json!([{ "field": "", "code": "unknown_field" }])),
        (json!({ long.clone(): "x" }), json!([{ "field": "", "code": "unknown_field" }])),
    ] {
        let answer = panel.change("algbra", &id, &changes).await;
        let told = (answer.status.as_u16(), answer.code(), answer.json()["problems"].clone());
        assert_eq!(told, (422, "record_invalid".to_owned(), problems), "{changes}");
        assert!(!answer.text.contains("canary"));
    }
    let nothing = panel.change("algbra", &id, &json!({})).await;
    assert_eq!(
        (nothing.code().as_str(), &nothing.json()["detail"]),
        ("record_invalid", &json!("There is nothing to change."))
    );
    let nested = panel.change("algbra", &id, &json!({ "address": { "line1": "x" } })).await;
    assert_eq!(nested.code(), "unreadable_body");
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn record_that_is_not_there_is_told_so() {
    let panel = Panel::start().await;
    for id in ["00000000-0000-4000-8000-00000000000a", "%20", "%00", "a%2Fb"] {
        let answer = panel.change("algbra", id, &json!({ "firstName": "Ada" })).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "record_not_found"), "{id}");
    }
}

#[tokio::test]
async fn change_of_a_caller_who_goes_away_is_made_all_the_same() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.algbra();
    let id = sim.insert(&json!({ "email": "ada@analytical.example" })).unwrap().id().to_owned();
    sim.set_fault(partner_sim::Fault::Slow, Some(1));
    let changes = json!({ "firstName": "Ada" });
    let going = panel.change("algbra", &id, &changes);
    let arrived = sim.wait_for(|ledger| !ledger.requests.is_empty(), crate::app::PATIENCE);
    tokio::select! {
        _ = going => panic!("the partner answers after ten seconds"),
        arrived = arrived => assert!(arrived.is_ok()),
    }
    assert_eq!(sim.records()[0].text("firstName"), "Ada");
}

#[tokio::test]
async fn stop_waits_for_a_change_that_its_caller_has_left_and_cuts_no_attempt_off() {
    let mut panel = Panel::start().await;
    panel.app.sim.takepayments().set_fault(partner_sim::Fault::Slow, Some(1));
    let answer = panel.app.submit("card-machines", &key("slow"), &good_values()).await;
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    panel.app.sim.takepayments().wait_for(|ledger| !ledger.requests.is_empty(), PATIENCE).await.unwrap();

    let sim = panel.app.sim.algbra();
    let id = sim.insert(&json!({ "email": "ada@analytical.example" })).unwrap().id().to_owned();
    sim.set_fault(partner_sim::Fault::Slow, Some(1));
    let changes = json!({ "firstName": "Ada" });
    tokio::select! {
        _ = panel.change("algbra", &id, &changes) => panic!("the partner answers after ten seconds"),
        arrived = sim.wait_for(|ledger| !ledger.requests.is_empty(), PATIENCE) => assert!(arrived.is_ok()),
    }
    panel.app.stop().await;
    let status = panel.app.sim.algbra().ledger().requests[0].status;
    assert_eq!(status, Some(200), "the partner's answer was waited for");

    panel.app.restart(|_| {}).await;
    let told = panel.app.get(&format!("/v1/receipts/{receipt}")).await.json();
    assert_eq!(told["state"], "delivered", "its outcome was written down before the end: {told}");
    assert_eq!(panel.app.sim.takepayments().ledger().lead(&receipt).unwrap().times_asked, 1);
}
