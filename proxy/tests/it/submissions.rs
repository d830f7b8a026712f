//! A submission as JSON: what is taken, what is refused, and that one key is one lead.

use std::collections::BTreeMap;

use serde_json::json;

use partner_sim::Fault;

use crate::app::{Answer, PATIENCE, TestApp, good_values, key};

#[tokio::test]
async fn lead_reaches_the_partner_and_the_visitor_hears_it() {
    let app = TestApp::start().await;
    let answer = app.submit("card-machines", &key("first"), &good_values()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("delivered")), "{answer:?}");

    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    let ledger = app.sim.takepayments().ledger();
    assert_eq!(ledger.leads.len(), 1);
    assert!(ledger.lead(&receipt).is_some(), "the partner knows the lead by its receipt");

    let answer = app.get(&format!("/v1/receipts/{receipt}")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["state"], "delivered");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn slow_partner_does_not_keep_the_visitor_waiting() {
    let app = TestApp::start_with(|config| config.inline_wait_ms = 50).await;
    app.sim.takepayments().set_fault(Fault::Silence, Some(1));
    let answer = app.submit("card-machines", &key("slow"), &good_values()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (202, &json!("received")), "{answer:?}");
}

#[tokio::test]
async fn same_key_and_values_are_one_lead_however_they_are_typed() {
    let app = TestApp::start().await;
    let first = app.submit("card-machines", &key("twice"), &good_values()).await;
    let mut typed = good_values();
    typed["first_name"] = json!("  Ada ");
    typed["email"] = json!("ada@ANALYTICAL.example");
    typed["company"] = json!("");
    let second = app.submit("card-machines", &key("twice"), &typed).await;
    assert_eq!(first.json()["receipt"], second.json()["receipt"], "{second:?}");
    assert_eq!(app.count_submissions().await, 1);
    assert_eq!(app.sim.takepayments().ledger().leads.len(), 1);
}

#[tokio::test]
async fn many_sends_at_once_under_one_key_are_one_lead() {
    let app = TestApp::start().await;
    let (key, values) = (key("burst"), good_values());
    let (a, b, c, d) = tokio::join!(
        app.submit("card-machines", &key, &values),
        app.submit("card-machines", &key, &values),
        app.submit("card-machines", &key, &values),
        app.submit("card-machines", &key, &values),
    );
    let receipts: Vec<_> = [&a, &b, &c, &d].map(|answer: &Answer| answer.json()["receipt"].clone()).into();
    assert!(receipts.iter().all(|receipt| receipt.is_string() && *receipt == receipts[0]), "{receipts:?}");
    assert_eq!(app.count_submissions().await, 1);
}

#[tokio::test]
async fn same_key_with_other_values_is_refused() {
    let app = TestApp::start().await;
    app.submit("card-machines", &key("reused"), &good_values()).await;
    let mut other = good_values();
    other["first_name"] = json!("Grace");
    let answer = app.submit("card-machines", &key("reused"), &other).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "idempotency_key_reused"));
    assert_eq!(app.count_submissions().await, 1);
}

#[tokio::test]
async fn all_problems_come_at_once_with_field_and_code() {
    let app = TestApp::start().await;
    let values = json!({ "email": "ada@nowhere", "industry": "Space", "consent": false, "colour": "red" });
    let answer = app.submit("card-machines", &key("problems"), &values).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid_submission"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    let found: Vec<(&str, &str)> = body["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (problem["field"].as_str().unwrap(), problem["code"].as_str().unwrap()))
        .collect();
    let expected = [
        ("first_name", "required"),
        ("last_name", "required"),
        ("email", "invalid_email"),
        ("phone", "required"),
        ("industry", "not_an_option"),
        ("customer_type", "choice_required"),
        ("consent", "consent_required"),
        // A name that the form does not have is told, and not repeated.
        ("", "unknown_field"),
    ];
    assert_eq!(found, expected);
    assert_eq!(body["request_id"], answer.header("x-request-id"));
    assert_eq!(app.count_submissions().await, 0);
}

#[tokio::test]
async fn key_is_needed_and_must_fit() {
    let app = TestApp::start().await;
    let send = |keys: &'static [&'static str]| {
        let mut request = app
            .request(reqwest::Method::POST, "/v1/forms/card-machines/submissions")
            .header("content-type", "application/json");
        for key in keys {
            request = request.header("idempotency-key", *key);
        }
        request.body("{}").send()
    };
    for (keys, code) in [
        (&[][..], "idempotency_key_missing"),
        (&["short"], "idempotency_key_invalid"),
        (&["has a space in the middle"], "idempotency_key_invalid"),
        (&["0123456789abcdef", "0123456789abcdef"], "idempotency_key_invalid"),
    ] {
        let answer = Answer::read(send(keys).await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, code), "{keys:?}");
    }
}

