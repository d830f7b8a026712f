//! One field: the frame around every control, and one exhaustive match from kind to control.

mod choice;
mod hidden;
mod line;
mod select;
mod textarea;
mod tick;

use std::sync::Arc;

use lead_model::{Field, FieldKind, Width};
use leptos::prelude::Get;

use crate::parts::label::{hint, question};
use crate::parts::problem::{described, has_problem, problem};
use crate::shown::Shown;
use crate::view::{Element, Text, element};

/// The field as it is shown; nothing for a hidden one whose value the proxy knows already. Shown for the `first` time, it
/// holds what the definition or an earlier form says; after that only the definition's.
pub(crate) fn field_view(shown: &Arc<Shown>, field: &Field, first: bool) -> Option<Element> {
    let value = shown.first_value(field, first);
    let frame = frame(shown, field);
    let frame = match field.kind {
        FieldKind::Hidden => return hidden::hidden(field, value),
        FieldKind::Checkbox | FieldKind::Consent => {
            let ticked = first && shown.is_ticked(field);
            frame.child(tick::tick(shown, field, ticked)).maybe_child(hint(shown, field))
        }
        FieldKind::Radio => frame.child(choice::choice(shown, field, &value)),
        FieldKind::Textarea => labelled(frame, shown, field).child(textarea::textarea(shown, field, value)),
        FieldKind::Select => labelled(frame, shown, field).child(select::select(shown, field, &value)),
        FieldKind::Text
        | FieldKind::Email
        | FieldKind::Phone
        | FieldKind::Url
        | FieldKind::Number
        | FieldKind::Date => labelled(frame, shown, field).child(line::line(shown, field, value)),
    };
    Some(frame.live_children(problem(shown, field)))
}

/// The frame that tells CSS kind, width and whether there is a problem.
fn frame(shown: &Arc<Shown>, field: &Field) -> Element {
    let has_problem = has_problem(shown, field);
    let width = match field.width {
        Width::Full => "full",
        Width::Half => "half",
    };
    let frame = element("div", "lf-field")
        .attribute("data-kind", field.kind.as_str())
        .attribute("data-width", width)
        .live_attribute("data-invalid", move || if has_problem() { Some("true".into()) } else { None });
    if field.visible_when.is_empty() {
        return frame;
    }
    let place = shown.form.fields.iter().position(|other| other.name == field.name).unwrap_or_default();
    let (shown, is_plain) = (Arc::clone(shown), shown.plain.is_some());
    let is_asked = move || shown.sight.get().asked.get(place).copied().unwrap_or(true);
    match is_plain {
        // Without our script it is asked of everybody, and answered by whom it concerns.
        true => frame.flag("data-later", !is_asked()),
        false => frame.live_attribute("hidden", move || (!is_asked()).then(Text::default)),
    }
}

/// The frame with the label and the line of help that stand above a control.
fn labelled(frame: Element, shown: &Shown, field: &Field) -> Element {
    let label = question("label", shown, field).attribute("for", shown.id(&field.name));
    frame.child(label).maybe_child(hint(shown, field))
}

/// What the controls of one value have in common: id, name, autofill, whether it is required, help and problem.
fn control(tag: &'static str, shown: &Arc<Shown>, field: &Field) -> Element {
    let control = element(tag, "lf-input")
        .attribute("id", shown.id(&field.name))
        .attribute("name", field.name.clone())
        .maybe("autocomplete", field.autocomplete.as_ref())
        .flag("required", is_required(shown, field));
    described(control, shown, field)
}

/// Whether the browser itself may insist: not where it would on what is out of sight.
fn is_required(shown: &Shown, field: &Field) -> bool {
    let is_in_sight = field.on_step == 0 && shown.form.is_always_asked(field);
    field.rules.required && (is_in_sight || shown.plain.is_none())
}

/// The limits of length and the example of a text. With our script there is no `maxlength`: it would cut a pasted text
/// without a word, where a problem says what to shorten.
fn text_control(tag: &'static str, shown: &Arc<Shown>, field: &Field) -> Element {
    let control = control(tag, shown, field).maybe("placeholder", field.placeholder.as_ref());
    if shown.plain.is_none() {
        return control;
    }
    let limit = |length: Option<u32>| length.map(|length| length.to_string());
    control
        .maybe("minlength", limit(field.rules.min_length).as_ref())
        .maybe("maxlength", limit(field.rules.max_length).as_ref())
}
