//! Taking over a form that is on the page already.

use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, HtmlInputElement};

use crate::page::{Page, focused, place, turn, typed, undo, until};

/// The first paint of another version: the names are what counts.
const OTHER_PAINT: &str = r#"
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
    let root = place(OTHER_PAINT);
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

/// The first paint as the proxy makes it of the same view: the nodes of ours, and what only a plain form has.
fn painted() -> HtmlElement {
    let root = place(&Page::new("", "[]").root.inner_html());
    let form = root.query_selector("form").unwrap().unwrap();
    form.remove_attribute("novalidate").unwrap();
    form.set_attribute("method", "post").unwrap();
    form.set_attribute("action", "/f/every-kind").unwrap();
    let token = "<input type=\"hidden\" name=\"_token\" value=\"t\">";
    form.insert_adjacent_html("beforeend", token).unwrap();
    control(&root, "[name=email]").set_attribute("maxlength", "200").unwrap();
    root
}

/// Every element under it.
fn nodes(root: &HtmlElement) -> Vec<web_sys::Node> {
    let all = root.query_selector_all("*").unwrap();
    (0..all.length()).filter_map(|place| all.item(place)).collect()
}

#[wasm_bindgen_test]
fn first_paint_of_the_same_version_keeps_every_node_of_its_own() {
    let root = painted();
    let before = nodes(&root);
    let page = Page::over(root, "", "[]");
    let after = nodes(&page.root);
    let gone: Vec<_> = before.iter().filter(|node| !after.contains(node)).cloned().collect();
    assert_eq!(gone.len(), 1, "the token alone goes");
    assert!(after.iter().all(|node| before.contains(node)), "nothing is made anew");
    let form = page.find("form").unwrap();
    assert_eq!(
        (form.get_attribute("action"), form.get_attribute("method").as_deref()),
        (None, Some("dialog"))
    );
    assert_eq!(page.control("Email").get_attribute("maxlength"), None, "a pasted text is not cut");
}

#[wasm_bindgen_test]
fn focus_selection_and_undo_stay_in_the_node() {
    let root = painted();
    let name = control(&root, "[name=first_name]");
    name.focus().unwrap();
    typed("Ada Lovelace");
    name.set_selection_range(1, 2).unwrap();
    let page = Page::over(root, "", "[]");
    assert!(focused().is_same_node(Some(&name)) && page.control("First name").is_same_node(Some(&name)));
    assert_eq!((name.selection_start().unwrap(), name.selection_end().unwrap()), (Some(1), Some(2)));
    undo();
    assert_eq!(name.value(), "");
}

#[wasm_bindgen_test]
async fn form_that_was_taken_over_lives() {
    let page = Page::over(painted(), "", "[]");
    page.press("Send");
    until("there are problems", || page.problem("First name").is_some()).await;
    assert_eq!(page.root.query_selector_all(".lf-summary").unwrap().length(), 1);
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
