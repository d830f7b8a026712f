//! One field: the frame around every control, and one exhaustive match from kind to control.

mod choice;
mod hidden;
mod line;
mod select;
mod textarea;
mod tick;

use std::sync::Arc;

use lead_model::{Field, FieldKind, Width};

use crate::parts::label::{hint, question};
use crate::parts::problem::{described, has_problem, problem};
use crate::shown::Shown;
use crate::view::{Element, element};

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
    element("div", "lf-field")
        .attribute("data-kind", field.kind.as_str())
        .attribute("data-width", width)
        .live_attribute("data-invalid", move || if has_problem() { Some("true".into()) } else { None })
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
        .flag("required", field.rules.required);
    described(control, shown, field)
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
