//! A page with one form on it, as the tests use it: what a visitor does, what they see, and a proxy that answers by script.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use lead_form::embed::{Mounted, mount};
use leptos::prelude::{document, set_timeout};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, EventInit, HtmlElement, HtmlInputElement};

/// The form with a field of each kind.
pub(crate) const FORM: &str = include_str!("form.json");

#[wasm_bindgen(inline_js = r#"
// Every request goes to this proxy: it answers with `answers` in turn, the last one for ever. Status 0 is no answer;
// `slow_ms` is how long it takes.
export function scripted(answers) {
  const seen = [];
  window.fetch = async (...asked) => {
    const request = new Request(...asked);
    const body = await request.text();
    seen.push({ url: request.url, method: request.method, key: request.headers.get("idempotency-key"), body });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer?.slow_ms) await new Promise((done) => setTimeout(done, answer.slow_ms));
    if (!answer || answer.status === 0) throw new TypeError("no network");
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  };
  return seen;
}

// As typed at the caret.
export function typed(text) {
  document.execCommand("insertText", false, text);
}

export function undo() {
  document.execCommand("undo");
}
"#)]
extern "C" {
    fn scripted(answers: Array) -> Array;

    /// Types at the caret, wherever it is.
    pub(crate) fn typed(text: &str);

    /// Takes the last typing back.
    pub(crate) fn undo();
}

type Emit = Closure<dyn FnMut(String, JsValue) -> JsValue>;
/// What the loader answers to `submitted`.
const MORE: &str = r#""source":{"mode":"inline","page":"https://shop.example/contact"}"#;

/// A mounted form. It is taken off when it is dropped.
pub(crate) struct Page {
    pub(crate) root: HtmlElement,
    pub(crate) mounted: Mounted,
    told: Rc<RefCell<Vec<(String, JsValue)>>>,
    seen: Array,
    _emit: Emit,
}

/// An empty element on the page, with this HTML inside.
pub(crate) fn place(html: &str) -> HtmlElement {
    let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    root.set_inner_html(html);
    document().body().unwrap().append_child(&root).unwrap();
    root
}

/// The options of a form whose key is kept under this name.
pub(crate) fn options(storage_key: &str) -> JsValue {
    let options = Object::new();
    for (name, value) in
        [("submitUrl", "https://proxy.example/v1/forms/every-kind/submissions"), ("storageKey", storage_key)]
    {
        Reflect::set(&options, &name.into(), &value.into()).unwrap();
    }
    options.into()
}

impl Page {
    /// A form in an empty place, with a proxy that gives these answers (`[{"status": 202, "body": …}, …]`).
    pub(crate) fn new(storage_key: &str, answers: &str) -> Self {
        Self::over(place(""), storage_key, answers)
    }

    /// A form in the place of what is in `root`.
    pub(crate) fn over(root: HtmlElement, storage_key: &str, answers: &str) -> Self {
        let told = Rc::new(RefCell::new(Vec::new()));
        let emit: Emit = Closure::new({
            let told = Rc::clone(&told);
            move |name: String, detail| {
                let answer = if name == "submitted" { MORE.into() } else { JsValue::UNDEFINED };
                told.borrow_mut().push((name, detail));
                answer
            }
        });
        let function: Function = emit.as_ref().unchecked_ref::<Function>().clone();
        let seen = scripted(JSON::parse(answers).unwrap().unchecked_into());
        let form = JSON::parse(FORM).unwrap();
        let mounted = mount(root.clone(), form, options(storage_key), function)
            .unwrap_or_else(|error| panic!("the form does not mount: {error:?}"));
        Self { root, mounted, told, seen, _emit: emit }
    }

    /// The first element of a selector.
    pub(crate) fn find(&self, selector: &str) -> Option<HtmlElement> {
        self.root.query_selector(selector).unwrap().map(JsCast::unchecked_into)
    }

    /// The control that a label names.
    pub(crate) fn control(&self, label: &str) -> HtmlInputElement {
        let labels = self.root.query_selector_all("label").unwrap();
        for index in 0..labels.length() {
            let element: HtmlElement = labels.item(index).unwrap().unchecked_into();
            let text = element.text_content().unwrap_or_default();
            if text.trim_end_matches(" (optional)") == label {
                let inside = element.query_selector("input").unwrap();
                let named = element.get_attribute("for").and_then(|id| self.find(&format!("[id='{id}']")));
                return inside.map(JsCast::unchecked_into).or(named.map(JsCast::unchecked_into)).unwrap();
            }
        }
        panic!("no control is labelled {label}");
    }

    /// Types into a control, as far as a script can: focus, value, the event.
    pub(crate) fn type_into(&self, label: &str, text: &str) {
        let control = self.control(label);
        control.focus().unwrap();
        control.set_value(text);
        send_event(&control, "input");
    }

    /// Leaves the control that has focus.
    pub(crate) fn leave(&self, label: &str) {
        self.control(label).blur().unwrap();
    }

    /// Fills in everything that is required.
    pub(crate) fn fill(&self) {
        self.type_into("First name", "Ada");
        self.type_into("Email", "ada@analytical.example");
        self.control("No").click();
        self.control("I agree").click();
    }

    /// Presses a button by its text.
    pub(crate) fn press(&self, text: &str) {
        let buttons = self.root.query_selector_all("button").unwrap();
        for index in 0..buttons.length() {
            let button: HtmlElement = buttons.item(index).unwrap().unchecked_into();
            if button.text_content().as_deref() == Some(text) {
                return button.click();
            }
        }
        panic!("no button says {text}");
    }

    /// What the form's `data-state` says.
    pub(crate) fn state(&self) -> String {
        self.find(".lf").unwrap().get_attribute("data-state").unwrap()
    }

    /// The sentence at a field, if there is one.
    pub(crate) fn problem(&self, label: &str) -> Option<String> {
        let line = self.control(label).closest(".lf-field").unwrap().unwrap().query_selector(".lf-problem");
        line.unwrap().and_then(|line| line.text_content())
    }

    /// The names of the events so far.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.borrow().iter().map(|(name, _)| name.clone()).collect()
    }

    /// The details of the last event, as JSON.
    pub(crate) fn detail(&self, name: &str) -> String {
        let told = self.told.borrow();
        let (_, detail) =
            told.iter().rfind(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} was not told"));
        String::from(JSON::stringify(detail).unwrap())
    }

    /// How many requests the proxy has seen.
    pub(crate) fn requests(&self) -> u32 {
        self.seen.length()
    }

    /// A part of a request: `url`, `method`, `key` or `body`.
    pub(crate) fn request(&self, index: u32, part: &str) -> String {
        Reflect::get(&self.seen.get(index), &part.into()).unwrap().as_string().unwrap()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.mounted.unmount();
        self.root.remove();
    }
}

/// Sends an event that bubbles.
pub(crate) fn send_event(target: &HtmlElement, name: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    init.set_cancelable(true);
    target.dispatch_event(&Event::new_with_event_init_dict(name, &init).unwrap()).unwrap();
}

/// The element that has focus in the document.
pub(crate) fn focused() -> HtmlElement {
    document().active_element().unwrap().unchecked_into()
}

/// Waits until it is so; fails after five seconds.
pub(crate) async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..500 {
        if so() {
            return;
        }
        turn().await;
    }
    panic!("it never came that {what}");
}

/// Lets the page go on for a moment, until everything that was due has been done.
pub(crate) async fn turn() {
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout(move || drop(resolve.call0(&JsValue::NULL)), Duration::from_millis(10));
    });
    JsFuture::from(promise).await.unwrap();
}
