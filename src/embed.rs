//! The door to the host page: mounting a form into an element, and taking it off again.
//!
//! Apart because it is all that the loader knows of us. It decides nothing about values or states.

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Error, Function};
use leptos::mount::mount_to;
use leptos::prelude::Owner;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlElement;

use crate::events::{Event, Teller};
use crate::form::{LeadForm, LeadFormProps};
use crate::key::KeptKey;
use crate::live::{Listening, Live};
use crate::read::read_form;
use crate::shown::Shown;
use crate::take_over::Before;
use crate::view::build_over;
use crate::{js, panic};

thread_local! {
    /// How many forms this page has had: makes their ids differ.
    static MOUNTED: Cell<u32> = const { Cell::new(0) };
}

/// A form on a page. Keep it, and call `unmount` when its element leaves the page.
#[wasm_bindgen]
pub struct Mounted {
    // Dropped in this order: first nobody listens any more, then the view goes, then its signals.
    listening: Option<Listening>,
    view: Option<Box<dyn Any>>,
    owner: Option<Owner>,
    live: Rc<Live>,
}

#[wasm_bindgen]
impl Mounted {
    /// Takes the form off the page, with its listeners and timers. A submission on its way goes on. Harmless twice.
    pub fn unmount(&mut self) {
        self.live.leave();
        self.listening = None;
        self.view = None;
        self.owner = None;
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.unmount();
    }
}

/// Shows a form in `target`, over what is there: the first paint's own nodes are kept, with what was typed, focus and caret.
///
/// `form` is the parsed JSON of `GET /v1/forms/{form}`. `options` has `submitUrl` and `storageKey` (where the idempotency
/// key is kept for the tab). `emit(name, detail)` is called for each event; what it answers to `submitted` is sent beside the
/// values: members of the submission's JSON, as they stand between braces.
///
/// # Errors
/// A JavaScript `Error` named `LeadFormUnreadable` for a form that can't be read, `LeadFormOptions` for options without
/// `submitUrl`. `target` is then as it was.
#[wasm_bindgen]
pub fn mount(
    target: HtmlElement,
    form: JsValue,
    options: JsValue,
    emit: Function,
) -> Result<Mounted, JsValue> {
    let form = read_form(&form).map_err(|error| named("LeadFormUnreadable", &error.sentence()))?;
    let submit_url = js::text(&options, "submitUrl").ok_or_else(|| {
        named("LeadFormOptions", "options.submitUrl is missing: the address that submissions go to")
    })?;
    let teller = Teller { emit };
    let key = KeptKey::load(js::text(&options, "storageKey").unwrap_or_default());
    let instance = MOUNTED.replace(MOUNTED.get() + 1).to_string();

    let before = Before::look(&target, &form);
    build_over(&target);
    let owner = Owner::new();
    let (shown, view) = owner.with(|| {
        let shown = Shown::new(form, &instance, before.values.clone(), None);
        let props = LeadFormProps { shown: Arc::clone(&shown) };
        let view: Box<dyn Any> = Box::new(mount_to(target.clone(), move || LeadForm(props)));
        (shown, view)
    });
    let live = Live::new(shown, target.clone(), teller, submit_url, key);
    panic::watch(&live);
    let listening = Listening::start(&live);
    if !before.problems.is_empty() {
        live.set_problems(&before.problems);
    }
    live.teller.tell(&Event::Ready);
    Ok(Mounted { listening: Some(listening), view: Some(view), owner: Some(owner), live })
}

/// An error that a script can branch on by its name, with a sentence for people.
fn named(name: &str, sentence: &str) -> JsValue {
    let error = Error::new(sentence);
    error.set_name(name);
    error.into()
}
