//! The operator's keys in a running proxy: no start without the right one, rotation on line, and nothing left of what was
//! erased.

mod erasing;
mod postgres;
mod rotation;

use std::time::Duration;

use lead_proxy::serve;
use partner_sim::Fault;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::app::{API_KEY, Answer, PATIENCE, RING_KEY, TestApp, good_values, key, read_config};

/// Another key than the tests' own.
const OTHER_KEY: &str = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

/// Why a proxy does not start on this store, with these lines in `[keys]` and this key.
async fn refusal(app: &TestApp, keys: &str, key: &str) -> String {
    let toml = app.text().to_toml().replace(&app.text().keys, keys);
    match read_config(&toml, API_KEY, key) {
        Err(error) => error.to_string(),
        Ok(config) => match serve(config).await {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it started with {keys}"),
        },
    }
}

/// Reads the store beside the running proxy.
async fn ask(app: &TestApp, query: &'static str) -> Vec<(String, i64)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.store_path()).read_only(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let rows = sqlx::query_as(query).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows
}

/// Waits until a query answers so.
async fn until(app: &TestApp, query: &'static str, wanted: &[(&str, i64)]) {
    let wanted: Vec<_> = wanted.iter().map(|(text, number)| ((*text).to_owned(), *number)).collect();
    let reached = async {
        while ask(app, query).await != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, reached).await.is_err() {
        panic!("never {wanted:?}: {:?}", ask(app, query).await);
    }
}

const BY_KEY: &str = "SELECT rtrim(key_id), count(*) FROM submissions GROUP BY key_id ORDER BY key_id";
const BY_STATE: &str = "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state";
const SECRETS: &str = "SELECT key_id, count(*) FROM store_secrets GROUP BY key_id";

#[tokio::test]
async fn proxy_does_not_start_without_the_key_that_the_store_is_wrapped_by() {
    let mut app = TestApp::start().await;
    assert_eq!(app.submit("card-machines", &key("first"), &good_values()).await.status, 200);
    app.stop().await;
    let place = "{ env = \"TEST_RING_KEY\" }";
    let named = |id: &str| format!("active = \"{id}\"\nring.{id} = {place}");
    for (keys, key, parts) in [
        (named("test"), OTHER_KEY, "the key \"test\" of [keys.ring] does not open the store's own secret"),
        (named("test"), OTHER_KEY, "give that id the 32 bytes that it had"),
        (
            named("next"),
            RING_KEY,
            "wrapped by the key \"test\", which is not in [keys.ring]; put that key back",
        ),
        (named("next"), OTHER_KEY, "wrapped by the key \"test\""),
        (named("test"), &RING_KEY[2..], "62 characters"),
        (String::new(), RING_KEY, "keys.ring"),
    ] {
        let told = refusal(&app, &keys, key).await;
        assert!(told.contains(parts), "{keys}: {told}");
        assert!(!told.contains(&key[..16]), "{told}");
    }
    app.restart(|_| {}).await;
    assert_eq!(app.submit("card-machines", &key("second"), &good_values()).await.status, 200);
}

#[tokio::test]
async fn key_is_changed_by_two_restarts_and_every_lead_that_waited_arrives() {
    let mut app = TestApp::start_with(|text| {
        text.delivery = "retry_waits_ms = [60000]".to_owned();
        text.inline_wait_ms = 0;
    })
    .await;
    app.sim.takepayments().set_fault(Fault::RateLimited, None);
    for number in 0..3 {
        let answer = app.submit("card-machines", &key(&format!("waits-{number}")), &good_values()).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    assert_eq!(ask(&app, BY_KEY).await, [("test".to_owned(), 3)]);

    let (old, new) = ("ring.test = { env = \"TEST_RING_KEY\" }", "ring.next = { env = \"NEXT_KEY\" }");
    app.restart(|text| {
        text.keys = format!("active = \"next\"\n{old}\n{new}");
        text.secrets.push(("NEXT_KEY".to_owned(), OTHER_KEY.to_owned()));
    })
    .await;
    until(&app, BY_KEY, &[("next", 3)]).await;
    until(&app, SECRETS, &[("next", 1)]).await;

    // The same visitor's retry is still known, for the index is the same.
    let again = app.submit("card-machines", &key("waits-0"), &good_values()).await;
    assert_eq!((again.status.as_u16(), app.count_submissions().await), (202, 3), "{again:?}");
    app.restart(|text| {
        text.keys = format!("active = \"next\"\n{new}");
        text.delivery = "retry_waits_ms = [50]".to_owned();
    })
    .await;
    app.sim.takepayments().set_fault(Fault::None, None);
    app.submit("card-machines", &key("wakes"), &good_values()).await;
    until(&app, BY_STATE, &[("delivered", 4)]).await;
    assert_eq!(ask(&app, BY_KEY).await, [("next".to_owned(), 4)]);
}

/// Asks the operator listener.
async fn operator(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = app.client.request(method, app.operator_url(path)).header("lead-proxy-operator", "ana");
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body.to_string()),
        None => request,
    };
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn operator_reads_and_erases_what_is_kept_of_one_visitor_and_the_audit_says_so() {
    let app = TestApp::start().await;
    let receipt = |answer: &Answer| answer.json()["receipt"].as_str().unwrap().to_owned();
    let first = receipt(&app.submit("card-machines", &key("first"), &good_values()).await);
    let other = receipt(&app.submit("card-machines", &key("other"), &good_values()).await);
    let path = format!("/v1/submissions/{first}");
    let read = operator(&app, Method::GET, &format!("{path}?why=she%20asks"), None).await;
    assert_eq!(read.json()["content"]["values"]["email"], "ada@analytical.example", "{read:?}");
    assert_eq!(read.header("cache-control"), "no-store");
    for (path, status) in [
        (path.clone(), 422),
        (format!("{path}?why="), 422),
        ("/v1/submissions/00000-00000-00000-00000?why=x".to_owned(), 404),
    ] {
        let answer = operator(&app, Method::GET, &path, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text.contains("ada@")),
            (status, false),
            "{path}: {answer:?}"
        );
    }
    let keys = operator(&app, Method::GET, "/v1/keys", None).await.json();
    let both = json!({ "active": "test", "keys": [{ "key": "test", "in_ring": true, "leads": 2 }] });
    assert_eq!(keys, both);

    for already in [false, true] {
        let erased = operator(&app, Method::DELETE, &path, Some(json!({ "why": "she asks" }))).await;
        assert_eq!(erased.json(), json!({ "receipt": first, "already": already }), "{erased:?}");
    }
    let read = operator(&app, Method::GET, &format!("{path}?why=again"), None).await.json();
    assert_eq!((&read["content"], &read["fault"]), (&Value::Null, &Value::Null), "{read}");
    assert!(read["erased_at"].is_string(), "{read}");
    let path = format!("/v1/submissions/{other}?why=whole");
    assert!(operator(&app, Method::GET, &path, None).await.json()["content"].is_object());
    assert_eq!(operator(&app, Method::GET, "/v1/keys", None).await.json()["keys"][0]["leads"], 1);

    let audit = operator(&app, Method::GET, &format!("/v1/audit?receipt={first}"), None).await.text;
    assert_eq!((audit.matches("\"export\"").count(), audit.matches("\"erase\"").count()), (2, 1), "{audit}");
    assert_eq!(
        audit.matches("\"account\":\"takepayments\"").count(),
        3,
        "each says whose lead it was: {audit}"
    );
    assert_eq!(app.get(&format!("/v1/receipts/{first}")).await.status, 200, "the receipt stays");
}
