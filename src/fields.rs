//! One field: the frame around every control, and one exhaustive match from kind to control.

mod choice;
mod hidden;
mod line;
mod select;
mod textarea;
mod tick;

use lead_model::{Field, FieldKind, Width};

use crate::parts::label::{hint, question};
use crate::parts::problem::{described, problem};
use crate::shown::Shown;
use crate::view::{Element, element};

/// The field as it is shown; nothing for a hidden one whose value the proxy knows already.
pub(crate) fn field_view(shown: &Shown, field: &Field) -> Option<Element> {
    Some(match field.kind {
        FieldKind::Hidden => return hidden::hidden(shown, field),
        FieldKind::Text
        | FieldKind::Email
        | FieldKind::Phone
        | FieldKind::Url
        | FieldKind::Number
        | FieldKind::Date => labelled(shown, field, line::line),
        FieldKind::Textarea => labelled(shown, field, textarea::textarea),
        FieldKind::Select => labelled(shown, field, select::select),
        FieldKind::Radio => frame(shown, field, choice::choice(shown, field)),
        FieldKind::Checkbox | FieldKind::Consent => frame(shown, field, tick::tick(shown, field)),
    })
}

/// Label, help, control, one below the other.
fn labelled(shown: &Shown, field: &Field, control: fn(&Shown, &Field) -> Element) -> Element {
    let label = question("label", shown, field).attribute("for", shown.id(&field.name));
    frame(shown, field, [Some(label), hint(shown, field), Some(control(shown, field))].into_iter().flatten())
}

/// The frame that tells CSS kind, width and whether there is a problem, with the problem's sentence at its end.
fn frame(shown: &Shown, field: &Field, inside: impl IntoIterator<Item = Element>) -> Element {
    let has_problem = shown.has_problem(&field.name);
    let width = match field.width {
        Width::Full => "full",
        Width::Half => "half",
    };
    element("div", "lf-field")
        .attribute("data-kind", field.kind.as_str())
        .attribute("data-width", width)
        .live_attribute("data-invalid", move || has_problem().then(|| "true".into()))
        .children(inside)
        .live_child(problem(shown, field))
}

/// What the controls of one value have in common: id, name, autofill, whether it is required, help and problem.
fn control(tag: &'static str, shown: &Shown, field: &Field) -> Element {
    let control = element(tag, "lf-input")
        .attribute("id", shown.id(&field.name))
        .attribute("name", field.name.clone())
        .maybe("autocomplete", field.autocomplete.as_ref())
        .flag("required", field.rules.required);
    described(control, shown, field)
}

/// The limits of length and the example of a text. With our script there is no `maxlength`: it would cut a pasted text
/// without a word, where a problem says what to shorten.
fn text_control(tag: &'static str, shown: &Shown, field: &Field) -> Element {
    let control = control(tag, shown, field).maybe("placeholder", field.placeholder.as_ref());
    if shown.plain.is_none() {
        return control;
    }
    let limit = |length: Option<u32>| length.map(|length| length.to_string());
    control
        .maybe("minlength", limit(field.rules.min_length).as_ref())
        .maybe("maxlength", limit(field.rules.max_length).as_ref())
}
