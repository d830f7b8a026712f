//! Who may speak to the operator's commands: programs that say who acts, and no browser's page.

use reqwest::StatusCode;

use super::house::{get, start};
use crate::app::Answer;

const COMMANDS: [(&str, &str); 8] = [
    ("GET", "/v1/deliveries"),
    ("GET", "/v1/deliveries/00000-00000-00000-00000"),
    ("POST", "/v1/deliveries/00000-00000-00000-00000/resolve"),
    ("POST", "/v1/deliveries/replay"),
    ("GET", "/v1/accounts"),
    ("POST", "/v1/accounts/takepayments/stop"),
    ("POST", "/v1/accounts/takepayments/resume"),
    ("GET", "/v1/audit"),
];

#[tokio::test]
async fn command_of_a_page_or_of_nobody_is_refused_before_anything_else() {
    let mut app = start().await;
    for (method, path) in COMMANDS {
        let request = || app.client.request(method.parse().unwrap(), app.operator_url(path));
        let named = || request().header("lead-proxy-operator", "ana");
        for (request, code) in [
            (request(), "operator_missing"),
            (request().header("lead-proxy-operator", "Ana Lovelace"), "operator_missing"),
            (named().header("origin", app.operator_url("")), "not_for_browsers"),
            (named().header("sec-fetch-site", "same-origin"), "not_for_browsers"),
            (named().header("host", "rebound.example"), "not_for_browsers"),
        ] {
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_eq!(answer.code(), code, "{method} {path}: {answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
    // Health is asked by machines that are nobody.
    let health = Answer::read(app.client.get(app.operator_url("/healthz")).send().await.unwrap()).await;
    assert_eq!(health.status, StatusCode::OK);
    app.stop().await;
}

#[tokio::test]
async fn command_is_not_served_to_visitors() {
    let mut app = start().await;
    assert_eq!(get(&app, "/v1/deliveries").await.status, StatusCode::OK);
    for path in ["/v1/deliveries", "/v1/audit", "/v1/accounts"] {
        let request = app.client.get(app.url(path)).header("lead-proxy-operator", "ana");
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.code(), "not_found", "{path}");
    }
    app.stop().await;
}
