//! The document's glossary: each row as a fault, and by the cause that the document names.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::caller::{Caller, property, send};

/// The document's rows: status, name, and whether there are details.
const ROWS: [&str; 16] = [
    "400 Bad Request",
    "400 ApiParamsExemption",
    "400 JsonParseExemption",
    "400 ApiValidationFailed",
    "401 ApiKeyMissing",
    "401 ApiKeyInvalid",
    "403 ApiSecurityException",
    "403 ApiQuotaException",
    "403 WrongEnviroment",
    "404 NotFound",
    "404 ApiResourceMissing",
    "404 ApiResourceEmpty",
    "405 MethodNotAllowed",
    "422 ApiResourceMissing",
    "500 InternalServerError",
    "550 ApiPartnerServerError",
];

#[tokio::test]
async fn every_row_of_the_glossary_can_be_answered_by_its_name() {
    let caller = Caller::new().await;
    let names: Vec<_> = caller.octorate().documented().iter().map(|row| row.name).collect();
    assert_eq!(names, ROWS);
    for name in ROWS {
        caller.octorate().set_documented(name, Some(1)).unwrap();
        let answer = caller.sign_up_well(&property("one")).await;
        if name == "404 NotFound" {
            assert_eq!((answer.status, answer.text.as_str()), (404, ""));
        } else {
            assert_eq!(answer.name(), name);
        }
        assert_eq!(answer.headers.contains_key("allow"), name.starts_with("405"), "{name}");
    }
    assert!(caller.octorate().properties().is_empty() && caller.octorate().ledger().leads.is_empty());
    let unknown = caller.octorate().set_documented("403 WrongEnvironment", None).unwrap_err();
    assert!(unknown.to_string().contains("403 WrongEnviroment"), "{unknown}");
}

#[tokio::test]
async fn key_and_token_are_asked_for_by_name() {
    let caller = Caller::new().await;
    let (octorate, oauth) = (caller.octorate(), caller.octorate().oauth());
    let base = octorate.production_url();
    let expired = oauth.give_access_token();
    oauth.expire_now();
    let sign_up = || caller.sign_up(&base, &property("one"));
    let rows = [
        (sign_up(), "401 ApiKeyMissing"),
        (sign_up().header("key", ""), "401 ApiKeyMissing"),
        (sign_up().header("key", "another"), "401 ApiKeyInvalid"),
        (sign_up().bearer_auth("another"), "401 ApiKeyInvalid"),
        (sign_up().bearer_auth(&expired), "401 ApiKeyInvalid"),
        (sign_up().bearer_auth(&expired).header("key", &caller.api_key), "401 ApiKeyInvalid"),
        (sign_up().bearer_auth(oauth.give_access_token()), "200 "),
        (sign_up().header("key", &caller.api_key), "200 "),
        (sign_up().header("key", &caller.api_key).basic_auth("any", Some("thing")), "200 "),
    ];
    for (number, (request, expected)) in rows.into_iter().enumerate() {
        assert_eq!(send(request).await.name(), expected, "row {number}");
    }
    let checks: Vec<_> =
        octorate.ledger().requests.iter().map(|request| request.credential.as_str()).collect();
    let expected = ["missing", "missing", "wrong", "wrong", "expired", "expired", "valid", "valid", "valid"];
    assert_eq!(checks, expected);
}

#[tokio::test]
async fn request_that_is_wrong_in_form_is_refused_by_name() {
    let caller = Caller::new().await;
    let token = caller.octorate().oauth().give_access_token();
    let base = caller.octorate().production_url();
    let ask = |method: Method, path: &str, content_type: &'static str, body: &'static str| {
        let request = caller.client.request(method, format!("{base}{path}")).bearer_auth(&token);
        send(request.header(CONTENT_TYPE, content_type).body(body))
    };
    let path = "/rest/v1/accommodation";
    assert_eq!(ask(Method::POST, path, "application/json", "{").await.name(), "400 JsonParseExemption");
    assert_eq!(ask(Method::POST, path, "application/json", "[]").await.name(), "400 JsonParseExemption");
    assert_eq!(ask(Method::POST, path, "text/plain", "{}").await.name(), "400 Bad Request");
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let answer = ask(method, path, "application/json", "{}").await;
        assert_eq!(
            (answer.name().as_str(), &answer.headers["allow"]),
            ("405 MethodNotAllowed", &"POST".parse().unwrap())
        );
    }
    for path in ["/rest/v1/accommodation/", "/rest/accommodation", "/rest/v1/identity/login", ""] {
        let answer = ask(Method::POST, path, "application/json", "{}").await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{path}");
    }
}

#[tokio::test]
async fn token_of_the_other_environment_is_refused() {
    let caller = Caller::new().await;
    let bases = [caller.octorate().production_url(), caller.octorate().sandbox_url()];
    for (own, other) in [(0, 1), (1, 0)] {
        let token = caller.identity(&bases[own], "apilogin", "").await.string("access_token");
        let ask = |base: &str| send(caller.sign_up(base, &property("one")).bearer_auth(&token));
        assert_eq!(ask(&bases[other]).await.name(), "403 WrongEnviroment");
        assert_eq!(ask(&bases[own]).await.status, 200);
    }
    let [production, sandbox] =
        [caller.octorate().properties(), caller.octorate().sandbox_properties()].map(|ids| ids.len());
    assert_eq!((production, sandbox), (1, 1), "test mode changes nothing in production");
    let places: Vec<_> = caller.octorate().ledger().leads.into_iter().map(|lead| lead.place).collect();
    assert_eq!(json!(places), json!(["", "sandbox"]));
}
