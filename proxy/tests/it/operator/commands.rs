//! Lists, shows and decisions over HTTP: what is answered, what is refused, and what stands in the audit after it.

use partner_sim::Fault;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::house::{ask_as, get, post, problems, resolve, start, submit, until};
use crate::app::TestApp;

async fn receipts(app: &TestApp, query: &str) -> Vec<String> {
    let answer = get(app, &format!("/v1/deliveries{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["receipt"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn list_shows_what_is_left_with_its_reason_and_filters_it() {
    let mut app = start().await;
    let held = submit(&app, "held", Fault::AcceptsThenResets, "held").await;
    let dead = submit(&app, "dead", Fault::BadRequest, "dead_letter").await;
    let sent = submit(&app, "sent", Fault::None, "delivered").await;

    assert_eq!(receipts(&app, "").await, [held.clone(), dead.clone()]);
    for (query, found) in [
        ("?state=held", vec![&held]),
        ("?state=dead_letter,delivered", vec![&dead, &sent]),
        ("?state=merged", vec![]),
        ("?account=takepayments&reason=status_400", vec![&dead]),
        ("?form=card-machines&limit=1", vec![&held]),
        ("?form=callback", vec![]),
        ("?account=algbra", vec![]),
        ("?older_than_s=3600", vec![]),
        ("?older_than_s=0", vec![&held, &dead]),
    ] {
        let found: Vec<&str> = found.into_iter().map(String::as_str).collect();
        assert_eq!(receipts(&app, query).await, found, "{query}");
    }
    let first = get(&app, "/v1/deliveries?limit=1").await.json();
    let second = receipts(&app, &format!("?limit=1&after={}", first["next"])).await;
    assert_eq!(second, [dead.as_str()]);
    assert_eq!(get(&app, "/v1/deliveries").await.json()["next"], Value::Null);

    let one = &first["deliveries"][0];
    let told = [&one["account"], &one["form"], &one["state"], &one["reason"], &one["attempts"]];
    assert_eq!(
        told,
        [&json!("takepayments"), &json!("card-machines"), &json!("held"), &json!("broken"), &json!(2)]
    );
    app.stop().await;
}

#[tokio::test]
async fn show_tells_attempts_and_audit_and_nothing_of_the_visitor() {
    let mut app = start().await;
    let receipt = submit(&app, "shown", Fault::AcceptsThenResets, "held").await;
    assert_eq!(resolve(&app, &receipt, "delivered").await.status, StatusCode::OK);
    let answer = get(&app, &format!("/v1/deliveries/{receipt}")).await;
    let shown = answer.json();
    let classes: Vec<_> = shown["tries"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(classes, ["in_doubt", "in_doubt"]);
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("delivered"), &json!("by_hand")));
    let entry = &shown["audit"][0];
    let told = [&entry["operator"], &entry["action"], &entry["was"], &entry["account"], &entry["why"]];
    assert_eq!(told, ["ana", "delivered", "held", "takepayments", "asked the partner"]);
    for typed in ["Ada", "Lovelace", "analytical", "79460018", "New to cards"] {
        assert!(!answer.text.contains(typed), "{typed} in {}", answer.text);
    }
    assert_eq!(answer.header("cache-control"), "no-store");
    app.stop().await;
}

#[tokio::test]
async fn lead_that_is_sent_again_reaches_the_partner_under_its_receipt() {
    let mut app = start().await;
    let receipt = submit(&app, "again", Fault::AcceptsThenResets, "held").await;
    let before = app.sim.takepayments().ledger();
    assert_eq!(before.lead(&receipt).unwrap().times_asked, 2);
    let answer = resolve(&app, &receipt, "send_again").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let after = until(&app, &receipt, "delivered").await;
    assert_eq!(after["attempts"], 3, "they go on counting");

    let ledger = app.sim.takepayments().ledger();
    let bodies: Vec<_> = ledger.requests_for(&receipt).map(|request| request.body.clone()).collect();
    assert_eq!((bodies.len(), &bodies[0]), (3, &bodies[2]), "the same bytes each time");
    assert_eq!(ledger.leads.iter().filter(|lead| lead.id == receipt).count(), 1, "one effect");
    app.stop().await;
}

#[tokio::test]
async fn dead_letter_that_is_sent_again_is_tried_as_long_as_a_new_lead() {
    let mut app = start().await;
    let receipt = submit(&app, "patient", Fault::BadRequest, "dead_letter").await;
    app.sim.takepayments().set_fault(Fault::RateLimited, None);
    resolve(&app, &receipt, "send_again").await;
    until(&app, &receipt, "waiting").await;
    let shown = get(&app, &format!("/v1/deliveries/{receipt}")).await.json();
    assert_eq!(shown["fields"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn settled_delivery_is_a_conflict_that_tells_where_it_stands() {
    let mut app = start().await;
    let dropped = submit(&app, "dropped", Fault::AcceptsThenResets, "held").await;
    let sent = submit(&app, "sent", Fault::None, "delivered").await;
    let by_hand = submit(&app, "byhand", Fault::BadRequest, "dead_letter").await;
    let body = json!({ "as": "delivered", "why": "they called", "reference": "CRM-77", "version": 1 });
    let answer = post(&app, &format!("/v1/deliveries/{by_hand}/resolve"), body).await;
    assert_eq!(
        (answer.status, &answer.json()["reference"]),
        (StatusCode::OK, &json!("CRM-77")),
        "{answer:?}"
    );
    assert_eq!(resolve(&app, &dropped, "drop").await.status, StatusCode::OK);

    for (receipt, state) in [(&dropped, "dropped"), (&sent, "delivered"), (&by_hand, "delivered")] {
        for decision in ["delivered", "send_again", "drop"] {
            let answer = resolve(&app, receipt, decision).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "delivery_conflict"));
            assert_eq!(answer.json()["state"], state, "{decision}: {answer:?}");
        }
    }
    let audit = get(&app, "/v1/audit").await.json();
    let actions: Vec<_> = audit["entries"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["drop", "delivered"], "what was refused is not in it");
    app.stop().await;
}

#[tokio::test]
async fn decision_about_an_older_version_is_a_conflict() {
    let mut app = start().await;
    let receipt = submit(&app, "version", Fault::AcceptsThenResets, "held").await;
    let seen = get(&app, &format!("/v1/deliveries/{receipt}")).await.json()["version"].as_i64().unwrap();
    app.sim.takepayments().set_fault(Fault::AcceptsThenResets, None);
    resolve(&app, &receipt, "send_again").await;
    until(&app, &receipt, "held").await;
    let body = json!({ "as": "drop", "why": "old news", "version": seen });
    let answer = post(&app, &format!("/v1/deliveries/{receipt}/resolve"), body).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "delivery_conflict"));
    assert_eq!(answer.json()["state"], "held");
    assert!(answer.json()["version"].as_i64().unwrap() > seen, "{answer:?}");
    app.stop().await;
}

