//! One of several options, in a list that opens.

use std::sync::Arc;

use lead_model::Field;

use super::control;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A `select` that starts with an empty choice, so that nothing is chosen in the visitor's name.
pub(super) fn select(shown: &Arc<Shown>, field: &Field, value: &str) -> Element {
    let nothing = element("option", "").attribute("value", "").text(shown.text("choose"));
    let mut list = control("select", shown, field).child(nothing);
    for option in &field.options {
        let line = element("option", "")
            .attribute("value", option.value.clone())
            .flag("selected", option.value == value)
            .text(option.label.clone());
        list = list.child(line);
    }
    element("div", "lf-select").child(list)
}
