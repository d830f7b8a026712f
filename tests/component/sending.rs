//! Sending: one request at a time, one key a lead, and what the visitor sees of each answer.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, focused, turn, until};

const DELIVERED: &str = r#"{"status": 200, "body": {"receipt": "7K3F9", "state": "delivered"}}"#;
const RECEIVED: &str = r#"{"status": 202, "body": {"receipt": "7K3F9", "state": "received"}}"#;
const REUSED: &str = r#"{"status": 422, "body": {"code": "idempotency_key_reused"}}"#;
const NO_NETWORK: &str = r#"{"status": 0}"#;

fn answers(answers: &[&str]) -> String {
    format!("[{}]", answers.join(","))
}

#[wasm_bindgen_test]
async fn double_click_sends_once_and_thanks_take_focus() {
    let page = Page::new("", &answers(&[DELIVERED]));
    page.fill();
    page.press("Send");
    page.press("Send");
    turn().await;
    until("the thanks have focus", || focused().class_name() == "lf-thanks").await;
    assert_eq!(page.requests(), 1);
    assert_eq!(page.state(), "delivered");
    assert_eq!(page.find(".lf-receipt__number").unwrap().text_content().as_deref(), Some("7K3F9"));
    assert_eq!(page.told(), ["ready", "started", "submitted", "received", "delivered"]);
    assert_eq!(page.detail("received"), r#"{"receipt":"7K3F9"}"#);
}

#[wasm_bindgen_test]
async fn body_has_what_was_entered_and_nothing_that_is_fixed() {
    let page = Page::new("", &answers(&[DELIVERED]));
    page.fill();
    page.press("Send");
    until("it was sent", || page.requests() == 1).await;
    assert_eq!(page.request(0, "url"), "https://proxy.example/v1/forms/every-kind/submissions");
    assert_eq!(page.request(0, "method"), "POST");
    assert_eq!(page.request(0, "key").len(), 36);
    assert_eq!(
        page.request(0, "body"),
        concat!(
            r#"{"form_version":3,"locale":"en","values":{"first_name":"Ada","email":"ada@analytical.example","#,
            r#""postcode":"SW1","customer_type":"n","hot_transfer":false,"consent":true},"#,
            r#""source":{"mode":"inline","page":"https://shop.example/contact"}}"#
        )
    );
}

#[wasm_bindgen_test]
async fn while_sending_the_button_keeps_focus_and_says_so() {
    let page = Page::new("", &answers(&[&DELIVERED.replacen('{', "{\"slow_ms\": 200, ", 1)]));
    page.fill();
    let button = page.find("button[type=submit]").unwrap();
    button.focus().unwrap();
    button.click();
    until("it is sending", || page.state() == "sending").await;
    assert_eq!(button.get_attribute("aria-disabled").as_deref(), Some("true"));
    assert_eq!(button.get_attribute("disabled"), None);
    assert!(focused().is_same_node(Some(&button)));
    assert_eq!(page.find(".lf-status").unwrap().text_content().as_deref(), Some("Sending…"));
    assert!(page.find(".lf-spinner").is_some());
    until("it is delivered", || page.state() == "delivered").await;
}

#[wasm_bindgen_test]
async fn received_lead_becomes_delivered_when_the_receipt_says_so() {
    let page = Page::new("", &answers(&[RECEIVED, DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is received", || page.state() == "received").await;
    assert_eq!(page.find(".lf-thanks__state").unwrap().text_content().as_deref(), Some("On its way"));
    until("it is delivered", || page.state() == "delivered").await;
    assert_eq!(page.request(1, "url"), "https://proxy.example/v1/receipts/7K3F9");
    assert_eq!(page.find(".lf-thanks__state").unwrap().text_content().as_deref(), Some("Delivered"));
    assert_eq!(page.told().last().map(String::as_str), Some("delivered"));
}

#[wasm_bindgen_test]
async fn problem_that_only_the_partner_knows_stands_at_its_field() {
    let problem = r#"{"status": 422, "body": {"code": "invalid_submission", "problems": [{"field": "email", "code": "refused_by_partner"}]}}"#;
    let page = Page::new("", &answers(&[problem]));
    page.fill();
    page.press("Send");
    until("the summary has focus", || focused().class_name() == "lf-summary").await;
    assert_eq!(page.problem("Email").as_deref(), Some("not accepted"));
    assert_eq!(page.state(), "idle");
    page.control("Email").focus().unwrap();
    page.leave("Email");
    turn().await;
    assert_eq!(
        page.problem("Email").as_deref(),
        Some("not accepted"),
        "the rules find nothing, the partner did"
    );
    page.type_into("Email", "countess@analytical.example");
    turn().await;
    assert_eq!(page.problem("Email"), None);
}

#[wasm_bindgen_test]
async fn unreachable_proxy_keeps_what_was_typed_and_is_tried_again_with_the_same_key() {
    let page = Page::new("", &answers(&[NO_NETWORK, DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is offline", || page.state() == "offline").await;
    assert_eq!(
        page.find(".lf-notice__text").unwrap().text_content().as_deref(),
        Some("Can't reach the server")
    );
    assert_eq!(page.control("First name").value(), "Ada");
    assert!(page.detail("failed").contains(r#""code":"unreachable""#));
    page.press("Try now");
    until("it is delivered", || page.state() == "delivered").await;
    assert_eq!(page.request(0, "key"), page.request(1, "key"));
    assert_eq!(page.request(0, "body"), page.request(1, "body"));
}

#[wasm_bindgen_test]
async fn network_that_is_back_is_used_at_once() {
    let page = Page::new("", &answers(&[NO_NETWORK, DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is offline", || page.state() == "offline").await;
    let online = web_sys::Event::new("online").unwrap();
    leptos::prelude::window().dispatch_event(&online).unwrap();
    until("it is delivered", || page.state() == "delivered").await;
}

#[wasm_bindgen_test]
async fn details_changed_while_offline_wait_for_the_visitor() {
    let page = Page::new("", &answers(&[NO_NETWORK, DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is offline", || page.state() == "offline").await;
    page.type_into("First name", "Augusta");
    let online = web_sys::Event::new("online").unwrap();
    leptos::prelude::window().dispatch_event(&online).unwrap();
    turn().await;
    assert_eq!(
        page.requests(),
        1,
        "half-typed details are not sent, and the older ones are not sent instead"
    );
    page.press("Try now");
    until("it is delivered", || page.state() == "delivered").await;
    assert!(page.request(1, "body").contains("Augusta"));
}

#[wasm_bindgen_test]
async fn reload_sends_the_same_key() {
    let name = "test:reload";
    let key = {
        let page = Page::new(name, &answers(&[NO_NETWORK]));
        page.fill();
        page.press("Send");
        until("it is offline", || page.state() == "offline").await;
        page.request(0, "key")
    };
    let page = Page::new(name, &answers(&[DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is delivered", || page.state() == "delivered").await;
    assert_eq!(page.request(0, "key"), key);
}

#[wasm_bindgen_test]
async fn other_details_after_a_confirmed_lead_are_a_new_lead() {
    let name = "test:confirmed";
    let key = {
        let page = Page::new(name, &answers(&[DELIVERED]));
        page.fill();
        page.press("Send");
        until("it is delivered", || page.state() == "delivered").await;
        page.request(0, "key")
    };
    let page = Page::new(name, &answers(&[REUSED, DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is delivered", || page.state() == "delivered").await;
    assert_eq!(page.request(0, "key"), key);
    assert_ne!(page.request(1, "key"), key);
    assert_eq!(page.request(0, "body"), page.request(1, "body"));
}

#[wasm_bindgen_test]
async fn other_details_after_an_unconfirmed_send_are_asked_about() {
    let page = Page::new("", &answers(&[NO_NETWORK, REUSED, DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is offline", || page.state() == "offline").await;
    page.press("Try now");
    until("it is refused", || page.state() == "refused").await;
    assert_eq!(page.find(".lf-notice__text").unwrap().text_content().as_deref(), Some("Received before"));
    page.press("Send as new");
    until("it is delivered", || page.state() == "delivered").await;
    assert_ne!(page.request(1, "key"), page.request(2, "key"));
}

#[wasm_bindgen_test]
async fn another_lead_starts_empty_with_a_key_of_its_own() {
    let page = Page::new("test:another", &answers(&[DELIVERED]));
    page.fill();
    page.press("Send");
    until("it is delivered", || page.state() == "delivered").await;
    page.press("Another");
    until("the first field has focus", || focused().get_attribute("name").as_deref() == Some("first_name"))
        .await;
    assert_eq!(page.control("First name").value(), "");
    assert!(!page.control("I agree").checked());
    page.fill();
    page.press("Send");
    until("it is delivered", || page.state() == "delivered").await;
    assert_ne!(page.request(0, "key"), page.request(1, "key"));
}
