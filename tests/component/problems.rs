//! When problems are shown, where focus goes, and when they go away.

use leptos::prelude::document;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, focused, send_event, turn, until};

const NOBODY: &str = "[]";

#[wasm_bindgen_test]
async fn field_that_was_changed_shows_its_problem_when_it_is_left() {
    let page = Page::new("", NOBODY);
    page.type_into("Email", "ada@nowhere");
    turn().await;
    assert_eq!(page.problem("Email"), None, "nothing while typing");
    page.leave("Email");
    turn().await;
    assert_eq!(page.problem("Email").as_deref(), Some("not an address"));
    let email = page.control("Email");
    assert_eq!(email.get_attribute("aria-invalid").as_deref(), Some("true"));
    let described = email.get_attribute("aria-describedby").unwrap();
    assert_eq!(page.find(&format!("[id='{described}']")).unwrap().text_content(), page.problem("Email"));
}

#[wasm_bindgen_test]
async fn field_that_was_only_passed_through_shows_none() {
    let page = Page::new("", NOBODY);
    page.control("Email").focus().unwrap();
    page.leave("Email");
    turn().await;
    assert_eq!(page.problem("Email"), None);
}

#[wasm_bindgen_test]
async fn required_field_that_was_emptied_says_so_when_left() {
    let page = Page::new("", NOBODY);
    page.type_into("Email", "a");
    page.type_into("Email", "");
    page.leave("Email");
    turn().await;
    assert_eq!(page.problem("Email").as_deref(), Some("needed"));
}

#[wasm_bindgen_test]
async fn mended_problem_goes_away_while_typing() {
    let page = Page::new("", NOBODY);
    page.type_into("Devices", "0");
    page.leave("Devices");
    turn().await;
    assert_eq!(page.problem("Devices").as_deref(), Some("1 or more"));
    page.type_into("Devices", "0,2");
    turn().await;
    assert_eq!(page.problem("Devices").as_deref(), Some("1 or more"));
    page.type_into("Devices", "1,5");
    turn().await;
    assert_eq!(page.problem("Devices"), None);
    assert_eq!(page.control("Devices").get_attribute("aria-invalid").as_deref(), Some("false"));
    assert_eq!(page.control("Devices").get_attribute("aria-describedby"), None);
}

#[wasm_bindgen_test]
async fn submission_with_problems_moves_focus_to_the_summary() {
    let page = Page::new("", NOBODY);
    page.type_into("Phone", "12");
    page.press("Send");
    until("the summary has focus", || focused().class_name() == "lf-summary").await;
    let summary = page.find(".lf-summary").unwrap().text_content().unwrap();
    for label in [
        "First name: needed",
        "Email: needed",
        "Phone: not a phone number",
        "Cards today? not chosen",
        "not ticked",
    ] {
        assert!(summary.contains(label), "{label} in {summary}");
    }
    assert_eq!(page.state(), "idle");
    assert_eq!(page.requests(), 0);
}

#[wasm_bindgen_test]
async fn link_of_the_summary_leads_to_its_field() {
    let page = Page::new("", NOBODY);
    page.press("Send");
    until("the summary has focus", || focused().class_name() == "lf-summary").await;
    page.find(".lf-summary [data-field=email]").unwrap().click();
    assert_eq!(focused().get_attribute("name").as_deref(), Some("email"));
    page.find(".lf-summary [data-field=customer_type]").unwrap().click();
    assert_eq!(focused().get_attribute("value").as_deref(), Some("n"), "the first button of the group");
}

#[wasm_bindgen_test]
async fn nothing_moves_while_a_pointer_is_down() {
    // Up again where it went down, dragged out of the form, and a finger, whose `mousedown` comes after the `pointerup`.
    for (down, up, outside) in [
        ("pointerdown", "pointerup", false),
        ("pointerdown", "pointercancel", true),
        ("mousedown", "mouseup", false),
        ("mousedown", "keydown", true),
    ] {
        let page = Page::new("", NOBODY);
        page.type_into("Email", "ada@nowhere");
        let agree = page.control("I agree");
        send_event(&agree, down);
        page.leave("Email");
        turn().await;
        assert_eq!(page.problem("Email"), None, "{down}: the line would push the box from under the pointer");
        let body = document().body().unwrap();
        send_event(if outside { &body } else { &agree }, up);
        turn().await;
        assert_eq!(page.problem("Email").as_deref(), Some("not an address"), "{up}: it was only put off");
        page.type_into("Email", "ada@nowhere.example");
        page.type_into("Email", "ada@nowhere");
        page.leave("Email");
        turn().await;
        assert_eq!(page.problem("Email").as_deref(), Some("not an address"), "{up}: the press is over");
    }
}

#[wasm_bindgen_test]
async fn group_is_not_left_from_one_button_to_the_next() {
    let page = Page::new("", NOBODY);
    page.press("Send");
    until("the summary has focus", || focused().class_name() == "lf-summary").await;
    assert_eq!(page.problem("No").as_deref(), Some("not chosen"));
    page.control("Yes").click();
    turn().await;
    assert_eq!(page.problem("No"), None);
}

#[wasm_bindgen_test]
async fn events_name_fields_and_codes_and_never_values() {
    let page = Page::new("", NOBODY);
    page.type_into("First name", "Ada");
    page.type_into("Email", "secret@nowhere");
    page.press("Send");
    assert_eq!(page.told(), ["ready", "started", "problem"]);
    let detail = page.detail("problem");
    assert!(detail.contains(r#"{"field":"email","code":"invalid_email"}"#), "{detail}");
    assert!(!detail.contains("secret"), "{detail}");
}
