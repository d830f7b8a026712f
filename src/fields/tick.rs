//! A box to tick: a yes or no, or a consent.

use std::sync::Arc;

use lead_model::Field;

use super::is_required;
use crate::parts::problem::described;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A box with its text as label. The browser sends `true` for a ticked box and nothing for another.
pub(super) fn tick(shown: &Arc<Shown>, field: &Field, ticked: bool) -> Element {
    let input = element("input", "lf-box__input")
        .attribute("type", "checkbox")
        .attribute("id", shown.id(&field.name))
        .attribute("name", field.name.clone())
        .attribute("value", "true")
        .flag("required", is_required(shown, field))
        .flag("checked", ticked);
    element("label", "lf-box")
        .child(described(input, shown, field))
        .child(element("span", "lf-box__text").text(field.label.clone()))
}
