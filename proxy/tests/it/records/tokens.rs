//! Who may: every way in which a token can be wrong, on every route, and none of them reaches a partner.

use aws_lc_rs::{hmac, rand, rsa, signature};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::panel::{Panel, claims, now, sign, sign_with, unsigned};
use crate::app::partners::PANEL_KEY;

const ACCOUNT: &str = "algbra";

/// Every route, with a body that would do.
fn routes() -> [(Method, &'static str, Option<Value>); 8] {
    [
        (Method::GET, "/records", None),
        (Method::GET, "/records?search=ada&page=1&limit=5", None),
        (Method::GET, "/records/00000000-0000-4000-8000-000000000001", None),
        (Method::GET, "/records/by-reference/00000000-0000-4000-8000-000000000001", None),
        (Method::GET, "/schema", None),
        (Method::GET, "/panel", None),
        (Method::POST, "/records", Some(json!({ "values": { "email": "ada@analytical.example" } }))),
        (
            Method::PATCH,
            "/records/00000000-0000-4000-8000-000000000001",
            Some(json!({ "changes": { "firstName": "Ada" } })),
        ),
    ]
}

/// The claims with one of them set to another value, or taken out.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims(ACCOUNT, "write");
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => _ = members.remove(name),
        value => _ = members.insert(name.to_owned(), value),
    }
    claims
}

/// Header values with what is answered to each.
fn bad_headers() -> Vec<(&'static str, Option<String>, &'static str)> {
    let good = claims(ACCOUNT, "write");
    let bearer = |token: String| Some(format!("Bearer {token}"));
    let hs256 = |key: &str, claims: &Value| sign_with("HS256", hmac::HMAC_SHA256, key, claims);
    let now = now();
    let live = |from: i64, to: i64| {
        let mut claims = good.clone();
        claims["iat"] = json!(now + from);
        claims["exp"] = json!(now + to);
        bearer(sign(&claims))
    };
    vec![
        ("no header", None, "panel_token_missing"),
        ("an empty header", Some(String::new()), "panel_token_invalid"),
        ("no token", Some("Bearer ".to_owned()), "panel_token_invalid"),
        ("only the word", Some("Bearer".to_owned()), "panel_token_invalid"),
        ("another scheme", Some(format!("Basic {}", sign(&good))), "panel_token_invalid"),
        ("no scheme", Some(sign(&good)), "panel_token_invalid"),
        ("noise", bearer("noise".to_owned()), "panel_token_invalid"),
        ("dots", bearer("..".to_owned()), "panel_token_invalid"),
        ("two tokens", bearer(format!("{} {}", sign(&good), sign(&good))), "panel_token_invalid"),
        ("a huge token", bearer("a".repeat(5_000)), "panel_token_invalid"),
        ("no signature", bearer(format!("{}.", unsigned("HS256", &good))), "panel_token_invalid"),
        ("the algorithm none", bearer(format!("{}.", unsigned("none", &good))), "panel_token_invalid"),
        (
            "the algorithm none with a good signature",
            bearer(sign_with("none", hmac::HMAC_SHA256, PANEL_KEY, &good)),
            "panel_token_invalid",
        ),
        (
            "the algorithm HS512",
            bearer(sign_with("HS512", hmac::HMAC_SHA512, PANEL_KEY, &good)),
            "panel_token_invalid",
        ),
        (
            "the algorithm HS384 under the name HS256",
            bearer(sign_with("HS256", hmac::HMAC_SHA384, PANEL_KEY, &good)),
            "panel_token_invalid",
        ),
        ("the algorithm RS256", bearer(sign_by_rsa(&good)), "panel_token_invalid"),
        (
            "the algorithm RS256 with an HMAC",
            bearer(sign_with("RS256", hmac::HMAC_SHA256, PANEL_KEY, &good)),
            "panel_token_invalid",
        ),
        (
            "a strange key",
            bearer(hs256("another key of more than 32 characters", &good)),
            "panel_token_invalid",
        ),
        ("an empty key", bearer(hs256("", &good)), "panel_token_invalid"),
        ("another account", bearer(sign(&claims("partnerportal", "write"))), "panel_token_invalid"),
        ("a token for a link", bearer(sign(&with("aud", json!("lead-proxy/link")))), "panel_token_invalid"),
        ("nobody's token", bearer(sign(&with("aud", Value::Null))), "panel_token_invalid"),
        ("no end", bearer(sign(&with("exp", Value::Null))), "panel_token_invalid"),
        ("no beginning", bearer(sign(&with("iat", Value::Null))), "panel_token_invalid"),
        ("no person", bearer(sign(&with("sub", json!("")))), "panel_token_invalid"),
        ("a person of control characters", bearer(sign(&with("sub", json!("a\nb")))), "panel_token_invalid"),
        ("an unknown scope", bearer(sign(&with("scope", json!("admin")))), "panel_token_invalid"),
        ("times that are text", bearer(sign(&with("exp", json!("soon")))), "panel_token_invalid"),
        ("the largest time", bearer(sign(&with("exp", json!(i64::MAX)))), "panel_token_invalid"),
        ("an expired token", live(-700, -100), "panel_token_expired"),
        ("a token of tomorrow", live(86_400, 87_000), "panel_token_invalid"),
        ("a life of 16 minutes", live(0, 16 * 60), "panel_token_invalid"),
        ("an end before its beginning", live(10, -10), "panel_token_invalid"),
    ]
}

