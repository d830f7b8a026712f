//! The demo's CRM and the proxy: what one signs the other takes, and a page in the CRM may not ask by itself.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::app::partners::PANEL_KEY;
use crate::records::panel::Panel;

#[tokio::test]
async fn token_of_the_demos_crm_opens_the_account_that_it_is_for() {
    let panel = Panel::start().await;
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/crm");
    let keys = ["algbra", "partnerportal"].map(|account| (account.to_owned(), PANEL_KEY.to_owned()));
    let any = "127.0.0.1:0".parse().unwrap();
    let crm =
        partner_sim::crm::start(pages, any, panel.app.origin(), "lead-proxy/panel", keys).await.unwrap();
    let page = panel.app.client.get(format!("{}/", crm.url())).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("data-proxy=\"{}\"", panel.app.origin())), "{page}");
    let ask = panel.app.client.post(format!("{}/panel-token", crm.url()));
    let ask = ask.header("content-type", "application/json").body(r#"{"account":"algbra","scope":"write"}"#);
    let told: Value = serde_json::from_str(&ask.send().await.unwrap().text().await.unwrap()).unwrap();
    let header = format!("Bearer {}", told["token"].as_str().unwrap());
    for (account, status) in [("algbra", StatusCode::OK), ("partnerportal", StatusCode::UNAUTHORIZED)] {
        let answer = panel.send(Method::GET, account, "/panel", None, Some(&header), "").await;
        assert_eq!(answer.status, status, "{account}: {}", answer.text);
    }
    let request = panel.app.request(Method::GET, "/v1/accounts/algbra/panel").header("authorization", header);
    let answer = request.header("origin", crm.url()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    crm.stop().await;
}
