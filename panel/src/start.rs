//! The door to the page: its script calls `start` once, and `tell` for each message that came before or after.
//!
//! Apart because it is all that `embed/panel.js` knows of us.

use std::cell::Cell;

use leptos::mount::mount_to;
use leptos::prelude::{GetUntracked as _, Set as _};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{HtmlElement, MessageEvent};

use crate::app::{App, Place, Setting};
use crate::{act, keys, messages, shell};

thread_local! {
    static APP: Cell<Option<App>> = const { Cell::new(None) };
}

/// Shows the panel in `target`, in place of the skeleton. `setting` is the page's own JSON; `token` and `record` stood in the
/// address, and may be empty.
#[wasm_bindgen]
pub fn start(target: HtmlElement, setting: &str, token: &str, record: &str) {
    console_error_panic_hook::set_once();
    let setting = Setting::read(setting);
    target.set_text_content(None);
    let place = target.clone();
    // As long as the page is there.
    mount_to(target.clone(), move || {
        let app = App::new(setting);
        APP.set(Some(app));
        place.append_child(&shell::view(app).0).map(drop).unwrap_or_default();
    })
    .forget();
    let Some(app) = APP.get() else { return };
    keys::listen(app);
    messages::watch_height(app, &target);
    if !record.is_empty() {
        app.place.set(Place::Record(record.to_owned()));
    }
    messages::ready(app);
    if token.is_empty() {
        messages::token_needed(app);
    } else {
        act::take_token(app, token);
    }
}

/// Hears a message, if it is one of the CRM's page for us.
#[wasm_bindgen]
pub fn tell(event: &MessageEvent) {
    let Some(app) = APP.get() else { return };
    match messages::read(app, event) {
        Some(messages::Message::Token(token)) => act::take_token(app, &token),
        Some(messages::Message::Open(record))
            if app.session.get_untracked() == crate::app::Session::Ready =>
        {
            act::go(app, Place::Record(record));
        }
        Some(messages::Message::Open(record)) => app.place.set(Place::Record(record)),
        None => {}
    }
    // A listener of ours needs the event no more.
    event.unchecked_ref::<web_sys::Event>().stop_propagation();
}
