//! Records through a panel and a record's completion by a link: the tokens of both, good and bad, and what they open.
//!
//! Apart because these answers show persons on purpose, to who has a good token: what they may not show is a token.

use std::time::Duration;

use lead_proxy::clock::{Clock, Timestamp};
use lead_proxy::signed::{Scope, sign_link, sign_panel_token};
use partner_sim::{Controls, Fault};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::accounts::{self, COMPLETES};
use super::house::House;
use crate::app::{Answer, HOST_ORIGIN};
use crate::privacy::canary::Canary;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Faults of a partner who is asked something.
const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::BadRequest,
    Fault::Unauthorized,
    Fault::ServerError,
    Fault::Reset,
    Fault::Garbage,
    Fault::Html200,
];

/// A panel token of this account, made so long ago.
fn token(house: &mut House, account: &str, scope: Scope, age: Duration) -> String {
    let account = house.config.accounts.iter().find(|known| known.id() == account).unwrap();
    let age = i64::try_from(age.as_millis()).unwrap();
    let at = Timestamp::from_ms(Clock::system().now().as_ms() - age);
    // Whose it is makes each token another.
    let token = sign_panel_token(account, scope, &Canary::digits().0, None, at, 10 * MINUTE).unwrap();
    house.signed.push(token.clone());
    token
}

fn link(house: &mut House, reference: &str, age: Duration) -> String {
    let account = house.config.accounts.iter().find(|known| known.id() == "algbra").unwrap();
    let age = i64::try_from(age.as_millis()).unwrap();
    let at = Timestamp::from_ms(Clock::system().now().as_ms() - age);
    let link = sign_link(account, COMPLETES, reference, at, DAY).unwrap();
    house.signed.push(link.clone());
    link
}

/// A request of the API of records, without a token.
fn request(
    house: &mut House,
    method: Method,
    account: &str,
    path: &str,
    body: Option<&Value>,
) -> RequestBuilder {
    let key = house.key();
    let request = house.app.request(method, &format!("/v1/accounts/{account}{path}"));
    match body {
        Some(body) => request
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(body.to_string()),
        None => request,
    }
}

/// Asks with a good token.
async fn ask(house: &mut House, method: Method, account: &str, path: &str, body: Option<&Value>) -> Answer {
    let token = token(house, account, Scope::Write, Duration::ZERO);
    let request =
        request(house, method, account, path, body).header("authorization", format!("Bearer {token}"));
    let answer = house.send(&format!("{account}'s records"), request).await;
    house.seen.last_mut().unwrap().shows_record = answer.status.is_success();
    answer
}

/// Every route of an account, its partner well and then not.
pub(super) async fn reads_makes_and_changes(house: &mut House) {
    for account in ["algbra", "portal", "echo-algbra"] {
        let mut made = String::new();
        for fault in FAULTS {
            for (method, path, wants_body) in [
                (Method::POST, "/records", true),
                (Method::GET, "/records?page=1&limit=5", false),
                (Method::GET, "/records?search=", false),
                (Method::GET, "/records/by-reference/", false),
                (Method::GET, "/records/", false),
                (Method::PATCH, "/records/", true),
                (Method::GET, "/schema", false),
            ] {
                let (word, other) = (Canary::word(), Canary::word());
                let values = json!({
                    "firstName": word.0, "lastName": other.0, "email": format!("{}@analytical.example", word.0)
                });
                let mut made_of = values.clone();
                if account == "portal" {
                    made_of["platform"] = json!("website");
                }
                let body = match method {
                    Method::POST => json!({ "values": made_of }),
                    _ => json!({ "changes": values }),
                };
                let path = match path {
                    "/records/" => format!("{path}{made}"),
                    path if path.ends_with(['=', '/']) => format!("{path}{}", word.0),
                    path => path.to_owned(),
                };
                let own = word.0.clone();
                house.typed.extend([word, other]);
                let sim = &house.app.sim;
                let partners: [&Controls; 2] = [sim.algbra(), sim.partnerportal()];
                partners.iter().for_each(|partner| partner.set_fault(fault, Some(1)));
                let answer = ask(house, method.clone(), account, &path, wants_body.then_some(&body)).await;
                if fault == Fault::None && account != "echo-algbra" && !path.contains(&own) {
                    assert_eq!(answer.status, StatusCode::OK, "{account} {method} {path}: {}", answer.text);
                }
                if let Some(id) = answer.json()["id"].as_str() {
                    made = id.to_owned();
                }
                house.forgive().await;
            }
        }
    }
}

