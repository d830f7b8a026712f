//! A box to tick: a yes or no, or a consent.

use lead_model::Field;

use crate::parts::label::hint;
use crate::parts::problem::described;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A box with its text as label. The browser sends `true` for a ticked box and nothing for another.
pub(super) fn tick(shown: &Shown, field: &Field) -> Vec<Element> {
    let input = element("input", "lf-box__input")
        .attribute("type", "checkbox")
        .attribute("id", shown.id(&field.name))
        .attribute("name", field.name.clone())
        .attribute("value", "true")
        .flag("required", field.rules.required)
        .flag("checked", shown.first_tick(field));
    let label = element("label", "lf-box")
        .child(described(input, shown, field))
        .child(element("span", "lf-box__text").text(field.label.clone()));
    [Some(label), hint(shown, field)].into_iter().flatten().collect()
}