#[tokio::test]
async fn unknown_form_receipt_address_and_method_are_problems() {
    let app = TestApp::start().await;
    let answer = app.submit("no-such-form", &key("nowhere"), &good_values()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "form_not_found"));
    for (path, code) in [
        ("/v1/forms/no-such-form", "form_not_found"),
        ("/v1/forms/%ff", "form_not_found"),
        ("/v1/receipts/00000-00000-00000-00000", "receipt_not_found"),
        ("/v1/receipts/x", "receipt_not_found"),
        ("/v1/receipts/%ff", "receipt_not_found"),
        ("/nowhere", "not_found"),
        ("/", "not_found"),
        ("/assets/none.js", "not_found"),
    ] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, code), "{path}");
    }
    let request = app.request(reqwest::Method::DELETE, "/v1/forms/card-machines");
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), "GET,HEAD,OPTIONS");
}

#[tokio::test]
async fn form_comes_in_the_visitors_language_without_account_or_origins() {
    let app = TestApp::start().await;
    let get = |path: &'static str, languages: &'static str| {
        app.request(reqwest::Method::GET, path).header("accept-language", languages).send()
    };
    for (path, languages, locale) in [
        ("/v1/forms/card-machines", "de-AT, en;q=0.5", "de"),
        ("/v1/forms/card-machines?locale=en", "de", "en"),
        ("/v1/forms/card-machines", "fr", "en"),
        ("/v1/forms/card-machines?locale=xx", "", "en"),
    ] {
        let answer = Answer::read(get(path, languages).await.unwrap()).await;
        let form = answer.json();
        assert_eq!(form["locale"], locale, "{path} {languages}");
        assert!(form.get("account").is_none() && form.get("allowed_origins").is_none());
        assert!(form["messages"]["required"].is_string());
        assert!(
            !answer.text.contains("page_") && !answer.text.contains("8090"),
            "nothing that a browser need not know"
        );
    }
    let answer = app.get("/v1/forms/card-machines").await;
    let request = app.request(reqwest::Method::GET, "/v1/forms/card-machines");
    let again =
        Answer::read(request.header("if-none-match", answer.header("etag")).send().await.unwrap()).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
}

#[tokio::test]
async fn examples_of_every_form_end_as_they_say() {
    let app = TestApp::start().await;
    let mut good = BTreeMap::<String, usize>::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../forms")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let form: lead_model::FormDefinition =
            toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        // A form that completes a record opens by a link only, and the record must be there.
        for (number, example) in form.examples.iter().enumerate().filter(|_| !form.completes) {
            let values = serde_json::to_value(&example.values).unwrap();
            let answer = app.submit(&form.id, &key(&format!("{}-{number}", form.id)), &values).await;
            let is_good = example.problems.is_empty();
            let expected = if is_good { 200 } else { 422 };
            assert_eq!(answer.status, expected, "{} {:?}: {}", form.id, example.name, answer.text);
            *good.entry(form.account.clone()).or_default() += usize::from(is_good);
        }
    }
    let sim = &app.sim;
    let partners: [(&str, &partner_sim::Controls); 6] = [
        ("takepayments", sim.takepayments()),
        ("spotcap", sim.spotcap()),
        ("partnerportal", sim.partnerportal()),
        ("algbra", sim.algbra()),
        ("octorate", sim.octorate()),
        ("webhook", sim.webhook()),
    ];
    for (account, partner) in partners {
        let expected = good.remove(account).unwrap();
        let took = partner.wait_for(|ledger| ledger.leads.len() == expected, PATIENCE).await;
        assert!(took.is_ok(), "{account}: {took:?}");
    }
    assert!(good.is_empty(), "a partner without a simulator here: {good:?}");
}

#[tokio::test]
async fn store_that_can_not_be_written_is_told_and_the_same_key_works_later() {
    use sqlx::Connection as _;

    let app = TestApp::start().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.store_path());
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let answer = app.submit("card-machines", &key("locked"), &good_values()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "store_unavailable"), "{answer:?}");
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(app.client.get(app.operator_url("/readyz")).send().await.unwrap().status(), 503);

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(app.submit("card-machines", &key("locked"), &good_values()).await.status, 200);
    assert_eq!(app.count_submissions().await, 1);
}

#[tokio::test]
async fn refusal_that_no_visitor_can_mend_is_kept_for_the_operator() {
    let app = TestApp::start().await;
    app.sim.takepayments().set_fault(Fault::BadRequest, Some(1));
    let first = app.submit("card-machines", &key("refused"), &good_values()).await;
    let again = app.submit("card-machines", &key("refused"), &good_values()).await;
    assert_eq!(first.status, again.status, "the same values have the same answer");
    // The simulator's note names no field: nothing for the visitor to mend, so the lead is kept for the operator.
    assert_eq!(first.status, 202, "{first:?}");
}

#[tokio::test]
async fn health_is_told_to_operators_alone() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.get(path).await.status, 404, "{path} on the public listener");
        let answer = app.client.get(app.operator_url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
}
