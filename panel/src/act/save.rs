//! Saving what was changed, and making a new record. Nothing typed is lost by any answer.
//!
//! Apart because the idempotency key lives here: the same for each try of one new record, another only when the person says so
//! or the proxy has said that nothing was kept.

use std::cell::RefCell;

use gloo_net::http::Method;
use leptos::prelude::{Get as _, GetUntracked as _, Set as _, Update as _, WithUntracked as _};

use super::{expire, leave, load_list, load_schema, record, say, spawn};
use crate::app::{App, Place, Saving};
use crate::client::{Ask, Fault, ask, encoded};
use crate::draft::Draft;
use crate::messages;
use crate::page::{focus_field_soon, focus_soon, new_key};
use crate::wire::{Made, Record};

thread_local! {
    /// The key of the new record that is being filled in.
    static KEY: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Begins a new record.
pub(crate) fn begin_new(app: App) {
    KEY.replace(new_key());
    let begin = move || {
        let draft = app.schema.with_untracked(|schema| Draft::new_record(schema));
        let first = draft.slots.first().map(|slot| slot.field.name.clone());
        app.draft.set(draft);
        app.editing.set(true);
        if let Some(first) = first {
            focus_field_soon(&first);
        }
    };
    if app.schema.with_untracked(|schema| schema.is_empty()) {
        spawn(async move {
            load_schema(app).await;
            if app.place.get_untracked() == Place::New {
                begin();
            }
        });
    } else {
        begin();
    }
}

/// Saves: what changed of a record, or a new one.
pub(crate) fn save(app: App) {
    if !app.editing.get_untracked() || app.saving.get_untracked() == Saving::Busy {
        return;
    }
    let mut draft = app.draft.get_untracked();
    let wrong = draft.check();
    app.draft.set(draft.clone());
    if let Some(name) = wrong {
        app.saving.set(Saving::Problems(Vec::new()));
        return focus_field_soon(&name);
    }
    match &draft.record {
        Some(_) if !draft.is_dirty() => record::cancel(app),
        Some(id) => change(app, id.clone(), &draft),
        None => make(app, &draft),
    }
}

fn change(app: App, id: String, draft: &Draft) {
    let names: Vec<String> =
        draft.slots.iter().filter(|slot| slot.is_changed()).map(|slot| slot.field.name.clone()).collect();
    let body = draft.to_patch().to_string();
    app.saving.set(Saving::Busy);
    spawn(async move {
        let path = ["/records/", &encoded(&id)].concat();
        match ask::<Record>(app, Ask::with_body(Method::PATCH, path, body)).await {
            Ok(changed) => {
                record::replace(app, changed);
                app.editing.set(false);
                app.saving.set(Saving::Idle);
                let count = names.len().to_string();
                say(app, app.tw(if names.len() == 1 { "saved_one" } else { "saved" }, &[("count", &count)]));
                messages::record_updated(app, &id, &names);
                focus_soon(".lfp-record__title");
            }
            Err(mut fault) => match fault.record.take() {
                Some(theirs) => hold_against(app, *theirs),
                None => fail(app, fault),
            },
        }
    });
}

/// Holds the record as it is now against what was typed: what differs is for the person to choose.
pub(crate) fn hold_against(app: App, theirs: Record) {
    let mut draft = app.draft.get_untracked();
    draft.take_record(&theirs);
    let conflict = draft.slots.iter().find(|slot| slot.trouble.is_some()).map(|slot| slot.field.name.clone());
    let dirty = draft.is_dirty();
    app.draft.set(draft);
    record::replace(app, theirs);
    match conflict {
        Some(name) => {
            app.saving.set(Saving::Conflict);
            focus_field_soon(&name);
        }
        None => {
            app.saving.set(Saving::Idle);
            if !dirty {
                app.editing.set(false);
                say(app, app.t("already_saved"));
                focus_soon(".lfp-record__title");
            }
        }
    }
}

/// Puts a refusal where it belongs.
pub(crate) fn fail(app: App, fault: Fault) {
    if fault.is_of_token() {
        expire(app);
    }
    if fault.code == "idempotency_key_reused" {
        return app.saving.set(Saving::Reused);
    }
    if fault.problems.is_empty() {
        app.saving.set(Saving::Failed(fault));
        return focus_soon(".lfp-saving");
    }
    let mut homeless = Vec::new();
    app.draft.update(|draft| homeless = draft.take_problems(fault.problems.clone()));
    let first = app.draft.with_untracked(|draft| {
        draft.slots.iter().find(|slot| slot.trouble.is_some()).map(|slot| slot.field.name.clone())
    });
    app.saving.set(Saving::Problems(homeless));
    match first {
        Some(name) => focus_field_soon(&name),
        None => focus_soon(".lfp-saving"),
    }
}

fn make(app: App, draft: &Draft) {
    let body = draft.to_new().to_string();
    let key = KEY.with_borrow(Clone::clone);
    app.saving.set(Saving::Busy);
    spawn(async move {
        let request = Ask { key: Some(key), ..Ask::with_body(Method::POST, "/records", body) };
        match ask::<Made>(app, request).await {
            Ok(made) => made_it(app, made),
            Err(fault) => {
                // A refusal that names fields is the end of this key; after a silence it is not known, and the key stays.
                if !fault.problems.is_empty() || fault.code == "partner_refused" {
                    KEY.replace(new_key());
                }
                fail(app, fault);
            }
        }
    });
}

fn made_it(app: App, made: Made) {
    messages::record_created(app, &made.receipt, made.id.as_deref());
    app.editing.set(false);
    app.draft.set(Draft::default());
    let sentence = match made.state.as_str() {
        "delivered" => app.t("created"),
        _ => app.tw("created_later", &[("receipt", &made.receipt)]),
    };
    match made.id {
        Some(id) if made.state == "delivered" => leave(app, Place::Record(id)),
        _ => leave(app, Place::Nothing),
    }
    say(app, sentence);
    load_list(app);
}

/// Sends the values as a record of their own, beside the one that was sent before.
pub(crate) fn save_as_new(app: App) {
    KEY.replace(new_key());
    app.saving.set(Saving::Idle);
    save(app);
}

/// How many fields will be sent, as the signals say now.
pub(crate) fn count(app: App) -> usize {
    app.draft.get().count()
}
