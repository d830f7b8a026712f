//! The sign-up of a property.

use partner_sim::Fault;
use serde_json::{Value, json};

use super::caller::{Caller, property};

#[tokio::test]
async fn property_is_signed_up_and_keeps_its_id() {
    let caller = Caller::new().await;
    let first = caller.sign_up_well(&property("Hotel One")).await;
    let id = first.body["codice"][0].as_str().unwrap().to_owned();
    assert_eq!((first.status, &first.body), (200, &json!({ "codice": [id], "status": "created" })));
    let mut again = property("Hotel One");
    again["phone"] = json!("+39 0541 111111");
    assert_eq!(caller.sign_up_well(&again).await.body["codice"], json!([id]));
    assert_ne!(caller.sign_up_well(&property("Hotel Two")).await.body["codice"], json!([id]));

    let ledger = caller.octorate().ledger();
    assert_eq!(Value::Object(ledger.lead(&id).unwrap().fields.clone()), property("Hotel One"));
    let asked: Vec<_> = ledger.leads.iter().map(|lead| lead.times_asked).collect();
    assert_eq!(asked, [2, 1]);
    assert_eq!(caller.octorate().properties().len(), 2);
}

#[tokio::test]
async fn param_that_is_missing_or_wrong_is_named_for_people_and_machines() {
    let caller = Caller::new().await;
    let body = json!({ "name": 7, "latitude": "44", "isoCountry": "Italy", "lat": 1 });
    let answer = caller.sign_up_well(&body).await;
    assert_eq!(answer.name(), "400 ApiParamsExemption");
    let nested = answer.body["nested"].as_array().unwrap();
    let rows: Vec<_> = nested
        .iter()
        .map(|row| (row["machine_name"].as_str().unwrap(), row["type"].as_str().unwrap()))
        .collect();
    let expected = [
        ("$.name", "RejectType"),
        ("$.latitude", "RejectType"),
        ("$.longitude", "RejectRequired"),
        ("$.isoCountry", "RejectLenght"),
        ("$.lat", "RejectUnknown"),
    ];
    assert_eq!(rows, expected);
    assert!(nested.iter().all(|row| row["human_name"].is_string() && row["message"].is_string()));
    let problems = &caller.octorate().ledger().requests[0].problems;
    assert_eq!((problems.len(), problems[2].as_str()), (5, "longitude is required"));
}

#[tokio::test]
async fn fault_that_takes_nothing_signs_nothing_up() {
    let caller = Caller::new().await;
    caller.octorate().set_fault(Fault::Unavailable, Some(1));
    assert_eq!(caller.sign_up_well(&property("one")).await.status, 503);
    assert!(caller.octorate().properties().is_empty());
    assert_eq!(caller.sign_up_well(&property("one")).await.status, 200);
    assert_eq!(caller.octorate().properties().len(), 1);
}
