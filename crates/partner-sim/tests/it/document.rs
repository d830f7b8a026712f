//! TakePayments as its document says: each row of the table, each answer.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::house::{KEY, LIMIT, get_text, house, lead, lead_with, post};

const REQUIRED: [&str; 4] = ["FirstName", "LastName", "Email", "ID"];
const LENGTHS: [(&str, usize); 15] = [
    ("FirstName", 200),
    ("LastName", 200),
    ("Email", 200),
    ("ID", 200),
    ("Notes", 2000),
    ("Postcode", 200),
    ("Company", 200),
    ("Address", 2000),
    ("Referrer", 200),
    ("ReferrerEmail", 200),
    ("Devices", 2000),
    ("Locations", 2000),
    ("Industry", 200),
    ("CustomerType", 200),
    ("ExternalLeadType", 200),
];

/// Sends one body; a refusal must name the field, and leave no lead.
async fn check(body: Value, expected: Result<(), &str>) {
    let sim = house().await;
    let answer = post(&sim, &body).await;
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let ledger = sim.takepayments().ledger();
    match expected {
        Ok(()) => assert_eq!((status, text.as_str(), ledger.leads.len()), (200, "", 1), "{body}"),
        Err(problem) => {
            assert_eq!((status, ledger.leads.len()), (400, 0), "{body}");
            let note: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(note, json!({ "Message": problem }), "{body}");
            assert_eq!(ledger.requests[0].problems, [problem], "{body}");
        }
    }
}

#[tokio::test]
async fn required_field_that_is_absent_blank_or_null_is_refused() {
    for name in REQUIRED {
        check(lead_with(name, None), Err(&format!("{name} is required"))).await;
        check(lead_with(name, json!(" \t")), Err(&format!("{name} is required, but blank"))).await;
        check(lead_with(name, Value::Null), Err(&format!("{name} is null, expected a string"))).await;
    }
}

#[tokio::test]
async fn text_of_the_full_length_is_taken_and_one_more_is_refused() {
    for (name, length) in LENGTHS {
        check(lead_with(name, json!("x".repeat(length))), Ok(())).await;
        let problem = format!("{name} has {} characters, {length} are allowed", length + 1);
        check(lead_with(name, json!("x".repeat(length + 1))), Err(&problem)).await;
    }
    check(lead_with("ExistigCustomerReferenceNumber", json!("x".repeat(5000))), Ok(())).await;
}

#[tokio::test]
async fn length_counts_utf_16_code_units() {
    check(lead_with("Company", json!("é".repeat(200))), Ok(())).await;
    check(lead_with("Company", json!("😀".repeat(100))), Ok(())).await;
    check(lead_with("Company", json!("😀".repeat(101))), Err("Company has 202 characters, 200 are allowed"))
        .await;
}

#[tokio::test]
async fn value_of_the_wrong_type_is_refused() {
    let texts = LENGTHS.iter().map(|(name, _)| *name).chain(["ExistigCustomerReferenceNumber"]);
    for name in texts {
        check(lead_with(name, json!(7)), Err(&format!("{name} is a number, expected a string"))).await;
    }
    check(lead_with("Notes", json!(["x"])), Err("Notes is an array, expected a string")).await;
    check(lead_with("Notes", json!({})), Err("Notes is an object, expected a string")).await;
    check(lead_with("HotTransfer", json!("true")), Err("HotTransfer is a string, expected a boolean")).await;
    check(lead_with("HotTransfer", json!(1)), Err("HotTransfer is a number, expected a boolean")).await;
    check(lead_with("HotTransfer", json!(true)), Ok(())).await;
}

#[tokio::test]
async fn field_that_the_document_does_not_name_is_refused() {
    for name in ["ExistingCustomerReferenceNumber", "Phone", "firstName", "Id"] {
        check(lead_with(name, json!("x")), Err(&format!("{name} is not a field of this operation"))).await;
    }
}

#[tokio::test]
async fn field_given_twice_is_refused() {
    let sim = house().await;
    let body = lead("one").to_string().replacen('{', r#"{"ID":"two","#, 1);
    assert_eq!(post(&sim, body).await.text().await.unwrap(), r#"{"Message":"ID is given twice"}"#);
}

#[tokio::test]
async fn every_problem_is_in_one_note() {
    let body = json!({ "ApiKey": KEY, "FirstName": 1, "LastName": "", "Email": "a@b", "Phone": "1" });
    check_all(
        body,
        ["FirstName is a number, expected a string", "LastName is required, but blank", "ID is required"],
    )
    .await;
}

async fn check_all(body: Value, problems: [&str; 3]) {
    let sim = house().await;
    let note = post(&sim, body).await.text().await.unwrap();
    assert!(problems.iter().all(|problem| note.contains(problem)), "{note}");
}

#[tokio::test]
async fn body_that_is_no_json_object_is_refused() {
    let sim = house().await;
    for body in ["", "{", "[]", "null", "\"text\"", "FirstName=Ada", "{\"ID\":\"\u{1}\"}"] {
        let answer = post(&sim, body).await;
        assert_eq!(answer.status(), 400, "{body}");
        assert!(answer.text().await.unwrap().starts_with("{\"Message\":\"the body is "), "{body}");
    }
}

#[tokio::test]
async fn credential_is_asked_before_the_fields() {
    let sim = house().await;
    let keys = [None, Some(Value::Null), Some(json!("")), Some(json!("another")), Some(json!(4711))];
    for key in keys {
        let mut body = lead_with("ApiKey", key.clone());
        for broken in [false, true] {
            if broken {
                body["FirstName"] = json!(7);
            }
            let answer = post(&sim, &body).await;
            assert_eq!(answer.status(), 401, "{key:?}, broken: {broken}");
            assert_eq!(answer.text().await.unwrap(), "");
        }
    }
    let ledger = sim.takepayments().ledger();
    let checks: Vec<_> =
        ledger.requests.iter().step_by(2).map(|request| request.credential.as_str()).collect();
    assert_eq!(checks, ["missing", "missing", "wrong", "wrong", "wrong"]);
    assert!(ledger.leads.is_empty());
}

#[tokio::test]
async fn only_post_is_allowed() {
    let sim = house().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let request = reqwest::Client::new().request(method.clone(), sim.takepayments().insert_url());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], "POST");
    }
    assert_eq!(sim.takepayments().ledger().requests.len(), 4);
}

