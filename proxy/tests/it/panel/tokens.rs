//! A thousand tokens that are no good, each at a route of its turn: 401 or 403, and no partner hears of one.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::partners::PANEL_KEY;
use crate::records::panel::{Panel, claims, now, sign, sign_with, unsigned};

const CASES: usize = 1_000;
const ACCOUNT: &str = "algbra";
const RECORD: &str = "00000000-0000-4000-8000-000000000001";

/// Every route, with a body that would do.
fn routes() -> [(Method, String, Option<Value>); 10] {
    let decided = json!({ "as": "delivered", "why": "x", "version": 1 });
    let receipt = "00000-00000-00000-00000";
    [
        (Method::GET, "/panel".to_owned(), None),
        (Method::GET, "/records".to_owned(), None),
        (Method::GET, format!("/records/{RECORD}"), None),
        (Method::GET, format!("/records/by-reference/{RECORD}"), None),
        (Method::GET, "/schema".to_owned(), None),
        (Method::GET, "/leads".to_owned(), None),
        (Method::GET, format!("/leads/{receipt}"), None),
        (Method::POST, "/records".to_owned(), Some(json!({ "values": { "email": "a@analytical.example" } }))),
        (Method::PATCH, format!("/records/{RECORD}"), Some(json!({ "changes": { "firstName": "Ada" } }))),
        (Method::POST, format!("/leads/{receipt}/resolve"), Some(decided)),
    ]
}

fn with(members: &[(&str, Value)]) -> Value {
    let mut claims = claims(ACCOUNT, "write");
    for (name, value) in members {
        claims[*name] = value.clone();
    }
    claims
}

/// The text with one of its bits another, in a place of this case's.
fn flipped(token: &str, case: usize) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let bit = case * 7 % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Claims of one token behind the signature of another.
fn spliced(one: &str, other: &str) -> String {
    let (signed, _) = one.rsplit_once('.').unwrap();
    format!("{signed}.{}", other.rsplit_once('.').unwrap().1)
}

/// A bad token, what is wrong with it, and with what status it is refused.
fn bad(case: usize) -> (&'static str, String, StatusCode) {
    let (good, far) = (claims(ACCOUNT, "write"), i64::try_from(case).unwrap());
    let times = |from: i64, to: i64| sign(&with(&[("iat", json!(now() + from)), ("exp", json!(now() + to))]));
    let hs = |named: &str, algorithm| sign_with(named, algorithm, PANEL_KEY, &good);
    let link = json!({ "aud": "lead-proxy/link", "form": "complete-account", "reference": RECORD });
    let prefill = json!({ "aud": "lead-proxy/prefill", "form": "open-account", "values": {} });
    let other_kind = |more: &Value| {
        let more: Vec<_> = more.as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
        sign(&with(&more))
    };
    let (what, token) = match case / 10 % 16 {
        0 => ("expired", times(-700 - far, -100 - far)),
        1 => ("from the future", times(60 + far, 600 + far)),
        2 => ("too long a life", times(0, 901 + far)),
        3 => ("an end before its beginning", times(far, -far - 1)),
        4 => ("of another account", sign(&claims("partnerportal", "write"))),
        5 => ("under another algorithm", hs("HS512", hmac::HMAC_SHA512)),
        6 => ("under another algorithm's name", hs("RS256", hmac::HMAC_SHA256)),
        7 => ("without an algorithm", format!("{}.", unsigned("none", &good))),
        8 => ("with a bit flipped", flipped(&sign(&good), case)),
        9 => ("with a strange key", sign_with("HS256", hmac::HMAC_SHA256, &format!("{case:0>32}"), &good)),
        10 => ("for another audience", sign(&with(&[("aud", json!(format!("audience-{case}")))]))),
        11 => ("a link", other_kind(&link)),
        12 => ("a prefill token", other_kind(&prefill)),
        13 => ("cut short", sign(&good)[..case % 100 + 1].to_owned()),
        14 => ("with another's signature", spliced(&sign(&good), &sign(&claims(ACCOUNT, "read")))),
        _ => ("of an unknown scope", sign(&with(&[("scope", json!(format!("scope-{case}")))]))),
    };
    (what, token, StatusCode::UNAUTHORIZED)
}

/// A good token that is not good for this: read-only for a change, or of another record.
fn too_weak(case: usize, method: &Method) -> (&'static str, String, StatusCode) {
    if *method == Method::GET {
        let other = with(&[("record", json!(format!("10000000-0000-4000-8000-{case:0>12}")))]);
        return ("of another record", sign(&other), StatusCode::FORBIDDEN);
    }
    ("read-only", sign(&claims(ACCOUNT, "read")), StatusCode::FORBIDDEN)
}

#[tokio::test]
async fn thousand_bad_tokens_are_refused_and_none_reaches_a_partner() {
    let panel = Panel::start().await;
    let routes = routes();
    let mut told: BTreeMap<(&str, u16), usize> = BTreeMap::new();
    for case in 0..CASES {
        let (method, path, body) = &routes[case % routes.len()];
        // By reference, a change, and a lead's end: routes that ask for more than a good token.
        let weak = case % 5 == 3 || case % 20 == 19;
        let (what, token, status) = if weak { too_weak(case, method) } else { bad(case) };
        let header = format!("Bearer {token}");
        let key = "panel-key-of-a-bad-token";
        let answer = panel.send(method.clone(), ACCOUNT, path, body.as_ref(), Some(&header), key).await;
        assert_eq!(answer.status, status, "{case}, {what}, {method} {path}: {}", answer.text);
        *told.entry((what, status.as_u16())).or_default() += 1;
    }
    assert_eq!(told.values().sum::<usize>(), CASES, "{told:#?}");
    assert!(told.len() >= 18 && told.values().all(|count| *count >= 10), "{told:#?}");
    assert_eq!(panel.arrivals(), 0);
    assert_eq!(panel.app.count_submissions().await, 0);
}
