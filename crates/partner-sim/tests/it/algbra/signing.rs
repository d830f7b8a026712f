//! Who may come in: openssl's vectors over real HTTP, and a request with one thing wrong.

use std::time::Duration;

use partner_sim::Fault;
use partner_sim::algbra::{Order, Scheme};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::{Call, PROSPECTS, PUBLIC_KEY, TOKEN, bank, date, house, sign};

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    key: String,
    algorithm: String,
    encoding: String,
    order: Vec<String>,
    url: String,
    method: String,
    authorization: String,
    date: String,
    nonce: String,
    body: String,
    signature: String,
}

/// Lets one request in, or says which header keeps it out.
async fn check(
    sim: &partner_sim::Sim,
    signed: super::caller::Signed,
    wrong: &[(&str, &str)],
    credential: &str,
) {
    let (status, body) = signed.send(sim).await;
    let request = sim.algbra().ledger().requests.pop().unwrap();
    let errors: Vec<_> =
        wrong.iter().map(|(header, why)| json!({ "property": header, "message": why })).collect();
    if wrong.is_empty() {
        assert_eq!(status, 200, "{body}");
    } else {
        assert_eq!((status, body), (401, json!({ "message": "Unauthorized", "errors": errors })));
    }
    assert_eq!(request.credential, credential);
}

fn list() -> Call {
    Call::get("?page=1&limit=10")
}

const UNSIGNED: [(&str, &str); 1] = [("x-alg-signature", "it does not sign this request")];

#[tokio::test]
async fn every_vector_comes_in() {
    let file: File = serde_json::from_str(include_str!("../../vectors/algbra.json")).unwrap();
    for vector in file.vectors {
        let key = std::fs::read_to_string(format!(
            "{}/tests/vectors/{}.public.pem",
            env!("CARGO_MANIFEST_DIR"),
            vector.key
        ));
        let sim = bank(&vector.authorization, &key.unwrap()).await;
        sim.algbra().set_scheme(Scheme {
            algorithm: vector.algorithm.parse().unwrap(),
            encoding: vector.encoding.parse().unwrap(),
            order: Order::new(&vector.order).unwrap(),
        });
        sim.algbra().set_skew(Duration::MAX);
        let Vector { name, url, method, authorization, date, nonce, body, signature, .. } = vector;
        let method: Method = method.parse().unwrap();
        let call = Call { method, url, authorization, date, nonce, body };
        let (status, body) = call.clone().with_signature(signature.clone()).send(&sim).await;
        let request = sim.algbra().ledger().requests.pop().unwrap();
        assert!(request.credential == "valid" && status != 401, "{name}: {status} {body}");

        let changed = Call { nonce: format!("{}x", call.nonce), ..call };
        let (status, body) = changed.with_signature(signature).send(&sim).await;
        assert_eq!((status, &body["errors"][0]["property"]), (401, &json!("x-alg-signature")), "{name}");
    }
}

#[tokio::test]
async fn request_comes_in_when_everything_is_right() {
    let sim = house().await;
    check(&sim, list().sign(), &[], "valid").await;
    let request = sim.algbra().ledger().requests.pop().unwrap();
    assert_eq!(
        (request.headers["authorization"].as_str(), request.headers["x-alg-signature"].as_str()),
        ("***", "***")
    );
    assert!(request.headers["x-alg-nonce"].starts_with("nonce-"), "{:?}", request.headers);
    assert_eq!(
        (request.path.as_str(), request.query.as_deref()),
        (&*format!("/algbra{PROSPECTS}"), Some("page=1&limit=10"))
    );
}

#[tokio::test]
async fn header_that_is_missing_or_given_twice_is_named() {
    let sim = house().await;
    for name in ["authorization", "date", "x-alg-nonce", "x-alg-signature"] {
        let mut signed = list().sign();
        signed.headers.retain(|(header, _)| *header != name);
        check(&sim, signed, &[(name, "is missing")], "missing").await;

        let mut signed = list().sign();
        let again = signed.headers.iter().find(|(header, _)| *header == name).cloned().unwrap();
        signed.headers.push(again);
        check(&sim, signed, &[(name, "is given twice")], "missing").await;
    }
    let mut bare = list().sign();
    bare.headers.clear();
    let all = ["authorization", "date", "x-alg-nonce", "x-alg-signature"].map(|name| (name, "is missing"));
    check(&sim, bare, &all, "missing").await;
}

#[tokio::test]
async fn wrong_token_is_refused_though_signed() {
    let sim = house().await;
    for wrong in ["another-token", "Bearer not-a-real-token-4711", "not-a-real-token-471"] {
        let call = Call { authorization: wrong.to_owned(), ..list() };
        check(&sim, call.sign(), &[("authorization", "is not the API token")], "wrong").await;
    }
    let ledger = serde_json::to_string(&sim.algbra().ledger()).unwrap();
    assert!(!ledger.contains("another-token") && !ledger.contains(TOKEN), "{ledger}");
}

