//! `/embed.js?form=…`: the form's first paint before the loader for a page that may show it, and the loader alone for others.

use reqwest::{Method, RequestBuilder};
use serde_json::{Deserializer, Value};

use crate::app::bundle::with_bundle;
use crate::app::{Answer, HOST_ORIGIN, TestApp};

async fn start() -> TestApp {
    TestApp::start_with(|config| with_bundle(config, &[])).await
}

async fn ask(app: &TestApp, query: &str, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Answer {
    let request = app.request(Method::GET, &format!("/embed.js?{query}"));
    Answer::read(change(request).send().await.unwrap()).await
}

/// What stands before the loader: what the first paint is made of, and the fragment.
fn kept(script: &str) -> [Value; 2] {
    let json = |name: &str| {
        let text = script.split_once(&format!("self.{name}=")).unwrap().1;
        Deserializer::from_str(text).into_iter().next().unwrap().unwrap()
    };
    [json("leadFormKept"), json("leadFormKept.fragment")]
}

#[tokio::test]
async fn tag_that_names_its_form_brings_all_that_its_first_paint_is_made_of() {
    let app = start().await;
    let answer = ask(&app, "form=card-machines&locale=de", |request| {
        request.header("referer", format!("{HOST_ORIGIN}/"))
    })
    .await;
    let [kept, fragment] = kept(&answer.text);
    assert_eq!((&kept["form"], &kept["locale"]), (&"card-machines".into(), &"de".into()));
    assert!(kept["locales"].as_array().unwrap().contains(&"en".into()), "{kept}");
    assert_eq!(kept["styles"], serde_json::json!({ "file": "form.1.css", "text": ".lf{color:red}" }));
    assert_eq!(fragment["form"], app.get("/v1/forms/card-machines?locale=de").await.json());
    assert!(fragment["paint"].to_string().contains("_token"), "{fragment}");
    assert!(answer.text.ends_with(";\nlet first\nlet loader"), "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
    assert!(answer.header("vary").contains("Origin, Referer, Accept-Language"), "{:?}", answer.headers);
}

#[tokio::test]
async fn page_is_known_by_its_origin_before_its_referer() {
    let app = start().await;
    let both = |origin: &'static str, referer: &'static str| {
        move |request: RequestBuilder| request.header("origin", origin).header("referer", referer)
    };
    let allowed = ask(&app, "form=card-machines", both(HOST_ORIGIN, "https://stranger.example/")).await;
    assert!(allowed.text.contains("leadFormKept"));
    let stranger = ask(&app, "form=card-machines", both("https://stranger.example", HOST_ORIGIN)).await;
    assert_eq!(stranger.text, "let loader");
}

#[tokio::test]
async fn whoever_may_not_show_the_form_gets_the_loader_which_asks_and_is_told_why() {
    let app = start().await;
    let from = |referer: &'static str| move |request: RequestBuilder| request.header("referer", referer);
    for (query, referer) in [
        ("form=card-machines", "https://stranger.example/"),
        ("form=card-machines", "http://127.0.0.1:8090.stranger.example/"),
        ("form=card-machines", "nonsense"),
        ("form=none", HOST_ORIGIN),
        ("form=", HOST_ORIGIN),
        // Opens by a link alone, which is never in a script's address.
        ("form=complete-account", HOST_ORIGIN),
    ] {
        let answer = ask(&app, query, from(referer)).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "let loader"), "{query} {referer}");
        assert_eq!(answer.header("cache-control"), "no-store", "{query} {referer}");
    }
    let nobody = ask(&app, "form=card-machines", |request| request).await;
    assert_eq!(nobody.text, "let loader");
}

#[tokio::test]
async fn what_is_written_for_one_visitor_is_compressed_and_the_same_after_it() {
    let app = start().await;
    for path in [
        "/f/card-machines",
        "/embed/card-machines",
        "/v1/forms/card-machines/fragment",
        "/embed.js?form=card-machines",
    ] {
        let ask = || app.request(Method::GET, path).header("referer", HOST_ORIGIN);
        let packed = ask().header("accept-encoding", "br, gzip").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "br", "{path}");
        let packed = packed.bytes().await.unwrap();
        let plain = Answer::read(ask().send().await.unwrap()).await;
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        assert!(packed.len() * 2 < plain.text.len(), "{path}: {} of {}", packed.len(), plain.text.len());
    }
}
