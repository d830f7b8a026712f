//! Several lines of text.

use std::sync::Arc;

use lead_model::Field;

use super::text_control;
use crate::shown::Shown;
use crate::view::Element;

/// A `textarea`; its first value is its text.
pub(super) fn textarea(shown: &Arc<Shown>, field: &Field, value: String) -> Element {
    let area = text_control("textarea", shown, field).attribute("rows", "4");
    if value.is_empty() { area } else { area.text(value) }
}
