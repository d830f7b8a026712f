//! Our own pages and the form that works without JavaScript: shown, sent, shown again with what was typed.

use std::fs;
use std::time::Duration;

use lead_proxy::clock::{Clock, Timestamp};
use reqwest::Method;
use tempfile::TempDir;

use crate::app::bundle::with_bundle;
use crate::app::{Answer, HOST_ORIGIN, TestApp};

const GOOD: &str = "first_name=Ada&last_name=Lovelace&email=ada%40analytical.example&phone=020+7946+0018\
                    &customer_type=New+to+cards&consent=on";

/// The token that stands in a page.
fn token(page: &Answer) -> String {
    let (_, rest) =
        page.text.split_once("name=\"_token\"").unwrap_or_else(|| panic!("no token in {}", page.text));
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn post(app: &TestApp, path: &str, body: String) -> Answer {
    let request = app
        .request(Method::POST, path)
        .header("origin", app.origin())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn visitor_without_script_sends_the_form_and_is_thanked() {
    let app = TestApp::start().await;
    let page = app.get("/f/card-machines").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), "no-store");

    let sent = post(&app, "/f/card-machines", format!("_token={}&{GOOD}", token(&page))).await;
    assert_eq!(sent.status, 303, "{sent:?}");
    let thanks = app.get(sent.header("location")).await;
    assert_eq!(thanks.status, 200);
    let lead = app.sim.takepayments().ledger().leads[0].clone();
    assert!(
        thanks.text.contains("Thank you, we have your request") && thanks.text.contains(&lead.id),
        "{}",
        thanks.text
    );
    assert!(!thanks.text.contains("<script"), "the loader would put the form back");
}

#[tokio::test]
async fn reload_and_back_button_are_one_lead() {
    let app = TestApp::start().await;
    let body = format!("_token={}&{GOOD}", token(&app.get("/f/card-machines").await));
    let first = post(&app, "/f/card-machines", body.clone()).await;
    let second = post(&app, "/f/card-machines", body).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (303, 303));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(app.count_submissions().await, 1);
}

#[tokio::test]
async fn answer_changed_after_going_back_can_be_sent_as_new() {
    let app = TestApp::start().await;
    let body = format!("_token={}&{GOOD}", token(&app.get("/f/card-machines").await));
    post(&app, "/f/card-machines", body.clone()).await;
    let changed = post(&app, "/f/card-machines", body.replace("Ada", "Grace")).await;
    assert_eq!(changed.status, 422);
    assert!(changed.text.contains("We already have the answers") && changed.text.contains("value=\"Grace\""));
    let body = format!("_token={}&{}", token(&changed), GOOD.replace("Ada", "Grace"));
    assert_eq!(post(&app, "/f/card-machines", body).await.status, 303);
    assert_eq!(app.count_submissions().await, 2);
}

#[tokio::test]
async fn page_with_problems_keeps_what_was_typed_and_says_what_to_mend() {
    let app = TestApp::start().await;
    let page = app.get("/f/card-machines?locale=de").await;
    assert!(page.text.contains("<html lang=\"de\" dir=\"ltr\">"), "{}", page.text);
    let token = token(&page);
    let typed =
        "first_name=%22%3E%3Cscript%3Ealert(1)&email=ada%40nowhere&notes=a%0D%0Ab&customer_type=New+to+cards";
    let again = post(&app, "/f/card-machines?locale=de", format!("_token={token}&{typed}")).await;
    assert_eq!(again.status, 422);
    assert!(again.text.contains("Bitte geben Sie eine E-Mail-Adresse"), "{}", again.text);
    assert!(again.text.contains("ada@nowhere") && again.text.contains(&token), "values and key are kept");
    assert!(!again.text.contains("<script>alert"), "what was typed is text");
    assert_eq!(app.count_submissions().await, 0);
    let mended = post(&app, "/f/card-machines?locale=de", format!("_token={token}&{GOOD}")).await;
    assert_eq!(mended.status, 303);
    assert!(mended.header("location").ends_with("?locale=de"), "the language is kept");
}

#[tokio::test]
async fn unticked_box_is_absent_and_a_ticked_one_is_there() {
    let app = TestApp::start().await;
    let token = token(&app.get("/f/card-machines").await);
    let without =
        post(&app, "/f/card-machines", format!("_token={token}&{}", GOOD.replace("&consent=on", ""))).await;
    assert_eq!(without.status, 422);
    assert!(without.text.contains("Please tick this box"));
}

