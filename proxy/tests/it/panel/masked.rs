//! Sensitive fields: left out of every answer until one is asked for, and then only with a row in the audit.

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, TestApp};
use crate::operator::house::get as operator;
use crate::records::panel::{Panel, claims, sign};

const BORN: &str = "1815-12-10";

/// A panel, and the id of a prospect at Algbra with something to hide.
async fn start() -> (Panel, String) {
    let panel = Panel::start().await;
    let known = json!({
        "email": "ada@analytical.example", "firstName": "Ada", "lastName": "Byron", "dateOfBirth": BORN,
        "externalReference": "5e000000-0000-4000-8000-0000000000ad",
    });
    let id = panel.app.sim.algbra().insert(&known).unwrap().id().to_owned();
    (panel, id)
}

/// The operator's audit.
async fn audit(app: &TestApp) -> Vec<Value> {
    let answer = operator(app, "/v1/audit").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["entries"].as_array().unwrap().clone()
}

/// From now on no row can be written into the audit, and everything else can.
async fn break_audit(store: &Path) {
    let options = SqliteConnectOptions::new().filename(store);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let broken = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END";
    sqlx::query(broken).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn assert_masked(answer: &Answer, record: &Value) {
    assert_eq!(record["masked"], json!(["dateOfBirth"]), "{}", answer.text);
    assert_eq!(record["fields"].get("dateOfBirth"), None, "{}", answer.text);
    assert!(!answer.text.contains(BORN), "{}", answer.text);
}

#[tokio::test]
async fn no_answer_holds_a_sensitive_field_that_nobody_has_asked_for() {
    let (panel, id) = start().await;
    let list = panel.get("algbra", "/records").await;
    assert_masked(&list, &list.json()["records"][0]);
    let one = panel.get("algbra", &format!("/records/{id}")).await;
    assert_masked(&one, &one.json());
    // A field that holds nothing has nothing to hide.
    assert_eq!(one.json()["fields"]["identificationNumber"], Value::Null);
    let changed = panel.change("algbra", &id, &json!({ "lastName": "Lovelace" })).await;
    assert_masked(&changed, &changed.json());
    let found = panel.get("algbra", "/records/by-reference/5e000000-0000-4000-8000-0000000000ad").await;
    assert_masked(&found, &found.json());
    assert_eq!(audit(&panel.app).await, Vec::<Value>::new());
}

#[tokio::test]
async fn field_that_is_asked_for_is_answered_and_stands_in_the_audit() {
    let (panel, id) = start().await;
    let mut who = claims("algbra", "read");
    who["sub"] = json!("user 7");
    let header = format!("Bearer {}", sign(&who));
    let path = format!("/records/{id}?reveal=dateOfBirth");
    let answer = panel.send(Method::GET, "algbra", &path, None, Some(&header), "").await;
    assert_eq!((answer.status, &answer.json()["fields"]["dateOfBirth"]), (StatusCode::OK, &json!(BORN)));
    assert_eq!(answer.json()["masked"], json!([]));
    let rows = audit(&panel.app).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let told = ["operator", "action", "account", "reference", "why"].map(|name| rows[0][name].clone());
    assert_eq!(told, ["panel user%207", "reveal", "algbra", &id, "dateOfBirth"].map(|text| json!(text)));
    assert!(!rows[0].to_string().contains(BORN));
}

#[tokio::test]
async fn nothing_is_revealed_where_the_audit_cannot_say_so() {
    let (panel, id) = start().await;
    break_audit(&panel.app.store_path()).await;
    let answer = panel.get("algbra", &format!("/records/{id}?reveal=dateOfBirth")).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable")
    );
    assert!(!answer.text.contains(BORN), "{}", answer.text);
    assert_eq!(panel.get("algbra", &format!("/records/{id}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn other_fields_and_records_that_are_not_there_leave_no_row() {
    let (panel, id) = start().await;
    for (path, status) in [
        (format!("/records/{id}?reveal=email"), StatusCode::UNPROCESSABLE_ENTITY),
        (format!("/records/{id}?reveal=dateOfBirth&reveal=email"), StatusCode::UNPROCESSABLE_ENTITY),
        (
            "/records/00000000-0000-4000-8000-000000000001?reveal=dateOfBirth".to_owned(),
            StatusCode::NOT_FOUND,
        ),
    ] {
        assert_eq!(panel.get("algbra", &path).await.status, status, "{path}");
    }
    assert_eq!(audit(&panel.app).await, Vec::<Value>::new());
}
