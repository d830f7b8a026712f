//! List, create, get and update of leads.

use partner_sim::Fault;
use serde_json::{Value, json};

use super::caller::{Caller, lead, lead_with, send};

/// The document's members of an answered lead, in its order.
const ANSWERED: [&str; 23] = [
    "lastName",
    "agentId",
    "notes",
    "companyName",
    "phaseId",
    "partnerOrganizationId",
    "submissionDate",
    "totalCommission",
    "platform",
    "closeDate",
    "firstName",
    "createdAt",
    "companyId",
    "revenue",
    "phone",
    "websiteUrl",
    "commissionPercent",
    "lockCommissionPercent",
    "id",
    "value",
    "email",
    "status",
    "updatedAt",
];

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|lead| lead["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lead_is_created_and_read_back_in_the_documents_envelope() {
    let caller = Caller::new().await;
    let sent = lead_with(json!({
        "agentId": "agent-1", "notes": "Call at noon", "companyName": "Analytical Engines",
        "customFields": { "cf_employees": 12 }, "partnerOrganizationId": null, "closeDate": "2026-05-01T10:00:00Z",
        "phone": "+44 20 7946 0018", "websiteUrl": "https://example.com", "value": 12.5, "email": "ada@example.com",
    }));
    let created = caller.ask("POST", "leads", Some(sent.clone())).await;
    assert_eq!(created.status, 201);
    assert_eq!(
        (&created.body["status"], created.body["context"]["requestId"].is_string()),
        (&json!(0), true)
    );
    let data = &created.body["data"];
    let names: Vec<_> = data.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ANSWERED);
    assert_eq!((&data["value"], &data["status"]), (&json!(12.5), &json!("active")));
    assert_eq!((&data["companyId"], &data["phaseId"]), (&json!("company-1"), &json!(null)));

    let id = data["id"].as_str().unwrap();
    let read = caller.ask("GET", &format!("leads/{id}"), None).await;
    assert_eq!((read.status, &read.body["data"]), (200, data));
    assert_eq!(caller.portal().record(id).unwrap()["customFields"], json!({ "cf_employees": 12 }));

    let ledger = caller.portal().ledger();
    assert_eq!(Value::Object(ledger.lead(id).unwrap().fields.clone()), sent);
    let operations: Vec<_> = ledger.requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["create", "get"]);
    assert_eq!(ledger.requests[0].headers["authorization"], "Bearer ***");
}

#[tokio::test]
async fn wrong_lead_is_refused_with_every_problem_and_none_is_made() {
    let caller = Caller::new().await;
    let rows = [
        (json!({}), vec!["lastName is required", "platform is required", "firstName is required"]),
        (lead_with(json!({ "lastName": null })), vec!["lastName is null, expected a string"]),
        (lead_with(json!({ "firstName": " " })), vec!["firstName is blank, expected a text"]),
        (lead_with(json!({ "notes": {} })), vec!["notes is an object, expected a string or null"]),
        (lead_with(json!({ "value": "7" })), vec!["value is a string, expected a number or null"]),
        (
            lead_with(json!({ "customFields": "x" })),
            vec!["customFields is a string, expected an object or null"],
        ),
        (
            lead_with(json!({ "closeDate": "soon" })),
            vec!["closeDate is not a date with time and zone (RFC 3339)"],
        ),
        (lead_with(json!({ "phaseId": "won" })), vec!["phaseId cannot be set when a lead is created"]),
        (
            lead_with(json!({ "id": "1", "Email": "e" })),
            vec!["id is not a field of a lead", "Email is not a field of a lead"],
        ),
        (
            lead_with(json!({ "customFields": { "cf_else": 1, "cf_score": 2 } })),
            vec![
                "customFields.cf_else is not a custom field of this company",
                "customFields.cf_score cannot be set when a lead is created",
            ],
        ),
    ];
    for (number, (body, expected)) in rows.into_iter().enumerate() {
        let answer = caller.ask("POST", "leads", Some(body)).await;
        assert_eq!(answer.status, 400, "{expected:?}");
        let errors = answer.body["errors"].as_array().unwrap();
        let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let problems: Vec<_> = errors
            .iter()
            .map(|error| format!("{} {}", text(error, "field"), text(error, "message")))
            .collect();
        assert_eq!(problems, expected);
        assert_eq!(caller.portal().ledger().requests[number].problems, expected);
    }
    assert_eq!((caller.portal().count_records(), caller.portal().ledger().leads.len()), (0, 0));
}

#[tokio::test]
async fn body_that_is_no_json_object_is_refused() {
    let caller = Caller::new().await;
    let token = caller.portal().oauth().give_access_token();
    let send_body = |content_type: &'static str, body: &'static str| {
        let request = caller.request("POST", "companies/company-1/leads").bearer_auth(&token);
        send(request.header("content-type", content_type).body(body))
    };
    assert_eq!(send_body("text/plain", "{}").await.status, 415);
    for body in ["", "{", "[]", "null"] {
        let answer = send_body("application/json", body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.body["message"].as_str().unwrap().starts_with("the body is "), "{body}");
    }
}

