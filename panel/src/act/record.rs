//! Opening one record: what the list knows of it at once, then the record itself and our leads beside it.
//!
//! Apart from saving, which is the only thing here that changes something at a partner.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::{GetUntracked as _, Set as _, Update as _, WithUntracked as _, set_timeout};

use super::{leads, load_schema, mark_loading, put, save, spawn};
use crate::app::{App, Asked, Place, Saving};
use crate::client::{Ask, Fault, ask, encoded};
use crate::draft::Draft;
use crate::messages;
use crate::page::{find, focus_soon, take_focus};
use crate::view::document;
use crate::wire::Record;

thread_local! {
    /// Counts what was opened: an answer about something else is not heard.
    static OPENED: Cell<u32> = const { Cell::new(0) };
}

/// Opens a place, or closes what is open.
pub(crate) fn show(app: App, place: Place) {
    let number = OPENED.get() + 1;
    OPENED.set(number);
    let before = app.place.get_untracked();
    app.editing.set(false);
    app.saving.set(Saving::Idle);
    app.said.set(String::new());
    app.leads.set(Asked::default());
    app.place.set(place.clone());
    match place {
        Place::Nothing => {
            app.record.set(Asked::default());
            set_timeout(move || back_to_list(&before), Duration::ZERO);
        }
        Place::New => {
            // A record that was asked for and is no longer waited for.
            app.record.set(Asked::default());
            save::begin_new(app);
        }
        Place::Record(id) => {
            app.record.set(known(app, &id));
            focus_soon(".lfp-record__title");
            load(app, ["/records/", &encoded(&id)].concat(), number);
            leads::load_of(app, &id);
        }
        Place::Reference(reference) => {
            app.record.set(Asked::default());
            focus_soon(".lfp-record__title");
            load(app, ["/records/by-reference/", &encoded(&reference)].concat(), number);
        }
    }
}

/// What is known of a record before it is asked for: it was in the list a moment ago.
fn known(app: App, id: &str) -> Asked<Record> {
    app.list.with_untracked(|list| {
        let found = list.value.as_ref().and_then(|page| page.records.iter().find(|record| record.id == id));
        Asked { value: found.map(|record| Arc::new(record.clone())), at: list.at, ..Asked::default() }
    })
}

fn load(app: App, path: String, number: u32) {
    mark_loading(app.record);
    spawn(async move {
        let answer = ask::<Record>(app, Ask::get(path)).await;
        if OPENED.get() != number {
            return;
        }
        if !put(app, app.record, answer) {
            return;
        }
        let id = app.record.with_untracked(|asked| asked.value.as_ref().map(|record| record.id.clone()));
        let Some(id) = id else { return };
        if matches!(app.place.get_untracked(), Place::Reference(_)) {
            app.place.set(Place::Record(id.clone()));
            leads::load_of(app, &id);
        }
        messages::record_opened(app, &id);
    });
}

/// Asks for the record again. What was typed stays, and is held against what comes.
pub(crate) fn reload(app: App) {
    let Place::Record(id) = app.place.get_untracked() else { return };
    if !app.editing.get_untracked() {
        return show(app, Place::Record(id));
    }
    app.saving.set(Saving::Busy);
    spawn(async move {
        match ask::<Record>(app, Ask::get(["/records/", &encoded(&id)].concat())).await {
            Ok(record) => save::hold_against(app, record),
            Err(fault) => save::fail(app, fault),
        }
    });
}

/// Shows a masked field. The proxy writes down who has asked.
pub(crate) fn reveal(app: App, name: String) {
    let Place::Record(id) = app.place.get_untracked() else { return };
    let (number, path) = (OPENED.get(), format!("/records/{}?reveal={}", encoded(&id), encoded(&name)));
    spawn(async move {
        let answer = ask::<Record>(app, Ask::get(path)).await;
        if OPENED.get() == number {
            keep_revealed(app, answer);
            focus_soon(".lfp-record__title");
        }
    });
}

/// What was shown before stays shown.
fn keep_revealed(app: App, answer: Result<Record, Fault>) {
    let answer = answer.map(|mut record| {
        app.record.with_untracked(|asked| {
            for (name, value) in asked.value.iter().flat_map(|before| before.fields.iter()) {
                if record.masked.contains(name) {
                    record.fields.insert(name.clone(), value.clone());
                    record.masked.retain(|masked| masked != name);
                }
            }
        });
        record
    });
    put(app, app.record, answer);
}

/// Begins to change the record that is open.
pub(crate) fn edit(app: App) {
    let can = app.holder.with_untracked(|holder| holder.writes() && holder.operations.update);
    let record = app.record.get_untracked().value;
    let (Some(record), true, false) = (record, can, app.editing.get_untracked()) else { return };
    let begin = move || {
        let draft = app.schema.with_untracked(|schema| Draft::of_record(&record, schema));
        let first = draft.slots.first().map(|slot| slot.field.name.clone());
        app.draft.set(draft);
        app.saving.set(Saving::Idle);
        app.said.set(String::new());
        app.editing.set(true);
        if let Some(first) = first {
            crate::page::focus_field_soon(&first);
        }
    };
    if app.schema.with_untracked(|schema| schema.is_empty()) {
        spawn(async move {
            load_schema(app).await;
            begin();
        });
    } else {
        begin();
    }
}

/// Stops changing; what was typed is gone, so the person is asked before.
pub(crate) fn cancel(app: App) {
    match app.place.get_untracked() {
        Place::New => super::go(app, Place::Nothing),
        place if app.is_dirty() => app.guarded.set(Some(place)),
        _ => {
            app.editing.set(false);
            app.saving.set(Saving::Idle);
            focus_soon(".lfp-record__title");
        }
    }
}

/// Puts focus where the person came from, once the list stands there as it is without the record.
fn back_to_list(before: &Place) {
    let row = match before {
        Place::Record(id) => {
            let rows = document().and_then(|document| document.query_selector_all(".lfp-row__open").ok());
            let count = rows.as_ref().map_or(0, web_sys::NodeList::length);
            let elements = (0..count).filter_map(|at| rows.as_ref().and_then(|rows| rows.item(at)));
            let mut elements = elements.map(wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>);
            elements.find(|row| row.get_attribute("data-id").as_deref() == Some(id))
        }
        _ => None,
    };
    match row.or_else(|| find(".lfp-search__input")) {
        Some(element) if *before != Place::Nothing => take_focus(&element),
        _ => {}
    }
}

/// Puts a record into list and view, as it is now.
pub(super) fn replace(app: App, record: Record) {
    app.list.update(|list| {
        if let Some(page) = &list.value {
            let mut page = (**page).clone();
            for known in page.records.iter_mut().filter(|known| known.id == record.id) {
                *known = record.clone();
            }
            list.value = Some(Arc::new(page));
        }
    });
    app.record.set(Asked { value: Some(Arc::new(record)), at: crate::page::now_ms(), ..Asked::default() });
}