#[tokio::test]
async fn only_json_is_read() {
    let sim = house().await;
    let statuses = [
        (None, 415),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("application/jsonp"), 415),
        (Some("application/json"), 200),
        (Some("Application/JSON; charset=utf-8"), 200),
    ];
    for (content_type, status) in statuses {
        let mut request =
            reqwest::Client::new().post(sim.takepayments().insert_url()).body(lead("one").to_string());
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{content_type:?}");
    }
}

#[tokio::test]
async fn body_above_a_mebibyte_is_refused_unread() {
    let sim = house().await;
    let answer = post(&sim, lead_with("Notes", json!("x".repeat(1024 * 1024)))).await;
    assert_eq!(answer.status(), 413);
    assert_eq!(sim.takepayments().ledger().requests[0].status, Some(413));
}

#[tokio::test]
async fn same_id_makes_one_lead_and_counts_how_often_it_was_asked() {
    let sim = house().await;
    post(&sim, lead("one")).await;
    post(&sim, lead("two")).await;
    let mut changed = lead("one");
    changed["FirstName"] = json!("Augusta");
    post(&sim, changed).await;

    let ledger = sim.takepayments().ledger();
    let leads: Vec<_> =
        ledger.leads.iter().map(|lead| (lead.id.as_str(), lead.times_asked, lead.first_request)).collect();
    assert_eq!(leads, [("one", 2, 1), ("two", 1, 2)]);
    assert_eq!(ledger.lead("one").unwrap().fields["FirstName"], "Ada");
    assert_eq!(ledger.requests_for("one").map(|request| request.number).collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test]
async fn ledger_holds_the_body_byte_for_byte_but_for_the_credential() {
    let sim = house().await;
    let body = format!(
        "{{ \"ID\" : \"\\u006fne\",\n \"ApiKey\":\"{KEY}\", \"FirstName\":\"Ada\",\"LastName\":\"L\",\"Email\":\"é\"}}"
    );
    assert_eq!(post(&sim, &body).await.status(), 200);
    let ledger = sim.takepayments().ledger();
    let request = &ledger.requests[0];
    assert_eq!(request.body, body.replace(KEY, "***"));
    assert_eq!((request.number, request.method.as_str(), request.status), (1, "POST", Some(200)));
    assert_eq!(request.content_type.as_deref(), Some("application/json"));
    assert_eq!(request.credential, "valid");
    assert_eq!(request.id.as_deref(), Some("one"));
    assert!(request.received_at.ends_with('Z') && request.received_at.len() == 24, "{}", request.received_at);
    let fields = ledger.leads[0].fields.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(fields, ["ID", "FirstName", "LastName", "Email"]);
}

#[tokio::test]
async fn credential_is_nowhere_in_ledger_or_page() {
    let sim = house().await;
    let bodies = [
        lead("one").to_string(),
        lead(KEY).to_string(),
        lead_with("Notes", json!(format!("the key: {KEY}"))).to_string(),
        lead_with(KEY, json!([KEY, { KEY: KEY }])).to_string(),
        lead("one").to_string().replace("ApiKey", "apiKey"),
        lead("one").to_string().replace('}', ""),
        format!("ApiKey={KEY}&ID=one"),
        KEY.to_owned(),
    ];
    for body in &bodies {
        post(&sim, body).await;
        let client = reqwest::Client::new();
        let request =
            client.post(sim.takepayments().insert_url()).header(CONTENT_TYPE, KEY).body(body.clone());
        request.send().await.unwrap();
    }
    let ledger = sim.takepayments().wait_for(|ledger| ledger.requests.len() == 16, LIMIT).await.unwrap();
    let places = [
        get_text(format!("{}/takepayments/ledger.json", sim.url())).await,
        get_text(format!("{}/takepayments", sim.url())).await,
        format!("{ledger:?}"),
    ];
    for place in places {
        assert!(place.contains("***") && !place.contains(KEY), "{place}");
    }
}
