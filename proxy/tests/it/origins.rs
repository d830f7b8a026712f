//! Who may use which form from where: CORS, the refusal of strangers, and the headers of every answer.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::app::{Answer, HOST_ORIGIN, TestApp, good_values, key};

fn submission(app: &TestApp, key: &str) -> RequestBuilder {
    app.request(Method::POST, "/v1/forms/card-machines/submissions")
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(json!({ "form_version": 1, "locale": "en", "values": good_values() }).to_string())
}

async fn answer(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

/// Whatever is not exactly an origin of the list.
const STRANGERS: [&str; 18] = [
    "null",
    "*",
    "http://127.0.0.1",
    "http://127.0.0.1:80",
    "http://127.0.0.1:8091",
    "https://127.0.0.1:8090",
    "http://127.0.0.1:8090/",
    "http://127.0.0.1:8090.evil.example",
    "http://127.0.0.1:8090@evil.example",
    "http://evil.example#http://127.0.0.1:8090",
    "HTTP://127.0.0.1:8090",
    "http://LOCALHOST:8090",
    "http://localhost.:8090",
    "http://sub.localhost:8090",
    "http://[::1]:8090",
    "http://127.0.0.1:8090 http://127.0.0.1:8090",
    "127.0.0.1:8090",
    "",
];

#[tokio::test]
async fn stranger_is_refused_and_told_nothing_by_cors() {
    let app = TestApp::start().await;
    for origin in STRANGERS {
        let answer = answer(submission(&app, &key("stranger")).header("origin", origin)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "origin_not_allowed"),
            "{origin:?}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin:?}");
        assert!(answer.header("vary").contains("Origin"));
    }
    let two = submission(&app, &key("two")).header("origin", HOST_ORIGIN).header("origin", HOST_ORIGIN);
    assert_eq!(answer(two).await.status, 403);
    assert_eq!(app.count_submissions().await, 0);
}

#[tokio::test]
async fn listed_origin_and_our_own_get_exactly_themselves_back() {
    let app = TestApp::start().await;
    for (number, origin) in [HOST_ORIGIN, "http://localhost:8090", app.origin()].into_iter().enumerate() {
        let answer =
            answer(submission(&app, &key(&format!("listed-{number}"))).header("origin", origin)).await;
        assert_eq!(answer.status, 200, "{origin}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn refusals_can_be_read_by_the_page_that_may_ask() {
    let app = TestApp::start().await;
    for (path, status) in [("/v1/forms/none", 404), ("/v1/receipts/x", 404)] {
        let answer = answer(app.request(Method::GET, path).header("origin", HOST_ORIGIN)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("access-control-allow-origin")),
            (status, HOST_ORIGIN),
            "{path}"
        );
    }
}

#[tokio::test]
async fn caller_without_origin_is_a_server_or_our_own_page() {
    let app = TestApp::start().await;
    assert_eq!(answer(submission(&app, &key("server"))).await.status, 200);
    for site in ["same-origin", "same-site", "cross-site", "none"] {
        let refused = submission(&app, &key("browser")).header("sec-fetch-site", site);
        assert_eq!(answer(refused).await.status, 403, "a browser's POST always has an origin: {site}");
    }
    for (site, status) in [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)] {
        let request = app.request(Method::GET, "/v1/forms/card-machines").header("sec-fetch-site", site);
        assert_eq!(answer(request).await.status, status, "{site}");
    }
}

#[tokio::test]
async fn preflight_names_methods_and_headers_for_listed_origins_only() {
    let app = TestApp::start().await;
    let preflight = |origin: &'static str| {
        app.request(Method::OPTIONS, "/v1/forms/card-machines/submissions")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type, idempotency-key")
    };
    let good = answer(preflight(HOST_ORIGIN)).await;
    assert_eq!((good.status.as_u16(), good.text.as_str()), (204, ""));
    assert_eq!(good.header("access-control-allow-origin"), HOST_ORIGIN);
    assert_eq!(good.header("access-control-allow-methods"), "GET, POST");
    assert_eq!(good.header("access-control-allow-headers"), "content-type, idempotency-key");
    assert_eq!(good.header("access-control-max-age"), "600");
    assert!(good.header("vary").contains("Origin"));
    let bad = answer(preflight("https://evil.example")).await;
    assert_eq!(bad.status, 403);
    assert!(bad.headers.keys().all(|name| !name.as_str().starts_with("access-control-allow")));
}

#[tokio::test]
async fn simple_types_that_need_no_preflight_are_refused() {
    let app = TestApp::start().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "",
    ] {
        let request = app
            .request(Method::POST, "/v1/forms/card-machines/submissions")
            .header("origin", HOST_ORIGIN)
            .header("idempotency-key", key("simple"))
            .header("content-type", kind)
            .body("{}");
        assert_eq!(answer(request).await.status, 415, "{kind}");
    }
    let packed = submission(&app, &key("packed")).header("content-encoding", "gzip");
    assert_eq!(answer(packed).await.status, 415);
}

#[tokio::test]
async fn every_answer_has_its_careful_headers_and_no_cookie() {
    let app = TestApp::start().await;
    let answers = [
        app.get("/v1/forms/card-machines").await,
        app.get("/v1/forms/none").await,
        app.get("/v1/receipts/x").await,
        app.get("/f/card-machines").await,
        app.get("/f/none").await,
        app.get("/embed/card-machines").await,
        app.get("/embed.js").await,
        app.get("/assets/none").await,
        app.get("/none").await,
        answer(app.request(Method::DELETE, "/f/card-machines")).await,
        answer(submission(&app, &key("headers"))).await,
        answer(submission(&app, "short")).await,
        answer(submission(&app, &key("stranger")).header("origin", "null")).await,
        answer(app.client.get(app.operator_url("/healthz"))).await,
        answer(app.client.get(app.operator_url("/none"))).await,
    ];
    for answer in &answers {
        for name in [
            "x-content-type-options",
            "referrer-policy",
            "content-security-policy",
            "cache-control",
            "cross-origin-resource-policy",
            "permissions-policy",
            "x-request-id",
        ] {
            assert_ne!(answer.header(name), "", "{name} of {answer:?}");
        }
        for name in ["set-cookie", "server", "x-powered-by", "strict-transport-security"] {
            assert_eq!(answer.header(name), "", "{name} of {answer:?}");
        }
        assert!(!answer.header("content-security-policy").contains("unsafe-inline"));
    }
}

#[tokio::test]
async fn https_is_insisted_on_where_the_public_origin_has_it() {
    let app =
        TestApp::start_with(|config| config.public = "origin = \"https://forms.example\"".to_owned()).await;
    for path in ["/f/card-machines", "/v1/forms/none", "/none"] {
        assert!(app.get(path).await.header("strict-transport-security").starts_with("max-age="), "{path}");
    }
}