#[tokio::test]
async fn page_that_was_open_too_long_asks_once_more_with_everything_in_it() {
    let (clock, hand) = Clock::manual(Timestamp::from_ms(1_800_000_000_000));
    let app = TestApp::start_by(clock, |_| {}).await;
    let old = token(&app.get("/f/card-machines").await);
    hand.advance(Duration::from_secs(25 * 60 * 60));
    for token in [old.as_str(), "", "x.y"] {
        let again = post(&app, "/f/card-machines", format!("_token={token}&{GOOD}")).await;
        assert_eq!(again.status, 422);
        assert!(again.text.contains("This page was open for a long time") && again.text.contains("Lovelace"));
        assert_eq!(app.count_submissions().await, 0);
    }
    let again = post(&app, "/f/card-machines", GOOD.to_owned()).await;
    let sent = post(&app, "/f/card-machines", format!("_token={}&{GOOD}", token(&again))).await;
    assert_eq!(sent.status, 303);
}

#[tokio::test]
async fn sensitive_answers_are_not_written_into_a_page() {
    let app = TestApp::start_with(|config| {
        let dir = config.store.with_file_name("forms");
        std::fs::create_dir(&dir).unwrap();
        let form = std::fs::read_to_string(config.forms_dir.join("callback.toml")).unwrap();
        let field = "[[fields]]\nname = \"date_of_birth\"\nlabel = \"Born\"\n\n[[examples]]";
        std::fs::write(dir.join("callback.toml"), form.replacen("[[examples]]", field, 1)).unwrap();
        config.forms_dir = dir;
    })
    .await;
    let token = token(&app.get("/f/callback").await);
    let again =
        post(&app, "/f/callback", format!("_token={token}&first_name=Ada&date_of_birth=1815-12-10")).await;
    assert_eq!(again.status, 422);
    assert!(again.text.contains("Ada") && !again.text.contains("1815"), "{}", again.text);
}

#[tokio::test]
async fn iframe_page_is_framed_by_the_forms_origins_and_carries_its_frame_along() {
    let app = TestApp::start().await;
    let page = app.get(&format!("/embed/card-machines?instance=a1&parent={HOST_ORIGIN}")).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.ends_with("frame-ancestors 'self' http://127.0.0.1:8090 http://localhost:8090"),
        "{policy}"
    );
    assert_eq!(page.header("x-frame-options"), "");
    // A host page with the same of its own frames no other.
    assert_eq!(page.header("cross-origin-embedder-policy"), "require-corp");
    assert!(
        page.text.contains("mode=\"iframe-page\"")
            && page.text.contains("data-parent-origin=\"http://127.0.0.1:8090\"")
    );
    let path = "/embed/card-machines?instance=a1&parent=http%3A%2F%2F127.0.0.1%3A8090";
    assert!(page.text.contains(&path.replace('&', "&amp;")), "{}", page.text);
    let sent = post(&app, path, format!("_token={}&{GOOD}", token(&page))).await;
    assert!(sent.header("location").starts_with("/embed/card-machines/received/"), "{sent:?}");
    assert_eq!(app.get(sent.header("location")).await.status, 200);

    for parent in ["https://evil.example", "http://127.0.0.1:8090.evil.example", "null", "%22%3E%3Cx"] {
        let page = app.get(&format!("/embed/card-machines?instance=%22%3E%3Cx&parent={parent}")).await;
        assert!(!page.text.contains("data-parent-origin") && !page.text.contains("><x"), "{parent}");
    }
}

