//! The webhook's sink: signature, bearer token, named header, and what becomes of the same id twice.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use partner_sim::{Credentials, KeyCheck, Options, Sim, start};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use sha2::Sha256;

use crate::house::get_text;

const KEY: &[u8] = b"an-obviously-fake-webhook-key";
const RECEIPT: &str = "7K3F9-0QXJ2-MM8TD-4VYBR";

fn secret() -> String {
    format!("whsec_{}", Base64::encode_string(KEY))
}

async fn sink() -> Sim {
    let credentials =
        Credentials { webhook_secret: secret(), ..Credentials::with_takepayments("of another") };
    start(Options::new("127.0.0.1:0".parse().unwrap(), credentials)).await.unwrap()
}

fn body() -> String {
    json!({ "type": "lead", "data": { "receipt": RECEIPT } }).to_string()
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

fn sign(id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()))
}

fn post(sim: &Sim, path: &str, body: &str) -> RequestBuilder {
    let request = Client::new().post(sim.webhook().endpoint_url(path));
    request.header(CONTENT_TYPE, "application/json").body(body.to_owned())
}

fn signed(sim: &Sim, id: &str, timestamp: i64) -> RequestBuilder {
    let request = post(sim, "leads", &body());
    let request = request.header("webhook-id", id).header("webhook-timestamp", timestamp);
    request.header("webhook-signature", sign(id, timestamp, &body()))
}

/// Sends what must not be believed; gives what the ledger says of it.
async fn check_refused(sim: &Sim, request: RequestBuilder, credential: KeyCheck, problem: &str) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 401, "{problem}");
    let ledger = sim.webhook().ledger();
    let request = ledger.requests.last().unwrap();
    assert_eq!(request.credential, credential, "{:?}", request.problems);
    assert!(
        request.problems.iter().any(|found| found.contains(problem)),
        "{problem}: {:?}",
        request.problems
    );
    assert!(ledger.leads.is_empty());
}

#[tokio::test]
async fn good_signature_is_taken_and_the_same_id_is_one_lead_asked_twice() {
    let sim = sink().await;
    for timestamp in [now() - 2, now()] {
        assert_eq!(signed(&sim, "msg_1", timestamp).send().await.unwrap().status(), 200);
    }
    assert_eq!(signed(&sim, "msg_2", now()).send().await.unwrap().status(), 200);
    let ledger = sim.webhook().ledger();
    let leads: Vec<_> = ledger.leads.iter().map(|lead| (lead.id.as_str(), lead.times_asked)).collect();
    assert_eq!(leads, [("msg_1", 2), ("msg_2", 1)]);
    let request = &ledger.requests[0];
    assert_eq!((request.operation.as_str(), request.body.as_str()), ("deliver", body().as_str()));
    assert_eq!(request.headers["webhook-signature"], "***");
    assert_eq!(request.headers["webhook-id"], "msg_1");
}

#[tokio::test]
async fn changed_byte_of_body_id_timestamp_or_signature_is_refused() {
    let sim = sink().await;
    let at = now();
    let signature = sign("msg_1", at, &body());
    let flipped = signature.replacen("v1,", if signature.contains(",A") { "v1,B" } else { "v1,A" }, 1);
    let send = |id: &str, timestamp: i64, signature: &str, body: &str| {
        let request = post(&sim, "leads", body).header("webhook-id", id);
        request.header("webhook-timestamp", timestamp).header("webhook-signature", signature)
    };
    let unfit = "does not fit id, timestamp and body";
    for request in [
        send("msg_1", at, &signature, &body().replace("lead", "Lead")),
        send("msg_1", at, &signature, &format!("{} ", body())),
        send("msg_2", at, &signature, &body()),
        send("msg_1", at - 1, &signature, &body()),
        send("msg_1", at, &sign("msg_1", at, ""), &body()),
    ] {
        check_refused(&sim, request, KeyCheck::Wrong, unfit).await;
    }
    check_refused(&sim, send("msg_1", at, &flipped, &body()), KeyCheck::Wrong, "webhook-signature").await;
}

