//! One of several options, in a list that opens.

use lead_model::Field;

use super::control;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A `select` that starts with an empty choice, so that nothing is chosen in the visitor's name.
pub(super) fn select(shown: &Shown, field: &Field) -> Element {
    let value = shown.first_text(field);
    let options = field.options.iter().map(|option| {
        element("option", "")
            .attribute("value", option.value.clone())
            .flag("selected", option.value == value)
            .text(option.label.clone())
    });
    let list = control("select", shown, field)
        .child(element("option", "").attribute("value", "").text(shown.text("choose")))
        .children(options);
    element("div", "lf-select").child(list)
}