#[tokio::test]
async fn hosted_page_is_framed_by_nobody() {
    let app = TestApp::start().await;
    let page = app.get("/f/card-machines").await;
    assert!(page.header("content-security-policy").ends_with("frame-ancestors 'none'"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(page.header("referrer-policy"), "strict-origin-when-cross-origin");
}

#[tokio::test]
async fn page_inlines_exactly_the_styles_that_its_policy_names() {
    let app = TestApp::start_with(|config| with_bundle(config, &[])).await;
    let page = app.get("/f/card-machines").await;
    assert!(page.text.contains("<style>.lf{color:red}</style>"), "{}", page.text);
    // SHA-256 of `.lf{color:red}`, made with another tool.
    let hash = "sha256-7r8yOUpX9TQo3ioIbx34qm3UBHBDNodPiHSqvfc53SU=";
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("style-src 'self' '{hash}'")), "{policy}");
    assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval'"), "{policy}");
    for part in [
        "<script src=\"/embed.js\" async>",
        "modulepreload\" href=\"/assets/form.1.js\"",
        "as=\"fetch\" href=\"/assets/form.1.wasm\"",
        "<noscript><link rel=\"stylesheet\" href=\"/assets/later.1.css\"></noscript>",
    ] {
        assert!(page.text.contains(part), "{part}");
    }

    let loader = app.request(Method::GET, "/embed.js").header("accept-encoding", "br").send().await.unwrap();
    let loader = Answer::read(loader).await;
    assert_eq!((loader.text.as_str(), loader.header("content-encoding")), ("packed", "br"));
    assert_eq!(loader.header("access-control-allow-origin"), "*");
    assert_eq!(loader.header("cross-origin-resource-policy"), "cross-origin");
    let wasm = app.get("/assets/form.1.wasm").await;
    assert_eq!(wasm.header("content-type"), "application/wasm");
    assert_eq!(wasm.header("cache-control"), "public, max-age=31536000, immutable");
    for name in ["manifest.json", "loader.1.js.br", "..%2fmanifest.json"] {
        assert_eq!(app.get(&format!("/assets/{name}")).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_visitors_language() {
    let app = TestApp::start().await;
    let page = app.request(Method::GET, "/f/none").header("accept-language", "de").send().await.unwrap();
    let page = Answer::read(page).await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("Diese Seite gibt es nicht") && page.text.contains("lang=\"de\""));
    for path in ["/f/%ff", "/f/card-machines/received/x", "/f/card-machines/received/00000-00000-00000-00000"]
    {
        let page = app.get(path).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn framed_page_carries_the_scheme_of_its_host_to_its_thanks() {
    let app = TestApp::start().await;
    let framed = format!("/embed/card-machines?theme=dark&parent={}", HOST_ORIGIN.replace(':', "%3A"));
    let page = app.get(&framed).await;
    assert!(page.text.contains("data-theme=\"dark\""), "{}", page.text);
    let (_, action) = page.text.split_once("action=\"").unwrap();
    let action = action.split_once('"').unwrap().0.replace("&amp;", "&");

    let sent = post(&app, &action, format!("_token={}&{GOOD}", token(&page))).await;
    let thanks = app.get(sent.header("location")).await;
    for told in ["data-theme=\"dark\"", "mode=\"iframe-page\"", "data-parent-origin="] {
        assert!(thanks.text.contains(told), "no {told} in {}", thanks.text);
    }
    assert!(!thanks.text.contains("lf-data"), "the loader would put the form back");

    let strange = app.get("/embed/card-machines?theme=%22%3E%3Cscript%3E").await;
    assert!(!strange.text.contains("data-theme"), "{}", strange.text);
}

#[tokio::test]
async fn look_is_the_definitions_where_the_address_chooses_none_and_goes_along_to_the_thanks() {
    let forms = TempDir::new().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../forms/card-machines.toml");
    let form = fs::read_to_string(shipped).unwrap();
    let form = form.replacen("version = 1", "version = 1\npreset = \"paper\"", 1);
    fs::write(forms.path().join("card-machines.toml"), form).unwrap();
    let app = TestApp::start_with(|config| config.forms_dir = forms.path().to_owned()).await;
    let own = app.get("/f/card-machines").await;
    assert!(own.text.contains(" preset=\"paper\"") && !own.text.contains(" density="), "{}", own.text);

    let page = app.get("/f/card-machines?preset=bold&density=roomy").await;
    let look = " preset=\"bold\" density=\"roomy\"";
    assert!(page.text.contains(look), "{}", page.text);
    let (_, action) = page.text.split_once("action=\"").unwrap();
    let action = action.split_once('"').unwrap().0.replace("&amp;", "&");
    let sent = post(&app, &action, format!("_token={}&{GOOD}", token(&page))).await;
    assert!(app.get(sent.header("location")).await.text.contains(look));

    let strange = app.get("/embed/card-machines?preset=%22onclick&density=0").await;
    assert!(
        strange.text.contains(" preset=\"paper\"") && !strange.text.contains(" density="),
        "{}",
        strange.text
    );
    let request = app.request(Method::GET, "/v1/forms/card-machines/fragment").header("origin", HOST_ORIGIN);
    let fragment = Answer::read(request.send().await.unwrap()).await.json();
    assert_eq!(fragment["look"], serde_json::json!({ "preset": "paper" }));
}
