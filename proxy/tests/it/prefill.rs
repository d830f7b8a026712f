//! A form that a signed token fills in: what is told of a token before anything is shown, and what is taken with one.

use std::time::Duration;

use aws_lc_rs::hmac;
use lead_proxy::clock::{Clock, Timestamp};
use lead_proxy::signed::{PREFILL_LIFE_MAX, PREFILL_SENDING_MAX};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::partners::{ALL, PANEL_KEY};
use crate::app::{Answer, HOST_ORIGIN, TestApp, good_values, key};
use crate::records::panel::{sign, sign_with, unsigned};

const FORM: &str = "card-machines";
/// When it is at first in these tests, in seconds since 1970 UTC.
const NOW: i64 = 1_800_000_000;

/// A proxy whose main form's account can sign, by a clock of the test's own.
async fn start() -> (TestApp, lead_proxy::clock::ClockHand) {
    let (clock, hand) = Clock::manual(Timestamp::from_ms(NOW * 1_000));
    let app = TestApp::start_by(clock, |text| {
        text.accounts = ALL.to_owned();
        text.account = "panel_keys = [{ env = \"TEST_PANEL_KEY\" }]".to_owned();
    });
    (app.await, hand)
}

/// What a good token says: a name that can't be changed, a phone number that can.
fn claims() -> Value {
    json!({
        "aud": "lead-proxy/prefill", "account": "takepayments", "form": FORM,
        "values": { "last_name": "Lovelace", "phone": "020 7946 0018", "company": "Engine Café" },
        "fixed": ["last_name", "phone"], "iat": NOW, "exp": NOW + 3_600,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => _ = claims.as_object_mut().unwrap().remove(name),
        value => claims[name] = value,
    }
    claims
}

async fn ask(app: &TestApp, token: &str) -> Answer {
    let request = app
        .request(Method::POST, &format!("/v1/forms/{FORM}/prefill"))
        .header("origin", HOST_ORIGIN)
        .header("content-type", "application/json")
        .body(json!({ "token": token }).to_string());
    Answer::read(request.send().await.unwrap()).await
}

async fn send(app: &TestApp, word: &str, token: &str, changes: Value) -> Answer {
    let mut values = good_values();
    for (name, value) in changes.as_object().unwrap() {
        values[name] = value.clone();
    }
    let body = json!({ "form_version": 1, "locale": "en", "values": values, "prefill": token });
    app.submit_body(FORM, &key(word), body.to_string()).await
}

/// The problems of an answer, as fields and codes.
fn problems(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let problems = answer.json()["problems"].as_array().unwrap().clone();
    problems.iter().map(|problem| (text(&problem["field"]), text(&problem["code"]))).collect()
}

#[tokio::test]
async fn good_token_is_told_to_who_may_show_the_form_and_to_nobody_else() {
    let (app, _hand) = start().await;
    let told = ask(&app, &sign(&claims())).await;
    assert_eq!((told.status.as_u16(), told.header("cache-control")), (200, "no-store"), "{told:?}");
    assert_eq!(told.header("access-control-allow-origin"), HOST_ORIGIN);
    let values = json!({ "last_name": "Lovelace", "phone": "020 7946 0018", "company": "Engine Café" });
    assert_eq!(told.json(), json!({ "values": values, "fixed": ["last_name", "phone"] }));
    let strange =
        json!({ "last_name": "Lovelace", "colour": "red", "consent": true, "customer_type": "King" });
    let mut claims = with("values", strange);
    claims["fixed"] = json!(["last_name", "colour", "phone"]);
    let told = ask(&app, &sign(&claims)).await.json();
    assert_eq!(
        told,
        json!({ "values": { "last_name": "Lovelace" }, "fixed": ["last_name"], "left_out": ["colour", "consent", "customer_type", "phone"] })
    );

    let stranger = app
        .request(Method::POST, &format!("/v1/forms/{FORM}/prefill"))
        .header("origin", "https://stranger.example")
        .header("content-type", "application/json")
        .body(json!({ "token": sign(&claims) }).to_string());
    assert_eq!(Answer::read(stranger.send().await.unwrap()).await.code(), "origin_not_allowed");
    for (media, body, code) in [
        ("text/plain", "{\"token\":\"\"}", "unsupported_media_type"),
        ("application/json", "", "unreadable_body"),
        ("application/json", "{}", "unreadable_body"),
        ("application/json", "{\"token\":\"\",\"more\":1}", "unreadable_body"),
        ("application/json", "{\"token\":1}", "unreadable_body"),
    ] {
        let request = app.request(Method::POST, &format!("/v1/forms/{FORM}/prefill"));
        let answer = request.header("content-type", media).body(body).send().await.unwrap();
        assert_eq!(Answer::read(answer).await.code(), code, "{media} {body}");
    }
}

#[tokio::test]
async fn no_bad_token_shows_anything_or_comes_along() {
    let (app, _hand) = start().await;
    let good = sign(&claims());
    let mut flipped = good.clone().into_bytes();
    let place = flipped.iter().position(|byte| *byte == b'.').unwrap() + 40;
    flipped[place] = if flipped[place] == b'A' { b'B' } else { b'A' };
    let life = i64::try_from(PREFILL_LIFE_MAX.as_secs()).unwrap();
    let bad = [
        ("nothing", String::new(), "prefill_invalid"),
        ("noise", "noise".to_owned(), "prefill_invalid"),
        ("a flipped letter", String::from_utf8(flipped).unwrap(), "prefill_invalid"),
        ("no signature", format!("{}.", unsigned("HS256", &claims())), "prefill_invalid"),
        ("the algorithm none", format!("{}.", unsigned("none", &claims())), "prefill_invalid"),
        ("HS512", sign_with("HS512", hmac::HMAC_SHA512, PANEL_KEY, &claims()), "prefill_invalid"),
        ("HS384 as HS256", sign_with("HS256", hmac::HMAC_SHA384, PANEL_KEY, &claims()), "prefill_invalid"),
        (
            "a strange key",
            sign_with("HS256", hmac::HMAC_SHA256, "another key of more than 32 characters", &claims()),
            "prefill_invalid",
        ),
        ("another account", sign(&with("account", json!("algbra"))), "prefill_invalid"),
        ("another form", sign(&with("form", json!("callback"))), "prefill_invalid"),
        ("a link", sign(&with("aud", json!("lead-proxy/link"))), "prefill_invalid"),
        ("a panel's", sign(&with("aud", json!("lead-proxy/panel"))), "prefill_invalid"),
        ("no values", sign(&with("values", Value::Null)), "prefill_invalid"),
        ("values that are a list", sign(&with("values", json!(["Ada"]))), "prefill_invalid"),
        ("a value that is a number", sign(&with("values", json!({ "phone": 7 }))), "prefill_invalid"),
        ("no end", sign(&with("exp", Value::Null)), "prefill_invalid"),
        ("no beginning", sign(&with("iat", Value::Null)), "prefill_invalid"),
        ("of tomorrow", sign(&with("iat", json!(NOW + 3_000))), "prefill_invalid"),
        ("a life that is too long", sign(&with("exp", json!(NOW + life + 1))), "prefill_invalid"),
        ("too large", sign(&with("values", json!({ "company": "a".repeat(4_000) }))), "prefill_invalid"),
    ];
    for (number, (name, token, code)) in bad.into_iter().enumerate() {
        let told = ask(&app, &token).await;
        assert_eq!((told.status.as_u16(), told.code().as_str()), (403, code), "{name}");
        assert!(!told.text.contains("Lovelace"), "{name}: {told:?}");
        let sent = send(&app, &format!("bad-{number}"), &token, json!({})).await;
        let over = [(String::new(), "prefill_over".to_owned())];
        assert_eq!((sent.status.as_u16(), problems(&sent).as_slice()), (422, &over[..]), "{name}");
    }
    assert_eq!(app.count_submissions().await, 0);
    assert_eq!(ask(&app, &sign(&with("exp", json!(NOW + life)))).await.status, 200, "the longest life");
}

#[tokio::test]
async fn lead_of_a_token_arrives_and_who_changes_what_it_fixes_is_told_so() {
    let (app, _hand) = start().await;
    let token = sign(&claims());
    let changed = json!({ "last_name": "Byron", "phone": "", "email": "nobody" });
    let answer = send(&app, "changed", &token, changed).await;
    let told = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let all =
        [told("last_name", "prefill_fixed"), told("phone", "prefill_fixed"), told("email", "invalid_email")];
    assert_eq!((answer.status.as_u16(), problems(&answer).as_slice()), (422, &all[..]));
    assert_eq!(app.count_submissions().await, 0);
    // Written in another way it is the same; what is not fixed is the visitor's.
    let mended = json!({ "phone": "+44 20 7946 0018", "company": "Café Byron" });
    let answer = send(&app, "changed", &token, mended).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let ledger = app.sim.takepayments().ledger();
    assert_eq!((ledger.leads.len(), ledger.leads[0].fields["LastName"].as_str()), (1, Some("Lovelace")));
}

#[tokio::test]
async fn token_ends_for_opening_and_a_day_later_for_sending() {
    let (app, hand) = start().await;
    let token = sign(&claims());
    hand.advance(Duration::from_secs(3_600 + 30));
    assert_eq!(ask(&app, &token).await.status, 200, "the two clocks may be half a minute apart");
    hand.advance(Duration::from_secs(1));
    let told = ask(&app, &token).await;
    assert_eq!((told.status.as_u16(), told.code().as_str()), (403, "prefill_expired"));
    hand.advance(PREFILL_SENDING_MAX.saturating_sub(Duration::from_secs(1)));
    assert_eq!(send(&app, "in-time", &token, json!({})).await.status, 200);
    hand.advance(Duration::from_secs(1));
    let sent = send(&app, "late", &token, json!({})).await;
    assert_eq!(problems(&sent), [(String::new(), "prefill_over".to_owned())]);
}

#[tokio::test]
async fn words_about_tokens_travel_with_forms_that_can_have_one() {
    let (app, _hand) = start().await;
    for (form, has) in [(FORM, true), ("contact-us", false)] {
        let answer = app.get(&format!("/v1/forms/{form}?locale=de")).await;
        if answer.status == 200 {
            let messages = answer.json()["messages"].clone();
            assert_eq!(messages["prefill_fixed"].is_string(), has, "{form}");
            assert_eq!(messages["prefill_over"].is_string(), has, "{form}");
        } else {
            panic!("{form}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn plain_form_takes_the_token_along_and_shows_it_again() {
    let (app, _hand) = start().await;
    let page = app.get(&format!("/f/{FORM}")).await.text;
    let (_, rest) = page.split_once("name=\"_token\" value=\"").unwrap();
    let shown = rest.split_once('"').unwrap().0;
    let token = sign(&claims());
    let post = async |last_name: &str, token: &str| {
        let body = format!(
            "_token={shown}&_prefill={token}&first_name=Ada&last_name={last_name}&email=ada%40analytical.example\
             &phone=020+7946+0018&customer_type=New+to+cards&consent=on"
        );
        let request = app
            .request(Method::POST, &format!("/f/{FORM}"))
            .header("origin", app.origin())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        Answer::read(request.send().await.unwrap()).await
    };
    let changed = post("Byron", &token).await;
    assert_eq!(changed.status, 422);
    assert!(changed.text.contains("filled in for you and can"), "{}", changed.text);
    assert!(changed.text.contains(&format!("prefill-token=\"{token}\"")), "{}", changed.text);
    let forged = post("Byron", "\"><script>").await;
    assert_eq!(forged.status, 422);
    assert!(forged.text.contains("is no longer valid") && !forged.text.contains("prefill-token"));
    assert_eq!(post("Lovelace", &token).await.status, 303);
    assert_eq!(app.count_submissions().await, 1);
}
