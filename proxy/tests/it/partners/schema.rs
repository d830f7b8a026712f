//! Forms whose fields come from the partner's schema.

use serde_json::{Value, json};

use super::{start, until};
use crate::app::{TestApp, key};

const FROM_SCHEMA: &str = "^fields = \"from partner schema\"^";

async fn form(app: &TestApp) -> Value {
    let wanted = |answer: &crate::app::Answer| answer.status.as_u16() == 200;
    until(async || app.get("/v1/forms/for-partnerportal").await, wanted).await.unwrap().json()
}

fn names(form: &Value) -> Vec<&str> {
    form["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn form_asks_what_the_schema_asks_in_its_order_and_its_own_fields_reach_the_partner() {
    let app = start(&[("partnerportal", FROM_SCHEMA)]).await;
    let form = form(&app).await;
    let schema = app.sim.partnerportal().ledger();
    assert!(schema.requests.iter().any(|request| request.operation == "schema"));
    let names = names(&form);
    assert!(names.contains(&"first_name") && names.contains(&"last_name"), "{names:?}");
    assert!(!names.contains(&"platform"), "the account says it once for all: {names:?}");

    let mut values = serde_json::Map::new();
    for field in form["fields"].as_array().unwrap() {
        let value = match field["kind"].as_str().unwrap() {
            "email" => json!("ada@analytical.example"),
            "phone" => json!("+442079460018"),
            "url" => json!("https://analytical.example"),
            "number" => json!("12"),
            "date" => json!("2026-12-24"),
            "select" | "radio" => field["options"][0]["value"].clone(),
            "checkbox" | "consent" => json!(true),
            _ => json!("Ada"),
        };
        values.insert(field["name"].as_str().unwrap().to_owned(), value);
    }
    let answer = app.submit("for-partnerportal", &key("schema"), &Value::Object(values)).await;
    assert_eq!(answer.json()["state"], "delivered", "{answer:?} {:?}", app.sim.partnerportal().ledger());
    let ledger = app.sim.partnerportal().ledger();
    let create = ledger.requests.iter().find(|request| request.operation == "create").unwrap();
    assert_eq!(create.problems, Vec::<String>::new());
    let body: Value = serde_json::from_str(&create.body).unwrap();
    assert!(body["customFields"].as_object().is_some_and(|own| !own.is_empty()), "{body}");
}

#[tokio::test]
async fn form_is_there_after_a_restart_without_the_partner() {
    let mut app = start(&[("partnerportal", FROM_SCHEMA)]).await;
    let before = form(&app).await;
    let address = app.sim.partnerportal().base_url();
    app.restart(|text| text.accounts = text.accounts.replace(&address, "http://127.0.0.1:9")).await;
    let answer = app.get("/v1/forms/for-partnerportal").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, before), "at once, from the store");
}

#[tokio::test]
async fn form_waits_for_a_schema_that_can_not_be_had_and_says_so() {
    let app = super::start_in(&[("partnerportal", FROM_SCHEMA)], |text| {
        text.accounts = r#"
            [accounts.partnerportal]
            connector = "partnerportal"
            credentials = { client_id = { env = "TEST_RING_KEY" }, client_secret = { env = "TEST_RING_KEY" } }
            [accounts.partnerportal.settings]
            base_url = "http://127.0.0.1:9"
            token_url = "http://127.0.0.1:9/token"
            company_id = "company-1"
            platform = "website"
            leads_path = "/companies/{companyId}/leads"
            lead_path = "/companies/{companyId}/leads/{leadId}"
            schema_path = "/companies/{companyId}/schemas/{object}"
        "#
        .to_owned();
    })
    .await;
    let answer = app.get("/v1/forms/for-partnerportal").await;
    let told = (answer.status.as_u16(), answer.code(), answer.header("retry-after"));
    assert_eq!(told, (503, "form_awaited".to_owned(), "2"));
    assert_eq!(app.get("/f/for-partnerportal").await.status.as_u16(), 503);
    assert_eq!(app.get("/v1/forms/another").await.code(), "form_not_found");
}

#[tokio::test]
async fn own_field_stands_behind_the_schemas_and_one_of_the_same_name_in_its_place() {
    let rest = [
        FROM_SCHEMA,
        "[[own_fields]]\nname = \"consent\"\nlabel = \"You may call me\"\nrequired = true\n",
        "[[own_fields]]\nname = \"first_name\"\nlabel = \"Given name\"\nmax_length = 50\n",
    ];
    let app = start(&[("partnerportal", &rest.concat())]).await;
    let form = form(&app).await;
    let fields = form["fields"].as_array().unwrap();
    assert_eq!(fields.last().unwrap()["name"], "consent");
    let first: Vec<&Value> = fields.iter().filter(|field| field["name"] == "first_name").collect();
    let [first] = first[..] else { panic!("once: {fields:?}") };
    assert_eq!((&first["label"], &first["rules"]["max_length"]), (&json!("Given name"), &json!(50)));
    assert_eq!(first["rules"]["required"], true, "the partner insists on it");
}
