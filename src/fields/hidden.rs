//! A field that is not shown.

use lead_model::Field;

use crate::view::{Element, element};

/// A hidden `input` for a value that comes from the page. A value fixed by the definition is not sent at all: the proxy
/// takes its own, whatever a page says.
pub(super) fn hidden(field: &Field, value: String) -> Option<Element> {
    if field.value.is_some() {
        return None;
    }
    let input = element("input", "").attribute("type", "hidden").attribute("name", field.name.clone());
    Some(input.attribute("value", value))
}