#[tokio::test]
async fn everything_wrong_with_a_command_is_told_at_once_and_nothing_is_done() {
    let mut app = start().await;
    let receipt = submit(&app, "wrong", Fault::AcceptsThenResets, "held").await;
    let path = format!("/v1/deliveries/{receipt}/resolve");
    let answer =
        post(&app, &path, json!({ "as": "sent", "why": "a\nb", "version": "1", "x<script>": 1 })).await;
    assert_eq!(answer.code(), "command_invalid");
    let told = problems(&answer);
    let told: Vec<_> = told.iter().map(|(field, code)| (field.as_str(), code.as_str())).collect();
    let expected = [
        ("", "unknown_field"),
        ("as", "not_an_option"),
        ("version", "wrong_type"),
        ("why", "pattern_mismatch"),
    ];
    assert_eq!(told, expected);
    assert!(!answer.text.contains("script"), "{}", answer.text);

    for (path, body, expected) in [
        (path.as_str(), json!({}), vec![("as", "required"), ("why", "required")]),
        (
            &path,
            json!({ "as": "drop", "why": "x".repeat(501), "reference": "7" }),
            vec![("reference", "unknown_field"), ("why", "too_long")],
        ),
        ("/v1/deliveries/replay", json!({ "why": "x" }), vec![("state", "required")]),
        (
            "/v1/deliveries/replay",
            json!({ "why": "x", "state": "waiting", "limit": 10_001 }),
            vec![("limit", "too_large"), ("state", "not_an_option")],
        ),
        ("/v1/accounts/takepayments/stop", json!({ "why": 7 }), vec![("why", "wrong_type")]),
    ] {
        let answer = post(&app, path, body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "command_invalid")
        );
        let told = problems(&answer);
        let told: Vec<_> = told.iter().map(|(field, code)| (field.as_str(), code.as_str())).collect();
        assert_eq!(told, expected, "{path}");
    }
    let answer = get(&app, "/v1/deliveries?limit=0&state=lost&older_than_s=x&page=2").await;
    assert_eq!(answer.code(), "query_invalid");
    assert_eq!(problems(&answer).len(), 4, "{answer:?}");
    assert_eq!(get(&app, "/v1/audit").await.json()["entries"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn command_that_is_none_or_for_nothing_that_is_there_is_refused() {
    let mut app = start().await;
    let receipt = submit(&app, "none", Fault::AcceptsThenResets, "held").await;
    let path = format!("/v1/deliveries/{receipt}/resolve");
    for body in ["", "[]", "null", r#"{"as":"drop","as":"drop","why":"x"}"#, r#"{"why":{"a":{"b":1}}}"#, "{"]
    {
        let request = app.client.post(app.operator_url(&path)).header("lead-proxy-operator", "ana");
        let request = request.header("content-type", "application/json").body(body);
        let answer = crate::app::Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.code(), "unreadable_body", "{body}");
    }
    let request = app.client.post(app.operator_url(&path)).header("lead-proxy-operator", "ana");
    let answer = crate::app::Answer::read(request.body("{}").send().await.unwrap()).await;
    assert_eq!(answer.code(), "unsupported_media_type");
    for (path, code) in [
        ("/v1/deliveries/7K3F9-0QXJ2-MM8TD-4VYBR/resolve", "receipt_not_found"),
        ("/v1/deliveries/nonsense/resolve", "receipt_not_found"),
        ("/v1/accounts/nobody/stop", "account_not_found"),
    ] {
        let body = if path.contains("accounts") {
            json!({ "why": "x" })
        } else {
            json!({ "as": "drop", "why": "x" })
        };
        assert_eq!(post(&app, path, body).await.code(), code, "{path}");
    }
    assert_eq!(get(&app, "/v1/deliveries/7K3F9-0QXJ2-MM8TD-4VYBR").await.code(), "receipt_not_found");
    app.stop().await;
}

#[tokio::test]
async fn audit_is_paged_and_found_by_receipt_and_account() {
    let mut app = start().await;
    let first = submit(&app, "first", Fault::BadRequest, "dead_letter").await;
    let second = submit(&app, "second", Fault::BadRequest, "dead_letter").await;
    resolve(&app, &first, "drop").await;
    let path = format!("/v1/deliveries/{second}/resolve");
    ask_as(&app, "eve", Method::POST, &path, Some(json!({ "as": "drop", "why": "spam" }))).await;
    let who = async |query: &str| -> Vec<Value> {
        let audit = get(&app, &format!("/v1/audit{query}")).await.json();
        audit["entries"].as_array().unwrap().iter().map(|entry| entry["operator"].clone()).collect()
    };
    assert_eq!(who("").await, ["eve", "ana"]);
    assert_eq!(who(&format!("?receipt={first}")).await, ["ana"]);
    assert_eq!(who("?account=takepayments&limit=1").await, ["eve"]);
    assert_eq!(who("?account=algbra").await, Vec::<Value>::new());
    let next = get(&app, "/v1/audit?limit=1").await.json()["next"].as_i64().unwrap();
    assert_eq!(who(&format!("?before={next}")).await, ["ana"]);
    app.stop().await;
}
