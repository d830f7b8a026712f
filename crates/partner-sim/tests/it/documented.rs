//! The errors of a partner's own document as faults: by name in Rust, as JSON, in the page's form.

use partner_sim::{Fault, FaultSetting};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::house::{get_text, house, lead, post};

async fn set(url: &str, content_type: &str, body: impl ToString) -> Response {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    client.post(url).header(CONTENT_TYPE, content_type).body(body.to_string()).send().await.unwrap()
}

#[tokio::test]
async fn documented_answer_is_set_by_its_name_and_shown_in_ledger_and_page() {
    let sim = house().await;
    sim.takepayments().set_documented("401 Unauthorised", Some(2)).unwrap();
    let page = get_text(sim.takepayments().base_url()).await;
    assert!(page.contains("<b>401 Unauthorised</b> meets the next 2 requests"), "{page}");
    assert!(page.contains("aria-pressed=\"true\"><code>401 Unauthorised</code>"), "{page}");
    for _ in 0..2 {
        let answer = post(&sim, lead("one")).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (401, ""));
    }
    assert_eq!(post(&sim, lead("one")).await.status(), 200);
    let ledger = sim.takepayments().ledger();
    let ends: Vec<_> = ledger.requests.iter().map(|request| (request.fault, request.lead)).collect();
    assert_eq!(ends, [(Some(Fault::Documented), false), (Some(Fault::Documented), false), (None, true)]);
    assert!(get_text(sim.takepayments().base_url()).await.contains("<span class=\"pill\">401 Unauthorised<"));
}

#[tokio::test]
async fn documented_answer_is_set_as_json_and_in_the_form() {
    let sim = house().await;
    let url = format!("{}/fault", sim.takepayments().base_url());
    let setting = r#"{"fault":"documented","answer":"400 Bad Request","times":1}"#;
    assert_eq!(set(&url, "application/json", setting).await.text().await.unwrap(), setting);
    let answer = post(&sim, lead("one")).await;
    assert_eq!(answer.status(), 400);
    let note: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(note, json!({ "Message": "something is missing or invalid" }));

    let form = set(&url, "application/x-www-form-urlencoded", "times=1&fault=401+Unauthorised").await;
    assert_eq!((form.status().as_u16(), &form.headers()[LOCATION]), (303, &"/takepayments".parse().unwrap()));
    assert_eq!(post(&sim, lead("one")).await.status(), 401);
}

#[tokio::test]
async fn answer_that_the_document_does_not_list_is_refused_with_those_that_it_does() {
    let sim = house().await;
    let there_are = "there are: 400 Bad Request, 401 Unauthorised";
    let error = sim.takepayments().set_documented("418 Teapot", None).unwrap_err().to_string();
    assert!(error.contains("418 Teapot") && error.contains(there_are), "{error}");
    let url = format!("{}/fault", sim.takepayments().base_url());
    for (content_type, body) in [
        ("application/json", r#"{"fault":"documented","answer":"418 Teapot"}"#),
        ("application/json", r#"{"fault":"documented"}"#),
        ("application/x-www-form-urlencoded", "fault=418+Teapot"),
    ] {
        let answer = set(&url, content_type, body).await;
        assert_eq!(answer.status(), 400);
        let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(problem["problem"].as_str().unwrap().contains(there_are), "{problem}");
    }
    assert_eq!(post(&sim, lead("one")).await.status(), 200);
}

#[tokio::test]
async fn every_partner_lists_its_own_answers_on_its_page_each_once() {
    let sim = house().await;
    let index = get_text(sim.url()).await;
    for (slug, url) in sim.pages() {
        assert!(index.contains(&format!("href=\"/{slug}\"")), "{slug}");
        assert!(get_text(url.clone()).await.contains("<p class=\"operation\"><b>"), "{slug}");
    }
    for partner in [&**sim.takepayments(), &**sim.spotcap(), &**sim.webhook()] {
        let page = get_text(partner.base_url()).await;
        assert!(page.contains("Errors of its document"), "{}", partner.base_url());
        for documented in partner.documented() {
            let button = format!("value=\"{}\"", documented.name);
            assert_eq!(page.matches(&button).count(), 1, "{}", documented.name);
        }
    }
}

#[tokio::test]
async fn fault_for_one_operation_leaves_the_others_alone() {
    let sim = house().await;
    sim.takepayments().set(FaultSetting::new(Fault::ServerError, Some(1)).only("update")).unwrap();
    assert_eq!(post(&sim, lead("one")).await.status(), 200);
    sim.takepayments().set(FaultSetting::new(Fault::ServerError, Some(1)).only("insert")).unwrap();
    assert_eq!(post(&sim, lead("one")).await.status(), 500);
}
