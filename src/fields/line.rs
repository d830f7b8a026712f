//! Everything typed into one line: text, e-mail, phone, web address, number, date.
//!
//! One file because the kinds differ in two attributes. A number is a text with a number pad: the browser's own number
//! control changes its value by the wheel, refuses to show what was mistyped, and reads "1,5" by the wrong locale.

use std::sync::Arc;

use lead_model::{Field, FieldKind};

use super::text_control;
use crate::shown::Shown;
use crate::view::Element;

/// An `input` of one line.
pub(super) fn line(shown: &Arc<Shown>, field: &Field, value: String) -> Element {
    let (kind, inputmode) = match field.kind {
        FieldKind::Email => ("email", Some("email")),
        FieldKind::Phone => ("tel", Some("tel")),
        // A web address without its scheme is fine with us, but not with the browser's own url control.
        FieldKind::Url => ("text", Some("url")),
        FieldKind::Number => ("text", Some("decimal")),
        FieldKind::Date => ("date", None),
        _ => ("text", None),
    };
    let mut line = text_control("input", shown, field).attribute("type", kind);
    if let Some(inputmode) = inputmode {
        line = line.attribute("inputmode", inputmode);
    }
    if field.kind == FieldKind::Date {
        line = line.maybe("min", field.rules.min.as_ref()).maybe("max", field.rules.max.as_ref());
    }
    if matches!(field.kind, FieldKind::Email | FieldKind::Url) {
        line = line.attribute("autocapitalize", "none").attribute("spellcheck", "false");
    }
    if value.is_empty() { line } else { line.attribute("value", value) }
}
