//! One of several options, all in sight.

use std::sync::Arc;

use lead_model::Field;

use super::is_required;
use crate::parts::label::{hint, question};
use crate::parts::problem::described;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A group of radio buttons. The first has the field's id, so that a link to the field lands on something to press;
/// each further one has a hyphen more.
pub(super) fn choice(shown: &Arc<Shown>, field: &Field, value: &str) -> Element {
    let mut id = shown.id(&field.name);
    let mut options = element("div", "lf-choice__options");
    for option in &field.options {
        let button = element("input", "lf-option__input")
            .attribute("type", "radio")
            .attribute("id", id.clone())
            .attribute("name", field.name.clone())
            .attribute("value", option.value.clone())
            // The group says what is wrong; a browser would call each button wrong before anybody has chosen.
            .attribute("aria-invalid", "false")
            .flag("required", is_required(shown, field))
            .flag("checked", option.value == value);
        let text = element("span", "lf-option__text").text(option.label.clone());
        options = options.child(element("label", "lf-option").child(button).child(text));
        id.push('-');
    }
    let group = element("fieldset", "lf-choice").attribute("role", "radiogroup");
    let group = if field.rules.required { group.attribute("aria-required", "true") } else { group };
    described(group, shown, field)
        .child(question("legend", shown, field))
        .maybe_child(hint(shown, field))
        .child(options)
}
