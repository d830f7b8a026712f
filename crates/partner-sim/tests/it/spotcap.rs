//! Spotcap as its document says: stages, resources, key, format, each status of its table.

use partner_sim::{Credentials, KeyCheck, Options, Sim, spotcap, start};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::house::get_text;

const KEY: &str = "an-obviously-fake-spotcap-key";
const RECEIPT: &str = "7K3F9-0QXJ2-MM8TD-4VYBR";
const DOCUMENTED: [u16; 11] = [301, 400, 401, 403, 404, 405, 406, 410, 429, 500, 503];

async fn office() -> Sim {
    let credentials =
        Credentials { spotcap_api_key: KEY.to_owned(), ..Credentials::with_takepayments("of another") };
    start(Options::new("127.0.0.1:0".parse().unwrap(), credentials)).await.unwrap()
}

fn lead() -> Value {
    json!({ "firstName": "Ada", "contact": { "email": "ada@example.com" }, "reference": RECEIPT })
}

/// A request that would be taken; a test changes what it is about. A client per request: none follows a redirect.
fn request(url: String, body: impl ToString) -> RequestBuilder {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    client.post(url).header("X-Api-Key", KEY).header(CONTENT_TYPE, "application/json").body(body.to_string())
}

async fn send(sim: &Sim, stage: &str, resource: &str, body: Value) -> Response {
    request(sim.spotcap().resource_url(stage, resource), body).send().await.unwrap()
}

/// Sends what must be refused; the answer is JSON, and nothing is taken.
async fn check_refused(request: RequestBuilder, sim: &Sim, status: u16, problem: &str) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), status, "{problem}");
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert!(body["message"].as_str().unwrap().contains(problem), "{body}");
    let ledger = sim.spotcap().ledger();
    assert_eq!(ledger.requests.last().unwrap().status, Some(status));
    assert!(ledger.leads.is_empty(), "{ledger:?}");
}

#[tokio::test]
async fn lead_and_user_of_both_stages_are_taken_and_told_apart() {
    let sim = office().await;
    let mut ids = Vec::new();
    for (stage, resource) in [("v1", "leads"), ("v1", "users"), ("beta", "leads"), ("beta", "users")] {
        let answer = send(&sim, stage, resource, lead()).await;
        assert_eq!(answer.status(), 200);
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        ids.push(body["id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);

    let ledger = sim.spotcap().ledger();
    let places: Vec<_> = ledger.leads.iter().map(|lead| (lead.place.as_str(), lead.id.as_str())).collect();
    assert_eq!(places, ["v1/leads", "v1/users", "beta/leads", "beta/users"].map(|place| (place, RECEIPT)));
    let operations: Vec<_> = ledger.requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["send_lead", "send_user", "send_lead", "send_user"]);
    assert_eq!(ledger.requests[2].path, "/spotcap/beta/leads");
    assert_eq!(Value::Object(ledger.leads[0].fields.clone()), lead());
    let page = get_text(sim.spotcap().base_url()).await;
    assert!(page.contains("beta&#x2F;users") && page.contains(RECEIPT), "{page}");
}

#[tokio::test]
async fn same_reference_in_the_same_place_is_one_lead_asked_twice() {
    let sim = office().await;
    send(&sim, "v1", "leads", lead()).await;
    send(&sim, "v1", "leads", json!({ "notes": format!("Receipt {RECEIPT}") })).await;
    send(&sim, "v1", "leads", json!({ "firstName": "Grace" })).await;
    send(&sim, "v1", "leads", json!({ "firstName": "Grace" })).await;
    let asked: Vec<_> = sim.spotcap().ledger().leads.iter().map(|lead| lead.times_asked).collect();
    assert_eq!(asked, [2, 1, 1], "without a reference nothing tells one lead from another");
}

#[tokio::test]
async fn unknown_stage_or_resource_is_not_found() {
    let sim = office().await;
    for rest in ["v2/leads", "Beta/leads", "v1/lead", "v1/Leads", "v1/leads/", "v1/leads/1", "v1", "leads"] {
        let url = format!("{}/{rest}", sim.spotcap().base_url());
        check_refused(request(url, lead()), &sim, 404, "expected the stage v1 or beta").await;
    }
}

#[tokio::test]
async fn only_post_is_allowed() {
    let sim = office().await;
    let url = sim.spotcap().resource_url("v1", "leads");
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = Client::new().request(method.clone(), &url).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], "POST");
        check_refused(Client::new().request(method, &url), &sim, 405, "expected POST").await;
    }
}