#[tokio::test]
async fn timestamp_of_more_than_five_minutes_ago_or_ahead_is_refused() {
    let sim = sink().await;
    for timestamp in [now() - 310, now() + 310] {
        check_refused(&sim, signed(&sim, "msg_1", timestamp), KeyCheck::Expired, "300 s are allowed").await;
    }
    assert_eq!(signed(&sim, "msg_1", now() - 200).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn part_of_a_signature_is_none() {
    let sim = sink().await;
    for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let request = post(&sim, "leads", &body()).header(header, "1");
        check_refused(&sim, request, KeyCheck::Missing, "is missing").await;
    }
}

#[tokio::test]
async fn secret_is_taken_as_bearer_token_and_in_a_header_of_any_name() {
    let sim = sink().await;
    let bearer = format!("Bearer {}", secret());
    let requests = [
        post(&sim, "bearer", &body()).header(AUTHORIZATION, bearer),
        post(&sim, "named", &body()).header("X-Shared-Word", secret()),
        post(&sim, "prefixed", &body()).header("X-Shared-Word", format!("Token {}", secret())),
    ];
    for request in requests {
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let ledger = sim.webhook().ledger();
    let places: Vec<_> = ledger.leads.iter().map(|lead| (lead.place.as_str(), lead.id.as_str())).collect();
    assert_eq!(places, ["bearer", "named", "prefixed"].map(|place| (place, RECEIPT)));
    for place in [get_text(sim.webhook().base_url()).await, format!("{ledger:?}")] {
        assert!(place.contains("***") && !place.contains(&secret()), "{place}");
    }
}

#[tokio::test]
async fn id_beside_a_bearer_token_or_a_header_names_the_lead_and_asks_for_no_signature() {
    let sim = sink().await;
    let bearer = format!("Bearer {}", secret());
    for (id, header, value) in
        [("msg_1", "authorization", bearer.as_str()), ("msg_2", "x-shared-word", &secret())]
    {
        let request = post(&sim, "leads", &body()).header("webhook-id", id).header(header, value);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let ledger = sim.webhook().ledger();
    assert_eq!(ledger.leads.iter().map(|lead| lead.id.as_str()).collect::<Vec<_>>(), ["msg_1", "msg_2"]);
}

#[tokio::test]
async fn bad_credential_is_refused_and_a_good_one_beside_it_does_not_help() {
    let sim = sink().await;
    let bare = || post(&sim, "leads", &body());
    check_refused(&sim, bare(), KeyCheck::Missing, "no credential").await;
    check_refused(&sim, bare().header("X-Shared-Word", "another"), KeyCheck::Missing, "no credential").await;
    for wrong in ["Bearer another".to_owned(), secret(), format!("Basic {}", secret()), "Bearer".to_owned()] {
        check_refused(&sim, bare().header(AUTHORIZATION, wrong), KeyCheck::Wrong, "not Bearer").await;
    }
    let beside = signed(&sim, "msg_1", now()).header(AUTHORIZATION, "Bearer another");
    check_refused(&sim, beside, KeyCheck::Wrong, "not Bearer").await;
}

#[tokio::test]
async fn only_a_json_object_by_post_is_taken() {
    let sim = sink().await;
    let url = sim.webhook().endpoint_url("leads");
    let answer = Client::new().get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &"POST".parse().unwrap()));
    let plain = Client::new().post(&url).header("X-Shared-Word", secret()).body(body());
    assert_eq!(plain.send().await.unwrap().status(), 415);
    for body in ["", "[]", "{"] {
        let request = post(&sim, "leads", body).header("X-Shared-Word", secret());
        assert_eq!(request.send().await.unwrap().status(), 400, "{body}");
    }
    let long = post(&sim, "leads", &"x".repeat(1024 * 1024 + 1)).header("X-Shared-Word", secret());
    assert_eq!(long.send().await.unwrap().status(), 413);
    assert!(sim.webhook().ledger().leads.is_empty());
}

#[tokio::test]
async fn every_status_with_a_meaning_of_its_own_is_answered_by_its_name() {
    let sim = sink().await;
    for (name, status) in [
        ("308 Permanent Redirect", 308),
        ("410 Gone", 410),
        ("429 Too Many Requests", 429),
        ("502 Bad Gateway", 502),
        ("503 Service Unavailable", 503),
        ("504 Gateway Timeout", 504),
    ] {
        sim.webhook().set_documented(name, Some(1)).unwrap();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let answer = client.post(sim.webhook().endpoint_url("leads")).send().await.unwrap();
        assert_eq!(answer.status(), status, "{name}");
        assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
        assert_eq!(answer.headers().contains_key("location"), status == 308);
    }
    assert_eq!(sim.webhook().documented().len(), 6);
}

#[tokio::test]
async fn secret_that_the_document_would_not_have_is_refused_at_start() {
    for (wrong, problem) in [("none", "whsec_"), ("whsec_!", "base64"), ("whsec_c2hvcnQ=", "5 bytes")] {
        let credentials =
            Credentials { webhook_secret: wrong.to_owned(), ..Credentials::with_takepayments("of another") };
        let options = Options::new("127.0.0.1:0".parse().unwrap(), credentials);
        let error = start(options).await.map(|sim| sim.addr()).unwrap_err();
        assert!(format!("{error:#}").contains(problem), "{error:#}");
    }
}
