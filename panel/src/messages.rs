//! What is said to the CRM's page around us, and heard from it. Names and ids, never a value of a field.
//!
//! Apart because both directions are held against the account's list of origins here, and nowhere else.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use js_sys::{Object, Reflect};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::{WithValue as _, set_timeout_with_handle};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, MessageEvent, ResizeObserver, Window};

use crate::app::App;
use crate::page::now_ms;

/// The version of these messages.
const VERSION: f64 = 1.0;
/// So long before its end a new token is asked for.
const BEFORE_END: f64 = 60_000.0;

thread_local! {
    /// The page's origin, once it has spoken.
    static PARENT: RefCell<Option<String>> = const { RefCell::new(None) };
    static END: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
    /// The height that was told last.
    static HEIGHT: Cell<i32> = const { Cell::new(0) };
}

/// What the CRM's page may say.
pub(crate) enum Message {
    /// A token: the first, or the next.
    Token(String),
    /// A record to open.
    Open(String),
}

/// Reads a message: of the page around us, from an origin of the account's, for us, in our version.
pub(crate) fn read(app: App, event: &MessageEvent) -> Option<Message> {
    let parent = parent()?;
    let source: JsValue = event.source().map(JsValue::from)?;
    let origin = event.origin();
    let listed = app.setting.with_value(|setting| setting.origins.contains(&origin));
    if source != JsValue::from(parent) || !listed {
        return None;
    }
    let data = event.data();
    let get = |name: &str| Reflect::get(&data, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let text = |name: &str| get(name).as_string().filter(|text| !text.is_empty());
    if !data.is_object() || text("target").as_deref() != Some("lead-form-panel") || get("version") != VERSION
    {
        return None;
    }
    PARENT.set(Some(origin));
    match text("type").as_deref() {
        Some("token") => text("token").map(Message::Token),
        Some("open") => text("record").map(Message::Open),
        _ => None,
    }
}

/// The page around us; none where we are the whole page.
fn parent() -> Option<Window> {
    let window = web_sys::window()?;
    let parent = window.parent().ok().flatten()?;
    (parent != window).then_some(parent)
}

/// Says something to the page around us, if its origin is one of the account's: the browser hands it to no other.
fn post(app: App, kind: &str, members: &[(&str, JsValue)]) {
    let Some(parent) = parent() else { return };
    let message = Object::new();
    let set = |name: &str, value: &JsValue| {
        Reflect::set(&message, &name.into(), value).map(drop).unwrap_or_default();
    };
    set("source", &"lead-form-panel".into());
    set("version", &VERSION.into());
    set("type", &kind.into());
    for (name, value) in members {
        set(name, value);
    }
    let known = PARENT.with_borrow(Clone::clone).or_else(|| ancestor(app));
    let origins = match known {
        Some(origin) => vec![origin],
        None => app.setting.with_value(|setting| setting.origins.clone()),
    };
    for origin in origins {
        parent.post_message(&message, &origin).unwrap_or_default();
    }
}

/// Who frames us, where the browser says so: spares it a line in the console for each other origin of the list.
fn ancestor(app: App) -> Option<String> {
    let location = Reflect::get(&web_sys::window()?.into(), &"location".into()).ok()?;
    let ancestors = Reflect::get(&location, &"ancestorOrigins".into()).ok()?;
    let first = Reflect::get(&ancestors, &0.into()).ok()?.as_string()?;
    app.setting.with_value(|setting| setting.origins.contains(&first)).then_some(first)
}

/// The panel is there.
pub(crate) fn ready(app: App) {
    post(app, "ready", &[]);
}

/// A new token is needed.
pub(crate) fn token_needed(app: App) {
    post(app, "token-needed", &[]);
}

/// A record was opened.
pub(crate) fn record_opened(app: App, id: &str) {
    post(app, "record-opened", &[("id", id.into())]);
}

/// A record was made.
pub(crate) fn record_created(app: App, receipt: &str, id: Option<&str>) {
    let mut members = vec![("receipt", JsValue::from(receipt))];
    members.extend(id.map(|id| ("id", id.into())));
    post(app, "record-created", &members);
}

/// A record was changed, in these fields.
pub(crate) fn record_updated(app: App, id: &str, names: &[String]) {
    let fields: js_sys::Array = names.iter().map(|name| JsValue::from(name.as_str())).collect();
    post(app, "record-updated", &[("id", id.into()), ("fields", fields.into())]);
}

/// Asks for the next token a minute before this one ends.
pub(crate) fn watch_end(app: App, expires_at: &str) {
    if let Some(before) = END.take() {
        before.clear();
    }
    let left = js_sys::Date::parse(expires_at) - now_ms() - BEFORE_END;
    if left.is_finite() {
        let wait = Duration::from_millis(left.max(0.0) as u64);
        END.set(set_timeout_with_handle(move || token_needed(app), wait).ok());
    }
}

/// Tells the page around us each height of ours, unless we fill the frame that it gives us.
pub(crate) fn watch_height(app: App, target: &HtmlElement) {
    if target.closest("[data-height=fill]").ok().flatten().is_some() {
        return;
    }
    let node = target.clone();
    let tell = Closure::<dyn FnMut()>::new(move || {
        let height = node.offset_height();
        if HEIGHT.replace(height) != height {
            post(app, "height", &[("px", height.into())]);
        }
    });
    if let Ok(observer) = ResizeObserver::new(tell.as_ref().unchecked_ref()) {
        observer.observe(target);
        // As long as the page is there.
        std::mem::forget(observer);
        tell.forget();
    }
}
