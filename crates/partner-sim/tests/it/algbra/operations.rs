//! Each operation of Algbra, and each way to be refused by it.

use partner_sim::algbra::Prospect;
use partner_sim::{Fault, FaultSetting};
use reqwest::Method;
use serde_json::{Value, json};

use super::caller::{Call, house};

const REFERENCE: &str = "b2000000-0000-4000-8000-000000000002";
const NOBODY: &str = "a1000000-0000-4000-8000-00000000ffff";

fn refusal(property: &str, message: &str) -> Value {
    json!({ "message": "Input validation error", "errors": [{ "property": property, "message": message }] })
}

fn not_found() -> (u16, Value) {
    let errors = json!([{ "property": "prospect", "message": "there is none by this name" }]);
    (404, json!({ "message": "Not Found", "errors": errors }))
}

fn ada() -> Value {
    json!({ "externalReference": REFERENCE, "firstName": "Ada", "email": "ada@example.com", "phoneNumber": "+440000000000" })
}

#[tokio::test]
async fn created_prospect_is_answered_kept_and_found_by_id_and_by_reference() {
    let sim = house().await;
    let (status, created) = Call::create(&ada()).send(&sim).await;
    assert_eq!(status, 200);
    let shown = json!({ "id": created["id"], "externalReference": REFERENCE, "firstName": "Ada", "middleName": null,
        "lastName": null, "email": "ada@example.com", "dateOfBirth": null, "phoneNumber": "+440000000000",
        "createDate": created["createDate"] });
    assert_eq!(created, shown);
    assert!(created["createDate"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{created}");
    let id = created["id"].as_str().unwrap();
    assert_eq!(Call::get(&format!("/{id}")).send(&sim).await, (200, created.clone()));
    assert_eq!(
        Call::get(&format!("/externalReference/{REFERENCE}")).send(&sim).await,
        (200, created.clone())
    );

    let records: Vec<_> = sim.algbra().records().iter().map(Prospect::to_json).collect();
    assert_eq!(records, std::slice::from_ref(&created));
    let ledger = sim.algbra().ledger();
    let operations: Vec<_> = ledger.requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["create", "get", "get_by_reference"]);
    assert_eq!(
        (ledger.leads.len(), &ledger.lead(REFERENCE).unwrap().fields["firstName"]),
        (1, &json!("Ada"))
    );
    assert_eq!(ledger.requests.iter().map(|request| request.lead).collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test]
async fn reference_of_another_prospect_is_refused_and_null_is_no_reference() {
    let sim = house().await;
    assert_eq!(Call::create(&ada()).send(&sim).await.0, 200);
    let taken = refusal("externalReference", "is that of another prospect");
    assert_eq!(Call::create(&ada()).send(&sim).await, (400, taken));
    for reference in [Value::Null, Value::Null] {
        let body = json!({ "email": "ada@example.com", "externalReference": reference });
        assert_eq!(Call::create(&body).send(&sim).await.0, 200);
    }
    assert_eq!(sim.algbra().records().len(), 3);
}

#[tokio::test]
async fn prospect_that_there_is_not_is_not_found() {
    let sim = house().await;
    sim.algbra().seed(1);
    assert_eq!(Call::get(&format!("/{NOBODY}")).send(&sim).await, not_found());
    assert_eq!(Call::get("/externalReference/a%2Fb").send(&sim).await, not_found());
    assert_eq!(Call::update(NOBODY, &json!({})).send(&sim).await, not_found());
    assert_eq!(sim.algbra().ledger().requests[1].id.as_deref(), Some("a/b"));
}

#[tokio::test]
async fn update_leaves_what_is_absent_and_erases_what_is_null() {
    let sim = house().await;
    let before = sim.algbra().insert(&ada()).unwrap();
    let update = json!({ "phoneNumber": null, "lastName": "Lovelace" });
    let (status, updated) = Call::update(before.id(), &update).send(&sim).await;
    let mut expected = before.to_json();
    expected["phoneNumber"] = Value::Null;
    expected["lastName"] = json!("Lovelace");
    assert_eq!((status, &updated), (200, &expected));
    assert_eq!(sim.algbra().records()[0].to_json(), expected);
    assert_eq!(Call::update(before.id(), &json!({})).send(&sim).await, (200, expected));
    let ledger = sim.algbra().ledger();
    assert_eq!(ledger.lead(REFERENCE).unwrap().fields["lastName"], "Lovelace");
}

#[tokio::test]
async fn body_that_breaks_the_table_is_refused_with_every_problem_and_changes_nothing() {
    let sim = house().await;
    let before = sim.algbra().insert(&ada()).unwrap();
    let body = json!({ "phoneNumber": "+44 0", "externalReference": REFERENCE, "dateOfBirth": "yesterday" });
    let (status, answer) = Call::update(before.id(), &body).send(&sim).await;
    let properties: Vec<_> =
        answer["errors"].as_array().unwrap().iter().map(|error| &error["property"]).collect();
    assert_eq!(
        (status, properties),
        (400, ["phoneNumber", "externalReference", "dateOfBirth"].map(|name| json!(name)).iter().collect())
    );
    let missing = refusal("email", "is required");
    assert_eq!(Call::create(&json!({ "firstName": "Ada" })).send(&sim).await, (400, missing));
    for broken in ["{", "[]", "null", "firstName=Ada"] {
        let (status, answer) = Call::new(Method::POST, "", broken).send(&sim).await;
        assert_eq!((status, &answer["errors"][0]["property"]), (400, &json!("body")), "{broken}");
    }
    assert_eq!(sim.algbra().records(), [before]);
}

#[tokio::test]
async fn list_is_paged_and_counts_what_was_found() {
    let sim = house().await;
    sim.algbra().seed(25);
    let check = async |query: &str, first: Option<&str>, meta: [usize; 5]| {
        let (status, answer) = Call::get(&format!("?{query}")).send(&sim).await;
        let [current, count, per_page, total, pages] = meta;
        let meta = json!({ "currentPage": current, "itemCount": count, "itemsPerPage": per_page, "totalItems": total,
            "totalPages": pages });
        assert_eq!((status, &answer["meta"]), (200, &meta), "{query}");
        assert_eq!(answer["items"].as_array().unwrap().len(), count, "{query}");
        assert_eq!(answer["items"][0]["lastName"].as_str(), first, "{query}");
    };
    check("page=1&limit=10", Some("Prospect 1"), [1, 10, 10, 25, 3]).await;
    check("page=3&limit=10", Some("Prospect 21"), [3, 5, 10, 25, 3]).await;
    check("page=4&limit=10", None, [4, 0, 10, 25, 3]).await;
    check("page=18446744073709551615&limit=100", None, [usize::MAX, 0, 100, 25, 1]).await;
    check("page=1&limit=100", Some("Prospect 1"), [1, 25, 100, 25, 1]).await;
    check("searchKeyword=prospect+7&page=1&limit=10", Some("Prospect 7"), [1, 1, 10, 1, 1]).await;
    check("searchKeyword=SEED-2&page=1&limit=4", Some("Prospect 2"), [1, 4, 4, 7, 2]).await;
    check("searchKeyword=%C3%A9&page=1&limit=10", None, [1, 0, 10, 0, 0]).await;
}

#[tokio::test]
async fn list_without_page_and_limit_or_with_too_high_a_limit_is_refused() {
    let sim = house().await;
    let required = json!([{ "property": "page", "message": "is required" }, { "property": "limit", "message": "is required" }]);
    let (status, answer) = Call::get("").send(&sim).await;
    assert_eq!((status, &answer["errors"]), (400, &required));
    let high = refusal("limit", "expected a number from 1 to 100");
    assert_eq!(Call::get("?page=1&limit=101").send(&sim).await, (400, high));
}

#[tokio::test]
async fn method_path_and_content_type_are_those_of_the_document() {
    let sim = house().await;
    let url = |rest: &str| format!("{}{rest}", sim.algbra().prospects_url());
    for (method, rest, allow) in [
        (Method::PUT, "", "GET, POST"),
        (Method::PATCH, "", "GET, POST"),
        (Method::DELETE, "/a1", "GET, PATCH"),
        (Method::POST, "/a1", "GET, PATCH"),
        (Method::PATCH, "/externalReference/a1", "GET"),
    ] {
        let answer = reqwest::Client::new().request(method, url(rest)).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &allow.parse().unwrap()),
            "{rest}"
        );
    }
    for rest in ["/", "/a/b", "s"] {
        assert_eq!(reqwest::get(url(rest)).await.unwrap().status(), 404, "{rest}");
    }
    let mut signed = Call::new(Method::POST, "", r#"{"email":"ada@example.com"}"#).sign();
    let mut request = reqwest::Client::new().post(url("")).body(std::mem::take(&mut signed.body));
    for (name, value) in signed.headers {
        request = request.header(name, value);
    }
    assert_eq!(request.header("content-type", "text/plain").send().await.unwrap().status(), 415);
    let (status, answer) = Call::new(Method::GET, "?page=1&limit=10", "{}").send(&sim).await;
    assert_eq!((status, answer), (400, refusal("body", "expected none with GET")));
}

#[tokio::test]
async fn fault_that_takes_nothing_keeps_nothing_and_one_that_takes_keeps_it() {
    let sim = house().await;
    let create = || Call::create(&json!({ "email": "ada@example.com" }));
    sim.algbra().set_fault(Fault::ServerError, Some(1));
    assert_eq!(create().send(&sim).await.0, 500);
    assert!(sim.algbra().records().is_empty());
    sim.algbra().set_fault(Fault::Garbage, Some(1));
    assert_eq!(create().send(&sim).await, (200, Value::Null));
    assert_eq!(sim.algbra().records().len(), 1);
    sim.algbra().set(FaultSetting::new(Fault::Unavailable, None).only("list")).unwrap();
    assert_eq!(create().send(&sim).await.0, 200);
    assert_eq!(Call::get("?page=1&limit=10").send(&sim).await.0, 503);
}

#[tokio::test]
async fn every_documented_error_is_answered_by_its_name() {
    let sim = house().await;
    let documented = sim.algbra().documented();
    assert_eq!(documented.iter().map(|error| error.status).collect::<Vec<_>>(), [400, 401, 403]);
    for error in documented {
        sim.algbra().set_documented(error.name, Some(1)).unwrap();
        let (status, body) = Call::get("?page=1&limit=10").send(&sim).await;
        assert_eq!((status, body.is_object()), (error.status, true), "{}", error.name);
    }
    assert_eq!(Call::get("?page=1&limit=10").send(&sim).await.0, 200);
    let unknown = sim.algbra().set_documented("404 Not Found", None).unwrap_err().to_string();
    assert!(unknown.contains("403 Forbidden"), "{unknown}");
}

#[tokio::test]
async fn prospect_put_in_by_a_test_keeps_the_rules_of_create() {
    let sim = house().await;
    let prospect = sim.algbra().insert(&ada()).unwrap();
    assert_eq!(prospect.external_reference(), Some(REFERENCE));
    assert!(sim.algbra().insert(&ada()).unwrap_err().to_string().contains("externalReference"));
    let wrong = sim.algbra().insert(&json!({ "phoneNumber": 1 })).unwrap_err().to_string();
    assert!(wrong.contains("phoneNumber expected digits") && wrong.contains("email is required"), "{wrong}");
}

#[tokio::test]
async fn page_shows_the_ledger_and_every_operation() {
    let sim = house().await;
    assert_eq!(Call::create(&ada()).send(&sim).await.0, 200);
    let page = reqwest::get(sim.algbra().base_url()).await.unwrap().text().await.unwrap();
    assert!(page.contains("Ada") && page.contains("ada@example.com"), "{page}");
    assert!(page.contains("{prospectId}") && page.contains("403 Forbidden"), "{page}");
}