#[tokio::test]
async fn changed_part_of_a_signed_request_is_refused() {
    let sim = house().await;
    let call = || Call::create(&json!({ "email": "ada@example.com" }));
    let signature = |call: &Call| sign(&call.payload());
    let changes: [fn(&mut Call); 6] = [
        |call| call.url.push_str("?page=1"),
        |call| call.url.push('?'),
        |call| call.body.push(' '),
        |call| call.body = call.body.replace("ada", "Ada"),
        |call| call.nonce.push('x'),
        |call| call.date = date(60),
    ];
    for change in changes {
        let mut changed = call();
        let signature = signature(&changed);
        change(&mut changed);
        check(&sim, changed.with_signature(signature), &UNSIGNED, "wrong").await;
    }
    let reordered = Call::get("?page=1&limit=10");
    let signature = signature(&reordered);
    let reordered = Call { url: format!("{PROSPECTS}?limit=10&page=1"), ..reordered };
    check(&sim, reordered.with_signature(signature), &UNSIGNED, "wrong").await;
    assert!(sim.algbra().records().is_empty());
}

#[tokio::test]
async fn signature_over_another_order_of_the_payload_is_refused_until_it_is_the_one_wanted() {
    let sim = house().await;
    let reversed = |call: &Call| {
        let payload: serde_json::Map<String, Value> = serde_json::from_str(&call.payload()).unwrap();
        Value::Object(payload.into_iter().rev().collect()).to_string()
    };
    let call = list();
    let signature = sign(&reversed(&call));
    check(&sim, call.with_signature(signature), &UNSIGNED, "wrong").await;
    let call = list();
    let mut payload: Value = serde_json::from_str(&call.payload()).unwrap();
    let headers = payload["headers"].as_object().unwrap().clone();
    payload["headers"] = Value::Object(headers.into_iter().rev().collect());
    check(&sim, call.with_signature(sign(&payload.to_string())), &UNSIGNED, "wrong").await;

    let order = Order::new(&["body", "headers", "method", "url"]).unwrap();
    sim.algbra().set_scheme(Scheme { order, ..Scheme::default() });
    let call = list();
    let signature = sign(&reversed(&call));
    check(&sim, call.with_signature(signature), &[], "valid").await;
    check(&sim, list().sign(), &UNSIGNED, "wrong").await;
}

#[tokio::test]
async fn signature_in_another_encoding_is_refused_with_the_one_wanted() {
    let sim = house().await;
    let signature = "0f".repeat(256);
    let hex = [("x-alg-signature", "it does not sign this request")];
    check(&sim, list().with_signature(signature), &hex, "wrong").await;
    let no_base64 = [("x-alg-signature", "it is not base64 with padding")];
    check(&sim, list().with_signature("_-==".to_owned()), &no_base64, "wrong").await;
}

#[tokio::test]
async fn nonce_serves_once_whatever_became_of_the_request() {
    let sim = house().await;
    let used = [("x-alg-nonce", "has been used before")];
    let again = |call: &Call| Call { date: date(0), ..call.clone() }.sign();
    let call = list();
    check(&sim, call.clone().sign(), &[], "valid").await;
    check(&sim, again(&call), &used, "wrong").await;

    let invalid = Call::create(&json!({}));
    assert_eq!(invalid.clone().send(&sim).await.0, 400);
    check(&sim, again(&invalid), &used, "wrong").await;

    let broken = list();
    sim.algbra().set_fault(Fault::ServerError, Some(1));
    assert_eq!(broken.clone().send(&sim).await.0, 500);
    check(&sim, again(&broken), &used, "wrong").await;
}

#[tokio::test]
async fn request_that_stays_outside_spends_no_nonce() {
    let sim = house().await;
    let call = list();
    check(&sim, call.clone().with_signature(sign("another text")), &UNSIGNED, "wrong").await;
    check(&sim, call.sign(), &[], "valid").await;
    let empty = Call { nonce: String::new(), ..list() };
    check(&sim, empty.sign(), &[("x-alg-nonce", "is empty")], "missing").await;
}

#[tokio::test]
async fn date_too_far_from_now_is_refused_until_more_is_allowed() {
    let sim = house().await;
    let at = |seconds| Call { date: date(seconds), ..list() }.sign();
    let far = [("date", "is too far from the partner's clock")];
    check(&sim, at(-360), &far, "expired").await;
    check(&sim, at(360), &far, "expired").await;
    check(&sim, at(-240), &[], "valid").await;
    check(&sim, at(240), &[], "valid").await;
    sim.algbra().set_skew(Duration::from_secs(600));
    check(&sim, at(-360), &[], "valid").await;
    sim.algbra().set_skew(Duration::from_secs(60));
    check(&sim, at(-240), &far, "expired").await;
    let other_form = Call { date: jiff::Timestamp::now().to_string(), ..list() };
    let form = [("date", "is not an HTTP date such as Sun, 06 Nov 1994 08:49:37 GMT")];
    check(&sim, other_form.sign(), &form, "wrong").await;
}

#[tokio::test]
async fn key_can_be_changed_and_without_one_nobody_comes_in() {
    let sim = bank(TOKEN, "").await;
    let none = [("x-alg-signature", "no public key is known to check it with")];
    check(&sim, list().sign(), &none, "wrong").await;
    sim.algbra().set_public_key(include_str!("../../vectors/test-key-4096.public.pem")).unwrap();
    check(&sim, list().sign(), &UNSIGNED, "wrong").await;
    sim.algbra().set_public_key(PUBLIC_KEY).unwrap();
    check(&sim, list().sign(), &[], "valid").await;
    assert!(sim.algbra().set_public_key("no key").unwrap_err().to_string().contains("BEGIN PUBLIC KEY"));
}