/// A token signed with an RSA key, as RS256 has it.
fn sign_by_rsa(claims: &Value) -> String {
    let pem = include_str!("../../../../crates/partner-sim/tests/vectors/test-key-2048.private.pem");
    let key = pem.lines().skip_while(|line| !line.starts_with("-----")).skip(1);
    let der: String = key.take_while(|line| !line.starts_with("-----")).collect();
    let key = rsa::KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let signed = unsigned("RS256", claims);
    let mut signature = vec![0; key.public_modulus_len()];
    let random = rand::SystemRandom::new();
    key.sign(&signature::RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn no_bad_token_reaches_a_partner_by_any_route() {
    let panel = Panel::start().await;
    for (method, path, body) in routes() {
        for (name, header, code) in bad_headers() {
            let (method, key) = (method.clone(), "panel-key-of-a-bad-token");
            let answer = panel.send(method, ACCOUNT, path, body.as_ref(), header.as_deref(), key).await;
            assert_eq!(
                (answer.status, answer.code().as_str(), answer.header("www-authenticate")),
                (StatusCode::UNAUTHORIZED, code, "Bearer"),
                "{path}: {name}"
            );
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}: {name}");
        }
    }
    assert_eq!(panel.arrivals(), 0);
    assert_eq!(panel.app.count_submissions().await, 0);
}

#[tokio::test]
async fn good_token_opens_every_route() {
    let panel = Panel::start().await;
    for (method, path, body) in routes() {
        let header = format!("Bearer {}", sign(&claims(ACCOUNT, "write")));
        let key = "panel-key-of-a-good-token";
        let answer = panel.send(method, ACCOUNT, path, body.as_ref(), Some(&header), key).await;
        let told = (answer.status, if answer.status.is_success() { String::new() } else { answer.code() });
        let expected = if path.contains("0001") {
            (StatusCode::NOT_FOUND, "record_not_found".to_owned())
        } else {
            (StatusCode::OK, String::new())
        };
        assert_eq!(told, expected, "{path}");
    }
}

#[tokio::test]
async fn each_bit_of_a_signature_counts() {
    let panel = Panel::start().await;
    let good = sign(&claims(ACCOUNT, "read"));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for bit in 0..signature.len() * 8 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let header = format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(flipped));
        let answer = panel.send(Method::GET, ACCOUNT, "/records", None, Some(&header), "").await;
        assert_eq!(answer.code(), "panel_token_invalid", "bit {bit}");
    }
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn each_character_of_what_is_signed_counts() {
    let panel = Panel::start().await;
    let good = sign(&claims(ACCOUNT, "read"));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for place in 0..signed.len() {
        let mut flipped = signed.as_bytes().to_vec();
        flipped[place] = if flipped[place] == b'A' { b'B' } else { b'A' };
        let header = format!("Bearer {}.{signature}", String::from_utf8(flipped).unwrap());
        let answer = panel.send(Method::GET, ACCOUNT, "/records", None, Some(&header), "").await;
        assert_eq!(answer.code(), "panel_token_invalid", "character {place}");
    }
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn token_counts_in_the_header_only() {
    let panel = Panel::start().await;
    let token = sign(&claims(ACCOUNT, "read"));
    for query in ["token", "access_token", "authorization", "bearer"] {
        let path = format!("/v1/accounts/{ACCOUNT}/records?{query}={token}");
        assert_eq!(panel.app.get(&path).await.code(), "panel_token_missing", "{query}");
    }
    let request = panel.app.request(Method::GET, &format!("/v1/accounts/{ACCOUNT}/records"));
    let request = request.header("cookie", format!("token={token}; authorization=Bearer {token}"));
    let answer = crate::app::Answer::read(request.send().await.unwrap()).await;
    assert_eq!(answer.code(), "panel_token_missing");
    let twice = panel.app.request(Method::GET, &format!("/v1/accounts/{ACCOUNT}/records"));
    let twice = twice.header("authorization", format!("Bearer {token}")).header("authorization", "Bearer x");
    let answer = crate::app::Answer::read(twice.send().await.unwrap()).await;
    assert_eq!(answer.code(), "panel_token_invalid");
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn nobody_learns_which_accounts_there_are() {
    let panel = Panel::start().await;
    let told = async |account: &str, header: &str| {
        let answer = panel.send(Method::GET, account, "/records", None, Some(header), "").await;
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        (answer.status, body, headers)
    };
    let strange = sign_with(
        "HS256",
        hmac::HMAC_SHA256,
        "a key of a stranger, of 32 characters",
        &claims(ACCOUNT, "read"),
    );
    for header in [format!("Bearer {strange}"), "Bearer noise".to_owned(), "Bearer".to_owned()] {
        let known = told(ACCOUNT, &header).await;
        // One without panel keys, one that is not there, and names that are none.
        for other in ["spotcap", "nobody", "%20", "%00", "%ff"] {
            assert_eq!(told(other, &header).await, known, "{other}");
        }
    }
    // Signed for the very account, with the key of another.
    for other in ["spotcap", "nobody"] {
        let header = format!("Bearer {}", sign(&claims(other, "read")));
        assert_eq!(told(other, &header).await, told(ACCOUNT, "Bearer noise").await, "{other}");
    }
}

#[tokio::test]
async fn reading_token_changes_nothing() {
    let panel = Panel::start().await;
    let prospect = panel.app.sim.algbra().insert(&json!({ "email": "ada@analytical.example" })).unwrap();
    let made = json!({ "values": { "email": "new@analytical.example" } });
    let changed = json!({ "changes": { "firstName": "Ada" } });
    let path = format!("/records/{}", prospect.id());
    for (method, path, body) in [(Method::POST, "/records", &made), (Method::PATCH, &path, &changed)] {
        let answer = panel.ask("read", method, ACCOUNT, path, Some(body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "scope_missing"));
    }
    assert_eq!(panel.arrivals(), 0);
    assert_eq!(panel.app.sim.algbra().records().len(), 1);
}

#[tokio::test]
async fn token_for_one_record_reaches_that_one_alone() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.algbra();
    sim.seed(2);
    let [own, other] = [0, 1].map(|place| sim.records()[place].clone());
    let mut only = claims(ACCOUNT, "write");
    only["record"] = json!(own.id());
    let header = format!("Bearer {}", sign(&only));
    let changed = json!({ "changes": { "firstName": "Ada" } });
    let made = json!({ "values": { "email": "new@analytical.example" } });
    let to = |record: &partner_sim::algbra::Prospect| format!("/records/{}", record.id());
    let by_reference = format!("/records/by-reference/{}", own.external_reference().unwrap());
    for (method, path, body) in [
        (Method::GET, to(&other), None),
        (Method::GET, to(&own).to_uppercase().replace("/RECORDS", "/records") + "%20", None),
        (Method::PATCH, to(&other), Some(&changed)),
        (Method::GET, "/records".to_owned(), None),
        (Method::GET, by_reference, None),
        (Method::POST, "/records".to_owned(), Some(&made)),
    ] {
        let answer = panel.send(method, ACCOUNT, &path, body, Some(&header), "panel-key-of-one-record").await;
        let told = (answer.status, answer.code());
        assert_eq!(told, (StatusCode::FORBIDDEN, "record_not_allowed".to_owned()), "{path}");
    }
    assert_eq!(panel.arrivals(), 0);
    for (method, body) in [(Method::GET, None), (Method::PATCH, Some(&changed))] {
        let answer = panel.send(method, ACCOUNT, &to(&own), body, Some(&header), "").await;
        assert_eq!((answer.status, &answer.json()["id"]), (StatusCode::OK, &json!(own.id())));
    }
    assert_eq!(panel.arrivals(), 2);
}

#[tokio::test]
async fn token_that_lives_too_long_is_told_so_to_who_has_the_key() {
    let panel = Panel::start().await;
    let mut long = claims(ACCOUNT, "read");
    long["exp"] = json!(now() + 3_600);
    let header = format!("Bearer {}", sign(&long));
    let answer = panel.send(Method::GET, ACCOUNT, "/records", None, Some(&header), "").await;
    assert_eq!(answer.json()["detail"], "A panel token may live for 15 minutes at most.");
}
