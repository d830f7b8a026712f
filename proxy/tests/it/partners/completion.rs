//! A form that completes a record which the partner has: opened by a signed link, and by nothing else.

use lead_proxy::clock::Clock;
use lead_proxy::signed::LINK_LIFE_MAX;
use reqwest::Method;
use serde_json::{Value, json};

use super::forms::field;
use super::start;
use crate::app::partners::PANEL_KEY;
use crate::app::{Answer, HOST_ORIGIN, TestApp, key};

fn form() -> String {
    ["^completes = true^", &field("first_name", ""), &field("phone", "required = true")].concat()
}

/// A link as a CRM's server signs it.
pub(super) fn link(form: &str, reference: &str, key: &str, life_s: i64) -> String {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

    let now = Clock::system().now().as_ms() / 1_000;
    let claims = json!({
        "aud": "lead-proxy/link", "account": "algbra", "form": form, "reference": reference, "iat": now - 60,
        "exp": now - 60 + life_s,
    });
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

pub(super) async fn send(app: &TestApp, link: Option<&str>, values: &Value) -> Answer {
    let query = link.map(|link| format!("?link={link}")).unwrap_or_default();
    let body = json!({ "form_version": 1, "locale": "en", "values": values });
    let request = app
        .request(Method::POST, &format!("/v1/forms/for-algbra/submissions{query}"))
        .header("origin", HOST_ORIGIN)
        .header("content-type", "application/json")
        .header("idempotency-key", key("completion"))
        .body(body.to_string());
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn record_of_the_link_is_completed_and_no_other_field_is_touched() {
    let app = start(&[("algbra", &form())]).await;
    let reference = "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d";
    let prospect = app
        .sim
        .algbra()
        .insert(&json!({ "externalReference": reference, "email": "ada@analytical.example", "lastName": "Lovelace" }))
        .unwrap();
    let link = link("for-algbra", reference, PANEL_KEY, 3_600);
    let answer = send(&app, Some(&link), &json!({ "phone": "020 7946 0018" })).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["state"].as_str()),
        (200, Some("delivered")),
        "{answer:?}"
    );

    let ledger = app.sim.algbra().ledger();
    let operations: Vec<&str> = ledger.requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["get_by_reference", "update"]);
    assert_eq!(ledger.requests[1].body, r#"{"phoneNumber":"+442079460018"}"#);
    let [now] = &app.sim.algbra().records()[..] else { panic!("no prospect was made") };
    assert_eq!(now.id(), prospect.id());
    assert_eq!(now.text("lastName"), "Lovelace");
}

#[tokio::test]
async fn nothing_but_a_good_link_of_this_form_opens_it() {
    let app = start(&[("algbra", &form())]).await;
    let good = |form: &str, key: &str, life_s| link(form, "reference-1", key, life_s);
    let cases = [
        (None, "link_invalid"),
        (Some(String::new()), "link_invalid"),
        (Some("a.b.c".to_owned()), "link_invalid"),
        (Some(good("another", PANEL_KEY, 3_600)), "link_invalid"),
        (Some(good("for-algbra", "another-key-of-thirty-two-letters", 3_600)), "link_invalid"),
        (Some(good("for-algbra", PANEL_KEY, 1)), "link_expired"),
        (Some(good("for-algbra", PANEL_KEY, LINK_LIFE_MAX.as_secs() as i64 + 1)), "link_invalid"),
    ];
    for (link, code) in cases {
        let answer = send(&app, link.as_deref(), &json!({ "phone": "020 7946 0018" })).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, code), "{link:?}");
        let link = link.unwrap_or_default();
        let definition = app.get(&format!("/v1/forms/for-algbra?link={link}")).await;
        assert_eq!(
            (definition.status.as_u16(), definition.code().as_str()),
            (403, code),
            "before it is shown"
        );
        let page = app.get(&format!("/f/for-algbra?link={link}")).await;
        assert_eq!(page.status.as_u16(), 403);
        assert!(page.text.contains("This link is not valid any more"), "{}", page.text);
    }
    assert_eq!(app.count_submissions().await, 0);
    assert!(app.sim.algbra().ledger().requests.is_empty());
}

#[tokio::test]
async fn page_of_a_good_link_carries_it_to_the_plain_forms_address() {
    let app = start(&[("algbra", &form())]).await;
    let link = link("for-algbra", "reference-1", PANEL_KEY, 3_600);
    let page = app.get(&format!("/f/for-algbra?link={link}")).await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.text.contains(&format!("action=\"/f/for-algbra?link={link}\"")), "{}", page.text);
    assert!(page.text.contains(&format!("link=\"{link}\"")), "the loader sends it along");
}

#[tokio::test]
async fn record_that_is_gone_leaves_a_dead_letter_and_makes_nothing() {
    let app = start(&[("algbra", &form())]).await;
    let link = link("for-algbra", "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d", PANEL_KEY, 3_600);
    let answer = send(&app, Some(&link), &json!({ "phone": "020 7946 0018" })).await;
    assert_eq!(answer.status.as_u16(), 202, "it is safe, and the operator sees it");
    assert!(app.sim.algbra().records().is_empty());
    let ledger = app.sim.algbra().ledger();
    assert_eq!(ledger.requests.iter().map(|request| request.status).collect::<Vec<_>>(), [Some(404)]);
}
