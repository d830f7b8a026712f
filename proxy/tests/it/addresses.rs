//! What the address of one of our pages brings along: values for the fields, a campaign; and where a form leads in the end.
//!
//! Apart from the pages themselves because an address is written by anybody.

use reqwest::Method;

use crate::app::{Answer, TestApp};

const FORM: &str = r#"
id = "visit"
version = 1
account = "takepayments"
allowed_origins = ["https://shop.example"]
redirect = "https://shop.example/thanks?from=form"

[texts]
title = "Book"
submit = "Book"
success_title = "Thanks"
success_text = "Thanks"

[[fields]]
name = "first_name"
label = "First name"
required = true
max_length = 100

[[fields]]
name = "last_name"
label = "Last name"
required = true
max_length = 100

[[fields]]
name = "email"
label = "Email"
required = true
max_length = 100

[[fields]]
name = "phone"
label = "Phone"
required = true

[[fields]]
name = "customer_type"
label = "Customer"
required = true
max_length = 100

[[fields]]
name = "notes"
label = "Notes"
max_length = 500

[[fields]]
name = "utm_source"
kind = "hidden"
max_length = 100

[[fields]]
name = "consent"
label = "I agree"
required = true
"#;

async fn app() -> TestApp {
    TestApp::start_with(|config| {
        let dir = config.store.with_file_name("own-forms");
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("visit.toml"), FORM).unwrap();
        config.forms_dir = dir;
    })
    .await
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

async fn send(app: &TestApp, page: &Answer) -> Answer {
    let action = between(&page.text, " action=\"", "\"").replace("&amp;", "&");
    let body = format!(
        "_token={}&first_name=Ada&last_name=Lovelace&email=ada%40analytical.example&phone=%2B442079460018\
         &customer_type=New&utm_source=&consent=on",
        between(between(&page.text, "name=\"_token\"", ">"), "value=\"", "\"")
    );
    let request = app.request(Method::POST, &action).header("origin", app.origin());
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn values_of_the_address_stand_in_their_fields_as_text() {
    let app = app().await;
    let page = app.get("/f/visit?first_name=%22%3E%3Cscript%3Ealert(1)&consent=true&nobody=canary").await;
    assert_eq!(page.status, 200);
    let field = between(&page.text, "name=\"first_name\"", ">");
    assert!(field.contains("value=\"&quot;"), "{field}");
    assert!(!page.text.contains("<script>alert") && !page.text.contains("canary"), "{}", page.text);
    assert!(
        !between(&page.text, "name=\"consent\"", ">").contains("checked"),
        "a consent is the visitor's to give"
    );
}

#[tokio::test]
async fn visitor_without_script_is_led_to_the_forms_own_page_with_the_receipt() {
    let app = app().await;
    let page = app.get("/f/visit").await;
    assert!(page.header("content-security-policy").contains("form-action 'self' https://shop.example;"));
    let sent = send(&app, &page).await;
    assert_eq!(sent.status, 303, "{sent:?}");
    let receipt = app.sim.takepayments().ledger().leads[0].id.clone();
    assert_eq!(sent.header("location"), format!("https://shop.example/thanks?from=form&receipt={receipt}"));

    // What is framed stays in its frame.
    let framed = send(&app, &app.get("/embed/visit").await).await;
    assert!(framed.header("location").starts_with("/embed/visit/received/"), "{framed:?}");
}

#[tokio::test]
async fn campaign_of_the_address_is_carried_by_the_plain_form_and_nothing_else_is() {
    let app = app().await;
    let page = app.get("/f/visit?utm_source=news&gclid=g1&secret=canary&utm_medium=%0Abad").await;
    let action = between(&page.text, " action=\"", "\"");
    assert_eq!(action, "/f/visit?utm_source=news&amp;gclid=g1");
    assert_eq!(send(&app, &page).await.status, 303);
}
