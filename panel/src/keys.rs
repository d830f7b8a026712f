//! The keyboard: everything that a mouse can do here, and the list by arrows.
//!
//! Apart because one listener on the page hears every key, so that views need not know where focus is.

use leptos::prelude::{GetUntracked as _, Set as _, WithUntracked as _};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::act::{self, record, save};
use crate::app::{App, Place, Tab};
use crate::page::{find, take_focus};
use crate::view::document;

/// Hears keys, and a page that is about to be left.
pub(crate) fn listen(app: App) {
    let Some(window) = web_sys::window() else { return };
    let on = |name: &str, closure: Closure<dyn FnMut(Event)>| {
        window.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref()).unwrap_or_default();
        closure.forget();
    };
    on("keydown", Closure::new(move |event: Event| hear(app, event.unchecked_ref())));
    let leave = move |event: Event| {
        if app.is_dirty() {
            event.prevent_default();
            event.unchecked_ref::<web_sys::BeforeUnloadEvent>().set_return_value("1");
        }
    };
    on("beforeunload", Closure::new(leave));
}

fn hear(app: App, event: &KeyboardEvent) {
    if event.is_composing() || event.default_prevented() {
        return;
    }
    let (key, chord) = (event.key(), event.ctrl_key() || event.meta_key());
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let done = if app.guarded.with_untracked(Option::is_some) {
        // The question has the floor; Escape answers it as the browser's dialogs do.
        return;
    } else if chord && key.eq_ignore_ascii_case("s") {
        save::save(app);
        true
    } else if chord || event.alt_key() {
        false
    } else if key == "Escape" {
        escape(app, target.as_ref())
    } else if target.as_ref().is_some_and(types_text) {
        in_search(target.as_ref(), &key)
    } else {
        plain(app, target.as_ref(), &key)
    };
    if done {
        event.prevent_default();
    }
}

fn types_text(element: &Element) -> bool {
    matches!(element.local_name().as_str(), "input" | "textarea" | "select")
}

/// From the search the arrow leads into the list.
fn in_search(target: Option<&Element>, key: &str) -> bool {
    let in_search = target.is_some_and(|target| target.class_list_has("lfp-search__input"));
    in_search && key == "ArrowDown" && move_in_list(Move::First)
}

fn plain(app: App, target: Option<&Element>, key: &str) -> bool {
    let in_list = target.is_some_and(|target| target.class_list_has("lfp-row__open"));
    match key {
        "/" => find(".lfp-search__input").is_some_and(|input| {
            take_focus(&input);
            input.unchecked_ref::<HtmlInputElement>().select();
            true
        }),
        "n" if app.holder.with_untracked(|holder| holder.writes() && holder.operations.create) => {
            app.tab.set(Tab::Records);
            act::go(app, Place::New);
            true
        }
        "e" if matches!(app.place.get_untracked(), Place::Record(_)) => {
            record::edit(app);
            true
        }
        "ArrowDown" | "j" => move_in_list(if in_list { Move::Next } else { Move::First }),
        "ArrowUp" | "k" if in_list => move_in_list(Move::Before),
        "Home" if in_list => move_in_list(Move::First),
        "End" if in_list => move_in_list(Move::Last),
        _ => false,
    }
}

/// One step back: out of the search, out of changing, out of the record.
fn escape(app: App, target: Option<&Element>) -> bool {
    let search = target.filter(|target| target.class_list_has("lfp-search__input"));
    if let Some(input) = search.map(|input| input.unchecked_ref::<HtmlInputElement>()) {
        if input.value().is_empty() {
            return move_in_list(Move::First);
        }
        input.set_value("");
        act::search(app, String::new());
        return true;
    }
    if app.editing.get_untracked() {
        record::cancel(app);
        return true;
    }
    let open = app.place.get_untracked() != Place::Nothing;
    if open && app.holder.with_untracked(|holder| holder.record.is_none()) {
        act::go(app, Place::Nothing);
        return true;
    }
    false
}

enum Move {
    First,
    Before,
    Next,
    Last,
}

/// Moves focus among the rows; the one that has it is the only one that Tab finds.
fn move_in_list(step: Move) -> bool {
    let rows = document().and_then(|document| document.query_selector_all(".lfp-row__open").ok());
    let Some(rows) = rows.filter(|rows| rows.length() > 0) else { return false };
    let row = |at: u32| rows.item(at).map(JsCast::unchecked_into::<HtmlElement>);
    let active = document().and_then(|document| document.active_element());
    let at = (0..rows.length()).find(|at| active.is_some() && row(*at).map(Into::into) == active);
    let last = rows.length() - 1;
    let to = match step {
        Move::First => 0,
        Move::Last => last,
        Move::Before => at.unwrap_or(0).saturating_sub(1),
        Move::Next => at.map_or(0, |at| (at + 1).min(last)),
    };
    for at in 0..rows.length() {
        if let Some(row) = row(at) {
            row.set_tab_index(if at == to { 0 } else { -1 });
        }
    }
    let found = row(to);
    if let Some(row) = &found {
        take_focus(row);
    }
    found.is_some()
}

/// What an element is asked by the keys.
trait HasClass {
    fn class_list_has(&self, class: &str) -> bool;
}

impl HasClass for Element {
    fn class_list_has(&self, class: &str) -> bool {
        self.get_attribute("class")
            .is_some_and(|all| all.split_ascii_whitespace().any(|known| known == class))
    }
}
