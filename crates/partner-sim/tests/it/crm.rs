//! The imitation of a CRM: its pages, and tokens for its own pages alone.

use std::net::SocketAddr;

use partner_sim::crm;
use reqwest::StatusCode;

const KEYS: [(&str, &str); 1] = [("bank", "a-panel-key-of-the-tests-of-32-chars")];

#[tokio::test]
async fn crm_signs_tokens_for_its_own_pages_and_accounts() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("index.html"), "{{proxy}}").unwrap();
    let keys = KEYS.map(|(account, key)| (account.to_owned(), key.to_owned()));
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let crm = crm::start(dir.path(), any, "http://127.0.0.1:1", "house/panel", keys).await.unwrap();
    let client = reqwest::Client::new();
    let page = client.get(format!("{}/", crm.url())).send().await.unwrap().text().await.unwrap();
    assert_eq!(page, "http://127.0.0.1:1");
    let ask = async |account: &str, site: &str| {
        let body = format!(r#"{{"account":"{account}","scope":"read","record":"7"}}"#);
        let request = client.post(format!("{}/panel-token", crm.url())).header("sec-fetch-site", site);
        request.header("content-type", "application/json").body(body).send().await.unwrap()
    };
    let answer = ask("bank", "same-origin").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    assert!(text.starts_with(r#"{"token":"eyJ"#) && text.matches('.').count() == 2, "{text}");
    assert_eq!(ask("bank", "cross-site").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ask("other", "same-origin").await.status(), StatusCode::NOT_FOUND);
    crm.stop().await;
}