#[tokio::test]
async fn update_changes_what_was_sent_and_can_set_the_phase() {
    let caller = Caller::new().await;
    let made = caller
        .ask("POST", "leads", Some(lead_with(json!({ "notes": "old", "email": "e@example.com" }))))
        .await;
    let id = made.body["data"]["id"].as_str().unwrap();
    let path = format!("leads/{id}");
    let changed = caller.ask("PATCH", &path, Some(json!({ "notes": null, "phaseId": "phase-2" }))).await;
    assert_eq!(changed.status, 200);
    let data = &changed.body["data"];
    assert_eq!((&data["notes"], &data["phaseId"]), (&json!(null), &json!("phase-2")));
    assert_eq!((&data["email"], &data["firstName"]), (&json!("e@example.com"), &json!("Ada")));
    assert_eq!(&caller.ask("GET", &path, None).await.body["data"], data);

    let wrong = caller.ask("PATCH", &path, Some(json!({ "firstName": 7 }))).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["field"]), (400, &json!("firstName")));
    assert_eq!(caller.ask("PATCH", "leads/lead-000099", Some(json!({}))).await.status, 404);
    assert_eq!(caller.ask("GET", "leads/lead-000099", None).await.status, 404);
    assert_eq!(caller.portal().count_records(), 1);
}

#[tokio::test]
async fn list_is_paged_by_skip_and_limit() {
    let caller = Caller::new().await;
    caller.portal().seed_records(250);
    let rows = [
        ("leads", 1, 50),
        ("leads?skip=0&limit=3", 1, 3),
        ("leads?skip=10&limit=100", 11, 100),
        ("leads?limit=101", 1, 100),
        ("leads?skip=240&limit=100", 241, 10),
    ];
    for (path, first, length) in rows {
        let answer = caller.ask("GET", path, None).await;
        let expected: Vec<_> = (first..first + length).map(|number| format!("lead-{number:06}")).collect();
        assert_eq!(ids(&answer.body), expected, "{path}");
    }
    assert_eq!(caller.ask("GET", "leads?skip=250", None).await.body["data"], json!([]));
    caller.portal().set_limit_max(7);
    assert_eq!(ids(&caller.ask("GET", "leads?limit=100", None).await.body).len(), 7);
}

#[tokio::test]
async fn query_that_is_no_paging_is_refused() {
    let caller = Caller::new().await;
    let rows = [
        ("skip=-1", "skip"),
        ("skip=1.5", "skip"),
        ("limit=all", "limit"),
        ("limit=0", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("skip=1&skip=1", "skip"),
        ("search=Ada", "search"),
    ];
    for (query, field) in rows {
        let answer = caller.ask("GET", &format!("leads?{query}"), None).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["field"]), (400, &json!(field)), "{query}");
    }
}

#[tokio::test]
async fn member_that_may_be_null_comes_as_null_number_text_or_object() {
    let caller = Caller::new().await;
    caller.portal().seed_records(3);
    let list = caller.ask("GET", "leads", None).await;
    let revenues: Vec<_> =
        list.body["data"].as_array().unwrap().iter().map(|lead| &lead["revenue"]).collect();
    assert_eq!(revenues, [&json!(null), &json!(2), &json!("3.50")]);
    caller.portal().answer_objects(true);
    let lead = caller.ask("GET", "leads/lead-000002", None).await;
    for name in ["revenue", "value", "email", "companyId"] {
        assert_eq!(lead.body["data"][name], json!({}), "{name}");
    }
    assert_eq!(lead.body["data"]["firstName"], "Grace");
}

#[tokio::test]
async fn path_company_and_method_that_are_none_are_refused() {
    let caller = Caller::new().await;
    let token = caller.portal().oauth().give_access_token();
    let rows = [
        ("GET", "companies/company-2/leads", 404, None),
        ("GET", "companies/company-1", 404, None),
        ("GET", "leads", 404, None),
        ("PUT", "companies/company-1/leads", 405, Some("GET, POST")),
        ("DELETE", "companies/company-1/leads/lead-000001", 405, Some("GET, PATCH")),
        ("POST", "companies/company-1/schemas/lead", 405, Some("GET")),
    ];
    for (method, path, status, allow) in rows {
        let answer = send(caller.request(method, path).bearer_auth(&token)).await;
        assert_eq!((answer.status, answer.allow.as_deref()), (status, allow), "{method} {path}");
        assert!(
            answer.body["message"].is_string() && answer.body["context"]["requestId"].is_string(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn fault_that_takes_nothing_makes_no_record_and_one_that_takes_makes_it() {
    let caller = Caller::new().await;
    caller.portal().set_fault(Fault::ServerError, Some(1));
    assert_eq!(caller.ask("POST", "leads", Some(lead())).await.status, 500);
    assert_eq!(caller.portal().count_records(), 0);
    caller.portal().set_fault(Fault::Garbage, Some(1));
    assert_eq!(caller.ask("POST", "leads", Some(lead())).await.status, 200);
    assert_eq!((caller.portal().count_records(), caller.portal().ledger().leads.len()), (1, 1));
}
