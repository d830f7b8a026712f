//! Our leads in a panel: seen by account and record, settled by who may write, and in the audit with the person.

use partner_sim::Fault;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::Answer;
use crate::operator::house::{get as operator, resolve as by_operator, submit, until};
use crate::records::panel::{Panel, claims, sign};

const ACCOUNT: &str = "takepayments";

async fn start() -> Panel {
    Panel::start_with(|text| text.delivery = "doubt_wait_ms = 1".to_owned()).await
}

async fn leads(panel: &Panel, query: &str) -> Value {
    let answer = panel.get(ACCOUNT, &format!("/leads{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

fn receipts(leads: &Value) -> Vec<&str> {
    leads["leads"].as_array().unwrap().iter().map(|lead| lead["receipt"].as_str().unwrap()).collect()
}

async fn settle(panel: &Panel, scope: &str, receipt: &str, body: &Value) -> Answer {
    panel.ask(scope, Method::POST, ACCOUNT, &format!("/leads/{receipt}/resolve"), Some(body)).await
}

#[tokio::test]
async fn panel_sees_its_accounts_leads_the_newest_first_with_what_may_be_done() {
    let panel = start().await;
    let sent = submit(&panel.app, "sent", Fault::None, "delivered").await;
    let held = submit(&panel.app, "held", Fault::AcceptsThenResets, "held").await;
    let dead = submit(&panel.app, "dead", Fault::BadRequest, "dead_letter").await;
    let all = leads(&panel, "").await;
    assert_eq!(receipts(&all), [&*dead, &*held, &*sent]);
    assert_eq!(all["next"], Value::Null);
    let one = &all["leads"][1];
    let told = ["form", "state", "reason", "account"].map(|name| one[name].as_str().unwrap());
    assert_eq!(told, ["card-machines", "held", "broken", ACCOUNT]);
    assert_eq!((&one["attempts"], &one["may"]), (&json!(2), &json!([])));
    let writes = panel.ask("write", Method::GET, ACCOUNT, "/leads?limit=2", None).await.json();
    let may: Vec<&Value> = writes["leads"].as_array().unwrap().iter().map(|lead| &lead["may"]).collect();
    assert_eq!(may, [&json!(["delivered", "send_again"]); 2]);
    assert_eq!(receipts(&leads(&panel, &format!("?limit=2&after={}", writes["next"])).await), [&*sent]);
    for (query, found) in [
        ("?state=held,delivered".to_owned(), vec![&held, &sent]),
        (format!("?receipt={dead}"), vec![&dead]),
        ("?record=nobodys".to_owned(), vec![]),
    ] {
        assert_eq!(receipts(&leads(&panel, &query).await), found, "{query}");
    }
    let detail = panel.get(ACCOUNT, &format!("/leads/{held}")).await;
    assert_eq!(detail.json()["tries"].as_array().unwrap().len(), 2);
    for typed in ["Ada", "Lovelace", "analytical", "79460018"] {
        assert!(!detail.text.contains(typed), "{typed}");
    }
    // Another account's panel sees none of them.
    let others = panel.get("algbra", "/leads").await.json();
    assert_eq!(receipts(&others), Vec::<&str>::new());
    let answer = panel.get("algbra", &format!("/leads/{held}")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "receipt_not_found"));
}

#[tokio::test]
async fn lead_in_doubt_is_settled_by_a_person_who_may_write_and_the_audit_names_him() {
    let panel = start().await;
    let receipt = submit(&panel.app, "held", Fault::AcceptsThenResets, "held").await;
    let version = leads(&panel, "").await["leads"][0]["version"].clone();
    let body =
        json!({ "as": "delivered", "why": "it is in their list", "reference": "tp-7", "version": version });
    let refused = settle(&panel, "read", &receipt, &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "scope_missing"));
    let settled = settle(&panel, "write", &receipt, &body).await;
    assert_eq!(settled.status, StatusCode::OK, "{}", settled.text);
    let told = settled.json();
    assert_eq!(
        (&told["state"], &told["reference"], &told["may"]),
        (&json!("delivered"), &json!("tp-7"), &json!([]))
    );
    let entry = &operator(&panel.app, &format!("/v1/audit?receipt={receipt}")).await.json()["entries"][0];
    let row = ["operator", "action", "was", "reference", "why"].map(|name| entry[name].as_str().unwrap());
    assert_eq!(row, ["panel person-7", "delivered", "held", "tp-7", "it is in their list"]);
    // Found by the record from now on.
    assert_eq!(receipts(&leads(&panel, "?record=tp-7").await), [&*receipt]);
    // Who comes second hears where it stands.
    let second = settle(&panel, "write", &receipt, &body).await;
    assert_eq!((second.status, second.code().as_str()), (StatusCode::CONFLICT, "delivery_conflict"));
    assert_eq!(second.json()["state"], "delivered");
}

#[tokio::test]
async fn lead_is_sent_again_under_its_receipt() {
    let panel = start().await;
    let receipt = submit(&panel.app, "held", Fault::AcceptsThenResets, "held").await;
    let version = leads(&panel, "").await["leads"][0]["version"].clone();
    let body = json!({ "as": "send_again", "why": "they have not got it", "version": version });
    assert_eq!(settle(&panel, "write", &receipt, &body).await.status, StatusCode::OK);
    let shown = until(&panel.app, &receipt, "delivered").await;
    assert_eq!(shown["attempts"], 3);
}

#[tokio::test]
async fn decision_without_a_version_or_of_another_kind_does_nothing() {
    let panel = start().await;
    let receipt = submit(&panel.app, "held", Fault::AcceptsThenResets, "held").await;
    let version = leads(&panel, "").await["leads"][0]["version"].as_i64().unwrap();
    for (body, code) in [
        (json!({ "as": "delivered", "why": "x" }), "command_invalid"),
        (json!({ "as": "drop", "why": "x", "version": version }), "command_invalid"),
        (json!({ "as": "delivered", "version": version }), "command_invalid"),
        (json!({ "as": "delivered", "why": "x", "version": version - 1 }), "delivery_conflict"),
        (json!({ "as": "send_again", "why": "x", "reference": "7", "version": version }), "command_invalid"),
    ] {
        assert_eq!(settle(&panel, "write", &receipt, &body).await.code(), code, "{body}");
    }
    // What an operator has settled is settled.
    assert_eq!(by_operator(&panel.app, &receipt, "drop").await.status, StatusCode::OK);
    let body = json!({ "as": "send_again", "why": "x", "version": version });
    assert_eq!(settle(&panel, "write", &receipt, &body).await.json()["state"], "dropped");
}

#[tokio::test]
async fn token_for_one_record_reaches_the_leads_of_that_record_alone() {
    let panel = start().await;
    let own = submit(&panel.app, "own", Fault::AcceptsThenResets, "held").await;
    let other = submit(&panel.app, "other", Fault::AcceptsThenResets, "held").await;
    let version = leads(&panel, &format!("?receipt={own}")).await["leads"][0]["version"].clone();
    let body = json!({ "as": "delivered", "why": "seen", "reference": "tp-7", "version": version });
    assert_eq!(settle(&panel, "write", &own, &body).await.status, StatusCode::OK);
    let mut only = claims(ACCOUNT, "write");
    only["record"] = json!("tp-7");
    let header = format!("Bearer {}", sign(&only));
    let ask = async |method, path: &str, body: Option<&Value>| {
        panel.send(method, ACCOUNT, path, body, Some(&header), "").await
    };
    assert_eq!(receipts(&ask(Method::GET, "/leads", None).await.json()), [&*own]);
    assert_eq!(ask(Method::GET, &format!("/leads/{own}"), None).await.status, StatusCode::OK);
    let decided = json!({ "as": "delivered", "why": "x", "version": 1 });
    for (method, path, body) in [
        (Method::GET, format!("/leads/{other}"), None),
        (Method::GET, "/leads?record=tp-8".to_owned(), None),
        (Method::POST, format!("/leads/{other}/resolve"), Some(&decided)),
    ] {
        let answer = ask(method, &path, body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::FORBIDDEN, "record_not_allowed"),
            "{path}"
        );
    }
}