#[tokio::test]
async fn wrong_key_is_unauthorized_and_a_missing_one_forbidden() {
    let sim = office().await;
    let url = || sim.spotcap().resource_url("v1", "leads");
    let bare = |key: Option<&str>| {
        let request = Client::new().post(url()).header(CONTENT_TYPE, "application/json");
        let request = request.body(lead().to_string());
        key.map(|key| request.try_clone().unwrap().header("X-Api-Key", key)).unwrap_or(request)
    };
    check_refused(bare(None), &sim, 403, "X-Api-Key is missing").await;
    for wrong in ["", "another", &KEY.to_uppercase(), &format!("{KEY}x")] {
        check_refused(bare(Some(wrong)), &sim, 401, "X-Api-Key is wrong").await;
    }
    check_refused(bare(None).header("Authorization", KEY), &sim, 403, "X-Api-Key is missing").await;
    let checks: Vec<_> = sim.spotcap().ledger().requests.iter().map(|request| request.credential).collect();
    use KeyCheck::{Missing, Wrong};
    assert_eq!(checks, [Missing, Wrong, Wrong, Wrong, Wrong, Missing]);
}

#[tokio::test]
async fn format_that_is_not_json_is_not_acceptable() {
    let sim = office().await;
    let with = |name, value| {
        let url = sim.spotcap().resource_url("v1", "leads");
        let request = Client::new().post(url).header("X-Api-Key", KEY).body(lead().to_string());
        if name == CONTENT_TYPE { request } else { request.header(CONTENT_TYPE, "application/json") }
            .header(name, value)
    };
    for wrong in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        check_refused(with(CONTENT_TYPE, wrong), &sim, 406, "content type").await;
    }
    for wrong in ["text/html", "application/xml, text/*", "application/json;q=0"] {
        check_refused(with(ACCEPT, wrong), &sim, 406, "Accept").await;
    }
    for right in ["application/json", "text/html, application/json;q=0.5", "*/*", "application/*"] {
        assert_eq!(with(ACCEPT, right).send().await.unwrap().status(), 200, "{right}");
    }
}

#[tokio::test]
async fn body_that_is_no_json_object_or_too_long_is_refused() {
    let sim = office().await;
    let url = || sim.spotcap().resource_url("v1", "leads");
    for body in ["", "[]", "null", "{", "\"text\""] {
        check_refused(request(url(), body), &sim, 400, "the body is ").await;
    }
    check_refused(request(url(), r#"{"a":1,"a":2}"#), &sim, 400, "a is given twice").await;
    check_refused(request(url(), "x".repeat(1024 * 1024 + 1)), &sim, 413, "longer than 1 MiB").await;
}

#[tokio::test]
async fn every_status_of_the_document_is_answered_by_its_name_and_takes_nothing() {
    assert_eq!(
        spotcap::DOCUMENTED.iter().map(|documented| documented.status).collect::<Vec<_>>(),
        DOCUMENTED
    );
    let sim = office().await;
    for documented in spotcap::DOCUMENTED {
        sim.spotcap().set_documented(documented.name, Some(1)).unwrap();
        let answer = send(&sim, "v1", "leads", lead()).await;
        assert_eq!(answer.status(), documented.status, "{}", documented.name);
        assert!(documented.name.starts_with(answer.status().as_str()), "{}", documented.name);
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(answer.text().await.unwrap(), documented.body);
        let ledger = sim.spotcap().ledger();
        assert_eq!(ledger.requests.last().unwrap().answer.as_deref(), Some(documented.name));
        assert!(ledger.leads.is_empty());
    }
    assert_eq!(send(&sim, "v1", "leads", lead()).await.status(), 200);
}

#[tokio::test]
async fn redirect_of_plain_http_names_the_same_place_by_https() {
    let sim = office().await;
    sim.spotcap().redirect_plain_http(Some(1));
    let answer = send(&sim, "beta", "leads", lead()).await;
    let place = sim.spotcap().resource_url("beta", "leads").replace("http://", "https://");
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (301, place.as_str())
    );
}

#[tokio::test]
async fn key_is_nowhere_in_ledger_or_page() {
    let sim = office().await;
    let url = sim.spotcap().resource_url("v1", "leads");
    request(url.clone(), json!({ "notes": format!("the key: {KEY}"), KEY: [{ "nested": KEY }] }))
        .send()
        .await
        .unwrap();
    request(format!("{url}?key={KEY}"), KEY).header("X-Other", KEY).send().await.unwrap();
    request(format!("{}/{KEY}/leads", sim.spotcap().base_url()), "").send().await.unwrap();
    let wrong = "another-key-that-nobody-knows";
    let request =
        Client::new().post(&url).header("X-Api-Key", wrong).body(format!("{{\"notes\":\"{wrong}\"}}"));
    request.header(CONTENT_TYPE, "application/json").send().await.unwrap();
    let places = [
        get_text(format!("{}/ledger.json", sim.spotcap().base_url())).await,
        get_text(sim.spotcap().base_url()).await,
        format!("{:?}", sim.spotcap().ledger()),
    ];
    for place in places {
        assert!(place.contains("***") && !place.contains(KEY) && !place.contains(wrong), "{place}");
    }
}
