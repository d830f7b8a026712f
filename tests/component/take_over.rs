//! Taking over a form that is on the page already.

use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, HtmlInputElement};

use crate::page::{Page, focused, place, turn, typed};

/// As the proxy's first paint has it, in short: the names are what counts.
const FIRST_PAINT: &str = r#"
<form method="post" action="/f/every-kind">
  <input type="hidden" name="_token" value="t">
  <div class="lf-field"><input name="first_name"></div>
  <div class="lf-field"><input name="email" type="email"><p class="lf-problem" data-code="refused_by_partner">x</p></div>
  <div class="lf-field"><input name="phone"><p class="lf-problem" data-code="invalid_phone">x</p></div>
  <textarea name="notes"></textarea>
  <select name="industry"><option value=""></option><option value="b">Shop</option></select>
  <input type="radio" name="customer_type" value="n"><input type="radio" name="customer_type" value="y">
  <input type="checkbox" name="consent" value="true">
  <input type="hidden" name="referrer_name" value="a friend">
  <button type="submit">Send</button>
</form>"#;

fn control(root: &HtmlElement, selector: &str) -> HtmlInputElement {
    root.query_selector(selector).unwrap().unwrap().unchecked_into()
}

fn filled_in() -> HtmlElement {
    let root = place(FIRST_PAINT);
    control(&root, "[name=first_name]").set_value("Ada");
    control(&root, "[name=email]").set_value("ada@analytical.example");
    control(&root, "[name=phone]").set_value("12");
    control(&root, "[name=notes]").set_value("\nTwo tills");
    control(&root, "[name=industry]").set_value("b");
    control(&root, "[value=y]").set_checked(true);
    control(&root, "[name=consent]").set_checked(true);
    root
}

#[wasm_bindgen_test]
fn what_was_entered_stays() {
    let page = Page::over(filled_in(), "", "[]");
    let value = |selector: &str| control(&page.root, selector).value();
    assert_eq!(value("[name=first_name]"), "Ada");
    assert_eq!(value("[name=email]"), "ada@analytical.example");
    assert_eq!(value("[name=notes]"), "\nTwo tills");
    assert_eq!(value("[name=industry]"), "b");
    assert_eq!(value("[name=referrer_name]"), "a friend");
    assert!(control(&page.root, "[value=y]").checked() && !control(&page.root, "[value=n]").checked());
    assert!(control(&page.root, "[name=consent]").checked());
    assert!(!control(&page.root, "[name=hot_transfer]").checked());
    assert!(page.find("[name=_token]").is_none(), "the script's form needs no token");
    assert_eq!(page.root.query_selector_all("form").unwrap().length(), 1);
}

#[wasm_bindgen_test]
fn definitions_value_does_not_come_back_over_what_was_typed() {
    let root = place("<input name=postcode>");
    control(&root, "[name=postcode]").set_value("EC1");
    assert_eq!(Page::over(root, "", "[]").control("Postcode").value(), "EC1");
    assert_eq!(Page::new("", "[]").control("Postcode").value(), "SW1", "in a form that was not there before");
}

#[wasm_bindgen_test]
fn focus_and_selection_stay() {
    let root = filled_in();
    let name = control(&root, "[name=first_name]");
    name.focus().unwrap();
    name.set_selection_range(1, 2).unwrap();
    let page = Page::over(root, "", "[]");
    let name = page.control("First name");
    assert!(focused().is_same_node(Some(&name)));
    assert_eq!((name.selection_start().unwrap(), name.selection_end().unwrap()), (Some(1), Some(2)));
}

#[wasm_bindgen_test]
fn address_that_is_being_typed_goes_on_at_its_end() {
    let root = filled_in();
    control(&root, "[name=email]").focus().unwrap();
    let page = Page::over(root, "", "[]");
    typed(".uk");
    assert_eq!(page.control("Email").value(), "ada@analytical.example.uk");
    assert_eq!(page.control("Email").type_(), "email");
}

#[wasm_bindgen_test]
fn focus_stays_on_the_same_button_of_a_group() {
    let root = filled_in();
    control(&root, "[value=y]").focus().unwrap();
    let _page = Page::over(root, "", "[]");
    assert_eq!(focused().get_attribute("value").as_deref(), Some("y"));
}

#[wasm_bindgen_test]
fn focus_stays_on_the_send_button() {
    let root = filled_in();
    control(&root, "button").focus().unwrap();
    let _page = Page::over(root, "", "[]");
    assert_eq!(focused().get_attribute("type").as_deref(), Some("submit"));
}

#[wasm_bindgen_test]
fn nothing_gets_focus_that_had_none() {
    let _page = Page::over(filled_in(), "", "[]");
    assert_eq!(focused().tag_name(), "BODY");
}

#[wasm_bindgen_test]
async fn problems_of_a_submission_without_a_script_stay() {
    let page = Page::over(filled_in(), "", "[]");
    turn().await;
    assert_eq!(page.problem("Phone").as_deref(), Some("not a phone number"));
    assert_eq!(page.problem("Email").as_deref(), Some("not accepted"), "the rules don't know this one");
    assert_eq!(page.problem("First name"), None);
    assert_eq!(page.root.query_selector_all(".lf-summary li").unwrap().length(), 2);
    assert_eq!(focused().tag_name(), "BODY", "nothing takes focus before the visitor does something");
}
