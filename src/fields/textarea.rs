//! Several lines of text.

use lead_model::Field;

use super::text_control;
use crate::shown::Shown;
use crate::view::Element;

/// A `textarea`; its first value is its text.
pub(super) fn textarea(shown: &Shown, field: &Field) -> Element {
    let area = text_control("textarea", shown, field).attribute("rows", "4");
    let value = shown.first_text(field);
    if value.is_empty() { area } else { area.text(value) }
}
