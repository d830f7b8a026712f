//! A submission that looks like a robot's: taken like any, kept for a person to look at, and sent once when he says so.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lead_proxy::clock::{Clock, ClockHand, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::house::{get, post, resolve, until, values_of};
use crate::app::{Answer, HOST_ORIGIN, TestApp, key};

/// A proxy whose card machine form says this of robots, by a clock of the test's own.
async fn start(robots: &str) -> (TestApp, ClockHand, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let forms = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../forms"));
    for form in std::fs::read_dir(forms).unwrap().map(|form| form.unwrap().path()) {
        let text = std::fs::read_to_string(&form).unwrap();
        let text = match form.ends_with("card-machines.toml") {
            true => text.replacen("default_locale =", &format!("{robots}\ndefault_locale ="), 1),
            false => text,
        };
        std::fs::write(folder.path().join(form.file_name().unwrap()), text).unwrap();
    }
    let dir = folder.path().to_owned();
    let (clock, hand) = Clock::manual(Timestamp::from_ms(1_800_000_000_000));
    let app = TestApp::start_by(clock, |text| text.forms_dir = dir).await;
    (app, hand, folder)
}

/// What the page's form posts, with everything else a browser sends.
async fn post_plain(app: &TestApp, token: &str, more: &str) -> Answer {
    let good = "first_name=Ada&last_name=Lovelace&email=ada%40analytical.example&phone=020+7946+0018\
                &customer_type=New+to+cards&consent=on";
    let request = app
        .request(Method::POST, "/f/card-machines")
        .header("origin", app.origin())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("_token={token}&{good}{more}"));
    Answer::read(request.send().await.unwrap()).await
}

/// The token that stands in a page.
async fn token(app: &TestApp) -> String {
    let page = app.get("/f/card-machines").await;
    let (_, rest) = page.text.split_once("name=\"_token\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// Sends JSON with these signs beside the values; why it is kept back, where it is.
async fn send(app: &TestApp, word: &str, signs: Value) -> String {
    let shown = sent(app, word, signs).await;
    if shown["state"] == "held" { shown["reason"].as_str().unwrap().to_owned() } else { String::new() }
}

/// The same: its delivery, as an operator sees it.
async fn sent(app: &TestApp, word: &str, signs: Value) -> Value {
    let mut body = json!({ "form_version": 1, "locale": "en", "values": values_of(word) });
    for (name, value) in signs.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = app.submit_body("card-machines", &key(word), body.to_string()).await;
    assert!(answer.status.is_success(), "{answer:?}");
    shown(app, answer.json()["receipt"].as_str().unwrap()).await
}

async fn shown(app: &TestApp, receipt: &str) -> Value {
    get(app, &format!("/v1/deliveries/{receipt}")).await.json()
}

async fn challenge(app: &TestApp) -> Value {
    let request = app.request(Method::GET, "/v1/forms/card-machines/challenge").header("origin", HOST_ORIGIN);
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), HOST_ORIGIN);
    answer.json()
}

/// As a solver does it that knows the protocol and nothing of us.
fn solve(challenge: &Value) -> String {
    let text = |name: &str| challenge[name].as_str().unwrap();
    let is_it = |number: &u64| {
        let hash = digest(&SHA256, format!("{}{number}", text("salt")).as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>() == text("challenge")
    };
    let number = (0..=challenge["maxnumber"].as_u64().unwrap()).find(is_it).unwrap();
    let solved = json!({
        "algorithm": text("algorithm"), "challenge": text("challenge"), "number": number, "salt": text("salt"),
        "signature": text("signature"),
    });
    STANDARD.encode(solved.to_string())
}

#[tokio::test]
async fn robots_submission_is_kept_and_reaches_the_partner_once_when_an_operator_sends_it() {
    let (mut app, hand, _forms) = start("").await;
    let old = token(&app).await;
    hand.advance(Duration::from_secs(60));
    let sent = post_plain(&app, &old, "&_homepage=https%3A%2F%2Fspam.example").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "a robot is thanked like everybody: {sent:?}");
    assert_eq!(app.get(sent.header("location")).await.status, StatusCode::OK);
    let list = get(&app, "/v1/deliveries?reason=robot").await.json();
    let kept = &list["deliveries"][0];
    assert_eq!((&kept["state"], &kept["reason"]), (&json!("held"), &json!("robot:honeypot")), "{list}");
    let accounts = get(&app, "/v1/accounts").await.json();
    let account = accounts["accounts"].as_array().unwrap().iter().find(|a| a["account"] == "takepayments");
    assert_eq!(
        account.map(|account| (&account["held"], &account["quarantined"])),
        Some((&json!(1), &json!(1)))
    );
    assert_eq!(app.sim.takepayments().ledger().leads.len(), 0);

    let receipt = kept["receipt"].as_str().unwrap();
    let all =
        post(&app, "/v1/deliveries/replay", json!({ "state": "held", "why": "after the outage" })).await;
    assert_eq!(all.json()["sent_again"], 0, "{all:?}");
    assert_eq!(resolve(&app, receipt, "send_again").await.status, StatusCode::OK);
    let sent = until(&app, receipt, "delivered").await;
    assert_eq!(sent["audit"][0]["action"], "send_again");
    assert_eq!(resolve(&app, receipt, "send_again").await.status, StatusCode::CONFLICT);
    let ledger = app.sim.takepayments().ledger();
    assert_eq!((ledger.leads.len(), ledger.lead(receipt).is_some()), (1, true));
    app.stop().await;
}

