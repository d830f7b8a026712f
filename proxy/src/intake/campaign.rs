//! A lead's campaign: what is kept of what brought the visitor, and the hidden fields that ask for it.
//!
//! Apart because it is told by the browser, or stands in an address, and is the one thing of a submission that nobody typed.

use lead_model::{FieldKind, Form, RawValue, Values};

/// Puts the campaign's parameters into the hidden fields of the same names, where the page has put nothing. So a partner gets
/// them by the mapping, as any other answer.
pub(super) fn fill_hidden(form: &Form, values: &mut Values, campaign: &[(String, String)]) {
    for (name, value) in campaign {
        let asks = form.field(name).is_some_and(|field| field.kind == FieldKind::Hidden);
        let empty =
            values.get(name).is_none_or(|value| matches!(value, RawValue::Text(text) if text.is_empty()));
        if asks && empty {
            values.set(name, RawValue::Text(value.clone()));
        }
    }
}
