//! A form in somebody else's page: mounting, two at once, a shadow root, taking it off.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Error, Function, JSON, Reflect};
use lead_form::embed::{Mounted, mount};
use leptos::prelude::document;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, ShadowRootInit, ShadowRootMode};

use crate::page::{FORM, Page, options, place, turn, until};

fn refusal(form: &JsValue, options: JsValue) -> (String, String) {
    let root = place("<p>as it was</p>");
    let error: Error =
        mount(root.clone(), form.clone(), options, Function::default()).err().unwrap().unchecked_into();
    assert_eq!(root.inner_html(), "<p>as it was</p>", "a refused form takes nothing away");
    root.remove();
    (error.name().into(), error.message().into())
}

#[wasm_bindgen_test]
fn form_that_cant_be_read_is_refused_by_name_and_place() {
    let form = JSON::parse(&FORM.replace("\"textarea\"", "\"hologram\"")).unwrap();
    let (name, message) = refusal(&form, options(""));
    assert_eq!(name, "LeadFormUnreadable");
    assert!(message.contains("fields.7.kind"), "{message}");
}

#[wasm_bindgen_test]
fn options_without_an_address_are_refused_by_name() {
    let (name, message) = refusal(&JSON::parse(FORM).unwrap(), JsValue::UNDEFINED);
    assert_eq!(name, "LeadFormOptions");
    assert!(message.contains("submitUrl"), "{message}");
}

#[wasm_bindgen_test]
async fn form_that_is_taken_off_leaves_nothing() {
    let mut page = Page::new("", r#"[{"status": 200, "body": {"receipt": "r", "state": "delivered"}}]"#);
    page.fill();
    let form = page.find("form").unwrap();
    page.mounted.unmount();
    page.mounted.unmount();
    assert_eq!(page.root.inner_html(), "");
    page.root.append_child(&form).unwrap();
    let told = page.told();
    crate::page::send_event(&form, "submit");
    leptos::prelude::window().dispatch_event(&web_sys::Event::new("online").unwrap()).unwrap();
    turn().await;
    assert_eq!(page.requests(), 0, "nobody listens any more");
    assert_eq!(page.told(), told);
}

#[wasm_bindgen_test]
async fn answer_that_comes_after_the_form_was_taken_off_does_no_harm() {
    let mut page = Page::new(
        "test:gone",
        r#"[{"slow_ms": 100, "status": 200, "body": {"receipt": "r", "state": "delivered"}}]"#,
    );
    page.fill();
    page.press("Send");
    until("it was sent", || page.requests() == 1).await;
    page.mounted.unmount();
    let kept = || {
        leptos::prelude::window().session_storage().unwrap().unwrap().get_item("test:gone").unwrap().unwrap()
    };
    until("the key remembers that the lead is safe", || kept().ends_with(" done")).await;
    assert!(!page.told().contains(&"received".to_owned()));
}

#[wasm_bindgen_test]
async fn host_page_may_take_the_form_off_while_it_hears_an_event() {
    let (root, mounted) = (place(""), Rc::new(RefCell::new(None::<Mounted>)));
    let emit: Closure<dyn FnMut(String)> = Closure::new({
        let mounted = Rc::clone(&mounted);
        move |name: String| {
            if name == "problem" {
                mounted.borrow_mut().as_mut().unwrap().unmount();
            }
        }
    });
    let function: Function = emit.as_ref().unchecked_ref::<Function>().clone();
    *mounted.borrow_mut() = mount(root.clone(), JSON::parse(FORM).unwrap(), options(""), function).ok();
    root.query_selector("button").unwrap().unwrap().unchecked_into::<HtmlElement>().click();
    turn().await;
    assert_eq!(root.inner_html(), "");
    root.remove();
}

#[wasm_bindgen_test]
fn two_forms_on_a_page_share_no_id() {
    let (one, other) = (Page::new("", "[]"), Page::new("", "[]"));
    assert_ne!(one.control("Email").id(), other.control("Email").id());
}

#[wasm_bindgen_test]
fn form_stands_in_a_shadow_root_and_keeps_focus_there() {
    let host = place("");
    let shadow = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).unwrap();
    let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    root.set_inner_html(&Page::new("", "[]").root.inner_html());
    shadow.append_child(&root).unwrap();
    root.query_selector("[name=email]").unwrap().unwrap().unchecked_into::<HtmlElement>().focus().unwrap();
    let page = Page::over(root, "", "[]");
    let active = Reflect::get(&shadow, &"activeElement".into()).unwrap();
    assert!(page.control("Email").is_same_node(Some(active.unchecked_ref())));
    host.remove();
}

#[wasm_bindgen_test]
fn form_with_script_checks_for_itself_and_can_never_put_values_into_an_address() {
    let page = Page::new("", "[]");
    let form = page.find("form").unwrap();
    assert!(form.has_attribute("novalidate"));
    assert_eq!(form.get_attribute("method").as_deref(), Some("dialog"));
}
