//! One of several options, all in sight.

use lead_model::Field;

use crate::parts::label::{hint, question};
use crate::parts::problem::described;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A group of radio buttons. The first has the field's id, so that a link to the field lands on something to press.
pub(super) fn choice(shown: &Shown, field: &Field) -> Option<Element> {
    let value = shown.first_text(field);
    let id = shown.id(&field.name);
    let options = field.options.iter().enumerate().map(|(index, option)| {
        let id = if index == 0 { id.clone() } else { [&id, "-", &index.to_string()].concat() };
        let button = element("input", "lf-option__input")
            .attribute("type", "radio")
            .attribute("id", id)
            .attribute("name", field.name.clone())
            .attribute("value", option.value.clone())
            .flag("required", field.rules.required)
            .flag("checked", option.value == value);
        element("label", "lf-option")
            .child(button)
            .child(element("span", "lf-option__text").text(option.label.clone()))
    });
    let group = element("fieldset", "lf-choice").attribute("role", "radiogroup");
    let group = if field.rules.required { group.attribute("aria-required", "true") } else { group };
    let group = described(group, shown, field)
        .child(question("legend", shown, field))
        .children(hint(shown, field))
        .child(element("div", "lf-choice__options").children(options));
    Some(group)
}
