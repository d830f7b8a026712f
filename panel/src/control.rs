//! One field of the form: label, gestures, control, what is wrong with it, and where somebody else has changed it, both values.
//!
//! Apart from the form because each field follows the draft by itself: nothing that is typed elsewhere makes it anew.

use std::rc::Rc;

use lead_model::{Problem, ProblemCode};
use leptos::prelude::{Update as _, With as _, WithUntracked as _};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::app::App;
use crate::draft::{Entry, Slot, Trouble};
use crate::notice::{link, quiet};
use crate::page::{control_id, focus_field_soon, value_in};
use crate::shell::flags;
use crate::view::{El, el};

/// What a field shows, as far as it is not the text in its control.
#[derive(Clone, Default)]
struct Shown {
    changed: bool,
    erased: bool,
    can_be_erased: bool,
    trouble: Option<Trouble>,
}

/// As the draft has it now, for whoever follows it.
fn shown(app: App, name: &str) -> Shown {
    app.draft.with(|draft| {
        let slot = draft.slot(name);
        slot.map_or_else(Shown::default, |slot| Shown {
            changed: slot.is_changed(),
            erased: slot.entry == Entry::Erased,
            can_be_erased: slot.can_be_erased(),
            trouble: slot.trouble.clone(),
        })
    })
}

fn yes(on: bool) -> Option<String> {
    on.then(String::new)
}

/// One field.
pub(crate) fn view(app: App, slot: &Slot, creates: bool) -> El {
    let name = slot.field.name.clone();
    let id = control_id(&name);
    let of = {
        let name = name.clone();
        Rc::new(move || shown(app, &name))
    };
    let wide = is_long(slot);
    let label = el("label", "lf-label").attr("for", &id).text(&slot.field.label);
    let label = match creates && !slot.field.required {
        true => label.text(" ").child(el("span", "lf-optional").text(&app.t("optional"))),
        false => label,
    };
    let (changed, invalid) = (Rc::clone(&of), Rc::clone(&of));
    el("div", "lf-field lfp-slot")
        .attr("data-kind", if wide { "textarea" } else { "text" })
        .attr("data-field", &name)
        .attr("data-width", if wide { "full" } else { "half" })
        .live_attr("data-changed", move || yes(changed().changed && !creates))
        .live_attr("data-invalid", move || yes(invalid().trouble.is_some()))
        .child(el("div", "lfp-labels").child(label).child(gestures(app, slot, creates, Rc::clone(&of))))
        .child(held(app, slot, &id, &of))
        .child(wrong(app, slot, &id, of))
}

/// The control, or in its place that it will be erased.
fn held(app: App, slot: &Slot, id: &str, of: &Rc<impl Fn() -> Shown + 'static>) -> El {
    let (invalid, described, hidden, erased) = (Rc::clone(of), Rc::clone(of), Rc::clone(of), Rc::clone(of));
    let problem = [id, "-problem"].concat();
    let control = control(app, slot, id)
        .live_attr("aria-invalid", move || {
            Some(if invalid().trouble.is_some() { "true" } else { "false" }.to_owned())
        })
        .live_attr("aria-describedby", move || described().trouble.map(|_| problem.clone()))
        .live_attr("hidden", move || yes(hidden().erased));
    let also = Rc::clone(&erased);
    el("div", "lfp-control").child(control).child(el("div", "").live_of(
        move || flags(&[erased().erased]),
        move || match also().erased {
            true => vec![el("p", "lfp-erased").text(&app.t("erased"))],
            false => Vec::new(),
        },
    ))
}

/// What is wrong with it.
fn wrong(app: App, slot: &Slot, id: &str, of: Rc<impl Fn() -> Shown + 'static>) -> El {
    let (slot, id, also) = (slot.clone(), [id, "-problem"].concat(), Rc::clone(&of));
    let key = move || match of().trouble {
        None => String::new(),
        Some(Trouble::Rule(problem)) => sentence(app, &problem),
        Some(Trouble::Emptied) => "-".to_owned(),
        Some(Trouble::Changed(theirs)) => ["=", &theirs].concat(),
    };
    el("div", "lfp-trouble").live_of(key, move || {
        also().trouble.map(|trouble| said(app, &slot, &id, &trouble)).into_iter().collect()
    })
}

fn is_long(slot: &Slot) -> bool {
    slot.field.display == "textarea" || slot.shown().chars().count() > 60 || slot.shown().contains('\n')
}

/// Leaving and erasing are gestures of their own.
fn gestures(app: App, slot: &Slot, creates: bool, of: Rc<impl Fn() -> Shown + 'static>) -> El {
    let (name, label, also) = (slot.field.name.clone(), slot.field.label.clone(), Rc::clone(&of));
    let key = move || {
        let shown = of();
        flags(&[shown.changed, shown.erased, shown.can_be_erased])
    };
    el("span", "lfp-gestures").live_of(key, move || {
        if creates {
            return Vec::new();
        }
        let shown = also();
        let gesture = |key: &str, entry: Entry| {
            let name = name.clone();
            link(&app.t(key), move || enter_and_stay(app, &name, entry.clone()))
                .attr("aria-label", &app.tw(&[key, "_field"].concat(), &[("label", &label)]))
        };
        let mut gestures = Vec::new();
        if shown.changed {
            gestures.push(gesture("undo", Entry::Left));
        }
        if shown.can_be_erased && !shown.erased {
            gestures.push(gesture("erase", Entry::Erased));
        }
        gestures
    })
}

