//! What people and tests do at the desk over HTTP: index, page, ledger, switch of faults.

use std::net::SocketAddr;

use partner_sim::{Credentials, Fault, Ledger, Options, start};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use serde_json::json;

use crate::house::{KEY, get_text, house, lead, lead_with, post};

#[tokio::test]
async fn index_leads_to_every_partner() {
    let sim = house().await;
    let index = get_text(format!("{}/", sim.url())).await;
    assert!(index.contains("href=\"/takepayments\"") && index.contains("TakePayments"), "{index}");
}

#[tokio::test]
async fn page_shows_what_arrived_with_every_text_escaped() {
    let sim = house().await;
    let attack = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>";
    post(&sim, lead_with("FirstName", json!(attack))).await;
    post(&sim, lead_with(attack, json!(attack))).await;
    let page = get_text(format!("{}/takepayments", sim.url())).await;
    assert!(page.contains("&lt;script&gt;alert(&#x27;x&#x27;)&lt;"), "{page}");
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
}

#[tokio::test]
async fn page_lists_the_newest_first_and_offers_every_fault() {
    let sim = house().await;
    post(&sim, lead("first-id")).await;
    post(&sim, lead("second-id")).await;
    let page = get_text(format!("{}/takepayments", sim.url())).await;
    assert!(page.find("second-id").unwrap() < page.find("first-id").unwrap());
    for fault in Fault::ALL {
        assert!(page.contains(&format!("value=\"{fault}\"")), "{fault}");
    }
}

#[tokio::test]
async fn page_forbids_foreign_scripts() {
    let sim = house().await;
    let answer = reqwest::get(format!("{}/takepayments", sim.url())).await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn ledger_comes_as_json_and_can_be_cleared() {
    let sim = house().await;
    let url = format!("{}/takepayments/ledger.json", sim.url());
    post(&sim, lead("one")).await;
    let ledger: Ledger = serde_json::from_str(&get_text(url.clone()).await).unwrap();
    assert_eq!((ledger.leads.len(), ledger.requests.len()), (1, 1));

    assert_eq!(reqwest::Client::new().delete(&url).send().await.unwrap().status(), 204);
    assert_eq!(get_text(url.clone()).await, r#"{"requests":[],"leads":[]}"#);
    post(&sim, lead("one")).await;
    let ledger = sim.takepayments().ledger();
    assert_eq!((ledger.leads[0].times_asked, ledger.requests[0].number), (1, 2));

    reqwest::Client::new().delete(&url).send().await.unwrap();
    post(&sim, lead("two")).await;
    post(&sim, lead("one")).await;
    let ids: Vec<_> = sim.takepayments().ledger().leads.into_iter().map(|lead| lead.id).collect();
    assert_eq!(ids, ["two", "one"]);
}

#[tokio::test]
async fn fault_is_set_and_read_as_json() {
    let sim = house().await;
    let url = format!("{}/takepayments/fault", sim.url());
    assert_eq!(get_text(url.clone()).await, r#"{"fault":"none","times":null}"#);
    let set = |body: &'static str| {
        reqwest::Client::new().post(&url).header(CONTENT_TYPE, "application/json").body(body)
    };
    let answer = set(r#"{"fault":"rate_limited","times":1}"#).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"fault":"rate_limited","times":1}"#);
    assert_eq!(post(&sim, lead("one")).await.status(), 429);
    assert_eq!(get_text(url.clone()).await, r#"{"fault":"none","times":null}"#);

    set(r#"{"fault":"html_200"}"#).send().await.unwrap();
    assert_eq!(get_text(url.clone()).await, r#"{"fault":"html_200","times":null}"#);
    for wrong in
        [r#"{"fault":"nonsense"}"#, r#"{"fault":"slow","times":0}"#, r#"{"fault":"slow","times":-1}"#, "{"]
    {
        let answer = set(wrong).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{wrong}");
        assert!(answer.text().await.unwrap().starts_with("{\"problem\":"), "{wrong}");
    }
}

#[tokio::test]
async fn switch_works_without_javascript() {
    let sim = house().await;
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let send = |path: &str, body: &'static str| {
        let request = client.post(format!("{}/takepayments/{path}", sim.url())).body(body);
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").send()
    };
    for (body, setting) in [
        ("times=2&fault=reset", r#"{"fault":"reset","times":2}"#),
        ("times=&fault=silence", r#"{"fault":"silence","times":null}"#),
        ("fault=none", r#"{"fault":"none","times":null}"#),
    ] {
        let answer = send("fault", body).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()[LOCATION]),
            (303, &"/takepayments".parse().unwrap())
        );
        assert_eq!(get_text(format!("{}/takepayments/fault", sim.url())).await, setting);
    }
    assert_eq!(send("fault", "fault=nonsense").await.unwrap().status(), 400);
    assert_eq!(send("fault", "times=many&fault=slow").await.unwrap().status(), 400);

    post(&sim, lead("one")).await;
    assert_eq!(send("clear", "").await.unwrap().status(), 303);
    assert!(sim.takepayments().ledger().requests.is_empty());
}

#[tokio::test]
async fn address_or_credential_that_cannot_be_is_refused_at_start() {
    let try_start = async |listen: &str, key: &str| {
        let options = Options::new(listen.parse().unwrap(), Credentials::with_takepayments(key));
        start(options).await.map(|sim| sim.addr()).unwrap_err().to_string()
    };
    let loopback: SocketAddr = house().await.addr();
    assert!(try_start("0.0.0.0:0", KEY).await.contains("not a loopback address"));
    assert!(try_start("127.0.0.1:0", " ").await.contains("ApiKey has 1 characters"));
    assert!(try_start("127.0.0.1:0", &"k".repeat(201)).await.contains("ApiKey has 201 characters"));
    let sim = house().await;
    assert_ne!(sim.addr(), loopback);
    assert!(try_start(&sim.addr().to_string(), KEY).await.contains("cannot be bound"));
}