/// Tokens that open nothing are repeated nowhere either, nor are those that stand in the wrong place.
pub(super) async fn bad_tokens_are_refused(house: &mut House) {
    let good = token(house, "algbra", Scope::Read, Duration::ZERO);
    let reversed: String = good.chars().rev().collect();
    let bad = [
        token(house, "algbra", Scope::Write, 20 * MINUTE),
        token(house, "portal", Scope::Write, Duration::ZERO),
        link(house, "reference-of-nobody", Duration::ZERO),
        good.trim_end_matches(char::is_alphanumeric).to_owned() + "AAAA",
        format!("{good}.{good}"),
        format!("{good} {good}"),
        reversed,
    ];
    for (method, path) in
        [(Method::GET, "/records"), (Method::POST, "/records"), (Method::PATCH, "/records/1")]
    {
        let body = json!({ "values": { "firstName": "Ada" } });
        for token in &bad {
            for header in [format!("Bearer {token}"), token.clone(), format!("Basic {token}")] {
                let request = request(house, method.clone(), "algbra", path, Some(&body))
                    .header("authorization", header);
                let answer = house.send("a bad token", request).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
            }
        }
        // It may read alone.
        let request = request(house, method.clone(), "algbra", path, Some(&body));
        house.send("a reader's token", request.header("authorization", format!("Bearer {good}"))).await;
    }
    for path in [
        format!("/records?token={good}"),
        format!("/records/{good}"),
        format!("/records/by-reference/{good}"),
        format!("/{good}"),
    ] {
        let request =
            request(house, Method::GET, "algbra", &path, None).header("cookie", format!("token={good}"));
        house.send("a token in the wrong place", request).await;
    }
    let request = house.app.request(Method::GET, &format!("/v1/accounts/{good}/records"));
    house.send("a token for a name", request).await;
}

/// A link stands on the page that it opens and in the redirect from there, and nowhere else.
pub(super) async fn links_open_their_page(house: &mut House) {
    let reference = "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d";
    house
        .app
        .sim
        .algbra()
        .insert(&json!({ "externalReference": reference, "email": "a@b.example" }))
        .unwrap();
    let (good, old) = (link(house, reference, Duration::ZERO), link(house, reference, 2 * DAY));
    for (link, opens) in [(&good, true), (&old, false)] {
        for place in ["f", "embed"] {
            let path = format!("/{place}/{COMPLETES}?link={link}&instance=1&parent={HOST_ORIGIN}");
            let request = house.app.request(Method::GET, &path);
            let page = house.send("the page of a link", request).await;
            assert_eq!(page.status, if opens { StatusCode::OK } else { StatusCode::FORBIDDEN });
            if opens {
                house.seen.last_mut().unwrap().allowed = vec![link.clone()];
            }
        }
        let request = house.app.request(Method::GET, &format!("/v1/forms/{COMPLETES}?link={link}"));
        house.send("the form of a link", request).await;
        let (values, words) = accounts::values(&house.app.text().forms_dir, COMPLETES);
        house.typed.extend(words);
        let body = json!({ "form_version": 1, "locale": "en", "values": values });
        let path = format!("/v1/forms/{COMPLETES}/submissions?link={link}");
        let request = house.app.request(Method::POST, &path).header("origin", HOST_ORIGIN);
        let request = request
            .header("content-type", "application/json")
            .header("idempotency-key", house.key())
            .header("referer", format!("{}/f/{COMPLETES}?link={link}", house.app.origin()))
            .body(body.to_string());
        let answer = house.send("a completion", request).await;
        assert_eq!(answer.status == StatusCode::OK, opens, "{}", answer.text);
    }
    plain_form(house, &good).await;
}

/// The same without script: the form, the form again with what was wrong, the redirect, the thanks.
async fn plain_form(house: &mut House, link: &str) {
    let path = format!("/f/{COMPLETES}?link={link}");
    let allowed = vec![link.to_owned()];
    let request = house.app.request(Method::GET, &path);
    let page = house.send("the plain form of a link", request).await;
    house.seen.last_mut().unwrap().allowed = allowed.clone();
    let (_, rest) = page.text.split_once("name=\"_token\" value=\"").unwrap();
    let form_token = rest.split_once('"').unwrap().0.to_owned();

    let (values, words) = accounts::values(&house.app.text().forms_dir, COMPLETES);
    house.typed.extend(words);
    let mut fields = url::form_urlencoded::Serializer::new(String::new());
    fields.append_pair("_token", &form_token);
    for (name, value) in values.as_object().unwrap() {
        fields.append_pair(name, value.as_str().unwrap());
    }
    let good = fields.finish();
    let bad = good.replace("postcode=", "no-such-field=");
    let mut location = String::new();
    for (body, status) in [(bad, StatusCode::UNPROCESSABLE_ENTITY), (good, StatusCode::SEE_OTHER)] {
        let request = house.app.request(Method::POST, &path).header("origin", house.app.origin());
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = house.send("a plain completion", request).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        let seen = house.seen.last_mut().unwrap();
        seen.allowed = allowed.clone();
        // Its own words, shown to who has typed them.
        seen.shows_record = status == StatusCode::UNPROCESSABLE_ENTITY;
        location = answer.header("location").to_owned();
    }
    let request = house.app.request(Method::GET, &location);
    let thanks = house.send("the thanks of a plain completion", request).await;
    assert_eq!(thanks.status, StatusCode::OK);
    house.seen.last_mut().unwrap().allowed = allowed;
}