fn enter(app: App, name: &str, entry: Entry) {
    app.draft.update(|draft| draft.enter(name, entry));
}

/// The button that was pressed is gone then: focus goes to what takes its place.
fn enter_and_stay(app: App, name: &str, entry: Entry) {
    let erased = entry == Entry::Erased;
    enter(app, name, entry);
    if erased {
        crate::page::focus_gesture_soon(name);
    } else {
        focus_field_soon(name);
    }
}

/// The control itself. The draft is written by each keystroke, and read back only where it says something else.
fn control(app: App, slot: &Slot, id: &str) -> El {
    let field = &slot.field;
    let made = if !field.options.is_empty() || slot.is_bool() {
        choice(app, slot)
    } else if is_long(slot) {
        el("textarea", "lf-input").attr("rows", "3")
    } else {
        let (kind, mode) = match field.kind.as_str() {
            "email" => ("text", "email"),
            "phone" => ("tel", "tel"),
            "url" => ("text", "url"),
            "date" => ("date", ""),
            _ if slot.is_number() => ("text", "decimal"),
            _ => ("text", ""),
        };
        el("input", "lf-input").attr("type", kind).attr_if(!mode.is_empty(), "inputmode", mode)
    };
    let made = made
        .attr("id", id)
        .attr("name", &field.name)
        .attr("autocomplete", "off")
        .attr_if(field.required, "aria-required", "true")
        .attr_if(slot.masked, "placeholder", &app.t("masked_control"))
        .attr("dir", "auto");
    let (typed, followed, node) = (field.name.clone(), field.name.clone(), made.0.clone());
    let made = made.on("input", move |event| {
        let text = value_in(&event);
        enter(app, &typed, Entry::Typed(text));
    });
    made.live_attr("data-set", move || {
        let shown = app.draft.with(|draft| draft.slot(&followed).map(Slot::shown))?;
        let control: &HtmlInputElement = node.unchecked_ref();
        if control.value() != shown {
            control.set_value(&shown);
        }
        None
    })
}

fn choice(app: App, slot: &Slot) -> El {
    let option = |value: &str, label: &str| el("option", "").attr("value", value).text(label);
    let mut options = vec![option("", &app.t("choose"))];
    if slot.is_bool() {
        options.extend([option("true", &app.t("yes")), option("false", &app.t("no"))]);
    } else {
        options.extend(slot.field.options.iter().map(|value| option(value, value)));
        let held = slot.shown();
        // What the partner has is never changed by being shown.
        if !held.is_empty() && !slot.field.options.contains(&held) {
            options.push(option(&held, &held));
        }
    }
    el("select", "lf-input").children(options)
}

/// What is wrong, and what can be done about it.
fn said(app: App, slot: &Slot, id: &str, trouble: &Trouble) -> El {
    let name = slot.field.name.clone();
    let set = move |entry: Entry| {
        let name = name.clone();
        move || enter_and_stay(app, &name, entry.clone())
    };
    match trouble {
        Trouble::Rule(problem) => el("p", "lf-problem").attr("id", id).text(&sentence(app, problem)),
        Trouble::Emptied => el("div", "lfp-choice")
            .child(el("p", "lf-problem").attr("id", id).text(&app.t("emptied")))
            .child(quiet(&app.t("emptied_erase"), set(Entry::Erased)))
            .child(quiet(&app.t("emptied_keep"), set(Entry::Left))),
        Trouble::Changed(theirs) => {
            let mine = app
                .draft
                .with_untracked(|draft| draft.slot(&slot.field.name).map(Slot::shown))
                .unwrap_or_default();
            let entry =
                app.draft.with_untracked(|draft| draft.slot(&slot.field.name).map(|slot| slot.entry.clone()));
            let side = |key: &str, value: &str, act: &str, entry: Entry| {
                let shown = if value.is_empty() { app.t("nothing_there") } else { value.to_owned() };
                el("div", "lfp-side")
                    .child(el("span", "lfp-side__name").text(&app.t(key)))
                    .child(el("span", "lfp-side__value").attr("dir", "auto").text(&shown))
                    .child(quiet(&app.t(act), set(entry)))
            };
            el("div", "lfp-conflict")
                .child(el("p", "lf-problem").attr("id", id).text(&app.t("changed_meanwhile")))
                .child(side("theirs", theirs, "take_theirs", Entry::Left))
                .child(side("mine", &mine, "keep_mine", entry.unwrap_or_default()))
        }
    }
}

/// The sentence of a problem: the same words as in the form.
pub(crate) fn sentence(app: App, problem: &Problem) -> String {
    let values: Vec<(&str, &str)> =
        problem.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let key = if problem.code == ProblemCode::UnknownField {
        "problem_unknown_field"
    } else {
        problem.code.as_str()
    };
    app.tw(key, &values)
}
