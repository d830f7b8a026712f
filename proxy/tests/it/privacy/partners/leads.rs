//! A lead to each account, taken; and one for each thing that a partner does wrong.
//!
//! Apart from tokens, which have faults of their own.

use partner_sim::{Controls, Fault, Request, Sim};
use serde_json::{Value, json};

use super::accounts::{DEMO, FROM_SCHEMA, VARIANTS};
use super::house::House;
use crate::app::PATIENCE;
use crate::partners::until;
use crate::privacy::canary::Canary;

/// Faults that end soon: the others are a matter of deadlines.
const FAULTS: [Fault; 11] = [
    Fault::BadRequest,
    Fault::RateLimited,
    Fault::ServerError,
    Fault::Unavailable,
    Fault::Reset,
    Fault::AcceptsThenResets,
    Fault::HalfAnswer,
    Fault::Garbage,
    Fault::GarbageStatus,
    Fault::Html200,
    Fault::Unauthorized,
];

/// The simulator of one of the demo's accounts.
fn partner<'a>(sim: &'a Sim, account: &str) -> &'a Controls {
    match account {
        "takepayments" => sim.takepayments(),
        "spotcap" => sim.spotcap(),
        "partnerportal" => sim.partnerportal(),
        "algbra" => sim.algbra(),
        "octorate" => sim.octorate(),
        "webhook" => sim.webhook(),
        other => panic!("no simulator of {other}"),
    }
}

/// Every account's lead arrives, by whatever way it shows its credential.
pub(super) async fn each_is_delivered(house: &mut House) {
    let forms = DEMO.map(|(_, form)| form).into_iter().chain(VARIANTS.map(|(account, _)| account));
    for form in forms {
        let answer = house.submit(form).await;
        assert_eq!(answer.json()["state"], "delivered", "{form}: {answer:?}");
    }
    let path = format!("/v1/forms/{FROM_SCHEMA}");
    let app = &house.app;
    let form = until(async || app.get(&path).await, |answer| answer.status == 200).await.unwrap();
    house.note_answer("a form from a schema", &form);
    let mut values = serde_json::Map::new();
    for field in form.json()["fields"].as_array().unwrap() {
        let word = Canary::word();
        let value = match field["kind"].as_str().unwrap() {
            "email" => json!(format!("{}@analytical.example", word.0)),
            "phone" => json!("+442079460018"),
            "url" => json!(format!("https://{}.example", word.0)),
            "number" => json!("12"),
            "date" => json!("2026-12-24"),
            "select" | "radio" => field["options"][0]["value"].clone(),
            "checkbox" | "consent" => json!(true),
            _ => json!(word.0),
        };
        values.insert(field["name"].as_str().unwrap().to_owned(), value);
        house.typed.push(word);
    }
    let answer = house.submit_values(FROM_SCHEMA, &Value::Object(values)).await;
    assert_eq!(answer.json()["state"], "delivered", "{answer:?}");
}

/// Each partner does each thing wrong that it can, and what its document names besides.
pub(super) async fn each_fault_is_met(house: &mut House) {
    for (account, form) in DEMO {
        for fault in FAULTS {
            partner(&house.app.sim, account).set_fault(fault, Some(1));
            meet(house, account, form, fault.name()).await;
        }
        for documented in partner(&house.app.sim, account).documented() {
            partner(&house.app.sim, account).set_documented(documented.name, Some(1)).unwrap();
            meet(house, account, form, documented.name).await;
        }
    }
}

/// Sends a lead and waits until the fault was met, by it or by an earlier one that came back: one that nothing meets would
/// prove nothing.
async fn meet(house: &mut House, account: &str, form: &str, fault: &str) {
    house.submit(form).await;
    let met = |request: &Request| match (&request.answer, request.fault) {
        (Some(name), _) => name == fault,
        (None, met) => met.is_some_and(|met| met.name() == fault),
    };
    let waited =
        partner(&house.app.sim, account).wait_for(|ledger| ledger.requests.iter().any(met), PATIENCE).await;
    assert!(waited.is_ok(), "{account} was not met with {fault}");
    house.forgive().await;
}
