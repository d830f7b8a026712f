//! Whose pages may ask: our own and no other, whatever a form allows.

use reqwest::{Method, StatusCode};

use super::panel::{Panel, claims, sign};
use crate::app::{Answer, HOST_ORIGIN};

#[tokio::test]
async fn only_our_own_pages_and_servers_may_ask() {
    let panel = Panel::start().await;
    panel.app.sim.algbra().seed(1);
    let token = format!("Bearer {}", sign(&claims("algbra", "write")));
    let own = panel.app.origin().to_owned();
    for (name, headers, may) in [
        ("a server", vec![], true),
        ("our own page", vec![("origin", own.as_str())], true),
        ("our own page by GET", vec![("sec-fetch-site", "same-origin")], true),
        ("a page that a form allows", vec![("origin", HOST_ORIGIN)], false),
        ("a stranger's page", vec![("origin", "https://stranger.example")], false),
        ("a page of no origin", vec![("origin", "null")], false),
        ("two origins", vec![("origin", own.as_str()), ("origin", own.as_str())], false),
        ("a stranger's page by GET", vec![("sec-fetch-site", "cross-site")], false),
        ("a neighbour's page", vec![("sec-fetch-site", "same-site")], false),
    ] {
        let mut request = panel.app.request(Method::GET, "/v1/accounts/algbra/records");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = Answer::read(request.header("authorization", &token).send().await.unwrap()).await;
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{name}: {}", answer.text);
        assert!(may || answer.code() == "origin_not_allowed", "{name}");
        let cors: Vec<_> =
            answer.headers.keys().filter(|name| name.as_str().starts_with("access-control")).collect();
        assert!(cors.is_empty(), "{name}: {cors:?}");
    }
    assert_eq!(panel.arrivals(), 3);
}

#[tokio::test]
async fn preflight_of_a_strangers_page_gets_no_leave() {
    let panel = Panel::start().await;
    for origin in [HOST_ORIGIN, "https://stranger.example"] {
        for path in ["records", "records/1", "records/by-reference/1", "schema"] {
            let request = panel.app.request(Method::OPTIONS, &format!("/v1/accounts/algbra/{path}"));
            let request = request
                .header("origin", origin)
                .header("access-control-request-method", "GET")
                .header("access-control-request-headers", "authorization");
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert!(answer.status.is_client_error(), "{path} {}", answer.status);
            let mut names = answer.headers.keys().map(|name| name.as_str());
            assert!(!names.any(|name| name.starts_with("access-control")), "{path}");
        }
    }
}