#[tokio::test]
async fn robots_lead_that_is_dropped_leaves_a_row_in_the_audit() {
    let (mut app, _hand, _forms) = start("").await;
    let kept = sent(&app, "eve", json!({ "trap": "x" })).await;
    assert_eq!(kept["reason"], "robot:honeypot+untimed");
    let receipt = kept["receipt"].as_str().unwrap();
    assert_eq!(resolve(&app, receipt, "drop").await.status, StatusCode::OK);
    let gone = shown(&app, receipt).await;
    assert_eq!((&gone["state"], &gone["audit"][0]["action"]), (&json!("dropped"), &json!("drop")));
    assert_eq!(app.sim.takepayments().ledger().leads.len(), 0);
    app.stop().await;
}

#[tokio::test]
async fn what_a_browser_fills_in_by_itself_and_fast_is_a_persons() {
    let (mut app, hand, _forms) = start("").await;
    let first = token(&app).await;
    let sent = post_plain(&app, &first, "&company=Analytical+Engines&postcode=EC1A+1BB&_homepage=").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    // Sent again at once from a page that was shown again: nobody is too fast there.
    let changed = post_plain(&app, &first, "&company=Other").await;
    let (_, rest) = changed.text.split_once("name=\"_token\" value=\"").unwrap();
    let again = rest.split_once('"').unwrap().0;
    assert_eq!(post_plain(&app, again, "&company=Other").await.status, StatusCode::SEE_OTHER);
    let slow = token(&app).await;
    hand.advance(Duration::from_secs(3));
    let json = send(&app, "grace", json!({ "trap": "", "token": slow })).await;
    assert_eq!(json, "");
    assert_eq!(get(&app, "/v1/deliveries?state=held").await.json()["deliveries"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn form_that_asks_for_a_proof_takes_each_once() {
    let (mut app, hand, _forms) = start("robots = { proof = true, work = 2000, quarantine_at = 1 }").await;
    assert_eq!(app.get("/v1/forms/card-machines").await.json()["proof"], true);
    let token = token(&app).await;
    let given = challenge(&app).await;
    let (proof, other) = (solve(&given), solve(&challenge(&app).await));
    hand.advance(Duration::from_secs(5));
    let of = |proof: &str| json!({ "token": token, "proof": proof });
    assert_eq!(send(&app, "first", of(&proof)).await, "");
    assert_eq!(send(&app, "first", of(&proof)).await, "", "a retry is the same lead");
    assert_eq!(send(&app, "second", of(&proof)).await, "robot:proof_used");
    assert_eq!(send(&app, "third", json!({ "token": token })).await, "robot:no_proof");
    assert_eq!(send(&app, "fourth", json!({})).await, "robot:untimed+no_proof");
    assert_eq!(send(&app, "fifth", of("forged")).await, "robot:bad_proof");
    let plain =
        post_plain(&app, &token, &format!("&_proof={}", other.replace('+', "%2B").replace('=', "%3D"))).await;
    assert_eq!(plain.status, StatusCode::SEE_OTHER, "{plain:?}");
    assert_eq!(
        get(&app, "/v1/deliveries?reason=robot").await.json()["deliveries"].as_array().unwrap().len(),
        4
    );
    let late = solve(&challenge(&app).await);
    hand.advance(Duration::from_secs(30 * 60));
    assert_eq!(send(&app, "sixth", of(&late)).await, "robot:proof_expired");
    // What the visitor is to mend first has used nothing.
    let fresh = solve(&challenge(&app).await);
    let bad = json!({ "form_version": 1, "locale": "en", "values": {}, "token": token, "proof": fresh });
    assert_eq!(app.submit_body("card-machines", &key("bad"), bad.to_string()).await.status.as_u16(), 422);
    assert_eq!(send(&app, "seventh", of(&fresh)).await, "");
    app.stop().await;
}

#[tokio::test]
async fn points_reach_no_browser_and_only_a_form_that_asks_gives_a_challenge() {
    let (mut app, _hand, _forms) = start("robots = { quarantine_at = 777, honeypot = 666 }").await;
    for path in ["/v1/forms/card-machines", "/f/card-machines", "/embed/card-machines"] {
        let answer = app.get(path).await;
        assert!(
            !["quarantine", "777", "666", "proof"].iter().any(|word| answer.text.contains(word)),
            "{path}"
        );
    }
    let answer = app.get("/v1/forms/card-machines/challenge").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    let request = app
        .request(Method::GET, "/v1/forms/card-machines/challenge")
        .header("origin", "https://other.example");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    app.stop().await;
}
