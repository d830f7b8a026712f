//! What the panel asks of the page itself: the clock, focus, dates in words.
//!
//! Apart so that views speak of moments and places, not of browser interfaces.

use leptos::prelude::set_timeout;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement, HtmlInputElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::app::App;
use crate::view::document;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// A moment in the person's language and time zone; the text itself where it is none.
pub(crate) fn moment(app: App, text: &str) -> String {
    let date = js_sys::Date::new(&text.into());
    if date.get_time().is_nan() {
        return text.to_owned();
    }
    let options = js_sys::Object::new();
    let set = |name: &str, value: &str| {
        js_sys::Reflect::set(&options, &name.into(), &value.into()).map(drop).unwrap_or_default();
    };
    set("dateStyle", "medium");
    // A day has no hour, and none of ours may move it.
    if text.len() > 10 {
        set("timeStyle", "short");
    } else {
        set("timeZone", "UTC");
    }
    date.to_locale_string(&app.locale(), &options).into()
}

/// The time of day of a moment.
pub(crate) fn clock_time(app: App, at: f64) -> String {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"timeStyle".into(), &"short".into()).map(drop).unwrap_or_default();
    js_sys::Date::new(&at.into()).to_locale_time_string_with_options(&app.locale(), &options).into()
}

/// How long ago, in words.
pub(crate) fn age(app: App, at: f64) -> String {
    let minutes = ((now_ms() - at) / 60_000.0) as u32;
    match minutes {
        0 => app.t("age_now"),
        1 => app.t("age_minute"),
        minutes => app.tw("age_minutes", &[("minutes", &minutes.to_string())]),
    }
}

/// Whether a text is a day or a moment as machines write it.
pub(crate) fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let day = digits(0..4)
        && bytes.get(4) == Some(&b'-')
        && digits(5..7)
        && bytes.get(7) == Some(&b'-')
        && digits(8..10);
    day && (bytes.len() == 10 || (bytes.len() > 16 && bytes.get(10) == Some(&b'T')))
}

/// The first element of a selector.
pub(crate) fn find(selector: &str) -> Option<HtmlElement> {
    document()?.query_selector(selector).ok().flatten().map(JsCast::unchecked_into)
}

/// Focus, once what is being shown now stands in the page; nothing where it is not there.
pub(crate) fn focus_soon(selector: &'static str) {
    set_timeout(move || focus(selector), Duration::ZERO);
}

/// The same for the control of a field.
pub(crate) fn focus_field_soon(name: &str) {
    let id = control_id(name);
    let go = move || {
        let found = document().and_then(|document| document.get_element_by_id(&id));
        if let Some(control) = found.map(JsCast::unchecked_into::<HtmlElement>) {
            take_focus(&control);
        }
    };
    set_timeout(go, Duration::ZERO);
}

fn focus(selector: &str) {
    if let Some(element) = find(selector) {
        take_focus(&element);
    }
}

/// Focus on the first gesture of a field, once it is there.
pub(crate) fn focus_gesture_soon(name: &str) {
    let id = control_id(name);
    let go = move || {
        let control = document().and_then(|document| document.get_element_by_id(&id));
        let field = control.and_then(|control| control.closest(".lf-field").ok().flatten());
        let gesture = field.and_then(|field| field.query_selector(".lfp-gestures button").ok().flatten());
        if let Some(gesture) = gesture.map(JsCast::unchecked_into::<HtmlElement>) {
            take_focus(&gesture);
        }
    };
    set_timeout(go, Duration::ZERO);
}

/// Focus with the element in sight, no further than needed.
pub(crate) fn take_focus(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    element.focus_with_options(&options).unwrap_or_default();
    let sight = ScrollIntoViewOptions::new();
    sight.set_block(ScrollLogicalPosition::Nearest);
    let place = element.closest(".lf-field, tr").ok().flatten();
    match place {
        Some(place) => place.scroll_into_view_with_scroll_into_view_options(&sight),
        None => element.scroll_into_view_with_scroll_into_view_options(&sight),
    }
}

/// The id of a field's control.
pub(crate) fn control_id(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    ["f-", &plain].concat()
}

/// What a control holds; selects and text areas have it under the same name.
pub(crate) fn value_in(event: &web_sys::Event) -> String {
    let target = event.target().map(JsCast::unchecked_into::<HtmlInputElement>);
    target.map(|control| control.value()).unwrap_or_default()
}

/// A new idempotency key.
pub(crate) fn new_key() -> String {
    let mut random = [0_u8; 16];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    if let Some(crypto) = crypto {
        crypto.get_random_values_with_u8_array(&mut random).map(drop).unwrap_or_default();
    }
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    random.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
